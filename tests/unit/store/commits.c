/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a caller of the store may rely on: durability before the answer, order, isolation, limits, closing.
 */
#include "fixture.h"

/* Holds the writer's thread inside a work until the test opens the gate, so that others gather behind it. */
typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean is_entered;
  gboolean is_open;
} Gate;

static void
gate_init (Gate *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->is_entered = self->is_open = FALSE;
}

static void
gate_clear (Gate *self)
{
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

static void
gate_wait_until (Gate *self, gboolean *flag)
{
  g_mutex_lock (&self->lock);
  while (!*flag)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

static void
gate_set (Gate *self, gboolean *flag)
{
  g_mutex_lock (&self->lock);
  *flag = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gboolean
work_wait_at_gate (UlakDatabase *database G_GNUC_UNUSED, gpointer data, GError **error G_GNUC_UNUSED)
{
  Gate *gate = data;

  gate_set (gate, &gate->is_entered);
  gate_wait_until (gate, &gate->is_open);
  return TRUE;
}

/* The writer waits in a work; n letters named 0..n-1 are queued behind it. */
static void
queue_behind_gate (Fixture *self, Gate *gate, Answers *answers, guint n)
{
  gate_init (gate);
  answers_expect (answers, n + 1);
  ulak_store_write_async (self->store, work_wait_at_gate, gate, NULL, answers_cb, answers);
  gate_wait_until (gate, &gate->is_entered);
  for (guint i = 0; i < n; i++)
    ulak_store_write_async (self->store, work_add_letter, g_strdup_printf ("%u", i), g_free, answers_cb,
                            answers);
}

static void
assert_all_succeeded (Answers *answers, guint n)
{
  g_assert_cmpuint (answers->codes->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (answers->codes, int, i), ==, -1);
}

static void
test_sharing (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  UlakStoreStatus status;
  Answers answers;
  Gate gate;

  fixture_open (self);
  answers_init (&answers);
  queue_behind_gate (self, &gate, &answers, 256);
  gate_set (&gate, &gate.is_open);
  answers_wait (&answers);

  assert_all_succeeded (&answers, 257);
  ulak_store_get_status (self->store, &status);
  g_assert_cmpuint (status.works, ==, 257);
  g_assert_cmpuint (status.commits, >=, 5); /* at most 64 works a commit */
  g_assert_cmpuint (status.commits, <, 100);
  g_assert_cmpuint (status.queued, ==, 0);
  g_assert_true (status.is_healthy);
  g_assert_null (status.fault);
  g_assert_cmpint (fixture_count_letters (self), ==, 256);
  gate_clear (&gate);
  answers_clear (&answers);
}

static gboolean
work_fail_after_insert (UlakDatabase *database, gpointer name, GError **error)
{
  if (work_add_letter (database, name, error))
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_CONFLICT, "changed its mind");
  return FALSE;
}

static void
test_isolation (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  static const int expected[] = { -1, -1, ULAK_ERROR_CONFLICT, ULAK_ERROR_EXISTS, -1 };
  Answers answers;
  Gate gate;

  fixture_open (self);
  answers_init (&answers);
  queue_behind_gate (self, &gate, &answers, 1);
  answers_expect (&answers, 3);
  ulak_store_write_async (self->store, work_fail_after_insert, "fails", NULL, answers_cb, &answers);
  ulak_store_write_async (self->store, work_add_letter, "0", NULL, answers_cb, &answers);
  ulak_store_write_async (self->store, work_add_letter, "last", NULL, answers_cb, &answers);
  gate_set (&gate, &gate.is_open);
  answers_wait (&answers);

  g_assert_cmpuint (answers.codes->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (g_array_index (answers.codes, int, i), ==, expected[i]);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters WHERE name IN ('0', 'last')"),
                   ==, 2);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters"), ==, 2);
  gate_clear (&gate);
  answers_clear (&answers);
}

static gboolean
work_try_parts (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  g_autoptr (GError) why = NULL;

  if (!work_add_letter (database, "before", error))
    return FALSE;
  if (ulak_database_try (database, work_fail_after_insert, "part", &why))
    g_assert_not_reached ();
  g_assert_error (why, ULAK_ERROR, ULAK_ERROR_CONFLICT);
  return ulak_database_try (database, work_add_letter, "kept", error) && work_add_letter (database, "after", error);
}

static void
test_parts (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_try_parts, NULL), ==, -1);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters WHERE name IN ('before', 'kept', 'after')"), ==,
                   3);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters"), ==, 3);
}

