/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A thousand bytes may inflate to a million. The result grows only as output comes, and no further than the limit.
 */
#include "whatsapp/codec/inflate.h"

#include "core/error.h"

#include <gio/gio.h>
#include <string.h>

#define STEP_BYTES 16384

/**
 * ulak_inflate:
 * @bytes: a whole zlib stream
 * @size_bytes: how many
 * @max_bytes: the limit of the result
 * @error: INVALID: it is none, is cut, or more follows it; TOO_LARGE: the result would pass @max_bytes
 *
 * Returns: (transfer full) (nullable): what it holds
 */
GBytes *
ulak_inflate (const guint8 *bytes, gsize size_bytes, gsize max_bytes, GError **error)
{
  g_autoptr (GConverter) inflater = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  g_autoptr (GByteArray) result = g_byte_array_new ();
  guint8 step[STEP_BYTES];
  gsize at = 0, n_read, n_written;
  GConverterResult state = G_CONVERTER_CONVERTED;

  while (state != G_CONVERTER_FINISHED)
    {
      g_autoptr (GError) local = NULL;

      state = g_converter_convert (inflater, bytes + at, size_bytes - at, step, sizeof step, G_CONVERTER_INPUT_AT_END,
                                   &n_read, &n_written, &local);
      if (state == G_CONVERTER_ERROR)
        {
          g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Cannot inflate: %s", local->message);
          return NULL;
        }
      if (n_written > max_bytes - result->len)
        {
          g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                       "Cannot inflate: the result has more than %" G_GSIZE_FORMAT " bytes", max_bytes);
          return NULL;
        }
      g_byte_array_append (result, step, (guint) n_written);
      at += n_read;
    }
  if (at != size_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "Cannot inflate: %" G_GSIZE_FORMAT " bytes follow the end of the stream", size_bytes - at);
      return NULL;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&result));
}
