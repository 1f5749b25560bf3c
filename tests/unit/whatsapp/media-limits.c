/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/media-limits.h"

#include "core/error.h"

#include <string.h>

#define MIB (1024 * 1024)

static void
test_limits (void)
{
  static const struct
  {
    const char *kind;
    const char *mime_type;
    goffset limit;
  } rows[] = {
    { "image", "image/jpeg", 5 * MIB },
    { "image", "image/png", 5 * MIB },
    { "sticker", "image/webp", 500 * 1024 },
    { "video", "video/mp4", 16 * MIB },
    { "audio", "audio/ogg; codecs=opus", 16 * MIB },
    { "document", "application/pdf", 100 * MIB },
    { "document", "image/jpeg", 5 * MIB },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      goffset limit = 0;

      g_assert_true (ulak_media_limits_find (rows[i].mime_type, &limit, &error));
      g_assert_no_error (error);
      g_assert_cmpint (limit, ==, rows[i].limit);
      g_assert_true (ulak_media_limits_check (rows[i].kind, rows[i].mime_type, limit, &error));
      g_assert_no_error (error);
      g_assert_false (ulak_media_limits_check (rows[i].kind, rows[i].mime_type, limit + 1, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
    }
}

static void
test_empty (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_media_limits_check ("image", "image/png", 0, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
test_unknown_type (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_media_limits_find ("application/zip", NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "application/pdf"));
}

static void
test_wrong_kind (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_media_limits_check ("image", "audio/ogg", 10, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "image/jpeg, image/png"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media-limits/each type has its own limit and one byte more is refused", test_limits);
  g_test_add_func ("/media-limits/an empty file is refused", test_empty);
  g_test_add_func ("/media-limits/an unknown type is refused with the list of the known ones", test_unknown_type);
  g_test_add_func ("/media-limits/a type that does not fit the content is refused", test_wrong_kind);
  return g_test_run ();
}
