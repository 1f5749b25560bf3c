/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/sticker.h"

#include "core/error.h"

#include <string.h>

#define FLAGS_AT 20
#define FLAG_ANIMATION 0x02

/**
 * ulak_sticker_is_animated:
 * @head: the first bytes of a WebP file
 * @size_bytes: how many there are; fewer than %ULAK_STICKER_HEAD_BYTES are no animation
 *
 * Source: the WebP container specification, "Extended File Format": an animation is announced by a flag of the VP8X chunk.
 */
gboolean
ulak_sticker_is_animated (const guint8 *head, gsize size_bytes)
{
  return size_bytes >= ULAK_STICKER_HEAD_BYTES && memcmp (head, "RIFF", 4) == 0 && memcmp (head + 8, "WEBPVP8X", 8) == 0
         && (head[FLAGS_AT] & FLAG_ANIMATION) != 0;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  gsize size = 0;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &size, &error))
    g_task_return_error (task, error);
  else if (ulak_sticker_is_animated (g_task_get_task_data (task), size))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                             "A sticker that does not move has over %d bytes; allowed 1 to %d", ULAK_STICKER_STILL_MAX_BYTES,
                             ULAK_STICKER_STILL_MAX_BYTES);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  guint8 *head = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read_finish (G_FILE (source), result, &error);

  if (stream == NULL)
    g_task_return_error (task, error);
  else
    g_input_stream_read_all_async (G_INPUT_STREAM (stream), head, ULAK_STICKER_HEAD_BYTES, G_PRIORITY_DEFAULT, cancellable,
                                   read_cb, g_steal_pointer (&task));
}

/**
 * ulak_sticker_check_async:
 * @path: a WebP file of over %ULAK_STICKER_STILL_MAX_BYTES
 *
 * Finishes with %TRUE if it is animated. Errors: %ULAK_ERROR_TOO_LARGE if it is not; a #GIOErrorEnum if it cannot be read.
 */
void
ulak_sticker_check_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  g_task_set_source_tag (task, ulak_sticker_check_async);
  g_task_set_task_data (task, g_malloc0 (ULAK_STICKER_HEAD_BYTES), g_free);
  g_file_read_async (file, G_PRIORITY_DEFAULT, cancellable, opened_cb, g_steal_pointer (&task));
}

gboolean
ulak_sticker_check_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
