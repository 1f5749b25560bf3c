/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/transport.h"

G_DEFINE_INTERFACE (UlakSocket, ulak_socket, G_TYPE_OBJECT)

static void
ulak_socket_default_init (UlakSocketInterface *interface G_GNUC_UNUSED)
{
}

/**
 * ulak_socket_open:
 * @events: outlives the socket
 *
 * Starts to connect. The answer is @opened or @closed, never before this returns.
 */
void
ulak_socket_open (UlakSocket *self, const UlakSocketEvents *events, gpointer user_data)
{
  ULAK_SOCKET_GET_IFACE (self)->open (self, events, user_data);
}

/** ulak_socket_send: queues one message of the WebSocket, behind all earlier ones; nothing happens when it is closed */
void
ulak_socket_send (UlakSocket *self, const guint8 *bytes, gsize size_bytes)
{
  ULAK_SOCKET_GET_IFACE (self)->send (self, bytes, size_bytes);
}

/** ulak_socket_count_unsent: Returns: bytes that were queued and did not leave the process yet */
gsize
ulak_socket_count_unsent (UlakSocket *self)
{
  return ULAK_SOCKET_GET_IFACE (self)->count_unsent (self);
}

/** ulak_socket_abandon: drops the connection without a goodbye and without waiting; no event comes any more */
void
ulak_socket_abandon (UlakSocket *self)
{
  ULAK_SOCKET_GET_IFACE (self)->abandon (self);
}
