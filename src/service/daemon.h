/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Daemon: what a program fills in for UlakService to run it.
 *
 * A derivable class with one implementation per program. Main thread only.
 */
#pragma once

#include "core/config.h"
#include "service/health.h"
#include "store/store.h"

G_BEGIN_DECLS

#define ULAK_TYPE_DAEMON (ulak_daemon_get_type ())
G_DECLARE_DERIVABLE_TYPE (UlakDaemon, ulak_daemon, ULAK, DAEMON, GObject)

struct _UlakDaemonClass
{
  GObjectClass parent_class;

  /* Where it is on the bus. Both (transfer full). */
  char *(*get_bus_name) (UlakDaemon *self);
  char *(*get_object_path) (UlakDaemon *self);

  /* Opens stores, takes sockets, exports interfaces; finishes when it can really serve. The bus name is owned after. */
  void (*start_async) (UlakDaemon *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*start_finish) (UlakDaemon *self, GAsyncResult *result, GError **error);

  /* The bus name is ours: others can reach us now. Optional. */
  void (*started) (UlakDaemon *self);

  /* Stops taking work, finishes what is in flight, closes stores. */
  void (*drain_async) (UlakDaemon *self, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*drain_finish) (UlakDaemon *self, GAsyncResult *result, GError **error);

  /* A new configuration is in force. Optional. */
  void (*reload) (UlakDaemon *self, UlakConfig *config);

  /* Adds a check per dependency. Must not block. */
  void (*check_health) (UlakDaemon *self, UlakHealth *health);

  /* The database, for BackupDatabase and CheckDatabase; NULL while it is not open. (transfer none). Optional. */
  UlakStore *(*get_store) (UlakDaemon *self);

  /* Brings gauges up to date before they are printed. Optional. */
  void (*refresh_metrics) (UlakDaemon *self);
};

G_END_DECLS
