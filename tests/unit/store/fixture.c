/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

const char *const migrations_v1[] = { SQL "migrations/0001-letters.sql", NULL };
const char *const migrations_v2[] = { SQL "migrations/0001-letters.sql", SQL "migrations/0002-stamps.sql",
                                      NULL };

void
fixture_set_up (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("ulak-store-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->folder, "test.db", NULL);
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

void
fixture_tear_down (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  if (self->store != NULL)
    fixture_close (self);
  remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->path);
}

static void
keep_result_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **result_out = user_data;

  *result_out = g_object_ref (result);
}

static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

UlakStore *
fixture_open_with (Fixture *self G_GNUC_UNUSED, const UlakStoreOptions *options, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_store_open_async (options, NULL, keep_result_cb, &result);
  wait_for (&result);
  return ulak_store_open_finish (result, error);
}

void
fixture_open (Fixture *self)
{
  const UlakStoreOptions options = { .path = self->path, .migrations = migrations_v2, .migrate = TRUE };
  g_autoptr (GError) error = NULL;

  self->store = fixture_open_with (self, &options, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->store);
}

void
fixture_close (Fixture *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_store_close_async (self->store, keep_result_cb, &result);
  wait_for (&result);
  g_assert_true (ulak_store_close_finish (self->store, result, &error));
  g_assert_no_error (error);
  g_clear_object (&self->store);
}

char *
fixture_get_path (Fixture *self, const char *suffix)
{
  return g_strconcat (self->path, suffix, NULL);
}

void
answers_init (Answers *self)
{
  self->outstanding = 0;
  self->codes = g_array_new (FALSE, FALSE, sizeof (int));
}

void
answers_clear (Answers *self)
{
  g_array_unref (self->codes);
}

void
answers_expect (Answers *self, guint n)
{
  self->outstanding += n;
}

void
answers_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Answers *self = user_data;
  int code = -1;

  ulak_store_finish (ULAK_STORE (source), result, &error);
  if (error != NULL)
    {
      g_assert_true (error->domain == ULAK_ERROR);
      code = error->code;
    }
  g_array_append_val (self->codes, code);
  self->outstanding--;
}

void
answers_wait (Answers *self)
{
  while (self->outstanding > 0)
    g_main_context_iteration (NULL, TRUE);
}

gboolean
work_add_letter (UlakDatabase *database, gpointer name, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL "add-letter.sql", error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "name", name);
  return ulak_statement_run (statement, error);
}

gboolean
work_count_letters (UlakDatabase *database, gpointer count_out, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL "count-letters.sql", error);

  if (statement == NULL || !ulak_statement_step (statement, NULL, error))
    return FALSE;
  *(gint64 *) count_out = ulak_statement_get_integer (statement, "total");
  return TRUE;
}

/** fixture_write: Returns: -1, or the code of the error */
int
fixture_write (Fixture *self, UlakStoreWork work, gpointer data)
{
  Answers answers;
  int code;

  answers_init (&answers);
  answers_expect (&answers, 1);
  ulak_store_write_async (self->store, work, data, NULL, answers_cb, &answers);
  answers_wait (&answers);
  code = g_array_index (answers.codes, int, 0);
  answers_clear (&answers);
  return code;
}

gint64
fixture_count_letters (Fixture *self)
{
  gint64 count = -1;
  Answers answers;

  answers_init (&answers);
  answers_expect (&answers, 1);
  ulak_store_read_async (self->store, work_count_letters, &count, NULL, answers_cb, &answers);
  answers_wait (&answers);
  g_assert_cmpint (g_array_index (answers.codes, int, 0), ==, -1);
  answers_clear (&answers);
  return count;
}

static sqlite3 *
raw_open (const char *path, int flags)
{
  sqlite3 *handle = NULL;

  g_assert_cmpint (sqlite3_open_v2 (path, &handle, flags, NULL), ==, SQLITE_OK);
  return handle;
}

gint64
raw_get_integer (const char *path, const char *sql)
{
  sqlite3 *handle = raw_open (path, SQLITE_OPEN_READONLY);
  sqlite3_stmt *statement = NULL;
  gint64 value;

  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (handle);
  return value;
}

void
raw_run (const char *path, const char *sql)
{
  sqlite3 *handle = raw_open (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

  g_assert_cmpint (sqlite3_exec (handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (handle);
}
