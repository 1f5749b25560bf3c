/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * HTTP connection: one accepted socket, from accept to close.
 *
 * The entry lives in its server's table until the stream is gone. It remembers the message that is being served, or, while
 * idle, the last one: libsoup gives a connection up only through a message. All closing from our side goes through
 * ulak_http_connection_cut() and ulak_http_connection_refuse(), which wait for the main loop, since stealing a
 * connection inside a signal of its message crashes libsoup 3.2.3.
 */
#pragma once

#include <gio/gio.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _UlakHttpConnection UlakHttpConnection;

typedef enum
{
  ULAK_HTTP_IDLE,     /* no byte of the next request yet */
  ULAK_HTTP_HEADERS,  /* reading headers */
  ULAK_HTTP_BODY,     /* reading a body */
  ULAK_HTTP_HANDLING, /* ours: no deadline but the handler's own */
  ULAK_HTTP_WRITING,  /* writing the answer */
  ULAK_HTTP_CLOSING,  /* refused or cut: only closing is left */
} UlakHttpPhase;

SoupServerMessage *ulak_http_connection_get_message (UlakHttpConnection *self);
const char *ulak_http_connection_get_address (UlakHttpConnection *self); /* "127.0.0.1", or "unix" */
gboolean ulak_http_connection_is_local (UlakHttpConnection *self);       /* a Unix socket or a loopback address */
gboolean ulak_http_connection_is_draining (UlakHttpConnection *self);

/* Bytes; a body with a larger Content-Length must be refused by the caller, a chunked one is counted here. */
void ulak_http_connection_set_body_limit (UlakHttpConnection *self, guint64 limit_bytes);

/* What the application keeps for the message that is being served; gone() is called once: finished, cut or dropped. */
void ulak_http_connection_set_exchange (UlakHttpConnection *self, gpointer exchange, GDestroyNotify gone);
gpointer ulak_http_connection_get_exchange (UlakHttpConnection *self);

/* Sends a whole answer past libsoup and closes, without reading the rest of the request. answer: (transfer full). */
void ulak_http_connection_refuse (UlakHttpConnection *self, char *answer);
void ulak_http_connection_cut (UlakHttpConnection *self);

G_END_DECLS
