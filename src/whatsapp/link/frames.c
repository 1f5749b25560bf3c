/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/frames.h"

#include "core/error.h"

#define KEPT_CAPACITY 65536 /* bytes that an empty buffer may go on occupying */

struct _UlakFrames
{
  GByteArray *buffer;
  gsize taken; /* bytes at the start of @buffer that were given out */
  gsize max_bytes;
};

UlakFrames *
ulak_frames_new (void)
{
  UlakFrames *self = g_new0 (UlakFrames, 1);

  self->buffer = g_byte_array_new ();
  self->max_bytes = ULAK_FRAMES_MAX;
  return self;
}

void
ulak_frames_free (UlakFrames *self)
{
  g_byte_array_unref (self->buffer);
  g_free (self);
}

/** ulak_frames_set_max: @max_bytes: the largest frame that is right from now on, at most ULAK_FRAMES_MAX */
void
ulak_frames_set_max (UlakFrames *self, gsize max_bytes)
{
  g_return_if_fail (max_bytes <= ULAK_FRAMES_MAX);
  self->max_bytes = max_bytes;
}

/** ulak_frames_get_size: Returns: bytes that wait to be taken */
gsize
ulak_frames_get_size (const UlakFrames *self)
{
  return self->buffer->len - self->taken;
}

static void
drop_taken (UlakFrames *self)
{
  if (self->taken == 0)
    return;
  g_byte_array_remove_range (self->buffer, 0, (guint) self->taken);
  self->taken = 0;
}

/* Right after a large frame the buffer is large; an idle line must not keep that. */
static void
reset (UlakFrames *self)
{
  gboolean is_large = self->buffer->len > KEPT_CAPACITY;

  self->taken = 0;
  if (!is_large)
    {
      g_byte_array_set_size (self->buffer, 0);
      return;
    }
  g_byte_array_unref (self->buffer);
  self->buffer = g_byte_array_new ();
}

/**
 * ulak_frames_add:
 * @bytes: what arrived; copied
 *
 * Spans that ulak_frames_take() gave out end here.
 *
 * Errors: ULAK_ERROR_FULL when more than ULAK_FRAMES_BUFFER_MAX would be kept; nothing was added then.
 */
gboolean
ulak_frames_add (UlakFrames *self, UlakSpan bytes, GError **error)
{
  gsize size = ulak_frames_get_size (self);

  if (bytes.size_bytes > ULAK_FRAMES_BUFFER_MAX - size)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "More than %d bytes of the server wait to be handled", ULAK_FRAMES_BUFFER_MAX);
      return FALSE;
    }
  if (size == 0)
    reset (self);
  else
    drop_taken (self);
  g_byte_array_append (self->buffer, bytes.bytes, (guint) bytes.size_bytes);
  return TRUE;
}

/**
 * ulak_frames_take:
 * @frame_out: the next frame, which lives until the next call of ulak_frames_add()
 *
 * Returns: whether a frame is complete. %FALSE without an error: more bytes are needed. ULAK_ERROR_TOO_LARGE: the frame
 * that begins here may not be so long, and nothing behind it can be found.
 */
gboolean
ulak_frames_take (UlakFrames *self, UlakSpan *frame_out, GError **error)
{
  const guint8 *at = self->buffer->data + self->taken;
  gsize size = ulak_frames_get_size (self), length;

  if (size < ULAK_FRAMES_HEADER_BYTES)
    return FALSE;
  length = (gsize) at[0] << 16 | (gsize) at[1] << 8 | at[2];
  if (length > self->max_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "A frame has %" G_GSIZE_FORMAT " bytes, at most %" G_GSIZE_FORMAT " are right here",
                   length, self->max_bytes);
      return FALSE;
    }
  if (size - ULAK_FRAMES_HEADER_BYTES < length)
    return FALSE;
  *frame_out = ULAK_SPAN (at + ULAK_FRAMES_HEADER_BYTES, length);
  self->taken += ULAK_FRAMES_HEADER_BYTES + length;
  return TRUE;
}

/** ulak_frames_append: writes a frame behind @out; @payload has at most ULAK_FRAMES_MAX bytes */
void
ulak_frames_append (GByteArray *out, UlakSpan payload)
{
  const guint8 header[ULAK_FRAMES_HEADER_BYTES] = {
    (guint8) (payload.size_bytes >> 16),
    (guint8) (payload.size_bytes >> 8),
    (guint8) payload.size_bytes,
  };

  g_return_if_fail (payload.size_bytes <= ULAK_FRAMES_MAX);
  g_byte_array_append (out, header, sizeof header);
  g_byte_array_append (out, payload.bytes, (guint) payload.size_bytes);
}
