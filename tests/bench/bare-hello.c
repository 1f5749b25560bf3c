/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bare hello: a libsoup server that answers 14 bytes and does nothing else, the ceiling of the HTTP API.
 * Prints its port; ends on SIGTERM.
 */
#include <libsoup/soup.h>
#include <stdio.h>

static void
hello (SoupServer *server G_GNUC_UNUSED,
       SoupServerMessage *message,
       const char *path G_GNUC_UNUSED,
       GHashTable *query G_GNUC_UNUSED,
       gpointer user_data G_GNUC_UNUSED)
{
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC, "{\"hello\":true}", 14);
}

int
main (void)
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GSList *uris;

  soup_server_add_handler (server, NULL, hello, NULL, NULL);
  if (!soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
    {
      fprintf (stderr, "bare-hello: %s\n", error->message);
      return 1;
    }
  uris = soup_server_get_uris (server);
  printf ("%d\n", g_uri_get_port (uris->data));
  fflush (stdout);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_main_loop_run (loop);
  return 0;
}
