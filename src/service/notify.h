/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Notify: what systemd is told, in the protocol of sd_notify(3).
 *
 * Silent when $NOTIFY_SOCKET is not set. Each call is one datagram and does not wait for an answer.
 */
#pragma once

#include "core/clock.h"

void ulak_notify_ready (const char *status);
void ulak_notify_status (const char *status);
void ulak_notify_reloading (UlakClock *clock);
void ulak_notify_stopping (const char *status);
void ulak_notify_watchdog (void);
