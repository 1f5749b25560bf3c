/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/cleaner.h"
#include "connector/media-folder.h"
#include "connector/media-sniff.h"

#include "core/error.h"
#include "unit/connector/line-fixture.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PNG "\x89PNG\r\n\x1a\n"

typedef struct
{
  LineFixture line;
  UlakMediaFolder *folder;
} MediaFixture;

static guint
count_files (MediaFixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->line.folder, "media", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static GStrv
open_folder (MediaFixture *fixture)
{
  g_auto (Wait) wait = { 0 };

  ulak_media_folder_open_async (fixture->folder, wait_cb, &wait);
  return ulak_media_folder_open_finish (fixture->folder, wait_result (&wait), NULL);
}

static void
set_up (MediaFixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_auto (GStrv) names = NULL;

  line_fixture_set_up (&fixture->line, data);
  path = g_build_filename (fixture->line.folder, "media", NULL);
  fixture->folder
      = ulak_media_folder_new (path, ULAK_CLOCK (fixture->line.clock), ULAK_RANDOM (fixture->line.random));
  names = open_folder (fixture);
  g_assert_nonnull (names);
  g_assert_cmpuint (g_strv_length (names), ==, 0);
}

static void
tear_down (MediaFixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->folder);
  line_fixture_tear_down (&fixture->line, data);
}

static UlakStoredFile *
store (MediaFixture *fixture,
       const void *bytes,
       gsize size_bytes,
       const char *mime_type,
       goffset max_bytes,
       GError **error)
{
  g_auto (Wait) wait = { 0 };
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (write (fds[1], bytes, size_bytes), ==, (gssize) size_bytes);
  close (fds[1]);
  ulak_media_folder_store_async (fixture->folder, fds[0], mime_type, max_bytes, wait_cb, &wait);
  return ulak_media_folder_store_finish (fixture->folder, wait_result (&wait), error);
}

static void
test_store (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakStoredFile) file = store (fixture, "hello", 5, "text/plain", 5, &error);
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (file->sha256, ==, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  g_assert_cmpint (file->size_bytes, ==, 5);
  path = ulak_media_folder_get_path (fixture->folder, file->name);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "hello");
  g_assert_cmpuint (count_files (fixture), ==, 1);
}

