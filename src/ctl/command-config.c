/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl config check: is the configuration right, and what is in force.
 */
#include "ctl/command.h"

#include "core/config.h"
#include "core/error.h"

#include <string.h>

#define DEFAULT_FILE "/etc/ulak/ulak.conf"
#define DEFAULT_DATA_DIR "/var/lib/ulak"

static char *
value_of (const UlakConfig *config, const UlakConfigKey *key)
{
  switch (key->type)
    {
    case ULAK_CONFIG_BOOLEAN:
      return g_strdup (ulak_config_get_boolean (config, key->group, key->key) ? "true" : "false");
    case ULAK_CONFIG_INTEGER:
      return g_strdup_printf ("%" G_GINT64_FORMAT, ulak_config_get_integer (config, key->group, key->key));
    case ULAK_CONFIG_STRING_LIST:
      {
        const char *const *items = ulak_config_get_strings (config, key->group, key->key);

        return items != NULL ? g_strjoinv (";", (char **) items) : g_strdup ("");
      }
    case ULAK_CONFIG_SECRET:
      {
        const char *value = ulak_config_get_string (config, key->group, key->key);
        gboolean is_reference = value != NULL && (g_str_has_prefix (value, "secret:") || g_str_has_prefix (value, "VAULT:"));

        return g_strdup (value == NULL ? "" : is_reference ? value : "(a secret in clear)");
      }
    case ULAK_CONFIG_STRING:
    case ULAK_CONFIG_PATH:
    case ULAK_CONFIG_URL:
      break;
    }
  return g_strdup (ulak_config_get_string (config, key->group, key->key));
}

static JsonArray *
list_values (const UlakConfig *config)
{
  JsonArray *rows = json_array_new ();
  const UlakConfigKey *keys;
  gsize n_keys;

  keys = ulak_config_get_keys (&n_keys);
  for (gsize i = 0; i < n_keys; i++)
    {
      JsonObject *row = json_object_new ();
      g_autofree char *value = value_of (config, &keys[i]);

      json_object_set_string_member (row, "group", keys[i].group);
      json_object_set_string_member (row, "key", keys[i].key);
      json_object_set_string_member (row, "value", value != NULL ? value : "");
      json_object_set_string_member (row, "from", ulak_config_get_origin (config, keys[i].group, keys[i].key));
      json_array_add_object_element (rows, row);
    }
  return rows;
}

static void
print_hints (const UlakConfig *config)
{
  GPtrArray *warnings = ulak_config_get_warnings (config);
  const char *data_dir = ulak_config_get_string (config, "ulak", "data_dir");

  for (guint i = 0; i < warnings->len; i++)
    g_printerr ("Warning: %s\n", (const char *) warnings->pdata[i]);
  if (!g_str_equal (data_dir, DEFAULT_DATA_DIR))
    g_printerr ("Note: under systemd the services may write only where their units allow it. For this data_dir put\n"
                "  [Service]\n  ReadWritePaths=%s\n"
                "into /etc/systemd/system/ulak-{api,webhooks,whatsapp@}.service.d/data-dir.conf, then: systemctl daemon-reload\n",
                data_dir);
}

static gboolean
check (UlakInvocation *self, GError **error)
{
  static const UlakColumn columns[] = { { "group", "group" }, { "key", "key" }, { "value", "value" }, { "from", "from" } };
  const char *file = ulak_invocation_get (self, "config");
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (UlakConfig) config = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  config = ulak_config_load (file != NULL ? file : DEFAULT_FILE, (const char *const *) environment, error);
  if (config == NULL)
    return FALSE;

  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, list_values (config));
  text = json_to_string (node, FALSE);
  ulak_print_rows (self, text, columns, G_N_ELEMENTS (columns));
  print_hints (config);
  return TRUE;
}

const UlakCommand ulak_config_commands[] = {
  { "config", "check", "", 0, 0, "config=FILE", FALSE, check, "check the configuration and print what is in force, and why" },
  { NULL },
};