/* A letter that counts how often it was written. */
typedef struct
{
  const char *name;
  guint runs;
} Letter;

static gboolean
work_add_counted (UlakDatabase *database, gpointer data, GError **error)
{
  Letter *letter = data;

  letter->runs++;
  return work_add_letter (database, (gpointer) letter->name, error);
}

static void
test_joint_isolation (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  static const int expected[] = { -1, -1, -1, ULAK_ERROR_CONFLICT, -1, ULAK_ERROR_EXISTS, -1, -1 };
  Letter early = { "early", 0 }, late = { "late", 0 }, last = { "last", 0 };
  Answers answers;
  Gate gate;

  fixture_open (self);
  answers_init (&answers);
  queue_behind_gate (self, &gate, &answers, 1);
  answers_expect (&answers, 6);
  ulak_store_write_joint_async (self->store, work_add_counted, &early, NULL, answers_cb, &answers);
  ulak_store_write_joint_async (self->store, work_fail_after_insert, "fails", NULL, answers_cb, &answers);
  ulak_store_write_joint_async (self->store, work_add_counted, &late, NULL, answers_cb, &answers);
  ulak_store_write_async (self->store, work_add_letter, "0", NULL, answers_cb, &answers);
  ulak_store_write_async (self->store, work_add_letter, "alone", NULL, answers_cb, &answers);
  ulak_store_write_joint_async (self->store, work_add_counted, &last, NULL, answers_cb, &answers);
  gate_set (&gate, &gate.is_open);
  answers_wait (&answers);

  g_assert_cmpuint (answers.codes->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (g_array_index (answers.codes, int, i), ==, expected[i]);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters"), ==, 5);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters WHERE name = 'fails'"), ==, 0);
  g_assert_cmpuint (early.runs, ==, 2);
  g_assert_cmpuint (late.runs, ==, 1);
  g_assert_cmpuint (last.runs, ==, 1);
  gate_clear (&gate);
  answers_clear (&answers);
}

static gboolean
work_add_stamp_to_nothing (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL "add-stamp.sql", error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "letter", 12345);
  ulak_statement_bind_integer (statement, "value", 1);
  return ulak_statement_run (statement, error);
}

static void
test_deferred_key (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  static const int expected[] = { -1, -1, ULAK_ERROR_NOT_FOUND, -1 };
  Answers answers;
  Gate gate;

  fixture_open (self);
  answers_init (&answers);
  queue_behind_gate (self, &gate, &answers, 1);
  answers_expect (&answers, 2);
  ulak_store_write_async (self->store, work_add_stamp_to_nothing, NULL, NULL, answers_cb, &answers);
  ulak_store_write_async (self->store, work_add_letter, "last", NULL, answers_cb, &answers);
  gate_set (&gate, &gate.is_open);
  answers_wait (&answers);

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (g_array_index (answers.codes, int, i), ==, expected[i]);
  g_assert_cmpint (fixture_count_letters (self), ==, 2);
  gate_clear (&gate);
  answers_clear (&answers);
}

typedef struct
{
  Fixture *fixture;
  gint64 seen;
  gboolean is_done;
} Durability;

static void
look_from_outside_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Durability *self = user_data;

  g_assert_cmpstr (ulak_store_finish (ULAK_STORE (source), result, &error), ==, "outside");
  g_assert_no_error (error);
  self->seen = raw_get_integer (self->fixture->path, "SELECT count(*) FROM letters WHERE name = 'outside'");
  self->is_done = TRUE;
}

