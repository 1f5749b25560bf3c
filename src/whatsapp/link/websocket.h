/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * WebSocket: the real transport, by libsoup.
 *
 * Made for a server that speaks no WebSocket extensions and expects the Origin of its own page. A connection is given up by
 * dropping it: saying goodbye to a silent peer takes libsoup seconds.
 */
#pragma once

#include "whatsapp/link/transport.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define ULAK_WEBSOCKET_URL "wss://web.whatsapp.com/ws/chat"
#define ULAK_WEBSOCKET_ORIGIN "https://web.whatsapp.com"
#define ULAK_WEBSOCKET_PAYLOAD_MAX 33554432 /* bytes of a message in: two of the largest frames */
#define ULAK_WEBSOCKET_TIMEOUT_S 20

#define ULAK_TYPE_WEBSOCKET (ulak_websocket_get_type ())
G_DECLARE_FINAL_TYPE (UlakWebsocket, ulak_websocket, ULAK, WEBSOCKET, GObject)

/* For the sockets of one line; after ulak_roots_install(). */
SoupSession *ulak_websocket_session_new (void);
UlakSocket *ulak_websocket_new (SoupSession *session, GUri *url);

G_END_DECLS
