/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/websocket.h"

#include <sys/socket.h>

typedef struct
{
  SoupServer *server;
  SoupWebsocketConnection *there; /* (owned) (nullable) */
  SoupSession *session;
  UlakSocket *socket;
  gboolean is_open;
  gboolean is_sending;
  guint n_closed;
} Fixture;

static void
opened_cb (gpointer user_data)
{
  ((Fixture *) user_data)->is_open = TRUE;
}

static void
received_cb (GBytes *bytes G_GNUC_UNUSED, gpointer user_data G_GNUC_UNUSED)
{
}

static void
closed_cb (const GError *error, gpointer user_data)
{
  Fixture *self = user_data;

  g_assert_nonnull (error);
  g_assert_false (self->is_sending);
  self->n_closed++;
}

static const UlakSocketEvents events = { opened_cb, received_cb, closed_cb };

static void
accepted_cb (SoupServer *server G_GNUC_UNUSED,
             SoupServerMessage *message G_GNUC_UNUSED,
             const char *path G_GNUC_UNUSED,
             SoupWebsocketConnection *connection,
             gpointer user_data)
{
  ((Fixture *) user_data)->there = g_object_ref (connection);
}

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) url = NULL;
  GSList *uris;

  self->server = soup_server_new (NULL, NULL);
  soup_server_add_websocket_handler (self->server, NULL, NULL, NULL, accepted_cb, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  url = soup_uri_copy (uris->data, SOUP_URI_SCHEME, "ws", SOUP_URI_NONE);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  self->session = ulak_websocket_session_new ();
  self->socket = ulak_websocket_new (self->session, url);
  ulak_socket_open (self->socket, &events, self);
  while (!self->is_open || self->there == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  ulak_socket_abandon (self->socket);
  g_clear_object (&self->socket);
  soup_session_abort (self->session);
  g_clear_object (&self->session);
  g_clear_object (&self->there);
  soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* The other end is reset, which the next write meets. */
static void
reset (Fixture *self)
{
  const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
  g_autoptr (GSocketConnection) base = NULL;

  g_object_get (soup_websocket_connection_get_io_stream (self->there), "base-iostream", &base, NULL);
  g_assert_cmpint (connect (g_socket_get_fd (g_socket_connection_get_socket (base)), &nowhere, sizeof nowhere), ==, 0);
}

/* Those who send may be closing, and have no use for an end while they do. */
static void
test_end_while_sending (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  reset (self);
  self->is_sending = TRUE;
  for (guint i = 0; i < 3; i++)
    ulak_socket_send (self->socket, (const guint8 *) "x", 1);
  self->is_sending = FALSE;
  while (self->n_closed == 0)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (self->n_closed, ==, 1);
}

/* No event comes after it, even if one was on its way. */
static void
test_abandoned_while_ending (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  reset (self);
  ulak_socket_send (self->socket, (const guint8 *) "x", 1);
  ulak_socket_abandon (self->socket);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (self->n_closed, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/whatsapp/websocket/a write that fails ends the connection from the main loop", Fixture, NULL, set_up,
              test_end_while_sending, tear_down);
  g_test_add ("/whatsapp/websocket/what is abandoned says no more", Fixture, NULL, set_up, test_abandoned_while_ending,
              tear_down);
  return g_test_run ();
}
