/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * At start only what can be read in a moment is checked: a service must serve within two seconds with a
 * million rows, after a power cut too, and a crash by itself damages nothing that the write-ahead log does
 * not mend. Above the limit the header and the schema are still read by opening; the rest is for
 * ulak_store_check_async(), which runs beside the work. A marker of a clean stop would change neither case,
 * so there is none.
 */
#include "store/check.h"

#include "store/file.h"

/* About 0.1 s cold on a slow disk (400 MB/s), a few hundredths from the cache. */
#define START_CHECK_MAX_BYTES (G_GINT64_CONSTANT (32) * 1024 * 1024)

static gboolean
expect_text (UlakDatabase *database, const char *pragma, const char *expected, GError **error)
{
  g_autofree char *found = ulak_database_get_text (database, pragma, error);

  if (found == NULL)
    return FALSE;
  if (g_str_equal (found, expected))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The database ‘%s’ is damaged: %s (%s)",
               ulak_database_get_path (database), found, pragma);
  return FALSE;
}

/** ulak_check_at_start: a quick check of a small database; errors: ULAK_ERROR_DAMAGED and those of reading */
gboolean
ulak_check_at_start (UlakDatabase *database, GError **error)
{
  const char *path = ulak_database_get_path (database);
  gint64 size_bytes = ulak_file_get_size (path);

  if (size_bytes > START_CHECK_MAX_BYTES)
    {
      g_debug ("‘%s’ has %" G_GINT64_FORMAT " bytes: too large for the check at start", path, size_bytes);
      return TRUE;
    }
  return expect_text (database, "PRAGMA quick_check(1)", "ok", error);
}

/** ulak_check_in_full: every page, index and foreign key; takes time in proportion to the size */
gboolean
ulak_check_in_full (UlakDatabase *database, GError **error)
{
  return expect_text (database, "PRAGMA integrity_check(1)", "ok", error) &&
         expect_text (database, "PRAGMA foreign_key_check", "", error);
}
