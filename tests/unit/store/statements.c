/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Statements as a work sees them: names, types, reuse, errors.
 */
#include "fixture.h"

#include <string.h>

static gboolean
add (UlakStatement *statement, const char *name, double weight, const void *body, gsize size, GError **error)
{
  ulak_statement_bind_text (statement, "name", name);
  ulak_statement_bind_real (statement, "weight", weight);
  ulak_statement_bind_bytes (statement, "body", body, size);
  return ulak_statement_run (statement, error);
}

static gboolean
work_values (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  static const char bytes[] = { 0, 1, 0, 2 };
  UlakStatement *insert = ulak_database_statement (database, SQL "add-letter.sql", error);
  UlakStatement *list;
  gboolean has_row = FALSE;
  gsize size = 0;

  g_assert_nonnull (insert);
  g_assert_true (add (insert, "çığ 🕊", 1.5, bytes, sizeof bytes, error));
  g_assert_cmpint (ulak_database_get_last_rowid (database), ==, 1);
  g_assert_cmpint (ulak_database_get_changes (database), ==, 1);
  g_assert_true (add (insert, "empty", 0, "", 0, error));
  ulak_statement_bind_text (insert, ":name", "nothing");
  ulak_statement_bind_null (insert, "weight");
  ulak_statement_bind_bytes (insert, "body", NULL, 0);
  g_assert_true (ulak_statement_run (insert, error));

  list = ulak_database_statement (database, SQL "list-letters.sql", error);
  g_assert_true (ulak_statement_step (list, &has_row, error));
  g_assert_true (has_row);
  g_assert_cmpstr (ulak_statement_get_text (list, "name"), ==, "çığ 🕊");
  g_assert_cmpint (ulak_statement_get_integer (list, "id"), ==, 1);
  g_assert_cmpfloat (ulak_statement_get_real (list, "weight"), ==, 1.5);
  g_assert_cmpmem (ulak_statement_get_bytes (list, "body", &size), size, bytes, sizeof bytes);
  g_assert_true (ulak_statement_step (list, &has_row, error));
  g_assert_false (ulak_statement_is_null (list, "body"));
  ulak_statement_get_bytes (list, "body", &size);
  g_assert_cmpuint (size, ==, 0);
  g_assert_true (ulak_statement_step (list, &has_row, error));
  g_assert_true (has_row && ulak_statement_is_null (list, "body") && ulak_statement_is_null (list, "weight"));
  g_assert_null (ulak_statement_get_bytes (list, "body", &size));
  for (guint i = 0; i < 2; i++) /* the end stays the end */
    {
      g_assert_true (ulak_statement_step (list, &has_row, error));
      g_assert_false (has_row);
    }
  return TRUE;
}

static gboolean
work_reuse (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  UlakStatement *first = ulak_database_statement (database, SQL "add-letter.sql", error);
  UlakStatement *again;

  ulak_statement_bind_text (first, "name", "bound before");
  again = ulak_database_statement (database, SQL "add-letter.sql", error);
  g_assert_true (first == again);
  return ulak_statement_run (again, error); /* NOT NULL: the name was forgotten */
}

static gboolean
work_check (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL "add-stamp.sql", error);

  ulak_statement_bind_integer (statement, "letter", 1);
  ulak_statement_bind_integer (statement, "value", -5);
  return ulak_statement_run (statement, error);
}

static gboolean
work_ask_for (UlakDatabase *database, gpointer path, GError **error)
{
  return ulak_database_statement (database, path, error) != NULL;
}

static gboolean
work_fail_silently (UlakDatabase *database G_GNUC_UNUSED,
                    gpointer data G_GNUC_UNUSED,
                    GError **error G_GNUC_UNUSED)
{
  return FALSE;
}

static gboolean
work_recover_inside (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  g_autoptr (GError) refused = NULL;

  if (!work_add_letter (database, (gpointer) "twice", error))
    return FALSE;
  g_assert_false (work_add_letter (database, (gpointer) "twice", &refused));
  g_assert_error (refused, ULAK_ERROR, ULAK_ERROR_EXISTS);
  return work_add_letter (database, (gpointer) "other", error);
}

static void
test_values (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_values, NULL), ==, -1);
}

static void
test_errors (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_reuse, NULL), ==, ULAK_ERROR_INVALID);
  g_assert_cmpint (fixture_write (self, work_check, NULL), ==, ULAK_ERROR_INVALID);
  g_assert_cmpint (fixture_write (self, work_ask_for, SQL "no-such.sql"), ==, ULAK_ERROR_FAILED);
  g_assert_cmpint (fixture_write (self, work_ask_for, SQL "wrong.sql"), ==, ULAK_ERROR_FAILED);
  g_assert_cmpint (fixture_write (self, work_ask_for, SQL "two-statements.sql"), ==, ULAK_ERROR_FAILED);
  g_assert_cmpint (fixture_write (self, work_fail_silently, NULL), ==, ULAK_ERROR_FAILED);
  g_assert_cmpint (fixture_count_letters (self), ==, 0);
}

static void
test_recovery_inside (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  g_assert_cmpint (fixture_write (self, work_recover_inside, NULL), ==, -1);
  g_assert_cmpint (fixture_count_letters (self), ==, 2);
}

static void
test_many_values (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  for (guint i = 0; i < 100; i++) /* the same prepared statement in one commit after another */
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      g_assert_cmpint (fixture_write (self, work_add_letter, name), ==, -1);
      g_assert_cmpint (fixture_write (self, work_add_letter, name), ==, ULAK_ERROR_EXISTS);
    }
  g_assert_cmpint (fixture_count_letters (self), ==, 100);
}

static gboolean
work_change_schema (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return ulak_database_run_script (database, SQL "new-schema.sql", error);
}

/* Somebody's index, or ANALYZE: statements that are there know their parameters as before. */
static void
test_new_schema (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  fixture_open (self);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      g_assert_cmpint (fixture_write (self, work_add_letter, name), ==, -1);
      g_assert_cmpint (fixture_write (self, work_change_schema, NULL), ==, -1);
    }
  g_assert_cmpint (fixture_count_letters (self), ==, 20);
}

static gboolean
work_use_wrong_name (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL "add-letter.sql", error);

  ulak_statement_bind_text (statement, "nmae", "typo");
  return TRUE;
}

static void
test_wrong_name (Fixture *self, gconstpointer user_data G_GNUC_UNUSED)
{
  if (g_test_subprocess ())
    {
      fixture_open (self);
      fixture_write (self, work_use_wrong_name, NULL);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*has no parameter*nmae*");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define CASE(name, function) \
  g_test_add ("/store/statements/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
  CASE ("each kind of value comes back as it went in", test_values);
  CASE ("bad input and bad SQL have their errors", test_errors);
  CASE ("a work may go on after a taken key", test_recovery_inside);
  CASE ("a statement serves many commits", test_many_values);
  CASE ("a changed schema leaves statements as they are", test_new_schema);
  CASE ("a wrong name stops the program", test_wrong_name);
#undef CASE

  return g_test_run ();
}
