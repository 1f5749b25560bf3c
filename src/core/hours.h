/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Hours: a daily stretch of time, written "22:00-07:00", in the machine's time zone or another.
 */
#pragma once

#include <glib.h>

typedef struct
{
  gint from_minute; /* of the day, 0 to 1439; equal ones: never */
  gint to_minute;   /* not included; below from_minute: past midnight */
} UlakHours;

/* "" is never. FALSE: not of this form, or of no length: never and always are too far apart to guess. */
gboolean ulak_hours_parse (const char *text, UlakHours *hours_out);
char *ulak_hours_to_string (const UlakHours *self);
gboolean ulak_hours_is_empty (const UlakHours *self);
/* When the stretch in which wall_us lies is over, wall clock in microseconds; 0: it lies in none. */
gint64 ulak_hours_get_end_us (const UlakHours *self, GTimeZone *zone, gint64 wall_us);
