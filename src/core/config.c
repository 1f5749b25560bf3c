/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A config is an array of values beside the table, filled in layers. Read on the main thread before anything runs
 * (the only synchronous file access of a daemon), immutable from then on, so any thread may read it.
 */
#include "core/config.h"

#include "core/config-value.h"
#include "core/error.h"
#include "core/secret-source.h"
#include "core/suggest.h"

#include <sodium.h>
#include <string.h>

#define FILE_MAX_BYTES (1024 * 1024) /* the longest useful file is a hundredth of it */
#define SHOWN_MAX_BYTES 100          /* of a wrong value, so that the line stays readable */

struct _UlakConfig
{
  gatomicrefcount references;
  UlakConfigValue *values; /* (owned) (array): one for each row of the table */
  GPtrArray *warnings;     /* (owned) (element-type utf8) */
};

static UlakConfig *
config_new (void)
{
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);
  UlakConfig *self = g_new0 (UlakConfig, 1);

  g_atomic_ref_count_init (&self->references);
  self->values = g_new0 (UlakConfigValue, n_keys);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  for (gsize i = 0; i < n_keys; i++)
    {
      g_autofree char *allowed = NULL;

      if (!ulak_config_value_set (&self->values[i], &keys[i], keys[i].default_value, "default", &allowed))
        g_error ("the default of %s/%s is not %s", keys[i].group, keys[i].key, allowed);
    }
  return self;
}

UlakConfig *
ulak_config_ref (UlakConfig *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ulak_config_unref (UlakConfig *self)
{
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);

  if (self == NULL || !g_atomic_ref_count_dec (&self->references))
    return;

  for (gsize i = 0; i < n_keys; i++)
    {
      if (keys[i].type == ULAK_CONFIG_SECRET && self->values[i].text != NULL)
        sodium_memzero (self->values[i].text, strlen (self->values[i].text));
      ulak_config_value_clear (&self->values[i]);
    }
  g_free (self->values);
  g_ptr_array_unref (self->warnings);
  g_free (self);
}

static gssize
find_key (const char *group, const char *key)
{
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);

  for (gsize i = 0; i < n_keys; i++)
    if (strcmp (keys[i].group, group) == 0 && strcmp (keys[i].key, key) == 0)
      return (gssize) i;
  return -1;
}

static gboolean
group_exists (const char *group)
{
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);

  for (gsize i = 0; i < n_keys; i++)
    if (strcmp (keys[i].group, group) == 0)
      return TRUE;
  return FALSE;
}

/* The nearest group, or the nearest key of @group. */
static const char *
suggest (const char *group, const char *word)
{
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);
  g_autofree const char **candidates = g_new0 (const char *, n_keys + 1);
  gsize n = 0;

  for (gsize i = 0; i < n_keys; i++)
    if (group == NULL)
      candidates[n++] = keys[i].group;
    else if (strcmp (keys[i].group, group) == 0)
      candidates[n++] = keys[i].key;
  return ulak_suggest (word, candidates);
}

static const char *
find_group_of (const char *key)
{
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);

  for (gsize i = 0; i < n_keys; i++)
    if (strcmp (keys[i].key, key) == 0)
      return keys[i].group;
  return NULL;
}

static gboolean
refuse_group (const char *group, const char *name, GError **error)
{
  const char *near = suggest (NULL, group);

  if (near != NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Group ‘%s’ in ‘%s’ is not known; did you mean ‘%s’?", group,
                 name, near);
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Group ‘%s’ in ‘%s’ is not known", group, name);
  return FALSE;
}

static gboolean
refuse_key (const char *group, const char *key, const char *name, GError **error)
{
  const char *near = suggest (group, key);
  const char *other_group = find_group_of (key);

  if (other_group != NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG,
                 "Key ‘%s/%s’ in ‘%s’ is not known; it belongs to group ‘%s’", group, key, name, other_group);
  else if (near != NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Key ‘%s/%s’ in ‘%s’ is not known; did you mean ‘%s’?", group,
                 key, name, near);
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Key ‘%s/%s’ in ‘%s’ is not known", group, key, name);
  return FALSE;
}

/* One line, cut at a character; a secret is never shown, not even a wrong one. */
static char *
show_value (const UlakConfigKey *key, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, MIN ((gssize) strlen (text), SHOWN_MAX_BYTES));

  if (key->type == ULAK_CONFIG_SECRET)
    return g_strdup ("hidden");
  if (*text == '\0')
    return g_strdup ("empty");

  for (char *c = valid; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  return g_strconcat (valid, strlen (text) > SHOWN_MAX_BYTES ? "…" : "", NULL);
}

