/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/clock.h"

G_DEFINE_INTERFACE (UlakClock, ulak_clock, G_TYPE_OBJECT)

static void
ulak_clock_default_init (UlakClockInterface *iface G_GNUC_UNUSED)
{
}

/** ulak_clock_get_wall_us: Returns: microseconds since 1970-01-01 UTC; may jump either way */
gint64
ulak_clock_get_wall_us (UlakClock *self)
{
  return ULAK_CLOCK_GET_IFACE (self)->get_wall_us (self);
}

/** ulak_clock_get_monotonic_us: Returns: microseconds since some start, never going back */
gint64
ulak_clock_get_monotonic_us (UlakClock *self)
{
  return ULAK_CLOCK_GET_IFACE (self)->get_monotonic_us (self);
}

/**
 * ulak_clock_add_timer:
 * @delay_us: how long to wait, in microseconds; below 0 counts as 0
 * @func: called once on the main context, after which the id is gone
 *
 * Returns: a timer id, never 0
 */
guint
ulak_clock_add_timer (UlakClock *self, gint64 delay_us, GSourceOnceFunc func, gpointer user_data)
{
  return ULAK_CLOCK_GET_IFACE (self)->add_timer (self, MAX (delay_us, 0), func, user_data);
}

/** ulak_clock_remove_timer: stops a timer that has not fired; @timer_id must be a live one */
void
ulak_clock_remove_timer (UlakClock *self, guint timer_id)
{
  ULAK_CLOCK_GET_IFACE (self)->remove_timer (self, timer_id);
}

/** ulak_clock_clear_timer: stops the timer in @timer_id, if it is not 0, and sets it to 0 */
void
ulak_clock_clear_timer (UlakClock *self, guint *timer_id)
{
  guint id = *timer_id;

  *timer_id = 0;
  if (id != 0)
    ulak_clock_remove_timer (self, id);
}

/**
 * ulak_clock_take_set_back_us:
 * @offset_us: (inout): of the wall clock to the monotonic one at the last call
 *
 * A step forward only makes things happen early; one back would hold up everything that waits by as much.
 *
 * Returns: by how much the wall clock was set back since the last call, in microseconds; 0 if by less than a second
 */
gint64
ulak_clock_take_set_back_us (UlakClock *self, gint64 *offset_us)
{
  gint64 now_us = ulak_clock_get_wall_us (self) - ulak_clock_get_monotonic_us (self);
  gint64 back_us = *offset_us - now_us;

  if (*offset_us == 0 || back_us < G_USEC_PER_SEC)
    {
      *offset_us = MAX (*offset_us, now_us);
      return 0;
    }
  *offset_us = now_us;
  return back_us;
}

/**
 * ulak_format_rfc3339:
 * @wall_us: microseconds since 1970-01-01 UTC
 *
 * Returns: (transfer full): RFC 3339 in UTC with milliseconds, "2026-11-25T08:30:00.125Z"
 */
char *
ulak_format_rfc3339 (gint64 wall_us)
{
  gint64 fraction_us = ((wall_us % G_USEC_PER_SEC) + G_USEC_PER_SEC) % G_USEC_PER_SEC; /* 0 or more before 1970 too */
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc ((wall_us - fraction_us) / G_USEC_PER_SEC);
  int year, month, day;

  if (date == NULL)
    return g_strdup ("1970-01-01T00:00:00.000Z");

  g_date_time_get_ymd (date, &year, &month, &day);
  return g_strdup_printf ("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day, g_date_time_get_hour (date),
                          g_date_time_get_minute (date), g_date_time_get_second (date), (int) (fraction_us / 1000));
}

/** ulak_parse_rfc3339: Returns: %TRUE and the time in microseconds if @text is RFC 3339 with an offset or Z */
gboolean
ulak_parse_rfc3339 (const char *text, gint64 *wall_us_out)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_iso8601 (text, NULL);

  if (date == NULL)
    return FALSE;

  if (wall_us_out != NULL)
    *wall_us_out = g_date_time_to_unix (date) * G_USEC_PER_SEC + g_date_time_get_microsecond (date);
  return TRUE;
}
