/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Durable works a second through the store, beside what SQLite alone does in the same run.
 *
 *   store-commits [--seconds=S] [--rounds=N] [--folder=DIR]
 *
 * Each work inserts a row of 1 KiB with one index. A caller waits for its answer before it hands in the next
 * work, as a request of a client does. Raw SQLite inserts the same rows on one thread with the same
 * durability (WAL, FULL): one row a commit, and 64 rows a commit, which is the most that the store groups.
 * Subjects take turns within each round, since a shared disk drifts; the ratios are the result, the numbers
 * only say where they come from.
 */
#include "core/clock.h"
#include "store/store.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#define BODY_BYTES 1024
#define GROUP_ROWS 64
#define MAX_ROUNDS 99

typedef struct
{
  const char *name;
  guint callers;    /* of the store; 0 for raw SQLite */
  guint group;      /* rows a commit, of raw SQLite */
  double per_s[MAX_ROUNDS];
  double shared;    /* works a commit, in the last round */
} Subject;

static Subject subjects[] = {
  { .name = "raw SQLite, 1 row a commit", .group = 1 },
  { .name = "raw SQLite, 64 rows a commit", .group = GROUP_ROWS },
  { .name = "store, 1 caller", .callers = 1 },
  { .name = "store, 8 callers", .callers = 8 },
  { .name = "store, 64 callers", .callers = 64 },
};

static const char *const migrations[] = { "/org/ulak/sql/bench/0001-rows.sql", NULL };
static const char body[BODY_BYTES];

static double seconds = 1.0;
static int n_rounds = 3;
static char *folder = NULL;

static const GOptionEntry entries[] = {
  { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &seconds, "How long each subject runs in a round", "S" },
  { "rounds", 'r', 0, G_OPTION_ARG_INT, &n_rounds, "Rounds, 1 to 99; the median is shown", "N" },
  { "folder", 'f', 0, G_OPTION_ARG_FILENAME, &folder, "A folder on the disk to measure (default /var/tmp)",
    "DIR" },
  G_OPTION_ENTRY_NULL,
};

static void
remove_files (const char *path)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *file = g_strconcat (path, suffixes[i], NULL);

      g_remove (file);
    }
}

static void
expect (int result, int expected, sqlite3 *handle)
{
  if (result != expected)
    g_error ("SQLite: %s", sqlite3_errmsg (handle));
}

static sqlite3 *
open_raw (const char *path)
{
  g_autoptr (GBytes) schema = g_resources_lookup_data (migrations[0], 0, NULL);
  sqlite3 *handle = NULL;

  expect (sqlite3_open (path, &handle), SQLITE_OK, handle);
  expect (sqlite3_exec (handle, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL),
          SQLITE_OK, handle);
  expect (sqlite3_exec (handle, g_bytes_get_data (schema, NULL), NULL, NULL, NULL), SQLITE_OK, handle);
  return handle;
}

static void
insert_raw (sqlite3 *handle, sqlite3_stmt *insert, guint group)
{
  expect (sqlite3_exec (handle, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK, handle);
  for (guint i = 0; i < group; i++)
    {
      sqlite3_bind_int64 (insert, 1, g_random_int ());
      sqlite3_bind_blob (insert, 2, body, BODY_BYTES, SQLITE_STATIC);
      expect (sqlite3_step (insert), SQLITE_DONE, handle);
      sqlite3_reset (insert);
    }
  expect (sqlite3_exec (handle, "COMMIT", NULL, NULL, NULL), SQLITE_OK, handle);
}

static double
measure_raw (Subject *subject, const char *path, UlakClock *clock)
{
  g_autoptr (GBytes) sql = g_resources_lookup_data ("/org/ulak/sql/bench/add-row.sql", 0, NULL);
  sqlite3 *handle = open_raw (path);
  sqlite3_stmt *insert = NULL;
  gint64 start_us = ulak_clock_get_monotonic_us (clock);
  gint64 spent_us = 0;
  guint64 rows = 0;

  expect (sqlite3_prepare_v2 (handle, g_bytes_get_data (sql, NULL), -1, &insert, NULL), SQLITE_OK, handle);
  for (; spent_us < seconds * G_USEC_PER_SEC; rows += subject->group)
    {
      insert_raw (handle, insert, subject->group);
      spent_us = ulak_clock_get_monotonic_us (clock) - start_us;
    }
  sqlite3_finalize (insert);
  sqlite3_close (handle);
  subject->shared = subject->group;
  return (double) rows * G_USEC_PER_SEC / (double) spent_us;
}

typedef struct
{
  UlakStore *store;
  UlakClock *clock;
  gint64 end_us;
  guint64 done;
  guint outstanding;
} Run;

static gboolean
work_add_row (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  UlakStatement *insert = ulak_database_statement (database, "/org/ulak/sql/bench/add-row.sql", error);

  if (insert == NULL)
    return FALSE;
  ulak_statement_bind_integer (insert, "key", g_random_int ());
  ulak_statement_bind_bytes (insert, "body", body, BODY_BYTES);
  return ulak_statement_run (insert, error);
}

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Run *run = user_data;

  ulak_store_finish (ULAK_STORE (source), result, &error);
  if (error != NULL)
    g_error ("Store: %s", error->message);
  run->done++;
  if (ulak_clock_get_monotonic_us (run->clock) < run->end_us)
    ulak_store_write_async (run->store, work_add_row, NULL, NULL, added_cb, run);
  else
    run->outstanding--;
}

