/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/upload-body.h"

#include <string.h>

struct _UlakUploadBody
{
  GInputStream parent_instance;

  char *boundary;     /* (owned) */
  GBytes *head;       /* (owned) */
  GBytes *tail;       /* (owned) */
  GInputStream *file; /* (owned) */
  goffset file_bytes;
  goffset position; /* in the whole */
};

G_DEFINE_FINAL_TYPE (UlakUploadBody, ulak_upload_body, G_TYPE_INPUT_STREAM)

static gssize
read_bytes (GBytes *bytes, goffset offset, void *buffer, gsize count)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gsize n = MIN (count, size - (gsize) offset);

  memcpy (buffer, data + offset, n);
  return (gssize) n;
}

/* The length was announced: a file that changed its size meanwhile is an error, not a short or long body. */
static gssize
read_file (UlakUploadBody *self, goffset left, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  gssize n = g_input_stream_read (self->file, buffer, (gsize) MIN ((goffset) count, left), cancellable, error);

  if (n == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
                           "The medium's file became shorter while it was sent");
      return -1;
    }
  return n;
}

static gssize
ulak_upload_body_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  UlakUploadBody *self = ULAK_UPLOAD_BODY (stream);
  goffset head_bytes = (goffset) g_bytes_get_size (self->head);
  goffset tail_start = head_bytes + self->file_bytes;
  gssize n;

  if (self->position >= ulak_upload_body_get_length (self))
    return 0;
  if (self->position < head_bytes)
    n = read_bytes (self->head, self->position, buffer, count);
  else if (self->position < tail_start)
    n = read_file (self, tail_start - self->position, buffer, count, cancellable, error);
  else
    n = read_bytes (self->tail, self->position - tail_start, buffer, count);
  if (n > 0)
    self->position += n;
  return n;
}

static void
ulak_upload_body_finalize (GObject *object)
{
  UlakUploadBody *self = ULAK_UPLOAD_BODY (object);

  g_free (self->boundary);
  g_bytes_unref (self->head);
  g_bytes_unref (self->tail);
  g_object_unref (self->file);
  G_OBJECT_CLASS (ulak_upload_body_parent_class)->finalize (object);
}

static void
ulak_upload_body_class_init (UlakUploadBodyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_upload_body_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = ulak_upload_body_read;
}

static void
ulak_upload_body_init (UlakUploadBody *self G_GNUC_UNUSED)
{
}

/* A name from outside goes into a quoted header value: what could end it is replaced. */
static char *
quote_name (const char *file_name)
{
  char *name = g_strdup (file_name == NULL || *file_name == '\0' ? "file" : file_name);

  for (char *c = name; *c != '\0'; c++)
    if ((guchar) *c < 0x20 || *c == 0x7f || *c == '"' || *c == '\\' || *c == '/')
      *c = '_';
  return name;
}

static char *
clean_type (const char *mime_type)
{
  char *type = g_strdup (mime_type);

  for (char *c = type; *c != '\0'; c++)
    if ((guchar) *c < 0x20 || (guchar) *c >= 0x7f)
      *c = '_';
  return type;
}

/**
 * ulak_upload_body_new:
 * @file: the content, at its start
 * @size_bytes: how much of it; the body's length is announced from this
 * @mime_type: its type
 * @file_name: (nullable): a name to show
 * @boundary: letters and digits that do not occur in the content, from a random source
 */
UlakUploadBody *
ulak_upload_body_new (GInputStream *file,
                      goffset size_bytes,
                      const char *mime_type,
                      const char *file_name,
                      const char *boundary)
{
  UlakUploadBody *self = g_object_new (ULAK_TYPE_UPLOAD_BODY, NULL);
  g_autofree char *name = quote_name (file_name);
  g_autofree char *type = clean_type (mime_type);
  char *head = g_strdup_printf ("--%s\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"
                                "--%s\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n%s\r\n"
                                "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
                                "Content-Type: %s\r\n\r\n",
                                boundary, boundary, type, boundary, name, type);
  char *tail = g_strdup_printf ("\r\n--%s--\r\n", boundary);

  self->boundary = g_strdup (boundary);
  self->head = g_bytes_new_take (head, strlen (head));
  self->tail = g_bytes_new_take (tail, strlen (tail));
  self->file = g_object_ref (file);
  self->file_bytes = size_bytes;
  return self;
}

goffset
ulak_upload_body_get_length (UlakUploadBody *self)
{
  return (goffset) (g_bytes_get_size (self->head) + g_bytes_get_size (self->tail)) + self->file_bytes;
}

char *
ulak_upload_body_dup_content_type (UlakUploadBody *self)
{
  return g_strdup_printf ("multipart/form-data; boundary=%s", self->boundary);
}
