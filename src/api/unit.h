/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Unit: a unit of systemd's, started and stopped over the bus.
 *
 * The job that a verb makes is not waited for: the line says itself how far it is. Main thread only.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_SYSTEMD_NAME "org.freedesktop.systemd1"
#define ULAK_SYSTEMD_PATH "/org/freedesktop/systemd1"
#define ULAK_SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

/* source: of the task. anew: it runs and is to begin again. Errors: UNAVAILABLE. */
void ulak_unit_start_async (GDBusConnection *connection,
                            gpointer source,
                            const char *unit,
                            gboolean anew,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* One that does not exist is stopped. */
void ulak_unit_stop_async (GDBusConnection *connection,
                           gpointer source,
                           const char *unit,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
gboolean ulak_unit_finish (GAsyncResult *result, GError **error);

G_END_DECLS
