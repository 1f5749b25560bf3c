/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Opening, migrating, locking, damage, backups, and the same by hand.
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *const migrations_broken[] = {
  SQL "migrations/0001-letters.sql", SQL "migrations/0002-stamps.sql", SQL "migrations/0003-broken.sql", NULL
};
static const char *const migrations_commit[] = {
  SQL "migrations/0001-letters.sql", SQL "migrations/0002-stamps.sql", SQL "migrations/0003-commits.sql", NULL
};
static const char *const migrations_orphans[] = {
  SQL "migrations/0001-letters.sql", SQL "migrations/0002-stamps.sql", SQL "migrations/0003-orphans.sql", NULL
};

static int
try_open (Fixture *self, const char *const *migrations, gboolean migrate, const char *part)
{
  const UlakStoreOptions options = { .path = self->path, .migrations = migrations, .migrate = migrate };
  g_autoptr (GError) error = NULL;

  self->store = fixture_open_with (self, &options, &error);
  if (self->store != NULL)
    return -1;
  g_assert_nonnull (error);
  g_assert_true (error->domain == ULAK_ERROR);
  g_test_message ("%s", error->message);
  if (part != NULL)
    g_assert_nonnull (strstr (error->message, part));
  return error->code;
}

static void
make_version_1 (Fixture *self)
{
  g_assert_cmpint (try_open (self, migrations_v1, TRUE, NULL), ==, -1);
  g_assert_cmpint (fixture_write (self, work_add_letter, "old"), ==, -1);
  fixture_close (self);
}

static int
get_mode (const char *path)
{
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  return status.st_mode & 0777;
}

static void
test_new_file (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autofree char *wal = fixture_get_path (self, "-wal");
  g_autofree char *shm = fixture_get_path (self, "-shm");

  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "one"), ==, -1);
  fixture_close (self);

  g_assert_cmpint (get_mode (self->path), ==, 0640);
  g_assert_cmpint (get_mode (wal), ==, 0640); /* still there: a reader without write access needs both */
  g_assert_cmpint (get_mode (shm), ==, 0640);
  g_assert_cmpint (raw_get_integer (self->path, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters"), ==, 1);
}

static void
test_migration (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autofree char *backup = fixture_get_path (self, ".before-v2");
  g_autoptr (GError) error = NULL;

  make_version_1 (self);
  g_assert_false (g_file_test (backup, G_FILE_TEST_EXISTS)); /* nothing to keep before the first version */
  fixture_open (self);

  g_assert_cmpint (fixture_count_letters (self), ==, 1);
  g_assert_cmpint (raw_get_integer (self->path, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (raw_get_integer (backup, "PRAGMA user_version"), ==, 1);
  g_assert_cmpint (raw_get_integer (backup, "SELECT count(*) FROM letters"), ==, 1);
  g_assert_cmpint (get_mode (backup), ==, 0640);
  g_assert_true (ulak_store_check_file (backup, &error));
  g_assert_no_error (error);
}

static void
test_refused_migration (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  make_version_1 (self);
  g_assert_cmpint (try_open (self, migrations_v2, FALSE, "ulakctl db migrate"), ==, ULAK_ERROR_WRONG_STATE);
  g_assert_cmpint (raw_get_integer (self->path, "PRAGMA user_version"), ==, 1);
}

static void
test_new_file_without_migrate (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_assert_cmpint (try_open (self, migrations_v2, FALSE, NULL), ==, -1);
  g_assert_cmpint (raw_get_integer (self->path, "PRAGMA user_version"), ==, 2);
}

static void
test_newer_schema (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  fixture_close (self);
  g_assert_cmpint (try_open (self, migrations_v1, TRUE, "schema version 2"), ==, ULAK_ERROR_NEWER_SCHEMA);
  g_assert_cmpint (try_open (self, migrations_v1, TRUE, "versions up to 1"), ==, ULAK_ERROR_NEWER_SCHEMA);
  g_assert_cmpint (raw_get_integer (self->path, "PRAGMA user_version"), ==, 2);
}

static void
test_failed_migration (Fixture *self, gconstpointer user_data)
{
  const char *const *migrations = user_data;

  make_version_1 (self);
  g_assert_cmpint (try_open (self, migrations, TRUE, "schema version 3"), ==, ULAK_ERROR_FAILED);

  /* Step 2 stands, step 3 left nothing. */
  g_assert_cmpint (raw_get_integer (self->path, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters"), ==, 1);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM stamps"), ==, 0);
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "goes on"), ==, -1);
}

static void
test_script_that_commits (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  make_version_1 (self);
  g_assert_cmpint (try_open (self, migrations_commit, TRUE, "ended the transaction"), ==, ULAK_ERROR_FAILED);
  g_assert_cmpint (raw_get_integer (self->path, "PRAGMA user_version"), ==, 2);
}

static void
test_lock (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (UlakStore) first = NULL;

  fixture_open (self);
  first = g_steal_pointer (&self->store);
  g_assert_cmpint (try_open (self, migrations_v2, TRUE, ".lock"), ==, ULAK_ERROR_WRONG_STATE);

  self->store = g_steal_pointer (&first);
  g_assert_cmpint (fixture_write (self, work_add_letter, "the first one goes on"), ==, -1);
  fixture_close (self);
  fixture_open (self);
  g_assert_cmpint (fixture_count_letters (self), ==, 1);
}

static void
test_not_a_database (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  static const char text[] = "This is a letter to a friend and not a database, however long one reads it. "
                             "It goes on a little, past the hundred bytes of a header.";
  g_autofree char *contents = NULL;
  gsize size;

  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
  g_assert_cmpint (try_open (self, migrations_v2, TRUE, NULL), ==, ULAK_ERROR_DAMAGED);
  g_assert_true (g_file_get_contents (self->path, &contents, &size, NULL));
  g_assert_cmpstr (contents, ==, text); /* left as it was, for whoever wants to save it */
}

static void
damage_page (const char *path, gsize page)
{
  g_autofree char *contents = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  g_assert_cmpuint (size, >=, (page + 1) * 4096);
  memset (contents + page * 4096, 0xa5, 4096);
  g_assert_true (g_file_set_contents (path, contents, (gssize) size, NULL));
}

static void
test_damaged_page (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "one"), ==, -1);
  fixture_close (self);
  damage_page (self->path, 1);

  g_assert_cmpint (try_open (self, migrations_v2, TRUE, NULL), ==, ULAK_ERROR_DAMAGED);
  g_assert_false (ulak_store_check_file (self->path, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED);
}

