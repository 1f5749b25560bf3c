/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/notify.h"

#include <systemd/sd-daemon.h>

/* STATUS= ends at a line break, and what follows would be read as another assignment. */
static char *
one_line (const char *text)
{
  return g_strdelimit (g_strdup (text), "\r\n", ' ');
}

/** ulak_notify_ready: it serves, or serves again after a reload; @status is for systemctl status */
void
ulak_notify_ready (const char *status)
{
  g_autofree char *line = one_line (status);

  sd_notifyf (0, "READY=1\nSTATUS=%s", line);
}

void
ulak_notify_status (const char *status)
{
  g_autofree char *line = one_line (status);

  sd_notifyf (0, "STATUS=%s", line);
}

/**
 * ulak_notify_reloading:
 *
 * systemd 253 asks for the monotonic time with it, to tell this reload from an earlier one; 252 ignores it.
 * Source: sd_notify(3), RELOADING=1
 */
void
ulak_notify_reloading (UlakClock *clock)
{
  sd_notifyf (0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=Reading the configuration again",
              ulak_clock_get_monotonic_us (clock));
}

void
ulak_notify_stopping (const char *status)
{
  g_autofree char *line = one_line (status);

  sd_notifyf (0, "STOPPING=1\nSTATUS=%s", line);
}

void
ulak_notify_watchdog (void)
{
  sd_notify (0, "WATCHDOG=1");
}
