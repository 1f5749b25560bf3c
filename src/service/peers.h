/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Peers: which user stands behind a unique bus name.
 *
 * The bus daemon knows it from the socket's credentials and is asked once per connection; the answer is kept until the
 * name leaves the bus, and unique names are never used twice. Bounded: when full, everything is forgotten and asked again.
 * Main thread only.
 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define ULAK_PEERS_MAX 1024

#define ULAK_TYPE_PEERS (ulak_peers_get_type ())
G_DECLARE_FINAL_TYPE (UlakPeers, ulak_peers, ULAK, PEERS, GObject)

UlakPeers *ulak_peers_new (GDBusConnection *connection);

gboolean ulak_peers_peek_uid (UlakPeers *self, const char *sender, uid_t *uid_out);
guint ulak_peers_count (UlakPeers *self);

void ulak_peers_lookup_uid_async (UlakPeers *self,
                                  const char *sender,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean ulak_peers_lookup_uid_finish (UlakPeers *self, GAsyncResult *result, uid_t *uid_out, GError **error);

G_END_DECLS