static void
test_missing_folder (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autofree char *path = g_steal_pointer (&self->path);

  self->path = g_build_filename (self->folder, "nowhere", "test.db", NULL);
  g_assert_cmpint (try_open (self, migrations_v2, TRUE, "nowhere"), ==, ULAK_ERROR_UNAVAILABLE);
}

typedef struct
{
  Answers works;
  int backup_code; /* -2 until the answer, -1 for success */
} LiveBackup;

static void
backup_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  LiveBackup *self = user_data;

  ulak_store_backup_finish (ULAK_STORE (source), result, &error);
  self->backup_code = error != NULL ? error->code : -1;
}

static int
back_up (Fixture *self, const char *target)
{
  LiveBackup live = { .backup_code = -2 };

  ulak_store_backup_async (self->store, target, backup_cb, &live);
  while (live.backup_code == -2)
    g_main_context_iteration (NULL, TRUE);
  return live.backup_code;
}

static void
test_live_backup (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autofree char *target = fixture_get_path (self, ".copy");
  g_autofree char *partial = fixture_get_path (self, ".copy.partial");
  g_autoptr (GError) error = NULL;
  LiveBackup live = { .backup_code = -2 };
  guint n = 500;

  fixture_open (self);
  answers_init (&live.works);
  answers_expect (&live.works, n);
  for (guint i = 0; i < n; i++)
    ulak_store_write_async (self->store, work_add_letter, g_strdup_printf ("%u", i), g_free, answers_cb,
                            &live.works);
  answers_wait (&live.works);

  ulak_store_backup_async (self->store, target, backup_cb, &live);
  while (live.backup_code == -2) /* somebody writes all the while */
    {
      answers_expect (&live.works, 1);
      ulak_store_write_async (self->store, work_add_letter, g_strdup_printf ("%u", n++), g_free, answers_cb,
                              &live.works);
      answers_wait (&live.works);
    }
  g_assert_cmpint (live.backup_code, ==, -1);

  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
  g_assert_cmpint (get_mode (target), ==, 0640);
  g_assert_true (ulak_store_check_file (target, &error));
  g_assert_no_error (error);
  g_assert_cmpint (raw_get_integer (target, "SELECT count(*) FROM letters"), >=, 500);
  g_assert_cmpint (raw_get_integer (target, "SELECT count(*) FROM letters WHERE id <= 500"), ==, 500);
  g_assert_cmpint (fixture_count_letters (self), ==, n);
  answers_clear (&live.works);
}

