/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/watchdog.h"

#include "service/notify.h"

#include <systemd/sd-daemon.h>

struct _UlakWatchdog
{
  UlakClock *clock;   /* (owned) */
  gint64 interval_us; /* 0: nobody asked */
  guint timer;
};

static void
ping (gpointer user_data)
{
  UlakWatchdog *self = user_data;

  ulak_notify_watchdog ();
  self->timer = ulak_clock_add_timer (self->clock, self->interval_us, ping, self);
}

/** ulak_watchdog_new: @clock: sends the first ping at once and then one at each half of the time systemd allows */
UlakWatchdog *
ulak_watchdog_new (UlakClock *clock)
{
  UlakWatchdog *self = g_new0 (UlakWatchdog, 1);
  guint64 allowed_us = 0;

  self->clock = g_object_ref (clock);
  if (sd_watchdog_enabled (0, &allowed_us) > 0)
    {
      self->interval_us = (gint64) MAX (allowed_us / 2, 1);
      ping (self);
    }
  return self;
}

void
ulak_watchdog_free (UlakWatchdog *self)
{
  if (self == NULL)
    return;

  ulak_clock_clear_timer (self->clock, &self->timer);
  g_object_unref (self->clock);
  g_free (self);
}
