/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What happens when the disk fails: who is told, what is kept, and that the store serves again by itself.
 */
#include "fault-vfs.h"
#include "fixture.h"

/* More than a connection's page cache, so that pages are written before COMMIT. */
#define LARGE_BYTES (8 * 1024 * 1024)

static void
assert_status (Fixture *self, const char *fault)
{
  UlakStoreStatus status;

  ulak_store_get_status (self->store, &status);
  g_assert_cmpstr (status.fault, ==, fault);
  g_assert_cmpint (status.is_healthy, ==, fault == NULL);
}

static void
assert_whole (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  fixture_close (self);
  g_assert_true (ulak_store_check_file (self->path, &error));
  g_assert_no_error (error);
}

typedef struct
{
  Fault fault;
  int code;
  const char *text;
} CommitFault;

static const CommitFault full = { FAULT_FULL, ULAK_ERROR_FULL, "the disk is full" };
static const CommitFault no_write = { FAULT_WRITE, ULAK_ERROR_UNAVAILABLE,
                                      "the disk does not read or write" };
static const CommitFault no_sync = { FAULT_SYNC, ULAK_ERROR_UNAVAILABLE, "the disk does not read or write" };

static void
test_failed_commit (Fixture *self, gconstpointer user_data)
{
  const CommitFault *fault = user_data;
  Answers answers;

  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "before"), ==, -1);
  fault_vfs_set (fault->fault);
  answers_init (&answers);
  answers_expect (&answers, 10);
  for (guint i = 0; i < 10; i++)
    ulak_store_write_async (self->store, work_add_letter, g_strdup_printf ("%u", i), g_free, answers_cb,
                            &answers);
  answers_wait (&answers);

  for (guint i = 0; i < 10; i++)
    g_assert_cmpint (g_array_index (answers.codes, int, i), ==, fault->code);
  assert_status (self, fault->text);
  g_assert_cmpint (fixture_count_letters (self), ==, 1); /* reading goes on, and sees none of it */

  fault_vfs_set (FAULT_NONE);
  g_assert_cmpint (fixture_write (self, work_add_letter, "0"), ==, -1);
  assert_status (self, NULL);
  g_assert_cmpint (fixture_count_letters (self), ==, 2);
  assert_whole (self);
  answers_clear (&answers);
}

static gboolean
keep_turning_cb (gpointer user_data G_GNUC_UNUSED)
{
  return G_SOURCE_CONTINUE;
}

static void
test_health_returns (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  UlakStoreStatus status;
  guint timer;

  fixture_open (self);
  fault_vfs_set (FAULT_FULL);
  g_assert_cmpint (fixture_write (self, work_add_letter, "refused"), ==, ULAK_ERROR_FULL);
  assert_status (self, "the disk is full");
  fault_vfs_set (FAULT_NONE);

  timer = g_timeout_add (20, keep_turning_cb, NULL);
  do
    {
      g_main_context_iteration (NULL, TRUE);
      ulak_store_get_status (self->store, &status);
    }
  while (!status.is_healthy);
  g_source_remove (timer);
  g_assert_cmpuint (status.works, ==, 0); /* nobody's work was counted for it */
  g_assert_cmpint (fixture_count_letters (self), ==, 0);
}

static gboolean
add_large_letter (UlakDatabase *database, const char *name, GError **error)
{
  g_autofree char *body = g_malloc0 (LARGE_BYTES);
  UlakStatement *statement = ulak_database_statement (database, SQL "add-letter.sql", error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "name", name);
  ulak_statement_bind_bytes (statement, "body", body, LARGE_BYTES);
  return ulak_statement_run (statement, error);
}

static gboolean
work_add_two_letters (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return work_add_letter (database, (gpointer) "small", error) && add_large_letter (database, "large", error);
}

/* Goes on as if nothing had happened, which no work should do. */
static gboolean
work_ignore_failure (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  add_large_letter (database, "large", NULL);
  fault_vfs_set (FAULT_NONE);
  work_add_letter (database, (gpointer) "must not be committed alone", NULL);
  return TRUE;
}

static void
test_full_inside_work (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "before"), ==, -1);
  fault_vfs_set (FAULT_FULL);
  g_assert_cmpint (fixture_write (self, work_add_two_letters, NULL), ==, ULAK_ERROR_FULL);
  assert_status (self, "the disk is full");
  g_assert_cmpint (fixture_count_letters (self), ==, 1);

  fault_vfs_set (FAULT_NONE);
  g_assert_cmpint (fixture_write (self, work_add_two_letters, NULL), ==, -1);
  assert_status (self, NULL);
  g_assert_cmpint (fixture_count_letters (self), ==, 3);
  assert_whole (self);
}

/* Meets the fault and reports something of its own. */
static gboolean
work_say_conflict (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  fault_vfs_set (FAULT_FULL);
  add_large_letter (database, "large", NULL);
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_CONFLICT, "a word of its own");
  return FALSE;
}

