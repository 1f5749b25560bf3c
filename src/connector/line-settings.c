/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The table holds where each setting lies in the struct, so that reading, checking and printing are one loop each.
 */
#include "connector/line-settings.h"

#include "core/json.h"

#define MESSAGES_MAX 1000000
#define DAYS_MAX 36500
#define BYTES_MAX (G_GINT64_CONSTANT (1) << 50)

typedef enum
{
  SETTING_BOOLEAN,
  SETTING_INTEGER,
  SETTING_UNKNOWN_OUTCOME, /* "resend" or "hold", kept as a boolean */
  SETTING_HOURS,           /* "22:00-07:00" or "", packed into a number between places */
} SettingKind;

typedef struct
{
  const char *name;
  SettingKind kind;
  gsize offset;
  gint64 min, max;
  gint64 initial;
} Setting;

#define AT(field) G_STRUCT_OFFSET (UlakLineSettings, field)

static const Setting settings[] = {
  { "ghost_mode", SETTING_BOOLEAN, AT (ghost_mode), 0, 1, FALSE },
  { "max_messages_per_chat", SETTING_INTEGER, AT (max_messages_per_chat), 0, MESSAGES_MAX, 0 },
  { "media_max_age_days", SETTING_INTEGER, AT (media_max_age_days), 0, DAYS_MAX, 30 },
  { "media_max_bytes", SETTING_INTEGER, AT (media_max_bytes), 0, BYTES_MAX, 1073741824 },
  { "unknown_outcome", SETTING_UNKNOWN_OUTCOME, AT (holds_unknown), 0, 1, FALSE },
  { "rate_per_second", SETTING_INTEGER, AT (rate_per_second), 1, 1000, 80 },
  { "pair_interval_ms", SETTING_INTEGER, AT (pair_interval_ms), 0, 86400000, 6000 },
  { "pair_burst", SETTING_INTEGER, AT (pair_burst), 1, 1000, 45 },
  { "rate_per_minute", SETTING_INTEGER, AT (rate_per_minute), 0, 6000, 0 },
  { "new_contact_interval_s", SETTING_INTEGER, AT (new_contact_interval_s), 0, 86400, 0 },
  { "quiet_hours", SETTING_HOURS, AT (quiet_hours), 0, 0, 0 },
};

#define PACK 10000 /* more than the minutes of a day */

static gint64
pack_hours (const UlakHours *hours)
{
  return (gint64) hours->from_minute * PACK + hours->to_minute;
}

static UlakHours
unpack_hours (gint64 value)
{
  return (UlakHours){ (gint) (value / PACK), (gint) (value % PACK) };
}

static gint64
get (const UlakLineSettings *self, const Setting *setting)
{
  if (setting->kind == SETTING_INTEGER)
    return G_STRUCT_MEMBER (gint64, self, setting->offset);
  if (setting->kind == SETTING_HOURS)
    return pack_hours (&G_STRUCT_MEMBER (UlakHours, self, setting->offset));
  return G_STRUCT_MEMBER (gboolean, self, setting->offset);
}

static void
set (UlakLineSettings *self, const Setting *setting, gint64 value)
{
  if (setting->kind == SETTING_INTEGER)
    G_STRUCT_MEMBER (gint64, self, setting->offset) = value;
  else if (setting->kind == SETTING_HOURS)
    G_STRUCT_MEMBER (UlakHours, self, setting->offset) = unpack_hours (value);
  else
    G_STRUCT_MEMBER (gboolean, self, setting->offset) = value != 0;
}

static gboolean
is_given (JsonObject *object, const char *name)
{
  return json_object_has_member (object, name) && !json_object_get_null_member (object, name);
}

static gint64
read_value (JsonObject *object, const Setting *setting, UlakIssues *issues)
{
  UlakHours hours = { 0 };
  const char *word;

  switch (setting->kind)
    {
    case SETTING_BOOLEAN:
      return ulak_json_read_boolean (object, "", setting->name, FALSE, issues);
    case SETTING_INTEGER:
      return ulak_json_read_integer (object, "", setting->name, ULAK_JSON_OPTIONAL, setting->min, setting->max,
                                     setting->initial, issues);
    case SETTING_UNKNOWN_OUTCOME:
      word = ulak_json_read_string (object, "", setting->name, ULAK_JSON_OPTIONAL, 1, 32, issues);
      if (word != NULL && !g_str_equal (word, "resend") && !g_str_equal (word, "hold"))
        ulak_issues_add (issues, setting->name, "must be \"resend\" or \"hold\"");
      return g_strcmp0 (word, "hold") == 0;
    case SETTING_HOURS:
      word = ulak_json_read_string (object, "", setting->name, ULAK_JSON_OPTIONAL, 0, 32, issues);
      if (word != NULL && !ulak_hours_parse (word, &hours))
        ulak_issues_add (issues, setting->name, "must be HH:MM-HH:MM of two different times, or empty for never");
      return pack_hours (&hours);
    }
  g_return_val_if_reached (0);
}

/** ulak_line_settings_init: every setting at the table's default */
void
ulak_line_settings_init (UlakLineSettings *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    set (self, &settings[i], settings[i].initial);
}

/** ulak_line_settings_apply: @self becomes @defaults with the members of @values, which were checked before */
void
ulak_line_settings_apply (UlakLineSettings *self, const UlakLineSettings *defaults, JsonObject *values)
{
  g_autoptr (UlakIssues) ignored = ulak_issues_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    set (self, &settings[i],
         is_given (values, settings[i].name) ? read_value (values, &settings[i], ignored)
                                             : get (defaults, &settings[i]));
}

/** ulak_line_settings_check: Returns: whether @changes, where null means the default, added no issue */
gboolean
ulak_line_settings_check (JsonObject *changes, UlakIssues *issues)
{
  const char *known[G_N_ELEMENTS (settings) + 1] = { NULL };
  guint before = ulak_issues_count (issues);

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      known[i] = settings[i].name;
      if (is_given (changes, settings[i].name))
        read_value (changes, &settings[i], issues);
    }
  ulak_json_refuse_unknown (changes, "", known, issues);
  return ulak_issues_count (issues) == before;
}

/** ulak_line_settings_to_json: Returns: (transfer full): every setting */
JsonObject *
ulak_line_settings_to_json (const UlakLineSettings *self)
{
  JsonObject *object = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      gint64 value = get (self, &settings[i]);
      g_autofree char *text = NULL;
      UlakHours hours;

      switch (settings[i].kind)
        {
        case SETTING_BOOLEAN:
          json_object_set_boolean_member (object, settings[i].name, value != 0);
          break;
        case SETTING_INTEGER:
          json_object_set_int_member (object, settings[i].name, value);
          break;
        case SETTING_UNKNOWN_OUTCOME:
          json_object_set_string_member (object, settings[i].name, value != 0 ? "hold" : "resend");
          break;
        case SETTING_HOURS:
          hours = unpack_hours (value);
          text = ulak_hours_to_string (&hours);
          json_object_set_string_member (object, settings[i].name, text);
          break;
        }
    }
  return object;
}

/** ulak_line_settings_foreach_change: @func gets each known member of @changes as JSON text, %NULL for null */
void
ulak_line_settings_foreach_change (JsonObject *changes, UlakSettingFunc func, gpointer user_data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      JsonNode *node = json_object_get_member (changes, settings[i].name);
      g_autofree char *json = NULL;

      if (node == NULL)
        continue;
      json = JSON_NODE_HOLDS_NULL (node) ? NULL : ulak_json_print (node);
      func (settings[i].name, json, user_data);
    }
}
