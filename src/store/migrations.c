/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A list of scripts; position + 1 is the version, kept in the file's user_version. Each script runs alone in
 * a transaction that also stamps its version, so that a file is always exactly at some version, whatever is
 * killed. Before the first step a database that holds something is copied to PATH.before-vN, N being that
 * step.
 *
 * Foreign keys are not enforced while a script runs, since rebuilding a table needs that; they are checked
 * before its COMMIT instead (https://www.sqlite.org/lang_altertable.html, section 7).
 */
#include "store/migrations.h"

#include "store/backup.h"

/**
 * ulak_migrations_plan:
 * @plan_out: (out): the version found and the version that this program needs
 *
 * Errors: ULAK_ERROR_NEWER_SCHEMA if a newer program wrote the file, and those of reading
 */
gboolean
ulak_migrations_plan (UlakDatabase *database,
                      const char *const *migrations,
                      UlakMigrationsPlan *plan_out,
                      GError **error)
{
  guint newest = g_strv_length ((char **) migrations);
  gint64 found;

  if (!ulak_database_get_integer (database, "PRAGMA user_version", &found, error))
    return FALSE;
  if (found < 0 || found > newest)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NEWER_SCHEMA,
                   "The database ‘%s’ has schema version %" G_GINT64_FORMAT ", written by a newer program; "
                   "this one knows versions up to %u", ulak_database_get_path (database), found, newest);
      return FALSE;
    }
  plan_out->from = (guint) found;
  plan_out->to = newest;
  return TRUE;
}

static gboolean
back_up (UlakDatabase *database, guint step, GError **error)
{
  g_autofree char *target = g_strdup_printf ("%s.before-v%u", ulak_database_get_path (database), step);
  gint64 n_tables;

  if (!ulak_database_get_integer (database, "SELECT count(*) FROM sqlite_schema", &n_tables, error))
    return FALSE;
  if (n_tables == 0 || ulak_backup_write (database, target, NULL, error))
    return TRUE;
  g_prefix_error (error, "The backup before the migration failed: ");
  return FALSE;
}

static gboolean
check_foreign_keys (UlakDatabase *database, GError **error)
{
  g_autofree char *table = ulak_database_get_text (database, "PRAGMA foreign_key_check", error);

  if (table == NULL)
    return FALSE;
  if (table[0] == '\0')
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "table ‘%s’ has a row whose foreign key points nowhere",
               table);
  return FALSE;
}

static gboolean
check_transaction (UlakDatabase *database, GError **error)
{
  if (!ulak_database_has_lost_transaction (database))
    return TRUE;
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_FAILED,
                       "the script ended the transaction that it runs in");
  return FALSE;
}

static gboolean
run_step (UlakDatabase *database, const char *script, guint version, GError **error)
{
  g_autofree char *stamp = g_strdup_printf ("PRAGMA user_version = %u", version);

  if (!ulak_database_run_once (database, "BEGIN IMMEDIATE", error))
    return FALSE;

  ulak_database_expect_transaction (database, TRUE);
  if (ulak_database_run_script (database, script, error) && check_transaction (database, error) &&
      check_foreign_keys (database, error) && ulak_database_run_once (database, stamp, error) &&
      ulak_database_run_once (database, "COMMIT", error))
    {
      ulak_database_expect_transaction (database, FALSE);
      return TRUE;
    }
  ulak_database_expect_transaction (database, FALSE);
  ulak_database_run_once (database, "ROLLBACK", NULL);
  g_prefix_error (error, "Migration to schema version %u failed, the database stays at version %u: ", version,
                  version - 1);
  return FALSE;
}

static gboolean
run_steps (UlakDatabase *database,
           const char *const *migrations,
           const UlakMigrationsPlan *plan,
           GError **error)
{
  for (guint version = plan->from + 1; version <= plan->to; version++)
    if (!run_step (database, migrations[version - 1], version, error))
      return FALSE;
  return TRUE;
}

/**
 * ulak_migrations_run:
 * @plan: of ulak_migrations_plan()
 *
 * Returns: %FALSE on error, with the file at the last version that succeeded
 */
gboolean
ulak_migrations_run (UlakDatabase *database,
                     const char *const *migrations,
                     const UlakMigrationsPlan *plan,
                     GError **error)
{
  gboolean is_done;

  if (plan->from == plan->to)
    return TRUE;
  if (!back_up (database, plan->from + 1, error) ||
      !ulak_database_run_once (database, "PRAGMA foreign_keys = OFF", error))
    return FALSE;

  is_done = run_steps (database, migrations, plan, error);
  return ulak_database_run_once (database, "PRAGMA foreign_keys = ON", is_done ? error : NULL) && is_done;
}
