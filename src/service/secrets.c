/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The keyring (keyring.c) first, then the credentials (credentials.c); found values are kept for a while.
 *
 * Only "no such secret" and "no keyring" lead on to the credentials: a keyring that is locked or away may hold the newer
 * value. A value that differs from the one that expired is announced as changed, whoever changed it.
 */
#include "service/secrets.h"

#include "core/error.h"
#include "core/names.h"
#include "service/credentials.h"
#include "service/keyring.h"

#define RECHECK_US (30 * G_USEC_PER_SEC) /* judged: an operator who mends a keyring waits no longer */
#define CACHE_MAX 1000                   /* as many as there may be accounts; when full it starts again */

typedef struct
{
  UlakSecret *secret; /* (owned) */
  gint64 expires_us;  /* monotonic */
} Entry;

struct _UlakSecrets
{
  GObject parent_instance;

  UlakClock *clock;      /* (owned) */
  UlakKeyring *keyring;  /* (owned) */
  char *credentials_dir; /* (owned) (nullable) */
  char **credentials;    /* (owned): their names */
  GHashTable *cache;     /* (owned) (element-type utf8 Entry) */
  gint64 expiry_us;
  gboolean is_faulty; /* the keyring was locked, damaged or away when last asked */
  guint recheck_timer;
  guint generation; /* raised by changes: a look-up that began before is not kept */
};

static void ulak_secrets_iface_init (UlakSecretSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakSecrets,
                               ulak_secrets,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_SECRET_SOURCE, ulak_secrets_iface_init))

typedef struct
{
  char *name;
  guint generation;
} Lookup;

static void
lookup_free (Lookup *lookup)
{
  g_free (lookup->name);
  g_free (lookup);
}

static void
entry_free (Entry *entry)
{
  ulak_secret_unref (entry->secret);
  g_free (entry);
}

static void
ulak_secrets_finalize (GObject *object)
{
  UlakSecrets *self = ULAK_SECRETS (object);

  ulak_clock_clear_timer (self->clock, &self->recheck_timer);
  g_clear_object (&self->clock);
  g_clear_object (&self->keyring);
  g_free (self->credentials_dir);
  g_strfreev (self->credentials);
  g_hash_table_unref (self->cache);
  G_OBJECT_CLASS (ulak_secrets_parent_class)->finalize (object);
}

static void
ulak_secrets_class_init (UlakSecretsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_secrets_finalize;
}

static void
ulak_secrets_init (UlakSecrets *self)
{
  self->cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) entry_free);
}

/**
 * ulak_secrets_new:
 * @credentials_dir: (nullable): $CREDENTIALS_DIRECTORY
 *
 * Asks nobody yet; make it before the main loop turns, since the credentials' names are read here.
 */
UlakSecrets *
ulak_secrets_new (const UlakConfig *config, UlakClock *clock, const char *credentials_dir)
{
  UlakSecrets *self = g_object_new (ULAK_TYPE_SECRETS, NULL);

  self->clock = g_object_ref (clock);
  self->keyring = ulak_keyring_new (clock);
  self->credentials_dir = g_strdup (credentials_dir);
  self->credentials = ulak_credentials_list (credentials_dir);
  self->expiry_us = ulak_config_get_integer (config, "api", "cache_expiry_seconds") * G_USEC_PER_SEC;
  return self;
}

UlakKeyringState
ulak_secrets_get_keyring_state (UlakSecrets *self)
{
  return ulak_keyring_get_state (self->keyring);
}

static gboolean
is_fault (UlakKeyringState state)
{
  return state != ULAK_KEYRING_READY && state != ULAK_KEYRING_ABSENT;
}

/** ulak_secrets_check_health: as last seen; without a keyring there is nothing that could be ill */
void
ulak_secrets_check_health (UlakSecrets *self, UlakHealth *health)
{
  UlakKeyringState state = ulak_keyring_get_state (self->keyring);

  if (!is_fault (state))
    ulak_health_add (health, "keyring", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "keyring", ULAK_HEALTH_DEGRADED, "Secrets cannot be read: %s",
                     ulak_keyring_state_describe (state));
}

/** ulak_secrets_forget_cache: the next look-up of each name asks again; what was kept is wiped */
void
ulak_secrets_forget_cache (UlakSecrets *self)
{
  self->generation++;
  g_hash_table_remove_all (self->cache);
}

static void recheck_cb (gpointer user_data);

/* After each operation. While the keyring is at fault it is asked again now and then, and its recovery is announced: whoever
 * went without a secret asks for it again. */
