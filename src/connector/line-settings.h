/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Line settings: what people may change about a line while it runs, docs/messages.md, "Settings of a line".
 *
 * One table gives name, kind, range and default. A patch is judged whole: one bad value changes nothing. Values live in
 * the line's database as JSON text, only where they differ from the default.
 */
#pragma once

#include "core/hours.h"
#include "core/issues.h"

#include <json-glib/json-glib.h>

typedef struct
{
  gboolean ghost_mode;
  gint64 max_messages_per_chat; /* 0: all */
  gint64 media_max_age_days;    /* 0: for ever */
  gint64 media_max_bytes;
  gboolean holds_unknown; /* unknown_outcome is "hold" */
  gint64 rate_per_second;
  gint64 pair_interval_ms;
  gint64 pair_burst;
  gint64 rate_per_minute;        /* 0: no such limit */
  gint64 new_contact_interval_s; /* 0: no such limit */
  UlakHours quiet_hours;         /* cold messages only */
} UlakLineSettings;

typedef void (*UlakSettingFunc) (const char *name, const char *json_or_null, gpointer user_data);

/* defaults: those of the configuration. */
void ulak_line_settings_apply (UlakLineSettings *self, const UlakLineSettings *defaults, JsonObject *values);
gboolean ulak_line_settings_check (JsonObject *changes, UlakIssues *issues);
JsonObject *ulak_line_settings_to_json (const UlakLineSettings *self);
void ulak_line_settings_foreach_change (JsonObject *changes, UlakSettingFunc func, gpointer user_data);
void ulak_line_settings_init (UlakLineSettings *self);