/* @where is "‘FILE’" or "the environment variable ‘NAME’". */
static gboolean
set_value (UlakConfig *self, gsize index, const char *text, const char *origin, const char *where, GError **error)
{
  gsize n_keys;
  const UlakConfigKey *key = &ulak_config_get_keys (&n_keys)[index];
  g_autofree char *allowed = NULL;
  g_autofree char *shown = NULL;

  if (ulak_config_value_set (&self->values[index], key, text, origin, &allowed))
    return TRUE;

  shown = show_value (key, text);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Key ‘%s/%s’ in %s is %s; allowed %s", key->group, key->key,
               where, shown, allowed);
  return FALSE;
}

static gboolean
is_clear_secret (const UlakConfigKey *key, const char *text)
{
  return key->type == ULAK_CONFIG_SECRET && *text != '\0' && ulak_secret_reference_get_name (text) == NULL;
}

static gboolean
apply_key (UlakConfig *self, GKeyFile *file, const char *group, const char *name, const char *key, GError **error)
{
  gssize index = find_key (group, key);
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);
  g_autofree char *text = NULL;
  g_autofree char *where = g_strdup_printf ("‘%s’", name);
  g_autoptr (GError) cause = NULL;

  if (index < 0)
    return refuse_key (group, key, name, error);

  text = g_key_file_get_string (file, group, key, &cause);
  if (cause != NULL) /* there may be a text nevertheless, without the bad escape */
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG,
                   "Key ‘%s/%s’ in ‘%s’ has bad UTF-8 or a bad escape; allowed after \\ are s, n, t, r and \\",
                   group, key, name);
      return FALSE;
    }
  g_strstrip (text);
  if (is_clear_secret (&keys[index], text))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG,
                   "Key ‘%s/%s’ in ‘%s’ is a secret in clear; allowed secret:NAME or VAULT:NAME", group, key, name);
      return FALSE;
    }
  return set_value (self, (gsize) index, text, name, where, error);
}

static gboolean
apply_group (UlakConfig *self, GKeyFile *file, const char *name, const char *group, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);

  if (!group_exists (group))
    return refuse_group (group, name, error);

  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    if (!apply_key (self, file, group, name, names[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
apply_bytes (UlakConfig *self, const char *name, const char *bytes, gsize size_bytes, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) groups = NULL;
  g_autoptr (GError) cause = NULL;

  if (size_bytes > FILE_MAX_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "File ‘%s’ has %" G_GSIZE_FORMAT " bytes; allowed up to %d",
                   name, size_bytes, FILE_MAX_BYTES);
      return FALSE;
    }
  if (size_bytes > 0 && !g_key_file_load_from_data (file, bytes, size_bytes, G_KEY_FILE_NONE, &cause))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "File ‘%s’ is not a key file: %s", name, cause->message);
      return FALSE;
    }

  groups = g_key_file_get_groups (file, NULL);
  for (gsize i = 0; groups[i] != NULL; i++)
    if (!apply_group (self, file, name, groups[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
apply_file (UlakConfig *self, const char *file, gboolean may_be_absent, GError **error)
{
  g_autofree char *bytes = NULL;
  gsize size_bytes = 0;
  g_autoptr (GError) cause = NULL;

  if (g_file_get_contents (file, &bytes, &size_bytes, &cause))
    return apply_bytes (self, file, bytes, size_bytes, error);
  if (may_be_absent && g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;

  g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Cannot read the configuration: %s", cause->message);
  return FALSE;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
apply_drop_ins (UlakConfig *self, const char *file, GError **error)
{
  g_autofree char *folder = g_strconcat (file, ".d", NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) cause = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &cause);
  const char *name;

  if (dir == NULL && !g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFIG, "Cannot read the configuration: %s", cause->message);
      return FALSE;
    }

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".conf") && *name != '.')
      g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (names, compare_names);

  for (guint i = 0; i < names->len; i++)
    if (!apply_file (self, names->pdata[i], FALSE, error))
      return FALSE;
  return TRUE;
}

static gboolean
apply_environment (UlakConfig *self, const char *const *environment, GError **error)
{
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);

  for (gsize i = 0; i < n_keys; i++)
    {
      const char *text = g_environ_getenv ((char **) environment, keys[i].environment);
      g_autofree char *where = g_strdup_printf ("the environment variable ‘%s’", keys[i].environment);

      if (text == NULL)
        continue;
      if (!set_value (self, i, text, "environment", where, error))
        return FALSE;
      if (is_clear_secret (&keys[i], text))
        g_ptr_array_add (self->warnings,
                         g_strdup_printf ("The environment variable ‘%s’ holds a secret in clear; store it with "
                                          "`ulakctl secret set NAME` and say secret:NAME",
                                          keys[i].environment));
    }
  return TRUE;
}

