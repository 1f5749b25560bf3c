/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * HTTP server: libsoup's request parser behind our own accepting, limits, deadlines and drain.
 *
 * libsoup 3.2.3 leaks a descriptor for each idle connection that a client drops, stops accepting after one EMFILE, knows
 * no time limit and takes ambiguous framing (docs/decisions/0003-http-server.md). So sockets are accepted here and
 * handed over as streams, every connection has an entry with a phase and a deadline, and headers pass a guard before a
 * body is read. It knows nothing of routes: a message goes to the handlers below.
 *
 * A listening socket that came from systemd is never shut down: after a drain it stays with systemd, and clients
 * wait in its backlog for the next process. Main thread only.
 */
#pragma once

#include "api/http-connection.h"
#include "core/clock.h"

#include <gio/gio.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct
{
  guint max_connections;
  guint max_connections_per_address; /* clients of Unix sockets have no address and are not counted here */
  gint64 header_timeout_ms;          /* from the first byte (or the connect) to the end of the headers */
  gint64 body_timeout_ms;            /* for a body, longer the more has arrived; and for a client that reads nothing */
  gint64 idle_timeout_ms;            /* between requests */
  guint64 max_held_bytes;            /* of all bodies in memory together: some routes take one from anybody */
} UlakHttpLimits;

typedef struct
{
  /* What libsoup itself answers when it cannot parse the headers: (transfer full) a JSON document. */
  char *(*unparsed) (gpointer user_data);
  /* The headers are here. verdict is NULL for sound framing; otherwise the request must be refused. Sets the body's limit by
   * ulak_http_connection_set_body_limit(), may refuse. */
  void (*got_headers) (UlakHttpConnection *connection, const char *verdict, gpointer user_data);
  /* More of the body is here than the limit allows, in a body without a length. Must refuse. */
  void (*too_large) (UlakHttpConnection *connection, gpointer user_data);
  /* The whole request is here. Answers at once, or pauses the message and answers later. */
  void (*got_request) (UlakHttpConnection *connection, gpointer user_data);
  /* A connection over a limit: returns (transfer full) the whole answer to send before it is closed. */
  char *(*over_limit) (const char *sentence, gpointer user_data);
} UlakHttpHandlers;

#define ULAK_TYPE_HTTP_SERVER (ulak_http_server_get_type ())
G_DECLARE_FINAL_TYPE (UlakHttpServer, ulak_http_server, ULAK, HTTP_SERVER, GObject)

UlakHttpServer *ulak_http_server_new (UlakClock *clock,
                                      const UlakHttpLimits *limits,
                                      const UlakHttpHandlers *handlers,
                                      gpointer user_data,
                                      GError **error);
void ulak_http_server_set_limits (UlakHttpServer *self, const UlakHttpLimits *limits);

void ulak_http_server_add_socket (UlakHttpServer *self, GSocket *listening);
guint ulak_http_server_get_connections (UlakHttpServer *self);

/* Stops accepting, lets requests in flight finish, closes what is idle; finishes when no connection is left. */
void ulak_http_server_drain_async (UlakHttpServer *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_http_server_drain_finish (UlakHttpServer *self, GAsyncResult *result, GError **error);

G_END_DECLS
