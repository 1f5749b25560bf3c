/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "fake-line.h"

#include "core/error.h"

struct _UlakLine
{
  UlakDaemon parent_instance;
};

G_DEFINE_FINAL_TYPE (UlakLine, ulak_line, ULAK_TYPE_DAEMON)

static struct
{
  char *path;
  char *mime_type;
  goffset size_bytes;
  char *handle;
  char *kept;
  gint64 kept_until_us;
} medium;

static void
ulak_line_class_init (UlakLineClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_line_init (UlakLine *self G_GNUC_UNUSED)
{
}

UlakLine *
fake_line_new (void)
{
  fake_line_set_medium (NULL, NULL, 0, NULL);
  return g_object_new (ULAK_TYPE_LINE, NULL);
}

void
fake_line_set_medium (const char *path, const char *mime_type, goffset size_bytes, const char *handle)
{
  g_free (medium.path);
  g_free (medium.mime_type);
  g_free (medium.handle);
  g_clear_pointer (&medium.kept, g_free);
  medium.path = g_strdup (path);
  medium.mime_type = g_strdup (mime_type);
  medium.size_bytes = size_bytes;
  medium.handle = g_strdup (handle);
}

const char *
fake_line_get_kept_handle (gint64 *valid_until_us_out)
{
  *valid_until_us_out = medium.kept_until_us;
  return medium.kept;
}

void
ulak_media_file_free (UlakMediaFile *self)
{
  if (self == NULL)
    return;
  g_free (self->mime_type);
  g_free (self->file_name);
  g_free (self->path);
  g_free (self->network_handle);
  g_free (self);
}

void
ulak_line_find_media_async (UlakLine *self, const char *media_id, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  UlakMediaFile *file;

  if (medium.mime_type == NULL)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no medium ‘%s’", media_id);
      return;
    }
  file = g_new0 (UlakMediaFile, 1);
  file->mime_type = g_strdup (medium.mime_type);
  file->file_name = g_strdup ("name.bin");
  file->path = g_strdup (medium.path);
  file->size_bytes = medium.size_bytes;
  file->network_handle = g_strdup (medium.handle);
  g_task_return_pointer (task, file, (GDestroyNotify) ulak_media_file_free);
}

UlakMediaFile *
ulak_line_find_media_finish (UlakLine *self G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ulak_line_keep_media_handle (UlakLine *self G_GNUC_UNUSED,
                             const char *media_id G_GNUC_UNUSED,
                             const char *network_handle,
                             gint64 valid_until_us)
{
  g_free (medium.kept);
  medium.kept = g_strdup (network_handle);
  medium.kept_until_us = valid_until_us;
}