static void
keep_result_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static UlakStore *
open_store (const char *path)
{
  const UlakStoreOptions options = { .path = path, .migrations = migrations, .migrate = TRUE };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  UlakStore *store;

  ulak_store_open_async (&options, NULL, keep_result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  store = ulak_store_open_finish (result, &error);
  if (store == NULL)
    g_error ("Store: %s", error->message);
  return store;
}

static double
measure_store (Subject *subject, const char *path, UlakClock *clock)
{
  g_autoptr (UlakStore) store = open_store (path);
  gint64 start_us = ulak_clock_get_monotonic_us (clock);
  Run run = { store, clock, start_us + (gint64) (seconds * G_USEC_PER_SEC), 0, subject->callers };
  UlakStoreStatus status;
  gint64 spent_us;

  for (guint i = 0; i < subject->callers; i++)
    ulak_store_write_async (store, work_add_row, NULL, NULL, added_cb, &run);
  while (run.outstanding > 0)
    g_main_context_iteration (NULL, TRUE);
  spent_us = ulak_clock_get_monotonic_us (clock) - start_us;

  ulak_store_get_status (store, &status);
  subject->shared = (double) status.works / (double) status.commits;
  return (double) run.done * G_USEC_PER_SEC / (double) spent_us;
}

static double
measure (Subject *subject, UlakClock *clock)
{
  g_autofree char *path = g_strdup_printf ("%s/ulak-store-commits-%d.db", folder, (int) getpid ());
  double per_s;

  remove_files (path);
  per_s = subject->callers > 0 ? measure_store (subject, path, clock) : measure_raw (subject, path, clock);
  remove_files (path);
  return per_s;
}

static int
compare_doubles (const void *left, const void *right)
{
  double a = *(const double *) left;
  double b = *(const double *) right;

  return (a > b) - (a < b);
}

static double
get_median (const Subject *subject)
{
  double sorted[MAX_ROUNDS];

  for (int i = 0; i < n_rounds; i++)
    sorted[i] = subject->per_s[i];
  qsort (sorted, (size_t) n_rounds, sizeof sorted[0], compare_doubles);
  return sorted[n_rounds / 2];
}

static double
get_median_ratio (const Subject *subject, const Subject *raw)
{
  Subject ratio = *subject;

  for (int i = 0; i < n_rounds; i++)
    ratio.per_s[i] = subject->per_s[i] / raw->per_s[i];
  return get_median (&ratio);
}

static void
print_results (void)
{
  g_print ("%-30s %10s %13s %12s %12s\n", "subject", "works/s", "works/commit", "to 1 raw", "to 64 raw");
  for (guint i = 0; i < G_N_ELEMENTS (subjects); i++)
    g_print ("%-30s %10.0f %13.1f %12.2f %12.2f\n", subjects[i].name, get_median (&subjects[i]),
             subjects[i].shared, get_median_ratio (&subjects[i], &subjects[0]),
             get_median_ratio (&subjects[i], &subjects[1]));
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (UlakClock) clock = ulak_clock_system_new ();
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_rounds < 1 || n_rounds > MAX_ROUNDS)
    {
      g_printerr ("%s\n", error != NULL ? error->message : "--rounds must be 1 to 99");
      return EXIT_FAILURE;
    }
  if (folder == NULL)
    folder = g_strdup ("/var/tmp");

  for (int round = 0; round < n_rounds; round++)
    for (guint i = 0; i < G_N_ELEMENTS (subjects); i++)
      subjects[i].per_s[round] = measure (&subjects[i], clock);
  print_results ();
  g_free (folder);
  return EXIT_SUCCESS;
}
