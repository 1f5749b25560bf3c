/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the files http-*.c share: the server's and a connection's fields. Nobody else includes it.
 */
#pragma once

#include "api/http-server.h"

struct _UlakHttpServer
{
  GObject parent_instance;

  UlakClock *clock; /* (owned) */
  UlakHttpLimits limits;
  UlakHttpHandlers handlers;
  gpointer user_data; /* unowned, outlives us */

  SoupServer *soup;          /* (owned) */
  int dummy_fd;              /* the other end of the listener that soup needs to keep connections alive */
  GPtrArray *acceptors;      /* (owned) (element-type UlakHttpAcceptor) */
  GHashTable *connections;   /* (owned) (element-type UlakHttpConnection): a set */
  GHashTable *per_address;   /* (owned) (element-type utf8 guint) */
  guint64 held_bytes;        /* of request bodies in memory */
  guint resume_timer;        /* accepting goes on after EMFILE */
  guint sweep_timer;
  guint grace_timer;         /* draining: idle connections are closed when it fires */
  gboolean is_draining;
  GTask *drain;              /* (owned) (nullable) */
};

struct _UlakHttpConnection
{
  grefcount refs;
  UlakHttpServer *server;     /* unowned; NULL once it is out of the server's table */
  GSocket *socket;            /* (owned) */
  char *address;              /* (owned) */
  gboolean is_unix;
  gboolean is_loopback;

  UlakHttpPhase phase;
  gint64 since_us;            /* monotonic: when the phase began */
  gint64 deadline_us;         /* monotonic; 0 is none */

  SoupServerMessage *message; /* (owned) (nullable) */
  gboolean was_served;        /* at least one request ended on it */
  guint64 body_bytes;
  guint64 body_limit_bytes;
  guint64 held_bytes;         /* its part of the server's */

  gpointer exchange;
  GDestroyNotify exchange_gone;

  GSource *idle_watch;        /* (owned) (nullable) */
  guint close_source;         /* a pending close from the main loop */
  char *last_words;           /* (owned) (nullable): to be sent before the close */
};

UlakHttpConnection *ulak_http_connection_new (UlakHttpServer *server, GSocket *socket);
UlakHttpConnection *ulak_http_connection_ref (UlakHttpConnection *self);
void ulak_http_connection_unref (UlakHttpConnection *self);
UlakHttpConnection *ulak_http_connection_of (SoupServerMessage *message);
void ulak_http_connection_attach (UlakHttpConnection *self, GSocketAddress *remote);
void ulak_http_connection_enter (UlakHttpConnection *self, UlakHttpPhase phase, gint64 timeout_ms);
void ulak_http_connection_extend (UlakHttpConnection *self, gint64 timeout_ms);
void ulak_http_connection_drop_exchange (UlakHttpConnection *self);
void ulak_http_connection_hold_message (UlakHttpConnection *self, SoupServerMessage *message);
void ulak_http_connection_let_go_of_body (UlakHttpConnection *self);
void ulak_http_connection_closed (UlakHttpConnection *self);

/* http-listener.c */
void ulak_http_listener_pause (UlakHttpServer *self);
void ulak_http_listener_stop (UlakHttpServer *self);

/* http-reaper.c */
void ulak_http_reaper_watch (UlakHttpConnection *connection);
void ulak_http_reaper_unwatch (UlakHttpConnection *connection);
void ulak_http_reaper_start (UlakHttpServer *self);
gboolean ulak_http_reaper_evict (UlakHttpServer *self);
gboolean ulak_http_reaper_has_input (UlakHttpConnection *connection);

/* http-linger.c */
void ulak_http_linger (GIOStream *stream, GSocket *socket, UlakClock *clock);

/* http-drain.c */
void ulak_http_drain_check (UlakHttpServer *self);
