/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Transport: how bytes get to the server, as UlakChannel sees it. websocket.h is the real one; tests bring their own.
 *
 * A transport makes sockets; a socket is opened once and told to close once, and after ulak_socket_abandon() it calls
 * nobody. Main thread only.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_SOCKET (ulak_socket_get_type ())
G_DECLARE_INTERFACE (UlakSocket, ulak_socket, ULAK, SOCKET, GObject)

typedef struct
{
  void (*opened) (gpointer user_data);
  void (*received) (GBytes *bytes, gpointer user_data);       /* a message of the WebSocket; its boundaries mean nothing */
  void (*closed) (const GError *error, gpointer user_data);   /* once; the last call, and from no call of ours */
} UlakSocketEvents;

struct _UlakSocketInterface
{
  GTypeInterface parent;

  void (*open) (UlakSocket *self, const UlakSocketEvents *events, gpointer user_data);
  void (*send) (UlakSocket *self, const guint8 *bytes, gsize size_bytes);
  gsize (*count_unsent) (UlakSocket *self);
  void (*abandon) (UlakSocket *self);
};

void ulak_socket_open (UlakSocket *self, const UlakSocketEvents *events, gpointer user_data);
void ulak_socket_send (UlakSocket *self, const guint8 *bytes, gsize size_bytes);
gsize ulak_socket_count_unsent (UlakSocket *self); /* bytes */
void ulak_socket_abandon (UlakSocket *self);

/* Makes a socket that was not opened yet. */
typedef UlakSocket *(*UlakSocketMaker) (gpointer user_data);

G_END_DECLS
