/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/media/cipher-body.h"

#include "core/error.h"

struct _UlakCipherBody
{
  GInputStream parent_instance;

  GInputStream *plain;           /* (owned) */
  UlakMediaEncryptor *encryptor; /* (owned) (nullable): the body is the file itself */
  UlakSha256 *digest;            /* (owned) (nullable): instead of the encryptor */
  UlakMediaSummary expected;
  UlakMediaSummary seen;
  GByteArray *ready; /* (owned): made and not read yet */
  guint taken;       /* bytes of ready that were read */
  guint8 *chunk;     /* (owned) */
  gboolean is_at_end;
};

G_DEFINE_FINAL_TYPE (UlakCipherBody, ulak_cipher_body, G_TYPE_INPUT_STREAM)

static void
add (UlakCipherBody *self, UlakSpan plain)
{
  if (self->encryptor != NULL)
    {
      ulak_media_encryptor_update (self->encryptor, plain, self->ready);
      return;
    }
  ulak_sha256_update (self->digest, plain);
  self->seen.plain_size_bytes += plain.size_bytes;
  g_byte_array_append (self->ready, plain.bytes, (guint) plain.size_bytes);
}

static void
add_end (UlakCipherBody *self)
{
  self->is_at_end = TRUE;
  if (self->encryptor != NULL)
    ulak_media_encryptor_finish (self->encryptor, self->ready, &self->seen);
  else
    ulak_sha256_finish (self->digest, self->seen.plain_sha256);
}

static gboolean
is_as_expected (UlakCipherBody *self)
{
  return self->seen.plain_size_bytes == self->expected.plain_size_bytes
         && memcmp (self->seen.plain_sha256, self->expected.plain_sha256, ULAK_SHA256_BYTES) == 0;
}

/* Makes at least one byte ready, or reaches the end. */
static gboolean
fill (UlakCipherBody *self, GCancellable *cancellable, GError **error)
{
  g_byte_array_set_size (self->ready, 0);
  self->taken = 0;
  while (self->ready->len == 0 && !self->is_at_end)
    {
      gssize n = g_input_stream_read (self->plain, self->chunk, ULAK_CIPHER_BODY_CHUNK_BYTES, cancellable, error);

      if (n < 0)
        return FALSE;
      if (n > 0)
        {
          add (self, ULAK_SPAN (self->chunk, (gsize) n));
          continue;
        }
      add_end (self);
      if (!is_as_expected (self))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT,
                               "The medium's file changed while it was sent");
          return FALSE;
        }
    }
  return TRUE;
}

static gssize
ulak_cipher_body_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  UlakCipherBody *self = ULAK_CIPHER_BODY (stream);
  gsize n;

  if (self->taken == self->ready->len && !fill (self, cancellable, error))
    return -1;
  n = MIN (count, self->ready->len - self->taken);
  memcpy (buffer, self->ready->data + self->taken, n);
  self->taken += (guint) n;
  return (gssize) n;
}

static void
ulak_cipher_body_finalize (GObject *object)
{
  UlakCipherBody *self = ULAK_CIPHER_BODY (object);

  g_clear_object (&self->plain);
  g_clear_pointer (&self->encryptor, ulak_media_encryptor_free);
  g_clear_pointer (&self->digest, ulak_sha256_free);
  g_byte_array_unref (self->ready);
  g_free (self->chunk);
  G_OBJECT_CLASS (ulak_cipher_body_parent_class)->finalize (object);
}

static void
ulak_cipher_body_class_init (UlakCipherBodyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_cipher_body_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = ulak_cipher_body_read;
}

static void
ulak_cipher_body_init (UlakCipherBody *self)
{
  self->ready = g_byte_array_new ();
  self->chunk = g_malloc (ULAK_CIPHER_BODY_CHUNK_BYTES);
}

UlakCipherBody *
ulak_cipher_body_new (GInputStream *plain, const UlakMediaKeys *keys_or_null, const UlakMediaSummary *summary)
{
  UlakCipherBody *self = g_object_new (ULAK_TYPE_CIPHER_BODY, NULL);

  self->plain = g_object_ref (plain);
  self->expected = *summary;
  if (keys_or_null != NULL)
    self->encryptor = ulak_media_encryptor_new (keys_or_null);
  else
    self->digest = ulak_sha256_new ();
  return self;
}

goffset
ulak_cipher_body_count (const UlakMediaSummary *summary, gboolean is_encrypted)
{
  guint64 plain = summary->plain_size_bytes;

  return (goffset) (is_encrypted ? (plain / 16 + 1) * 16 + ULAK_MEDIA_MAC_BYTES : plain);
}

gboolean
ulak_cipher_body_summarize (GInputStream *plain,
                            const UlakMediaKeys *keys_or_null,
                            GCancellable *cancellable,
                            UlakMediaSummary *summary_out,
                            GError **error)
{
  UlakMediaSummary nothing = { .plain_size_bytes = 0 };
  g_autoptr (UlakCipherBody) self = ulak_cipher_body_new (plain, keys_or_null, &nothing);

  while (!self->is_at_end)
    {
      gssize n = g_input_stream_read (plain, self->chunk, ULAK_CIPHER_BODY_CHUNK_BYTES, cancellable, error);

      if (n < 0)
        return FALSE;
      if (n == 0)
        add_end (self);
      else
        add (self, ULAK_SPAN (self->chunk, (gsize) n));
      g_byte_array_set_size (self->ready, 0);
    }
  *summary_out = self->seen;
  return TRUE;
}
