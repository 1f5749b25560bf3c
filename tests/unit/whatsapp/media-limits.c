/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/media-limits.h"

#include "core/error.h"
#include "whatsapp/cloud/sticker.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

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

static void
test_sticker (void)
{
  guint8 head[ULAK_STICKER_HEAD_BYTES + 1] = "RIFF....WEBPVP8X....\x02";

  g_assert_true (ulak_sticker_is_animated (head, ULAK_STICKER_HEAD_BYTES));
  g_assert_false (ulak_sticker_is_animated (head, ULAK_STICKER_HEAD_BYTES - 1));
  head[20] = 0x10; /* alpha only */
  g_assert_false (ulak_sticker_is_animated (head, ULAK_STICKER_HEAD_BYTES));
  memcpy (head + 12, "VP8 ", 4);
  head[20] = 0x02;
  g_assert_false (ulak_sticker_is_animated (head, ULAK_STICKER_HEAD_BYTES));
}

static void
check_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Writes a file that begins so, looks at it, and says what came of it. */
static gboolean
check_file (const char *head, gsize size_bytes, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  int fd = g_file_open_tmp ("sticker-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_true (g_file_set_contents (path, head, (gssize) size_bytes, NULL));
  ulak_sticker_check_async (path, NULL, check_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_unlink (path);
  return ulak_sticker_check_finish (result, error);
}

static void
test_sticker_file (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (check_file ("RIFF....WEBPVP8X....\x02 more", 26, &error));
  g_assert_no_error (error);
  g_assert_false (check_file ("RIFF....WEBPVP8 ....\x02 more", 26, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media-limits/each type has its own limit and one byte more is refused", test_limits);
  g_test_add_func ("/media-limits/an empty file is refused", test_empty);
  g_test_add_func ("/media-limits/an unknown type is refused with the list of the known ones", test_unknown_type);
  g_test_add_func ("/media-limits/a sticker's head tells whether it moves", test_sticker);
  g_test_add_func ("/media-limits/a big sticker that does not move is refused", test_sticker_file);
  g_test_add_func ("/media-limits/a type that does not fit the content is refused", test_wrong_kind);
  return g_test_run ();
}
