/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The PNG is one of one bit a pixel: the stream in it is what GLib's zlib converter makes, so no image library is needed.
 * Source: PNG specification, third edition, sections 5, 10 and 11; its annex D for the CRC.
 */
#include "core/qr.h"

#include "core/error.h"

#include <gio/gio.h>
#include <qrencode.h>
#include <string.h>

#define MODULE_PIXELS_MAX 64

struct _UlakQr
{
  QRcode *code; /* (owned) */
};

UlakQr *
ulak_qr_new (const char *text, GError **error)
{
  g_autoptr (UlakQr) self = NULL;

  if (*text == '\0' || strlen (text) > ULAK_QR_TEXT_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A QR holds 1 to %d bytes", ULAK_QR_TEXT_MAX);
      return NULL;
    }
  self = g_new0 (UlakQr, 1);
  self->code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_L);
  if (self->code != NULL)
    return g_steal_pointer (&self);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The text cannot be made a QR");
  return NULL;
}

void
ulak_qr_free (UlakQr *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->code, QRcode_free);
  g_free (self);
}

guint
ulak_qr_get_size (const UlakQr *self)
{
  return (guint) self->code->width;
}

gboolean
ulak_qr_is_dark (const UlakQr *self, gint x, gint y)
{
  gint size = self->code->width;

  return x >= 0 && y >= 0 && x < size && y < size && (self->code->data[y * size + x] & 1) != 0;
}

/* --- PNG --- */

static guint32
crc_of (const guint8 *bytes, gsize size_bytes)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size_bytes; i++)
    {
      crc ^= bytes[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
  return crc ^ 0xffffffff;
}

static void
append_number (GByteArray *bytes, guint32 number)
{
  guint32 big = GUINT32_TO_BE (number);

  g_byte_array_append (bytes, (const guint8 *) &big, sizeof big);
}

static void
append_chunk (GByteArray *png, const char *type, const guint8 *bytes, gsize size_bytes)
{
  guint start;

  append_number (png, (guint32) size_bytes);
  start = png->len;
  g_byte_array_append (png, (const guint8 *) type, 4);
  g_byte_array_append (png, bytes, (guint) size_bytes);
  append_number (png, crc_of (png->data + start, png->len - start));
}

/* Rows of one bit a pixel, 1 is white, each with the filter byte 0 before it. */
static GBytes *
draw_rows (const UlakQr *self, guint module_pixels, guint side)
{
  gsize stride = 1 + (side + 7) / 8;
  guint8 *rows = g_malloc0 (stride * side);

  for (guint y = 0; y < side; y++)
    for (guint x = 0; x < side; x++)
      {
        gboolean is_dark = ulak_qr_is_dark (self, (gint) (x / module_pixels) - ULAK_QR_QUIET,
                                            (gint) (y / module_pixels) - ULAK_QR_QUIET);

        if (!is_dark)
          rows[y * stride + 1 + x / 8] |= (guint8) (0x80 >> (x % 8));
      }
  return g_bytes_new_take (rows, stride * side);
}

static GBytes *
compress (GBytes *bytes)
{
  g_autoptr (GConverter) zlib = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, zlib);

  /* Into memory and out of memory: nothing of this can fail but memory itself. */
  g_output_stream_write_all (stream, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL, NULL, NULL);
  g_output_stream_close (stream, NULL, NULL);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

/** ulak_qr_to_png: Returns: (transfer full): a file */
GBytes *
ulak_qr_to_png (const UlakQr *self, guint module_pixels)
{
  static const guint8 signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
  static const guint8 kind[] = { 1, 0, 0, 0, 0 }; /* one bit, grey, the only compression and filter, not interlaced */
  GByteArray *png = g_byte_array_new ();
  g_autoptr (GByteArray) header = g_byte_array_new ();
  g_autoptr (GBytes) rows = NULL;
  g_autoptr (GBytes) stream = NULL;
  guint side;

  g_return_val_if_fail (module_pixels >= 1 && module_pixels <= MODULE_PIXELS_MAX, NULL);

  side = (ulak_qr_get_size (self) + 2 * ULAK_QR_QUIET) * module_pixels;
  rows = draw_rows (self, module_pixels, side);
  stream = compress (rows);
  append_number (header, side);
  append_number (header, side);
  g_byte_array_append (header, kind, sizeof kind);
  g_byte_array_append (png, signature, sizeof signature);
  append_chunk (png, "IHDR", header->data, header->len);
  append_chunk (png, "IDAT", g_bytes_get_data (stream, NULL), g_bytes_get_size (stream));
  append_chunk (png, "IEND", NULL, 0);
  return g_byte_array_free_to_bytes (png);
}

/* --- SVG --- */

/** ulak_qr_to_svg: Returns: (transfer full): a document; it grows to the place that it is given */
char *
ulak_qr_to_svg (const UlakQr *self)
{
  gint size = self->code->width, side = size + 2 * ULAK_QR_QUIET;
  GString *svg = g_string_new (NULL);

  g_string_append_printf (svg,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
                          "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
                          side, side, side, side);
  for (gint y = 0; y < size; y++)
    for (gint x = 0; x < size; x++)
      if (ulak_qr_is_dark (self, x, y))
        g_string_append_printf (svg, "M%d %dh1v1h-1z", x + ULAK_QR_QUIET, y + ULAK_QR_QUIET);
  g_string_append (svg, "\"/></svg>\n");
  return g_string_free (svg, FALSE);
}

/* --- a terminal --- */

#define BLACK_ON_WHITE "\033[30;107m"
#define NORMAL "\033[0m"

/** ulak_qr_to_lines: Returns: (transfer full): text that ends in a line break */
char *
ulak_qr_to_lines (const UlakQr *self, gboolean colours)
{
  /* Without colours white is what is drawn: most terminals are dark, and a QR that is inverted is read by few phones. */
  static const char *const dark[] = { " ", "▀", "▄", "█" }, *const light[] = { "█", "▄", "▀", " " };
  const char *const *blocks = colours ? dark : light;
  gint end = self->code->width + ULAK_QR_QUIET;
  GString *lines = g_string_new (NULL);

  for (gint y = -ULAK_QR_QUIET; y < end; y += 2)
    {
      g_string_append (lines, colours ? BLACK_ON_WHITE : "");
      for (gint x = -ULAK_QR_QUIET; x < end; x++)
        {
          guint upper = ulak_qr_is_dark (self, x, y) ? 1 : 0, lower = ulak_qr_is_dark (self, x, y + 1) ? 2 : 0;

          g_string_append (lines, blocks[upper | lower]);
        }
      g_string_append_printf (lines, "%s\n", colours ? NORMAL : "");
    }
  return g_string_free (lines, FALSE);
}
