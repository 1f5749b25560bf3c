/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The end is found through the calendar, so that it is right on the days on which clocks change.
 */
#include "core/hours.h"

#include <string.h>

static gboolean
parse_time (const char *text, gint *minute_out)
{
  gint hour, minute;

  if (!g_ascii_isdigit (text[0]) || !g_ascii_isdigit (text[1]) || text[2] != ':' || !g_ascii_isdigit (text[3])
      || !g_ascii_isdigit (text[4]))
    return FALSE;
  hour = (text[0] - '0') * 10 + text[1] - '0';
  minute = (text[3] - '0') * 10 + text[4] - '0';
  *minute_out = hour * 60 + minute;
  return hour < 24 && minute < 60;
}

gboolean
ulak_hours_parse (const char *text, UlakHours *hours_out)
{
  UlakHours hours = { 0 };

  if (*text != '\0'
      && (strlen (text) != strlen ("00:00-00:00") || text[5] != '-' || !parse_time (text, &hours.from_minute)
          || !parse_time (text + 6, &hours.to_minute) || hours.from_minute == hours.to_minute))
    return FALSE;
  *hours_out = hours;
  return TRUE;
}

/** ulak_hours_to_string: Returns: (transfer full): as it is parsed */
char *
ulak_hours_to_string (const UlakHours *self)
{
  if (ulak_hours_is_empty (self))
    return g_strdup ("");
  return g_strdup_printf ("%02d:%02d-%02d:%02d", self->from_minute / 60, self->from_minute % 60, self->to_minute / 60,
                          self->to_minute % 60);
}

gboolean
ulak_hours_is_empty (const UlakHours *self)
{
  return self->from_minute == self->to_minute;
}

gint64
ulak_hours_get_end_us (const UlakHours *self, GTimeZone *zone, gint64 wall_us)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (wall_us / G_USEC_PER_SEC);
  g_autoptr (GDateTime) now = utc == NULL ? NULL : g_date_time_to_timezone (utc, zone);
  g_autoptr (GDateTime) day = NULL;
  g_autoptr (GDateTime) end = NULL;
  gboolean wraps = self->to_minute < self->from_minute;
  gint minute;

  if (now == NULL || ulak_hours_is_empty (self))
    return 0;
  minute = g_date_time_get_hour (now) * 60 + g_date_time_get_minute (now);
  if (wraps ? minute < self->from_minute && minute >= self->to_minute
            : minute < self->from_minute || minute >= self->to_minute)
    return 0;
  day = g_date_time_add_days (now, wraps && minute >= self->from_minute ? 1 : 0);
  end = g_date_time_new (zone, g_date_time_get_year (day), g_date_time_get_month (day),
                         g_date_time_get_day_of_month (day), self->to_minute / 60, self->to_minute % 60, 0);
  return end == NULL ? wall_us + G_TIME_SPAN_HOUR : g_date_time_to_unix (end) * G_USEC_PER_SEC;
}
