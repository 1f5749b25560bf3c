/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/account-check.h"

#include "core/error.h"
#include "core/id.h"
#include "core/json.h"
#include "core/secret-source.h"

#include <string.h>

#define DIGITS_MAX 32
#define REFERENCE_MAX 80
#define TEXT_MAX 50

typedef enum
{
  SETTING_DIGITS,
  SETTING_SECRET,
  SETTING_TEXT,   /* up to 50 characters, none of them a control character */
  SETTING_CHOICE, /* one of words */
  SETTING_NUMBER, /* 0 to max */
} SettingKind;

typedef struct
{
  const char *name;
  SettingKind kind;
  UlakJsonFlags flags;
  const char *const *words;
  gint64 max;
} Setting;

static const Setting cloud_settings[] = {
  { "phone_number_id", SETTING_DIGITS, ULAK_JSON_REQUIRED }, { "waba_id", SETTING_DIGITS, ULAK_JSON_OPTIONAL },
  { "access_token", SETTING_SECRET, ULAK_JSON_REQUIRED },    { "app_secret", SETTING_SECRET, ULAK_JSON_REQUIRED },
  { "verify_token", SETTING_SECRET, ULAK_JSON_OPTIONAL },    { NULL },
};

static const char *const histories[] = { "none", "recent", "full", NULL };

/* device_name: as the phone lists the line. history: what the phone is asked for when it is linked; counts at the next linking. */
static const Setting linked_settings[] = {
  { "device_name", SETTING_TEXT, ULAK_JSON_OPTIONAL },
  { "history", SETTING_CHOICE, ULAK_JSON_OPTIONAL, histories, 0 },
  { "history_days", SETTING_NUMBER, ULAK_JSON_OPTIONAL, NULL, 3650 },
  { NULL },
};

static const struct
{
  const char *network;
  const char *backend;
  const Setting *settings;
} backends[] = {
  { "whatsapp", "cloud", cloud_settings },
  { "whatsapp", "linked", linked_settings },
};

static const Setting *
find_settings (const char *network, const char *backend)
{
  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    if (g_strcmp0 (backends[i].network, network) == 0 && g_strcmp0 (backends[i].backend, backend) == 0)
      return backends[i].settings;
  return NULL;
}

static gsize
longest (SettingKind kind)
{
  switch (kind)
    {
    case SETTING_DIGITS:
      return DIGITS_MAX;
    case SETTING_SECRET:
      return REFERENCE_MAX;
    case SETTING_TEXT:
    case SETTING_CHOICE:
    case SETTING_NUMBER:
      return TEXT_MAX;
    }
  g_return_val_if_reached (0);
}

static void
check_text (const char *value, const Setting *setting, const char *path, UlakIssues *issues)
{
  g_autofree char *words = NULL;

  switch (setting->kind)
    {
    case SETTING_DIGITS:
      if (value[strspn (value, "0123456789")] != '\0')
        ulak_issues_add (issues, path, "must be decimal digits");
      break;
    case SETTING_SECRET:
      if (ulak_secret_reference_get_name (value) == NULL
          || !ulak_secret_name_is_valid (ulak_secret_reference_get_name (value)))
        ulak_issues_add (issues, path, "must be a reference, secret:NAME; the value itself is set as a secret");
      break;
    case SETTING_TEXT:
      for (const char *p = value; *p != '\0'; p++)
        if (g_ascii_iscntrl (*p))
          {
            ulak_issues_add (issues, path, "must have no control characters");
            break;
          }
      break;
    case SETTING_CHOICE:
      words = g_strjoinv (", ", (char **) setting->words);
      if (!g_strv_contains (setting->words, value))
        ulak_issues_add (issues, path, "must be one of %s", words);
      break;
    case SETTING_NUMBER:
      break;
    }
}

static void
check_setting (JsonObject *settings, const Setting *setting, UlakIssues *issues)
{
  g_autofree char *path = g_strconcat ("settings.", setting->name, NULL);
  const char *value;

  if (setting->kind == SETTING_NUMBER)
    {
      ulak_json_read_integer (settings, "settings", setting->name, setting->flags, 0, setting->max, 0, issues);
      return;
    }
  value = ulak_json_read_string (settings, "settings", setting->name, setting->flags, 1, longest (setting->kind), issues);
  if (value != NULL && *value != '\0')
    check_text (value, setting, path, issues);
}

static void
check_settings (JsonObject *settings, const Setting *table, UlakIssues *issues)
{
  g_autoptr (GPtrArray) known = g_ptr_array_new ();

  for (const Setting *setting = table; setting->name != NULL; setting++)
    {
      g_ptr_array_add (known, (gpointer) setting->name);
      check_setting (settings, setting, issues);
    }
  g_ptr_array_add (known, NULL);
  ulak_json_refuse_unknown (settings, "settings", (const char *const *) known->pdata, issues);
}

static gboolean
needs_settings (const Setting *table)
{
  for (const Setting *setting = table; setting->name != NULL; setting++)
    if (setting->flags == ULAK_JSON_REQUIRED)
      return TRUE;
  return FALSE;
}