static void
note_state (UlakSecrets *self)
{
  gboolean was_faulty = self->is_faulty;

  self->is_faulty = is_fault (ulak_keyring_get_state (self->keyring));
  if (self->is_faulty && self->recheck_timer == 0)
    self->recheck_timer = ulak_clock_add_timer (self->clock, RECHECK_US, recheck_cb, self);
  if (self->is_faulty || !was_faulty)
    return;

  ulak_clock_clear_timer (self->clock, &self->recheck_timer);
  ulak_secret_source_emit_changed (ULAK_SECRET_SOURCE (self), "");
}

static void
rechecked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSecrets) self = user_data;
  g_auto (GStrv) names = ulak_keyring_list_finish (ULAK_KEYRING (source), result, NULL);

  note_state (self);
}

static void
recheck_cb (gpointer user_data)
{
  UlakSecrets *self = user_data;

  self->recheck_timer = 0;
  ulak_keyring_do_async (self->keyring, ULAK_KEYRING_LIST, NULL, NULL, NULL, rechecked_cb, g_object_ref (self));
}

static Entry *
peek (UlakSecrets *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->cache, name);

  return entry != NULL && entry->expires_us > ulak_clock_get_monotonic_us (self->clock) ? entry : NULL;
}

/* People end a line with a line break; in a token it is never meant. The master key may end in any byte. */
static UlakSecret *
trim (const char *name, UlakSecret *secret)
{
  gsize size_bytes;
  const guint8 *bytes = ulak_secret_get_bytes (secret, &size_bytes);

  if (size_bytes < 2 || bytes[size_bytes - 1] != '\n' || g_str_equal (name, ULAK_SECRET_MASTER))
    return ulak_secret_ref (secret);
  return ulak_secret_new (bytes, size_bytes - 1);
}

static void
keep (UlakSecrets *self, const Lookup *lookup, UlakSecret *secret)
{
  Entry *before = g_hash_table_lookup (self->cache, lookup->name);
  gboolean is_changed = before != NULL && !ulak_secret_equals (before->secret, secret);
  Entry *entry;

  if (lookup->generation != self->generation)
    return;

  if (before == NULL && g_hash_table_size (self->cache) >= CACHE_MAX)
    g_hash_table_remove_all (self->cache);
  entry = g_new0 (Entry, 1);
  entry->secret = ulak_secret_ref (secret);
  entry->expires_us = ulak_clock_get_monotonic_us (self->clock) + self->expiry_us;
  g_hash_table_replace (self->cache, g_strdup (lookup->name), entry);
  if (is_changed)
    ulak_secret_source_emit_changed (ULAK_SECRET_SOURCE (self), lookup->name);
}

static void
return_found (GTask *task, UlakSecret *found)
{
  Lookup *lookup = g_task_get_task_data (task);
  g_autoptr (UlakSecret) secret = trim (lookup->name, found);

  keep (g_task_get_source_object (task), lookup, secret);
  g_task_return_pointer (task, g_steal_pointer (&secret), (GDestroyNotify) ulak_secret_unref);
}

static void
got_credential_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Lookup *lookup = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = ulak_credentials_lookup_finish (result, &error);

  if (secret != NULL)
    return_found (task, secret);
  else if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
                             "There is no secret ‘%s’, neither in a keyring nor among the systemd credentials",
                             lookup->name);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
got_keyring_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  UlakSecrets *self = g_task_get_source_object (task);
  Lookup *lookup = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = ulak_keyring_lookup_finish (ULAK_KEYRING (source), result, &error);

  note_state (self);
  if (secret != NULL)
    return_found (task, secret);
  else if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    ulak_credentials_lookup_async (self->credentials_dir, lookup->name, cancellable, got_credential_cb,
                                   g_steal_pointer (&task));
  else
    {
      g_prefix_error (&error, "The secret ‘%s’ cannot be read: ", lookup->name);
      g_task_return_error (task, g_steal_pointer (&error));
    }
}

static gboolean
check_name (GTask *task, const char *name)
{
  if (ulak_secret_name_is_valid (name))
    return TRUE;

  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_INVALID,
                           "‘%.64s’ is no name of a secret; allowed are letters, digits and ._- but no dot first",
                           name);
  return FALSE;
}

static void
lookup_async (UlakSecretSource *source,
              const char *name,
              GCancellable *cancellable,
              GAsyncReadyCallback callback,
              gpointer user_data)
{
  UlakSecrets *self = ULAK_SECRETS (source);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Lookup *lookup = g_new0 (Lookup, 1);
  Entry *entry;

  lookup->name = g_strdup (name);
  lookup->generation = self->generation;
  g_task_set_source_tag (task, lookup_async);
  g_task_set_task_data (task, lookup, (GDestroyNotify) lookup_free);
  if (!check_name (task, name))
    return;

  entry = peek (self, name);
  if (entry != NULL)
    g_task_return_pointer (task, ulak_secret_ref (entry->secret), (GDestroyNotify) ulak_secret_unref);
  else
    ulak_keyring_do_async (self->keyring, ULAK_KEYRING_LOOKUP, name, NULL, cancellable, got_keyring_cb,
                           g_steal_pointer (&task));
}

