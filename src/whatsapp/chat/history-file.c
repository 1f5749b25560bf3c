/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/history-file.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct _UlakHistoryFile
{
  char *path; /* (owned): whole */
  char *part; /* (owned): not whole */
  int fd;     /* of part; -1: none */
};

UlakHistoryFile *
ulak_history_file_new (const char *spool, gint64 blob_id)
{
  g_autofree char *name = g_strdup_printf ("history-%" G_GINT64_FORMAT, blob_id);
  UlakHistoryFile *self = g_new0 (UlakHistoryFile, 1);

  self->path = g_build_filename (spool, name, NULL);
  self->part = g_strconcat (self->path, ".part", NULL);
  self->fd = -1;
  return self;
}

static void
close_part (UlakHistoryFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

void
ulak_history_file_free (UlakHistoryFile *self)
{
  close_part (self);
  g_free (self->path);
  g_free (self->part);
  g_free (self);
}

int
ulak_history_file_get_fd (UlakHistoryFile *self)
{
  return self->fd;
}

static void
return_errno (GTask *task, const char *doing)
{
  int error_number = errno;

  g_task_return_new_error (task, ULAK_ERROR, error_number == ENOSPC ? ULAK_ERROR_FULL : ULAK_ERROR_UNAVAILABLE,
                           "Cannot %s: %s", doing, g_strerror (error_number));
}

/* --- opening --- */

static void
open_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  UlakHistoryFile *self = data;
  g_autoptr (GFile) file = g_file_new_for_path (self->path);
  g_autofree char *folder = g_path_get_dirname (self->path);
  GFileInputStream *stream = g_file_read (file, NULL, NULL);

  if (stream != NULL)
    {
      g_task_return_pointer (task, stream, g_object_unref);
      return;
    }
  g_mkdir_with_parents (folder, 0750);
  close_part (self);
  self->fd = open (self->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (self->fd < 0)
    return_errno (task, "make a file for the history");
  else
    g_task_return_pointer (task, NULL, NULL);
}

void
ulak_history_file_open_async (UlakHistoryFile *self, gpointer owner, GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = g_task_new (owner, NULL, callback, NULL);

  g_task_set_source_tag (task, ulak_history_file_open_async);
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, open_thread);
}

gboolean
ulak_history_file_open_finish (GAsyncResult *result, GInputStream **stream_out, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GInputStream *stream = g_task_propagate_pointer (G_TASK (result), &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  *stream_out = stream;
  return TRUE;
}

/* --- keeping --- */

static void
keep_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  UlakHistoryFile *self = data;

  if (fsync (self->fd) != 0 || g_rename (self->part, self->path) != 0)
    {
      return_errno (task, "keep the file of the history");
      return;
    }
  close_part (self);
  g_task_return_boolean (task, TRUE);
}

void
ulak_history_file_keep_async (UlakHistoryFile *self, gpointer owner, GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = g_task_new (owner, NULL, callback, NULL);

  g_task_set_source_tag (task, ulak_history_file_keep_async);
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, keep_thread);
}

gboolean
ulak_history_file_keep_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- removing --- */

static void
remove_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  UlakHistoryFile *self = data;

  g_unlink (self->path);
  g_unlink (self->part);
  g_task_return_boolean (task, TRUE);
}

void
ulak_history_file_remove (UlakHistoryFile *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_source_tag (task, ulak_history_file_remove);
  g_task_set_task_data (task, self, (GDestroyNotify) ulak_history_file_free);
  g_task_run_in_thread (task, remove_thread);
}
