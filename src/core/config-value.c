/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One function for each type and form says whether a text fits; ulak_config_key_describe() says what would.
 */
#include "core/config-value.h"

#include "core/hours.h"
#include "core/names.h"
#include "core/secret-source.h"

#include <string.h>

static gboolean
parse_boolean (const char *text, gboolean *value_out)
{
  static const struct
  {
    const char *text;
    gboolean value;
  } words[] = {
    { "true", TRUE },
    { "false", FALSE },
    { "yes", TRUE },
    { "no", FALSE },
    { "on", TRUE },
    { "off", FALSE },
    { "1", TRUE },
    { "0", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (text, words[i].text) == 0)
      {
        *value_out = words[i].value;
        return TRUE;
      }
  return FALSE;
}

static gboolean
fits_length (const UlakConfigKey *key, const char *text)
{
  glong characters = g_utf8_strlen (text, -1);

  return characters >= key->min && characters <= key->max;
}

static gboolean
is_hex (const char *text)
{
  return strspn (text, "0123456789abcdefABCDEF") == strlen (text);
}

static gboolean
is_hours (const char *text)
{
  UlakHours hours;

  return ulak_hours_parse (text, &hours);
}

static gboolean
is_path (const char *text)
{
  return g_path_is_absolute (text) && strstr (text, "/../") == NULL && !g_str_has_suffix (text, "/..");
}

static gboolean
is_url (const char *text, const char *const *schemes)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_strv_contains (schemes, g_uri_get_scheme (uri)) && g_uri_get_host (uri) != NULL
         && *g_uri_get_host (uri) != '\0' && g_uri_get_userinfo (uri) == NULL && g_uri_get_fragment (uri) == NULL;
}

/* An origin has no path, not even "/": browsers send none and the comparison is by bytes. Source: RFC 6454. */
static gboolean
is_origin (const char *text)
{
  g_autoptr (GUri) uri = NULL;

  if (strcmp (text, "*") == 0)
    return TRUE;
  if (!is_url (text, (const char *const[]){ "http", "https", NULL }))
    return FALSE;

  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  return *g_uri_get_path (uri) == '\0' && g_uri_get_query (uri) == NULL;
}

static gboolean
is_address (const char *text)
{
  g_autoptr (GSocketConnectable) address = NULL;

  if (*text == '/')
    return is_path (text) && strlen (text) < 108; /* sun_path */

  address = g_network_address_parse (text, 0, NULL);
  return address != NULL && g_network_address_get_port (G_NETWORK_ADDRESS (address)) != 0;
}

