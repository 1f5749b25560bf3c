/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Clock: the only way to learn the time and to wait for it.
 *
 * Durations use the monotonic clock, dates that people see use the wall clock, both in microseconds. Everything
 * that needs time is given an UlakClock: programs pass the system clock, tests pass the fake of
 * tests/unit/fakes/clock.h, which moves only when told to. Nothing else in src/ reads a clock.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define ULAK_TYPE_CLOCK (ulak_clock_get_type ())
G_DECLARE_INTERFACE (UlakClock, ulak_clock, ULAK, CLOCK, GObject)

struct _UlakClockInterface
{
  GTypeInterface parent;

  gint64 (*get_wall_us) (UlakClock *self);
  gint64 (*get_monotonic_us) (UlakClock *self);
  guint (*add_timer) (UlakClock *self, gint64 delay_us, GSourceOnceFunc func, gpointer user_data);
  void (*remove_timer) (UlakClock *self, guint timer_id);
};

gint64 ulak_clock_get_wall_us (UlakClock *self);
gint64 ulak_clock_get_monotonic_us (UlakClock *self);
guint ulak_clock_add_timer (UlakClock *self, gint64 delay_us, GSourceOnceFunc func, gpointer user_data);
void ulak_clock_remove_timer (UlakClock *self, guint timer_id);
void ulak_clock_clear_timer (UlakClock *self, guint *timer_id);

UlakClock *ulak_clock_system_new (void);

/* For whoever keeps times to come in wall clock: *offset_us is the caller's, 0 before the first call. */
gint64 ulak_clock_take_set_back_us (UlakClock *self, gint64 *offset_us);

char *ulak_format_rfc3339 (gint64 wall_us);
gboolean ulak_parse_rfc3339 (const char *text, gint64 *wall_us_out);

G_END_DECLS
