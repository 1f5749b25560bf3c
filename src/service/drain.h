/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Drain: a daemon's end, with a deadline.
 *
 * Asks the daemon to finish what is in flight, lets the last replies leave over the bus, and calls back once: when both are
 * done, or when the deadline passes first. What is left then is in the databases and is resumed at the next start.
 */
#pragma once

#include "core/clock.h"
#include "service/daemon.h"

typedef struct _UlakDrain UlakDrain;

/* error: (nullable): the daemon's; TIMED_OUT when the deadline passed. */
typedef void (*UlakDrainFunc) (const GError *error, gpointer user_data);

UlakDrain *ulak_drain_start (UlakDaemon *daemon,
                             GDBusConnection *connection,
                             UlakClock *clock,
                             gint64 timeout_ms,
                             UlakDrainFunc done,
                             gpointer user_data);
void ulak_drain_free (UlakDrain *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakDrain, ulak_drain_free)
