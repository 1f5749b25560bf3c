/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Watchdog: tells systemd that the main loop turns.
 *
 * WATCHDOG=1 goes out from the main loop at half of $WATCHDOG_USEC, so a loop that hangs is killed and started again. Made
 * as the last thing before the loop runs; does nothing where no watchdog is asked for.
 */
#pragma once

#include "core/clock.h"

typedef struct _UlakWatchdog UlakWatchdog;

UlakWatchdog *ulak_watchdog_new (UlakClock *clock);
void ulak_watchdog_free (UlakWatchdog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakWatchdog, ulak_watchdog_free)
