/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * On a thread of the pool, since a caller's descriptor may be a pipe that nobody writes to; reading it ends by time.
 */
#include "whatsapp/social/picture-reader.h"

#include "core/error.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define SILENCE_MAX_MS 10000 /* arbitrary: a local file has no pauses */
#define PIECE_BYTES 65536

typedef struct
{
  int fd; /* (owned) */
  gsize max_bytes;
} Reading;

static void
reading_free (gpointer data)
{
  Reading *self = data;

  close (self->fd);
  g_free (self);
}

static gssize
read_piece (int fd, guint8 *piece)
{
  struct pollfd waiting = { fd, POLLIN, 0 };
  int n_ready;

  do
    n_ready = poll (&waiting, 1, SILENCE_MAX_MS);
  while (n_ready < 0 && errno == EINTR);
  if (n_ready == 0)
    errno = ETIMEDOUT;
  return n_ready > 0 ? read (fd, piece, PIECE_BYTES) : -1;
}

static void
read_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Reading *self = data;
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  guint8 piece[PIECE_BYTES];
  gssize n;

  while ((n = read_piece (self->fd, piece)) > 0 && whole->len <= self->max_bytes)
    g_byte_array_append (whole, piece, (guint) n);
  if (n < 0)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_INVALID, "content: cannot be read: %s", g_strerror (errno));
  else if (whole->len > self->max_bytes)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "content: must have at most %" G_GSIZE_FORMAT " bytes",
                             self->max_bytes);
  else
    g_task_return_pointer (task, g_byte_array_free_to_bytes (g_steal_pointer (&whole)), (GDestroyNotify) g_bytes_unref);
}

void
ulak_picture_read_async (int fd, gsize max_bytes, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Reading *reading = g_new0 (Reading, 1);

  reading->fd = fd;
  reading->max_bytes = max_bytes;
  g_task_set_source_tag (task, ulak_picture_read_async);
  g_task_set_task_data (task, reading, reading_free);
  g_task_run_in_thread (task, read_thread);
}

GBytes *
ulak_picture_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