static gboolean
fits_form (const UlakConfigKey *key, const char *text)
{
  static const struct
  {
    const char *unit;
    gboolean (*is_valid) (const char *text);
  } forms[] = {
    { "hex", is_hex },
    { "hours", is_hours },
    { "origin", is_origin },
    { "address", is_address },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
    if (g_strcmp0 (key->unit, forms[i].unit) == 0)
      return forms[i].is_valid (text);
  return TRUE;
}

static const char *const *
get_schemes (const UlakConfigKey *key)
{
  static const char *const web[] = { "http", "https", NULL };
  static const char *const websocket[] = { "ws", "wss", NULL };

  return g_strcmp0 (key->unit, "websocket") == 0 ? websocket : web;
}

static gboolean
parse_list (const UlakConfigKey *key, const char *text, char ***list_out)
{
  g_auto (GStrv) pieces = g_strsplit_set (text, ",; \t", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gint64 n = 0;

  for (gsize i = 0; pieces[i] != NULL; i++)
    {
      if (*pieces[i] == '\0')
        continue;
      if (!fits_form (key, pieces[i]))
        return FALSE;
      g_strv_builder_add (builder, pieces[i]);
      n++;
    }
  if (n < key->min || n > key->max)
    return FALSE;

  *list_out = g_strv_builder_end (builder);
  return TRUE;
}

/* "secret:" with a name that cannot be one is a slip, never a secret in clear. */
static gboolean
is_secret (const UlakConfigKey *key, const char *text)
{
  if (g_str_has_prefix (text, ULAK_SECRET_PREFIX) || g_str_has_prefix (text, ULAK_SECRET_PREFIX_VAULT))
    return ulak_secret_reference_get_name (text) != NULL;
  return fits_length (key, text);
}

static gboolean
parse (UlakConfigValue *self, const UlakConfigKey *key, const char *text)
{
  switch (key->type)
    {
    case ULAK_CONFIG_BOOLEAN:
      return parse_boolean (text, &self->is_true);
    case ULAK_CONFIG_INTEGER:
      return g_ascii_string_to_signed (text, 10, key->min, key->max, &self->number, NULL);
    case ULAK_CONFIG_STRING:
      return fits_length (key, text) && fits_form (key, text);
    case ULAK_CONFIG_STRING_LIST:
      return parse_list (key, text, &self->list);
    case ULAK_CONFIG_PATH:
      return fits_length (key, text) && is_path (text);
    case ULAK_CONFIG_URL:
      return fits_length (key, text) && is_url (text, get_schemes (key));
    case ULAK_CONFIG_SECRET:
      return is_secret (key, text);
    }
  g_assert_not_reached ();
}

static char *
describe_list (const UlakConfigKey *key)
{
  if (g_strcmp0 (key->unit, "origin") == 0)
    return g_strdup_printf ("up to %" G_GINT64_FORMAT " origins like https://panel.example.com, or *", key->max);
  return g_strdup_printf ("up to %" G_GINT64_FORMAT " of host:port, [IPv6]:port or an absolute socket path",
                          key->max);
}

/**
 * ulak_config_key_describe:
 *
 * Returns: (transfer full): what may stand there, as it follows the word "allowed": "1 to 50", "true or false", ...
 */
char *
ulak_config_key_describe (const UlakConfigKey *key)
{
  switch (key->type)
    {
    case ULAK_CONFIG_BOOLEAN:
      return g_strdup ("true or false");
    case ULAK_CONFIG_INTEGER:
      return g_strdup_printf ("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT "%s%s", key->min, key->max,
                              key->unit == NULL ? "" : " ", key->unit == NULL ? "" : key->unit);
    case ULAK_CONFIG_STRING:
      if (g_strcmp0 (key->unit, "hours") == 0)
        return g_strdup ("HH:MM-HH:MM of two different times, or nothing");
      if (key->min == key->max)
        return g_strdup_printf ("%" G_GINT64_FORMAT " %s", key->min,
                                g_strcmp0 (key->unit, "hex") == 0 ? "hexadecimal digits" : "characters");
      return g_strdup_printf ("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " characters", key->min, key->max);
    case ULAK_CONFIG_STRING_LIST:
      return describe_list (key);
    case ULAK_CONFIG_PATH:
      return g_strdup ("an absolute path without .. in it");
    case ULAK_CONFIG_URL:
      return g_strdup_printf ("a URL with %s or %s, without user, password and fragment", get_schemes (key)[0],
                              get_schemes (key)[1]);
    case ULAK_CONFIG_SECRET:
      return g_strdup ("secret:NAME or VAULT:NAME");
    }
  g_assert_not_reached ();
}

/**
 * ulak_config_value_set:
 * @text: (nullable): the new value; blank is unset for a key without a default
 * @origin: where it came from
 * @allowed_out: (out) (transfer full): on failure, what may stand there
 *
 * Returns: %TRUE if @text fits; otherwise @self keeps its value
 */
gboolean
ulak_config_value_set (UlakConfigValue *self,
                       const UlakConfigKey *key,
                       const char *text,
                       const char *origin,
                       char **allowed_out)
{
  UlakConfigValue value = { 0 };
  gboolean is_unset = text == NULL || (*text == '\0' && key->default_value == NULL);

  if (!is_unset && (!g_utf8_validate (text, -1, NULL) || !parse (&value, key, text)))
    {
      *allowed_out = ulak_config_key_describe (key);
      return FALSE;
    }

  value.text = is_unset ? NULL : g_strdup (text);
  value.origin = g_strdup (origin);
  ulak_config_value_clear (self);
  *self = value;
  return TRUE;
}

void
ulak_config_value_clear (UlakConfigValue *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->list, g_strfreev);
  g_clear_pointer (&self->origin, g_free);
}