static void
test_refusals (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) large = NULL;
  g_autoptr (GError) empty = NULL;
  g_autoptr (GError) other = NULL;

  g_assert_null (store (fixture, "hello", 5, "text/plain", 4, &large));
  g_assert_error (large, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
  g_assert_null (store (fixture, "", 0, "text/plain", 4, &empty));
  g_assert_error (empty, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_null (store (fixture, "hello", 5, "image/png", 100, &other));
  g_assert_error (other, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_cmpuint (count_files (fixture), ==, 0);
}

static void
test_busy (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  Wait waits[ULAK_MEDIA_FOLDER_BUSY_MAX + 1] = { 0 };
  int fds[ULAK_MEDIA_FOLDER_BUSY_MAX + 1][2];

  for (guint i = 0; i <= ULAK_MEDIA_FOLDER_BUSY_MAX; i++)
    {
      g_assert_cmpint (pipe (fds[i]), ==, 0);
      ulak_media_folder_store_async (fixture->folder, fds[i][0], "text/plain", 10, wait_cb, &waits[i]);
    }
  for (guint i = 0; i <= ULAK_MEDIA_FOLDER_BUSY_MAX; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (UlakStoredFile) file = NULL;

      if (i < ULAK_MEDIA_FOLDER_BUSY_MAX)
        g_assert_cmpint (write (fds[i][1], "x", 1), ==, 1);
      close (fds[i][1]);
      file = ulak_media_folder_store_finish (fixture->folder, wait_result (&waits[i]), &error);
      g_assert_cmpint (file != NULL, ==, i < ULAK_MEDIA_FOLDER_BUSY_MAX);
      if (file == NULL)
        g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FULL);
      wait_clear (&waits[i]);
    }
}

static void
test_unfinished (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *part = NULL;
  g_auto (GStrv) names = NULL;
  int fd = ulak_media_folder_begin (fixture->folder, &part, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_assert_cmpuint (count_files (fixture), ==, 1);
  names = open_folder (fixture); /* as after a kill */
  g_assert_cmpuint (g_strv_length (names), ==, 0);
  g_assert_cmpuint (count_files (fixture), ==, 0);
}

static void
test_fetched (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *part = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakStoredFile) file = NULL;
  g_auto (Wait) wait = { 0 };
  int fd = ulak_media_folder_begin (fixture->folder, &part, NULL);

  g_assert_cmpint (write (fd, "hello", 5), ==, 5);
  close (fd);
  ulak_media_folder_complete_async (fixture->folder, part, wait_cb, &wait);
  file = ulak_media_folder_store_finish (fixture->folder, wait_result (&wait), &error);
  g_assert_no_error (error);
  g_assert_cmpint (file->size_bytes, ==, 5);
  fd = ulak_media_folder_read (fixture->folder, file->name, &error);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
}

static void
test_sniff (MediaFixture *fixture G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_true (ulak_media_sniff_fits ("image/png", (const guint8 *) PNG, 8));
  g_assert_true (ulak_media_sniff_fits ("IMAGE/PNG", (const guint8 *) PNG, 8));
  g_assert_false (ulak_media_sniff_fits ("image/jpeg", (const guint8 *) PNG, 8));
  g_assert_false (ulak_media_sniff_fits ("image/png", (const guint8 *) PNG, 7));
  g_assert_true (ulak_media_sniff_fits ("audio/ogg; codecs=opus", (const guint8 *) "OggS", 4));
  g_assert_true (ulak_media_sniff_fits ("video/mp4",
                                        (const guint8 *) "\0\0\0\x18"
                                                         "ftypmp42",
                                        12));
  g_assert_true (ulak_media_sniff_fits ("audio/mpeg", (const guint8 *) "\xff\xfb\x90", 3));
  g_assert_true (ulak_media_sniff_fits ("text/csv", (const guint8 *) "a,b", 3));
}

static char *
add_medium (MediaFixture *fixture, const char *bytes)
{
  g_autoptr (UlakStoredFile) file = store (fixture, bytes, strlen (bytes), "text/plain", 1000, NULL);
  UlakMedium medium = { .mime_type = (char *) "text/plain",
                        .stored_name = file->name,
                        .sha256 = file->sha256,
                        .size_bytes = file->size_bytes };
  g_auto (Wait) wait = { 0 };

  ulak_line_store_add_medium_async (fixture->line.store, &medium, wait_cb, &wait);
  return ulak_line_store_add_medium_finish (fixture->line.store, wait_result (&wait), NULL);
}

static void
count_job (guint *n_jobs, const char *job G_GNUC_UNUSED, const char *outcome, double seconds G_GNUC_UNUSED)
{
  g_assert_cmpstr (outcome, !=, "error");
  (*n_jobs)++;
}

static void
clean (MediaFixture *fixture, const char *changes)
{
  g_autoptr (UlakCleaner) cleaner
      = ulak_cleaner_new (fixture->line.store, fixture->folder, ULAK_CLOCK (fixture->line.clock));
  UlakLineSettings defaults, settings;
  g_autoptr (JsonObject) values = parse_json (changes);
  guint n_jobs = 0;

  ulak_line_settings_init (&defaults);
  ulak_line_settings_apply (&settings, &defaults, values);
  g_signal_connect_swapped (cleaner, "job-done", G_CALLBACK (count_job), &n_jobs);
  ulak_cleaner_apply_settings (cleaner, &settings);
  ulak_fake_clock_advance_ms (fixture->line.clock, 30000);
  while (n_jobs < 3)
    g_main_context_iteration (NULL, TRUE);
  ulak_cleaner_stop (cleaner);
}

static void
test_age (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *old = add_medium (fixture, "old");
  g_autofree char *used = add_medium (fixture, "used");
  g_autofree char *message = g_strdup_printf ("{'to': '905321112233', 'document': {'media_id': '%s'}}", used);
  g_autofree char *status = line_accept (&fixture->line, "01900000-0000-7000-8000-000000000001", message);
  g_autofree char *fresh = NULL;

  ulak_fake_clock_advance_us (fixture->line.clock, 31 * G_TIME_SPAN_DAY);
  fresh = add_medium (fixture, "fresh");
  clean (fixture, "{}");
  g_assert_cmpuint (count_files (fixture), ==, 2); /* the fresh one, and the one that is still to be sent */
  {
    g_auto (Wait) wait = { 0 };
    g_autoptr (UlakMedium) medium = NULL;

    ulak_line_store_find_medium_async (fixture->line.store, old, wait_cb, &wait);
    medium = ulak_line_store_find_medium_finish (fixture->line.store, wait_result (&wait), NULL);
    g_assert_null (medium->stored_name);
  }
}

static void
test_budget (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *first = add_medium (fixture, "12345");
  g_autofree char *second = NULL;
  g_auto (Wait) wait = { 0 };
  g_autoptr (UlakMedium) medium = NULL;

  ulak_fake_clock_advance_ms (fixture->line.clock, 1000);
  second = add_medium (fixture, "67890");
  clean (fixture, "{'media_max_bytes': 9}");
  g_assert_cmpuint (count_files (fixture), ==, 1);
  ulak_line_store_find_medium_async (fixture->line.store, second, wait_cb, &wait);
  medium = ulak_line_store_find_medium_finish (fixture->line.store, wait_result (&wait), NULL);
  g_assert_nonnull (medium->stored_name);
}

static void
test_messages (MediaFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *rest = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Wait) wait = { 0 };

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *id = g_strdup_printf ("m%u", i);
      line_commit_text (&fixture->line, "905321110001", id, id);
      line_commit_text (&fixture->line, "905321110002", id, id);
    }
  clean (fixture, "{'max_messages_per_chat': 2}");
  ulak_line_store_list_messages_async (fixture->line.store, "905321110002", "", 10, wait_cb, &wait);
  rest = ulak_line_store_list_finish (fixture->line.store, wait_result (&wait), NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (rest, "\"m4\""));
  g_assert_nonnull (strstr (rest, "\"m3\""));
  g_assert_null (strstr (rest, "\"m2\""));
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*func) (MediaFixture *fixture, gconstpointer data);
  } cases[] = {
    { "a file is stored whole, with its hash", test_store },
    { "a file that is too large, empty or of another type leaves nothing", test_refusals },
    { "only so many files are copied at once", test_busy },
    { "what was never finished is gone at the next start", test_unfinished },
    { "a fetched file is hashed and named when it is whole", test_fetched },
    { "first bytes must fit the type", test_sniff },
    { "old files go, those still to be sent stay", test_age },
    { "the least recently used file goes first when the budget is spent", test_budget },
    { "messages over the limit of a chat go, oldest first", test_messages },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/media/", cases[i].name, NULL);
      g_test_add (path, MediaFixture, NULL, set_up, cases[i].func, tear_down);
    }
  return g_test_run ();
}