/**
 * ulak_config_load:
 * @file: (nullable): the main file, usually %ULAK_CONFIG_FILE, which alone may be absent; "@file.d/NAME.conf" are read
 *   after it. %NULL reads no file at all
 * @environment: (nullable) (array zero-terminated=1): "NAME=value" strings, as of g_get_environ(); %NULL is none
 *
 * Returns: (transfer full): the settings, or %NULL with %ULAK_ERROR_CONFIG, one line for people
 */
UlakConfig *
ulak_config_load (const char *file, const char *const *environment, GError **error)
{
  g_autoptr (UlakConfig) self = config_new ();

  if (file != NULL
      && (!apply_file (self, file, strcmp (file, ULAK_CONFIG_FILE) == 0, error)
          || !apply_drop_ins (self, file, error)))
    return NULL;
  if (environment != NULL && !apply_environment (self, environment, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * ulak_config_parse:
 * @name: what to call the bytes in errors
 *
 * Reads one file's contents from memory over the defaults; no drop-ins, no environment.
 *
 * Returns: (transfer full): the settings, or %NULL with %ULAK_ERROR_CONFIG
 */
UlakConfig *
ulak_config_parse (const char *name, const char *bytes, gsize size_bytes, GError **error)
{
  g_autoptr (UlakConfig) self = config_new ();

  if (!apply_bytes (self, name, bytes, size_bytes, error))
    return NULL;
  return g_steal_pointer (&self);
}

static const UlakConfigValue *
get_value (const UlakConfig *self, const char *group, const char *key, guint types)
{
  gssize index = find_key (group, key);
  gsize n_keys;
  const UlakConfigKey *keys = ulak_config_get_keys (&n_keys);

  if (index < 0 || (types & (1u << keys[index].type)) == 0)
    g_error ("the table has no key %s/%s of this type", group, key);
  return &self->values[index];
}

gboolean
ulak_config_get_boolean (const UlakConfig *self, const char *group, const char *key)
{
  return get_value (self, group, key, 1u << ULAK_CONFIG_BOOLEAN)->is_true;
}

/** ulak_config_get_integer: Returns: the number, in the unit that the key's name says, within the table's range */
gint64
ulak_config_get_integer (const UlakConfig *self, const char *group, const char *key)
{
  return get_value (self, group, key, 1u << ULAK_CONFIG_INTEGER)->number;
}

/** ulak_config_get_string: for strings, paths, URLs and secrets. Returns: (transfer none) (nullable): %NULL if unset */
const char *
ulak_config_get_string (const UlakConfig *self, const char *group, const char *key)
{
  return get_value (self, group, key,
                    1u << ULAK_CONFIG_STRING | 1u << ULAK_CONFIG_PATH | 1u << ULAK_CONFIG_URL
                        | 1u << ULAK_CONFIG_SECRET)
      ->text;
}

/** ulak_config_get_strings: Returns: (transfer none) (not nullable) (array zero-terminated=1): maybe empty */
const char *const *
ulak_config_get_strings (const UlakConfig *self, const char *group, const char *key)
{
  static const char *const none[] = { NULL };
  const UlakConfigValue *value = get_value (self, group, key, 1u << ULAK_CONFIG_STRING_LIST);

  return value->list == NULL ? none : (const char *const *) value->list;
}

/** ulak_config_get_origin: Returns: (transfer none): the file that set the key, "environment" or "default" */
const char *
ulak_config_get_origin (const UlakConfig *self, const char *group, const char *key)
{
  return get_value (self, group, key, G_MAXUINT)->origin;
}

/** ulak_config_get_warnings: Returns: (transfer none) (element-type utf8): sentences for health and `config check` */
GPtrArray *
ulak_config_get_warnings (const UlakConfig *self)
{
  return self->warnings;
}