static void
test_durability (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  Durability durability = { .fixture = self };

  fixture_open (self);
  ulak_store_write_async (self->store, work_add_letter, g_strdup ("outside"), g_free, look_from_outside_cb,
                          &durability);
  while (!durability.is_done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (durability.seen, ==, 1);
}

static void
test_order (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  Answers answers;
  Gate gate;

  fixture_open (self);
  answers_init (&answers);
  queue_behind_gate (self, &gate, &answers, 300);
  gate_set (&gate, &gate.is_open);
  answers_wait (&answers);

  assert_all_succeeded (&answers, 301);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters WHERE name = id - 1"), ==, 300);
  gate_clear (&gate);
  answers_clear (&answers);
}

static void
test_full (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  const UlakStoreOptions options = {
    .path = self->path, .migrations = migrations_v2, .migrate = TRUE, .max_queued = 3
  };
  UlakStoreStatus status;
  Answers answers;
  Answers refused;
  Gate gate;

  self->store = fixture_open_with (self, &options, NULL);
  answers_init (&answers);
  answers_init (&refused);
  queue_behind_gate (self, &gate, &answers, 3);
  ulak_store_get_status (self->store, &status);
  g_assert_cmpuint (status.queued, ==, 3);
  answers_expect (&refused, 1);
  ulak_store_write_async (self->store, work_add_letter, "too many", NULL, answers_cb, &refused);
  answers_wait (&refused); /* answered although the writer still waits */
  g_assert_cmpint (g_array_index (refused.codes, int, 0), ==, ULAK_ERROR_FULL);

  gate_set (&gate, &gate.is_open);
  answers_wait (&answers);
  assert_all_succeeded (&answers, 4);
  g_assert_cmpint (fixture_write (self, work_add_letter, "room again"), ==, -1);
  gate_clear (&gate);
  answers_clear (&answers);
  answers_clear (&refused);
}

/* Connections of this process to the database: each has a descriptor for the log. (SQLite keeps descriptors of the file itself
 * open for as long as another connection holds a lock there, and uses them again.) */
static guint
count_connections (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      n += g_strcmp0 (target, log) == 0 ? 1 : 0;
    }
  return n;
}

static void
test_rest (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  const UlakStoreOptions options = {
    .path = self->path, .migrations = migrations_v2, .migrate = TRUE, .rest_us = 1000
  };
  guint n_writing;

  self->store = fixture_open_with (self, &options, NULL);
  n_writing = count_connections (self->path);
  for (guint round = 1; round <= 3; round++)
    {
      g_autofree char *name = g_strdup_printf ("round %u", round);

      g_assert_cmpint (fixture_write (self, work_add_letter, name), ==, -1);
      g_assert_cmpint (fixture_count_letters (self), ==, round);
      /* The thread rests when it likes: the test's own time limit ends a wait that would be for ever. */
      while (count_connections (self->path) > n_writing)
        g_thread_yield ();
    }
}

static void
test_read_sees_commit (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      g_assert_cmpint (fixture_write (self, work_add_letter, name), ==, -1);
      g_assert_cmpint (fixture_count_letters (self), ==, i + 1);
    }
}

static void
test_readers_cannot_write (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  Answers answers;

  fixture_open (self);
  answers_init (&answers);
  answers_expect (&answers, 1);
  ulak_store_read_async (self->store, work_add_letter, "forbidden", NULL, answers_cb, &answers);
  answers_wait (&answers);
  g_assert_cmpint (g_array_index (answers.codes, int, 0), ==, ULAK_ERROR_UNAVAILABLE);
  g_assert_cmpint (fixture_count_letters (self), ==, 0);
  answers_clear (&answers);
}

static void
count_closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Answers *answers = user_data;
  int code = 1000; /* the close's own mark among the works' answers */

  g_assert_true (ulak_store_close_finish (ULAK_STORE (source), result, &error));
  g_assert_no_error (error);
  g_array_append_val (answers->codes, code);
  answers->outstanding--;
}