static void
require_settings (JsonObject *document, UlakIssues *issues)
{
  if (!json_object_has_member (document, "settings"))
    ulak_issues_add (issues, "settings", "is required");
}

static void
check_id (const char *id, UlakIssues *issues)
{
  if (id != NULL && *id != '\0' && !ulak_account_id_is_valid (id))
    ulak_issues_add (issues, "id", "must be a small letter, then up to 31 small letters, digits or underscores");
}

static char *
print_settings (JsonObject *settings)
{
  return settings == NULL ? g_strdup ("{}") : ulak_json_print_object (settings);
}

/**
 * ulak_account_check_new:
 * @document: {"id", "network", "backend", "name", "settings"}
 *
 * Returns: (transfer full): a row without times, not wanted yet; %NULL with %ULAK_ERROR_INVALID naming every fault
 */
UlakAccountRow *
ulak_account_check_new (JsonObject *document, GError **error)
{
  static const char *const known[] = { "id", "network", "backend", "name", "settings", NULL };
  g_autoptr (UlakAccountRow) row = g_new0 (UlakAccountRow, 1);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  JsonObject *settings;
  const Setting *table;

  ulak_json_refuse_unknown (document, "", known, issues);
  row->id = g_strdup (ulak_json_read_string (document, "", "id", ULAK_JSON_REQUIRED, 1, ULAK_ACCOUNT_ID_MAX, issues));
  row->network = g_strdup (ulak_json_read_string (document, "", "network", ULAK_JSON_REQUIRED, 1, 32, issues));
  row->backend = g_strdup (ulak_json_read_string (document, "", "backend", ULAK_JSON_REQUIRED, 1, 32, issues));
  row->name = g_strdup (
      ulak_json_read_string (document, "", "name", ULAK_JSON_OPTIONAL, 0, ULAK_ACCOUNT_NAME_MAX, issues));
  settings = ulak_json_read_object (document, "", "settings", ULAK_JSON_OPTIONAL, issues);
  check_id (row->id, issues);
  table = find_settings (row->network, row->backend);
  if (table == NULL && row->network != NULL && row->backend != NULL)
    ulak_issues_add (issues, "backend", "must be cloud or linked, of the network whatsapp");
  if (table != NULL && settings != NULL)
    check_settings (settings, table, issues);
  else if (table == NULL || needs_settings (table))
    require_settings (document, issues);
  if (!ulak_issues_to_error (issues, error))
    return NULL;

  if (row->name == NULL)
    row->name = g_strdup ("");
  row->settings = print_settings (settings);
  return g_steal_pointer (&row);
}

static void
merge_member (G_GNUC_UNUSED JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  if (JSON_NODE_HOLDS_NULL (node))
    json_object_remove_member (user_data, name);
  else
    json_object_set_member (user_data, name, json_node_copy (node));
}

/**
 * ulak_account_check_change:
 * @row: as it is
 * @changes: "name" and "settings"; a setting that is null goes away. id, network and backend never change
 *
 * Returns: (transfer full): the row after the change; %NULL with %ULAK_ERROR_INVALID
 */
UlakAccountRow *
ulak_account_check_change (const UlakAccountRow *row, JsonObject *changes, GError **error)
{
  static const char *const known[] = { "name", "settings", NULL };
  g_autoptr (UlakAccountRow) changed = ulak_account_row_copy (row);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) merged = NULL;
  JsonObject *settings;
  const char *name;

  ulak_json_refuse_unknown (changes, "", known, issues);
  name = ulak_json_read_string (changes, "", "name", ULAK_JSON_OPTIONAL, 0, ULAK_ACCOUNT_NAME_MAX, issues);
  settings = ulak_json_read_object (changes, "", "settings", ULAK_JSON_OPTIONAL, issues);
  merged = ulak_json_parse_text (row->settings, error);
  if (merged == NULL)
    return NULL;
  if (settings != NULL)
    json_object_foreach_member (settings, merge_member, merged);
  check_settings (merged, find_settings (row->network, row->backend), issues);
  if (!ulak_issues_to_error (issues, error))
    return NULL;

  if (name != NULL)
    {
      g_free (changed->name);
      changed->name = g_strdup (name);
    }
  g_free (changed->settings);
  changed->settings = print_settings (merged);
  return g_steal_pointer (&changed);
}

/** ulak_account_refers_to: whether one of the settings is a reference to this secret */
gboolean
ulak_account_refers_to (JsonObject *settings, const char *secret_name)
{
  g_autoptr (GList) values = json_object_get_values (settings);

  for (GList *link = values; link != NULL; link = link->next)
    if (JSON_NODE_HOLDS_VALUE (link->data) && json_node_get_value_type (link->data) == G_TYPE_STRING
        && g_strcmp0 (ulak_secret_reference_get_name (json_node_get_string (link->data)), secret_name) == 0)
      return TRUE;
  return FALSE;
}
