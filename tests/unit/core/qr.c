/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/qr.h"

#include "core/error.h"

#include <gio/gio.h>
#include <string.h>

#define TEXT "2@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,BBBB,CCCC,DDDD"

static UlakQr *
make (void)
{
  g_autoptr (GError) error = NULL;
  UlakQr *qr = ulak_qr_new (TEXT, &error);

  g_assert_no_error (error);
  return qr;
}

/* The three corners by which a phone finds it: ISO/IEC 18004, 5.3.2. */
static void
test_finders (void)
{
  static const char *const finder[] = { "#######", "#     #", "# ### #", "# ### #", "# ### #", "#     #", "#######" };
  g_autoptr (UlakQr) qr = make ();
  gint far = (gint) ulak_qr_get_size (qr) - 7;

  for (gint y = 0; y < 7; y++)
    for (gint x = 0; x < 7; x++)
      {
        gboolean is_dark = finder[y][x] == '#';

        g_assert_cmpint (ulak_qr_is_dark (qr, x, y), ==, is_dark);
        g_assert_cmpint (ulak_qr_is_dark (qr, far + x, y), ==, is_dark);
        g_assert_cmpint (ulak_qr_is_dark (qr, x, far + y), ==, is_dark);
      }
  g_assert_false (ulak_qr_is_dark (qr, -1, 0));
}

static guint32
number_at (const guint8 *bytes, gsize offset)
{
  guint32 big;

  memcpy (&big, bytes + offset, sizeof big);
  return GUINT32_FROM_BE (big);
}

static GBytes *
inflate (const guint8 *bytes, gsize size_bytes)
{
  g_autoptr (GInputStream) memory = g_memory_input_stream_new_from_data (bytes, (gssize) size_bytes, NULL);
  g_autoptr (GConverter) zlib = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  g_autoptr (GInputStream) stream = g_converter_input_stream_new (memory, zlib);
  GBytes *all = g_input_stream_read_bytes (stream, 1024 * 1024, NULL, NULL);

  g_assert_nonnull (all);
  return all;
}

static void
test_png (void)
{
  g_autoptr (UlakQr) qr = make ();
  g_autoptr (GBytes) png = ulak_qr_to_png (qr, 3);
  g_autoptr (GBytes) rows = NULL;
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (png, &size_bytes);
  guint side = 3 * (ulak_qr_get_size (qr) + 2 * ULAK_QR_QUIET);
  gsize stride = 1 + (side + 7) / 8;
  const guint8 *drawn;

  g_assert_cmpmem (bytes, 8, "\x89PNG\r\n\x1a\n", 8);
  g_assert_cmpmem (bytes + 12, 4, "IHDR", 4);
  g_assert_cmpuint (number_at (bytes, 16), ==, side);
  g_assert_cmpuint (number_at (bytes, 20), ==, side);
  g_assert_cmpmem (bytes + 37, 4, "IDAT", 4);
  rows = inflate (bytes + 41, number_at (bytes, 33));
  g_assert_cmpuint (g_bytes_get_size (rows), ==, stride * side);
  drawn = g_bytes_get_data (rows, NULL);
  for (guint y = 0; y < side; y++)
    for (guint x = 0; x < side; x++)
      {
        gboolean is_white = (drawn[y * stride + 1 + x / 8] & (0x80 >> (x % 8))) != 0;

        g_assert_cmpint (is_white, ==,
                         !ulak_qr_is_dark (qr, (gint) (x / 3) - ULAK_QR_QUIET, (gint) (y / 3) - ULAK_QR_QUIET));
      }
  /* The CRC of IEND is known: it has no contents. */
  g_assert_cmpmem (bytes + size_bytes - 8, 8, "IEND\xae\x42\x60\x82", 8);
}

static void
test_svg (void)
{
  g_autoptr (UlakQr) qr = make ();
  g_autofree char *svg = ulak_qr_to_svg (qr);

  g_assert_true (g_str_has_prefix (svg, "<svg xmlns="));
  g_assert_nonnull (strstr (svg, "M4 4h1v1h-1z"));
  g_assert_null (strstr (svg, TEXT));
}

static void
test_lines (void)
{
  g_autoptr (UlakQr) qr = make ();
  g_autofree char *plain = ulak_qr_to_lines (qr, FALSE);
  g_autofree char *coloured = ulak_qr_to_lines (qr, TRUE);
  g_auto (GStrv) rows = g_strsplit (plain, "\n", -1);
  guint side = ulak_qr_get_size (qr) + 2 * ULAK_QR_QUIET;

  g_assert_cmpuint (g_strv_length (rows), ==, (side + 1) / 2 + 1);
  g_assert_cmpint (g_utf8_strlen (rows[0], -1), ==, side);
  g_assert_true (g_str_has_prefix (rows[0], "████"));
  g_assert_null (strchr (plain, '\033'));
  g_assert_true (g_str_has_prefix (coloured, "\033[30;107m    "));
}

static void
test_refused (void)
{
  g_autofree char *much = g_strnfill (ULAK_QR_TEXT_MAX + 1, 'x');
  g_autofree char *all = g_strnfill (ULAK_QR_TEXT_MAX, 'x');
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakQr) largest = ulak_qr_new (all, NULL);

  g_assert_nonnull (largest);
  g_assert_null (ulak_qr_new (much, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_null (ulak_qr_new ("", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/qr/has the corners that phones look for", test_finders);
  g_test_add_func ("/core/qr/is drawn as a PNG pixel by pixel", test_png);
  g_test_add_func ("/core/qr/is drawn as an SVG", test_svg);
  g_test_add_func ("/core/qr/is drawn in half blocks", test_lines);
  g_test_add_func ("/core/qr/has a limit", test_refused);
  return g_test_run ();
}