static void
test_close (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  Answers answers;
  Answers late;
  Gate gate;

  fixture_open (self);
  answers_init (&answers);
  answers_init (&late);
  queue_behind_gate (self, &gate, &answers, 200);
  answers_expect (&answers, 1);
  ulak_store_close_async (self->store, count_closed_cb, &answers);
  answers_expect (&late, 2);
  ulak_store_write_async (self->store, work_add_letter, "late", NULL, answers_cb, &late);
  ulak_store_read_async (self->store, work_count_letters, NULL, NULL, answers_cb, &late);
  answers_wait (&late);
  gate_set (&gate, &gate.is_open);
  answers_wait (&answers);

  g_assert_cmpint (g_array_index (late.codes, int, 0), ==, ULAK_ERROR_WRONG_STATE);
  g_assert_cmpint (g_array_index (late.codes, int, 1), ==, ULAK_ERROR_WRONG_STATE);
  g_assert_cmpuint (answers.codes->len, ==, 202);
  g_assert_cmpint (g_array_index (answers.codes, int, 201), ==, 1000);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters"), ==, 200);
  g_clear_object (&self->store);
  gate_clear (&gate);
  answers_clear (&answers);
  answers_clear (&late);
}

static void
test_unref_without_close (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "kept"), ==, -1);
  g_clear_object (&self->store);

  fixture_open (self); /* the lock was given back */
  g_assert_cmpint (fixture_count_letters (self), ==, 1);
}

static gboolean
work_leave_statement_open (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL "list-letters.sql", error);
  gboolean has_row = FALSE;

  return statement != NULL && ulak_statement_step (statement, &has_row, error) && has_row;
}

static void
test_open_statement (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_add_letter, "first"), ==, -1);
  g_assert_cmpint (fixture_write (self, work_leave_statement_open, NULL), ==, -1);
  g_assert_cmpint (fixture_write (self, work_add_letter, "second"), ==, -1);
  g_assert_cmpint (raw_get_integer (self->path, "SELECT count(*) FROM letters"), ==, 2);
}

typedef struct
{
  Fixture *fixture;
  const char *prefix;
  GThread *thread;
} Caller;

static gpointer
run_caller (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Caller *self = user_data;
  Answers answers;

  g_main_context_push_thread_default (context);
  answers_init (&answers);
  for (guint i = 0; i < 50; i++)
    {
      answers_expect (&answers, 1);
      ulak_store_write_async (self->fixture->store, work_add_letter,
                              g_strdup_printf ("%s%u", self->prefix, i), g_free, answers_cb, &answers);
      while (answers.outstanding > 0)
        g_main_context_iteration (context, TRUE);
    }
  assert_all_succeeded (&answers, 50);
  answers_clear (&answers);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_callers_on_threads (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  Caller callers[] = { { self, "a", NULL }, { self, "b", NULL }, { self, "c", NULL } };

  fixture_open (self);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    callers[i].thread = g_thread_new ("caller", run_caller, &callers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    g_thread_join (callers[i].thread);
  g_assert_cmpint (fixture_count_letters (self), ==, 150);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define CASE(name, function) \
  g_test_add ("/store/commits/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
  CASE ("works that wait together share commits", test_sharing);
  CASE ("a failing work takes nobody with it", test_isolation);
  CASE ("a part of a work that fails is undone, and the work goes on", test_parts);
  CASE ("a failing work takes nobody of those with it who share its savepoint", test_joint_isolation);
  CASE ("a broken deferred key fails its own work only", test_deferred_key);
  CASE ("the callback runs when others can see the row", test_durability);
  CASE ("works run and answer in their order", test_order);
  CASE ("a full queue refuses at once and recovers", test_full);
  CASE ("a store without work gives back its readers, and wakes up", test_rest);
  CASE ("a read sees the last commit", test_read_sees_commit);
  CASE ("a read work cannot write", test_readers_cannot_write);
  CASE ("closing waits for queued works and refuses later ones", test_close);
  CASE ("a store that is only dropped loses nothing", test_unref_without_close);
  CASE ("a statement left open does not hold the commit up", test_open_statement);
  CASE ("each caller is answered on its own context", test_callers_on_threads);
#undef CASE

  return g_test_run ();
}