static UlakSecret *
lookup_finish (UlakSecretSource *source, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, source), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
ulak_secrets_iface_init (UlakSecretSourceInterface *iface)
{
  iface->lookup_async = lookup_async;
  iface->lookup_finish = lookup_finish;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
add_names (GVariantBuilder *builder, char **names, const char *where)
{
  if (names == NULL)
    return;

  qsort (names, g_strv_length (names), sizeof *names, compare_names);
  for (gsize i = 0; names[i] != NULL; i++)
    if (i == 0 || !g_str_equal (names[i], names[i - 1]))
      g_variant_builder_add (builder, "(ss)", names[i], where);
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakSecrets *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = ulak_keyring_list_finish (ULAK_KEYRING (source), result, &error);
  GVariantBuilder builder;

  note_state (self);
  if (names == NULL && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    {
      g_prefix_error (&error, "The secrets cannot be listed: ");
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ss)"));
  add_names (&builder, names, "keyring");
  add_names (&builder, self->credentials, "credential");
  g_task_return_pointer (task, g_variant_ref_sink (g_variant_builder_end (&builder)),
                         (GDestroyNotify) g_variant_unref);
}

void
ulak_secrets_list_async (UlakSecrets *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_secrets_list_async);
  ulak_keyring_do_async (self->keyring, ULAK_KEYRING_LIST, NULL, NULL, NULL, listed_cb, g_steal_pointer (&task));
}

/**
 * ulak_secrets_list_finish:
 *
 * Returns: (transfer full): a(ss): name and "keyring" or "credential"; a name may be in both, and the keyring wins.
 *   Errors: LOCKED, DAMAGED, UNAVAILABLE
 */
GVariant *
ulak_secrets_list_finish (UlakSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakSecrets *self = g_task_get_source_object (task);
  const char *name = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean is_changed = ulak_keyring_change_finish (ULAK_KEYRING (source), result, &error);

  note_state (self);
  if (is_changed)
    {
      self->generation++;
      g_hash_table_remove (self->cache, name);
      ulak_secret_source_emit_changed (ULAK_SECRET_SOURCE (self), name);
      g_task_return_boolean (task, TRUE);
    }
  else if (ulak_keyring_get_state (self->keyring) == ULAK_KEYRING_ABSENT)
    g_task_return_new_error (
        task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE,
        "No keyring is installed, so ‘%s’ cannot be changed here: install the package ulak-keyring, or "
        "give the services a systemd credential of that name (docs/secrets.md)",
        name);
  else
    {
      g_prefix_error (&error, "The secret ‘%s’ was not changed: ", name);
      g_task_return_error (task, g_steal_pointer (&error));
    }
}

static void
change (UlakSecrets *self, GTask *task, UlakKeyringAction action, const char *name, UlakSecret *value)
{
  g_task_set_task_data (task, g_strdup (name), g_free);
  if (!check_name (task, name))
    return;
  if (g_str_equal (name, ULAK_SECRET_MASTER))
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                               "‘%s’ is not changed this way: everything sealed under it would be unreadable "
                               "(docs/secrets.md says how it is rotated)",
                               name);
      return;
    }
  ulak_keyring_do_async (self->keyring, action, name, value, NULL, changed_cb, g_object_ref (task));
}

/** ulak_secrets_set_async: stores @value in the keyring under @name, over an older one; at most 16 KiB by the caller's check */
void
ulak_secrets_set_async (UlakSecrets *self,
                        const char *name,
                        UlakSecret *value,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_secrets_set_async);
  change (self, task, ULAK_KEYRING_STORE, name, value);
}

/** ulak_secrets_set_finish: Errors: INVALID, WRONG_STATE (the master key), UNAVAILABLE, LOCKED, DAMAGED */
gboolean
ulak_secrets_set_finish (UlakSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ulak_secrets_remove_async (UlakSecrets *self, const char *name, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_secrets_remove_async);
  change (self, task, ULAK_KEYRING_CLEAR, name, NULL);
}

/** ulak_secrets_remove_finish: Errors: NOT_FOUND and those of ulak_secrets_set_finish() */
gboolean
ulak_secrets_remove_finish (UlakSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
