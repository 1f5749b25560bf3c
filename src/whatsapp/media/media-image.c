/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sources: ITU-T T.81 (markers of JPEG), RFC 2083 section 4.1.1 (PNG), RFC 6386 section 9.1 and the WebP container
 * specification (VP8, VP8L, VP8X).
 */
#include "whatsapp/media/media-image.h"

#include <string.h>

typedef struct
{
  guint width;
  guint height;
} Size;

static guint
be16 (const guint8 *bytes)
{
  return (guint) bytes[0] << 8 | bytes[1];
}

static guint
le16 (const guint8 *bytes)
{
  return (guint) bytes[1] << 8 | bytes[0];
}

static guint
le24 (const guint8 *bytes)
{
  return le16 (bytes) | (guint) bytes[2] << 16;
}

/* Frame headers are C0 to CF, but not C4 (tables), C8 (reserved) and CC (tables). */
static gboolean
is_frame (guint8 marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static gboolean
read_jpeg (const guint8 *bytes, gsize size_bytes, Size *size)
{
  gsize at = 2;

  if (size_bytes < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
    return FALSE;
  while (at + 9 <= size_bytes && bytes[at] == 0xff)
    {
      guint8 marker = bytes[at + 1];

      if (marker == 0xff) /* fill */
        {
          at++;
          continue;
        }
      if (is_frame (marker))
        {
          size->height = be16 (bytes + at + 5);
          size->width = be16 (bytes + at + 7);
          return TRUE;
        }
      at += 2 + be16 (bytes + at + 2);
    }
  return FALSE;
}

static gboolean
read_png (const guint8 *bytes, gsize size_bytes, Size *size)
{
  static const guint8 head[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R' };

  if (size_bytes < 24 || memcmp (bytes, head, sizeof head) != 0 || be16 (bytes + 16) != 0 || be16 (bytes + 20) != 0)
    return FALSE;
  size->width = be16 (bytes + 18);
  size->height = be16 (bytes + 22);
  return TRUE;
}

static gboolean
read_webp (const guint8 *bytes, gsize size_bytes, Size *size)
{
  static const guint8 start_code[] = { 0x9d, 0x01, 0x2a };

  if (size_bytes < 30 || memcmp (bytes, "RIFF", 4) != 0 || memcmp (bytes + 8, "WEBP", 4) != 0)
    return FALSE;
  if (memcmp (bytes + 12, "VP8X", 4) == 0)
    *size = (Size){ le24 (bytes + 24) + 1, le24 (bytes + 27) + 1 };
  else if (memcmp (bytes + 12, "VP8L", 4) == 0 && bytes[20] == 0x2f)
    *size = (Size){ (le16 (bytes + 21) & 0x3fff) + 1, (le24 (bytes + 22) >> 6 & 0x3fff) + 1 };
  else if (memcmp (bytes + 12, "VP8 ", 4) == 0 && memcmp (bytes + 23, start_code, sizeof start_code) == 0)
    *size = (Size){ le16 (bytes + 26) & 0x3fff, le16 (bytes + 28) & 0x3fff };
  else
    return FALSE;
  return TRUE;
}

gboolean
ulak_image_read_size (const guint8 *head, gsize size_bytes, guint *width_out, guint *height_out)
{
  Size size = { 0, 0 };

  if (!read_jpeg (head, size_bytes, &size) && !read_png (head, size_bytes, &size) && !read_webp (head, size_bytes, &size))
    return FALSE;
  if (size.width == 0 || size.height == 0)
    return FALSE;
  *width_out = size.width;
  *height_out = size.height;
  return TRUE;
}

static void
measure_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  g_autoptr (GFile) file = g_file_new_for_path (data);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, NULL);
  g_autofree guint8 *head = g_malloc (ULAK_IMAGE_HEAD_BYTES);
  Size *size = NULL;
  gsize n;

  if (stream != NULL
      && g_input_stream_read_all (G_INPUT_STREAM (stream), head, ULAK_IMAGE_HEAD_BYTES, &n, NULL, NULL))
    {
      size = g_new0 (Size, 1);
      if (!ulak_image_read_size (head, n, &size->width, &size->height))
        g_clear_pointer (&size, g_free);
    }
  g_task_return_pointer (task, size, g_free);
}

void
ulak_image_measure_async (const char *path, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_image_measure_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, measure_thread);
}

gboolean
ulak_image_measure_finish (GAsyncResult *result, guint *width_out, guint *height_out)
{
  g_autofree Size *size = g_task_propagate_pointer (G_TASK (result), NULL);

  if (size == NULL)
    return FALSE;
  *width_out = size->width;
  *height_out = size->height;
  return TRUE;
}