static void
test_backup_over_itself (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autofree char *nowhere = g_build_filename (self->folder, "nowhere", "copy.db", NULL);

  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "precious"), ==, -1);
  g_assert_cmpint (back_up (self, self->path), ==, ULAK_ERROR_INVALID);
  g_assert_cmpint (back_up (self, self->folder), ==, ULAK_ERROR_INVALID);
  g_assert_cmpint (back_up (self, nowhere), ==, ULAK_ERROR_UNAVAILABLE);
  g_assert_cmpint (fixture_count_letters (self), ==, 1);
}

static void
check_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  int *code_out = user_data;

  ulak_store_check_finish (ULAK_STORE (source), result, &error);
  *code_out = error != NULL ? error->code : -1;
}

static void
test_live_check (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  int code = -2;

  fixture_open (self);
  ulak_store_check_async (self->store, check_cb, &code);
  while (code == -2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (code, ==, -1);
}

static void
test_by_hand (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  const UlakStoreOptions options = { .path = self->path, .migrations = migrations_v2, .migrate = FALSE };
  g_autofree char *target = fixture_get_path (self, ".copy");
  g_autoptr (GError) error = NULL;
  guint from = 0;
  guint to = 0;

  make_version_1 (self);
  g_assert_true (ulak_store_migrate_file (&options, &from, &to, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (from, ==, 1);
  g_assert_cmpuint (to, ==, 2);
  g_assert_true (ulak_store_check_file (self->path, &error));
  g_assert_no_error (error);
  g_assert_true (ulak_store_backup_file (self->path, target, &error));
  g_assert_no_error (error);
  g_assert_cmpint (raw_get_integer (target, "SELECT count(*) FROM letters"), ==, 1);
  g_assert_cmpint (raw_get_integer (target, "PRAGMA user_version"), ==, 2);
}

static void
test_a_copy_says_so (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autofree char *target = fixture_get_path (self, ".copy");

  make_version_1 (self);
  raw_run (self->path, "CREATE TABLE generation (is_copy INTEGER); INSERT INTO generation VALUES (0)");
  g_assert_true (ulak_store_backup_file (self->path, target, NULL));
  g_assert_cmpint (raw_get_integer (target, "SELECT is_copy FROM generation"), ==, 1);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT is_copy FROM generation"), ==, 0);
}

static void
test_by_hand_while_running (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  const UlakStoreOptions options = { .path = self->path, .migrations = migrations_v2 };
  g_autofree char *target = fixture_get_path (self, ".copy");
  g_autoptr (GError) error = NULL;

  fixture_open (self);
  g_assert_false (ulak_store_migrate_file (&options, NULL, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_nonnull (strstr (error->message, "service is stopped"));
  g_clear_error (&error);
  g_assert_false (ulak_store_check_file (self->path, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_clear_error (&error);
  g_assert_false (ulak_store_backup_file (self->path, target, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

static void
test_by_hand_on_nothing (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_store_check_file (self->path, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define CASE(name, function, data) \
  g_test_add ("/store/files/" name, Fixture, data, fixture_set_up, function, fixture_tear_down)
  CASE ("a new file has its schema, its mode and a log that stays", test_new_file, NULL);
  CASE ("a migration keeps a backup of what was there", test_migration, NULL);
  CASE ("an older schema is refused when it may not be moved", test_refused_migration, NULL);
  CASE ("a new file is made although nothing may be moved", test_new_file_without_migrate, NULL);
  CASE ("a newer schema is refused and both versions are named", test_newer_schema, NULL);
  CASE ("a migration that fails leaves the version before it", test_failed_migration, migrations_broken);
  CASE ("a migration that leaves a dangling key is undone", test_failed_migration, migrations_orphans);
  CASE ("a migration may not end its transaction", test_script_that_commits, NULL);
  CASE ("a second store on the same file is refused", test_lock, NULL);
  CASE ("a file that is no database is refused and left alone", test_not_a_database, NULL);
  CASE ("a damaged page is found at the start", test_damaged_page, NULL);
  CASE ("a missing folder is named", test_missing_folder, NULL);
  CASE ("a backup beside writers is whole and has what was committed", test_live_backup, NULL);
  CASE ("a backup refuses bad targets", test_backup_over_itself, NULL);
  CASE ("a running store can be checked", test_live_check, NULL);
  CASE ("a stopped store is migrated, checked and copied by hand", test_by_hand, NULL);
  CASE ("a copy of a schema that asks for it says that it is one", test_a_copy_says_so, NULL);
  CASE ("nothing is done by hand while a store runs", test_by_hand_while_running, NULL);
  CASE ("a missing file is not made by hand", test_by_hand_on_nothing, NULL);
#undef CASE

  return g_test_run ();
}