static void
test_whose_error (Fixture *self, gconstpointer user_data)
{
  void (*write) (UlakStore *, UlakStoreWork, gpointer, GDestroyNotify, GAsyncReadyCallback, gpointer)
      = user_data != NULL ? ulak_store_write_joint_async : ulak_store_write_async;
  Answers answers;
  int first;

  fixture_open (self);
  answers_init (&answers);
  answers_expect (&answers, 2);
  write (self->store, work_add_letter, "beside", NULL, answers_cb, &answers);
  write (self->store, work_say_conflict, NULL, NULL, answers_cb, &answers);
  answers_wait (&answers);

  /* The first may have been committed alone before the second came; if it was not, the disk is to blame. */
  first = g_array_index (answers.codes, int, 0);
  g_assert_true (first == -1 || first == ULAK_ERROR_FULL);
  g_assert_cmpint (g_array_index (answers.codes, int, 1), ==, ULAK_ERROR_CONFLICT);
  assert_status (self, "the disk is full");
  fault_vfs_set (FAULT_NONE);
  g_assert_cmpint (fixture_count_letters (self), ==, first == -1 ? 1 : 0);
  answers_clear (&answers);
}

static void
test_ignored_failure (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  Answers answers;

  fixture_open (self);
  fault_vfs_set (FAULT_FULL);
  answers_init (&answers);
  answers_expect (&answers, 1);
  ulak_store_write_async (self->store, work_ignore_failure, NULL, NULL, answers_cb, &answers);
  answers_wait (&answers);

  g_assert_cmpint (g_array_index (answers.codes, int, 0), ==, ULAK_ERROR_FULL);
  g_assert_cmpint (fixture_count_letters (self), ==, 0);
  g_assert_cmpint (fixture_write (self, work_add_letter, "after"), ==, -1);
  assert_whole (self);
  answers_clear (&answers);
}

static void
test_failed_read (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  gint64 count = 0;
  Answers answers;

  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "one"), ==, -1);
  answers_init (&answers);
  answers_expect (&answers, 1);
  fault_vfs_set (FAULT_READ);
  ulak_store_read_async (self->store, work_count_letters, &count, NULL, answers_cb, &answers);
  answers_wait (&answers);
  g_assert_cmpint (g_array_index (answers.codes, int, 0), ==, ULAK_ERROR_UNAVAILABLE);

  fault_vfs_set (FAULT_NONE);
  g_assert_cmpint (fixture_count_letters (self), ==, 1);
  answers_clear (&answers);
}

static gboolean
work_read_bodies (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL "list-letters.sql", error);

  return statement != NULL && ulak_statement_run (statement, error);
}

static void
test_damage_stays (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_two_letters, NULL), ==, -1);
  /* Closing empties the log. A checkpoint of it, which may begin at any time when it is large, would copy the garbage. */
  fixture_close (self);
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "next"), ==, -1);
  fault_vfs_set (FAULT_GARBAGE);
  g_assert_cmpint (fixture_write (self, work_read_bodies, NULL), ==, ULAK_ERROR_DAMAGED);

  fault_vfs_set (FAULT_NONE);
  g_assert_cmpint (fixture_write (self, work_add_letter, "goes on"), ==, -1);
  assert_status (self, "the database is damaged");
  fixture_close (self);
  fixture_open (self);
  assert_status (self, NULL);
}

static void
test_one_sync_a_commit (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  UlakStoreStatus before;
  UlakStoreStatus after;
  Answers answers;
  int syncs;

  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "warm"), ==, -1);
  ulak_store_get_status (self->store, &before);
  syncs = fault_vfs_get_syncs ();
  answers_init (&answers);
  answers_expect (&answers, 100);
  for (guint i = 0; i < 100; i++)
    ulak_store_write_async (self->store, work_add_letter, g_strdup_printf ("%u", i), g_free, answers_cb,
                            &answers);
  answers_wait (&answers);

  ulak_store_get_status (self->store, &after);
  g_assert_cmpuint (after.works - before.works, ==, 100);
  g_assert_cmpint (fault_vfs_get_syncs () - syncs, ==, (int) (after.commits - before.commits));
  answers_clear (&answers);
}

static void
tear_down (Fixture *self, gconstpointer user_data)
{
  fault_vfs_set (FAULT_NONE);
  fixture_tear_down (self, user_data);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  fault_vfs_register ();

#define CASE(name, function, data) \
  g_test_add ("/store/faults/" name, Fixture, data, fixture_set_up, function, tear_down)
  CASE ("each commit is synced once", test_one_sync_a_commit, NULL);
  CASE ("a full disk fails the commit and the store recovers", test_failed_commit, &full);
  CASE ("a failing write fails the commit and the store recovers", test_failed_commit, &no_write);
  CASE ("a failing sync fails the commit and the store recovers", test_failed_commit, &no_sync);
  CASE ("health returns without anybody writing", test_health_returns, NULL);
  CASE ("a disk that fills inside a work leaves no half of it", test_full_inside_work, NULL);
  CASE ("a lost transaction blames the disk to all but the work that has its own word", test_whose_error,
        NULL);
  CASE ("also to those who share its savepoint", test_whose_error, &full);
  CASE ("a work that ignores a lost transaction commits nothing alone", test_ignored_failure, NULL);
  CASE ("damage is reported until the store is opened again", test_damage_stays, NULL);
  CASE ("a failing read is told and the next one works", test_failed_read, NULL);
#undef CASE

  return g_test_run ();
}
