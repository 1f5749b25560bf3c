/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/upload.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct _UlakUpload
{
  gatomicrefcount refs; /* the thread of a write holds one */
  char *directory;      /* (owned) */
  int fd;               /* -1 before the first piece */
  guint64 size_bytes;
};

/** ulak_upload_new: @directory: on a file system that knows O_TMPFILE */
UlakUpload *
ulak_upload_new (const char *directory)
{
  UlakUpload *self = g_new0 (UlakUpload, 1);

  g_atomic_ref_count_init (&self->refs);
  self->directory = g_strdup (directory);
  self->fd = -1;
  return self;
}

UlakUpload *
ulak_upload_ref (UlakUpload *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
ulak_upload_unref (UlakUpload *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  if (self->fd >= 0)
    close (self->fd);
  g_free (self->directory);
  g_free (self);
}

static gboolean
write_all (int fd, const guint8 *bytes, gsize size_bytes)
{
  while (size_bytes > 0)
    {
      gssize n_bytes = write (fd, bytes, size_bytes);

      if (n_bytes < 0 && errno == EINTR)
        continue;
      if (n_bytes < 0)
        return FALSE;
      bytes += n_bytes;
      size_bytes -= (gsize) n_bytes;
    }
  return TRUE;
}

typedef struct
{
  UlakUpload *upload;
  GBytes *piece;
} Append;

static void
append_free (Append *append)
{
  ulak_upload_unref (append->upload);
  g_bytes_unref (append->piece);
  g_free (append);
}

static void
append_thread (GTask *task, G_GNUC_UNUSED gpointer source, gpointer task_data, G_GNUC_UNUSED GCancellable *cancellable)
{
  Append *append = task_data;
  UlakUpload *self = append->upload;
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (append->piece, &size_bytes);

  if (self->fd < 0)
    self->fd = open (self->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (self->fd < 0 || !write_all (self->fd, bytes, size_bytes))
    {
      int code = errno == ENOSPC || errno == EDQUOT ? ULAK_ERROR_FULL : ULAK_ERROR_UNAVAILABLE;

      g_task_return_new_error (task, ULAK_ERROR, code, "Cannot keep the upload: %s", g_strerror (errno));
      return;
    }
  self->size_bytes += size_bytes;
  g_task_return_boolean (task, TRUE);
}

/** ulak_upload_append_async: one at a time. Errors: FULL, UNAVAILABLE */
void
ulak_upload_append_async (UlakUpload *self, GBytes *piece, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Append *append = g_new0 (Append, 1);

  g_task_set_source_tag (task, ulak_upload_append_async);
  append->upload = ulak_upload_ref (self);
  append->piece = g_bytes_ref (piece);
  g_task_set_task_data (task, append, (GDestroyNotify) append_free);
  g_task_run_in_thread (task, append_thread);
}

gboolean
ulak_upload_append_finish (G_GNUC_UNUSED UlakUpload *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

int
ulak_upload_take_fd (UlakUpload *self)
{
  if (self->fd >= 0 && lseek (self->fd, 0, SEEK_SET) < 0)
    return -1;
  return g_steal_fd (&self->fd);
}

guint64
ulak_upload_get_size (UlakUpload *self)
{
  return self->size_bytes;
}
