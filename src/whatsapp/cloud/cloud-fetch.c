/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fetching one inbound medium: its node names a URL that is good for minutes, the size and the digest; then the contents.
 */
#include "whatsapp/cloud/cloud-call.h"

#include "core/error.h"
#include "core/json.h"

typedef struct
{
  UlakGraphClient *client; /* (owned) */
  UlakClock *clock;        /* (owned) */
  char *sha256;            /* (owned) (nullable): as the callback announced it */
  int fd;                  /* unowned */
  goffset max_bytes;
  GCancellable *cancellable; /* (owned) (nullable) */
} Fetch;

static void
fetch_free (gpointer data)
{
  Fetch *self = data;

  g_object_unref (self->client);
  g_object_unref (self->clock);
  g_clear_object (&self->cancellable);
  g_free (self->sha256);
  g_free (self);
}

static void
fail (GTask *task /* (transfer full) */, GError *error /* (transfer full) */)
{
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
downloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (!ulak_graph_client_download_finish (ULAK_GRAPH_CLIENT (source), result, &error))
    {
      fail (task, error);
      return;
    }
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
download (GTask *task /* (transfer full) */, JsonObject *node)
{
  Fetch *self = g_task_get_task_data (task);
  UlakGraphDownload wanted = { ulak_json_peek_string (node, "url"), self->fd, self->max_bytes, self->sha256 };
  gint64 size_bytes = ulak_json_peek_integer (node, "file_size", 0);

  if (wanted.url == NULL)
    {
      fail (task, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_REMOTE, "The network does not say where the medium is"));
      return;
    }
  if (size_bytes > self->max_bytes)
    {
      fail (task, g_error_new (ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                               "The medium has %" G_GINT64_FORMAT " bytes; allowed are %" G_GINT64_FORMAT, size_bytes,
                               (gint64) self->max_bytes));
      return;
    }
  if (wanted.sha256 == NULL)
    wanted.sha256 = ulak_json_peek_string (node, "sha256");
  ulak_graph_client_download_async (self->client, &wanted, self->cancellable, downloaded_cb, task);
}

static void
node_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Fetch *self = g_task_get_task_data (task);
  g_autoptr (UlakGraphAnswer) answer = ulak_graph_client_call_finish (ULAK_GRAPH_CLIENT (source), result);
  g_autoptr (UlakJudgement) judgement = ulak_judgement_new (answer, ulak_clock_get_wall_us (self->clock));
  GError *error = NULL;

  if (!ulak_judgement_to_error (judgement, &error))
    fail (task, error);
  else
    download (task, answer->json);
}

/**
 * ulak_cloud_fetch_async:
 * @reference: what callback-content.c put into the message's row
 * @fd: the caller's, at offset 0, until the callback
 */
void
ulak_cloud_fetch_async (const UlakCloud *cloud,
                        JsonObject *reference,
                        int fd,
                        goffset max_bytes,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = g_task_new (cloud->line, NULL, callback, user_data);
  Fetch *self = g_new0 (Fetch, 1);
  const char *id = ulak_json_peek_string (reference, "id");
  g_autofree char *escaped = g_uri_escape_string (id == NULL ? "" : id, NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("%s?phone_number_id=%s", escaped, cloud->phone_number_id);

  g_task_set_source_tag (task, ulak_cloud_fetch_async);
  self->client = g_object_ref (cloud->client);
  self->clock = g_object_ref (cloud->clock);
  self->sha256 = g_strdup (ulak_json_peek_string (reference, "sha256"));
  self->fd = fd;
  self->max_bytes = max_bytes;
  self->cancellable = cancellable == NULL ? NULL : g_object_ref (cancellable);
  g_task_set_task_data (task, self, fetch_free);
  if (*escaped == '\0')
    fail (task, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "The medium has no id of the network"));
  else
    ulak_graph_client_get_async (self->client, path, cancellable, node_cb, task);
}

gboolean
ulak_cloud_fetch_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
