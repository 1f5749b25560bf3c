/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What an administrator does to a database whose service is stopped. The file's lock is held throughout, so a
 * service that starts meanwhile is told so, and a running one refuses us. A missing file is an error, never
 * made.
 */
#include "store/backup.h"
#include "store/check.h"
#include "store/file.h"
#include "store/opening.h"

static int
lock_existing (const char *path, GError **error)
{
  int lock;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no database ‘%s’", path);
      return -1;
    }
  lock = ulak_file_lock (path, error);
  if (lock < 0)
    g_prefix_error (error, "This works only while the service is stopped. ");
  return lock;
}

/**
 * ulak_store_migrate_file:
 * @options: path and migrations; migrate is taken as %TRUE
 * @from_out: (out) (optional): the schema version found
 * @to_out: (out) (optional): the schema version now
 *
 * Blocking. Errors: ULAK_ERROR_NOT_FOUND, ULAK_ERROR_WRONG_STATE while a process has the database,
 * ULAK_ERROR_NEWER_SCHEMA, ULAK_ERROR_DAMAGED and those of the disk
 */
gboolean
ulak_store_migrate_file (const UlakStoreOptions *options, guint *from_out, guint *to_out, GError **error)
{
  int lock = lock_existing (options->path, error);
  UlakStoreOptions own = *options;
  UlakMigrationsPlan plan;
  UlakDatabase *database;

  if (lock < 0)
    return FALSE;

  own.migrate = TRUE;
  database = ulak_opening_run (&own, &plan, error);
  ulak_database_free (database);
  ulak_file_unlock (&lock);
  if (database == NULL)
    return FALSE;
  if (from_out != NULL)
    *from_out = plan.from;
  if (to_out != NULL)
    *to_out = plan.to;
  return TRUE;
}

/**
 * ulak_store_check_file: every page, index and foreign key of @path. Blocking; errors as for a migration by
 * hand
 */
gboolean
ulak_store_check_file (const char *path, GError **error)
{
  int lock = lock_existing (path, error);
  UlakDatabase *database;
  gboolean is_whole;

  if (lock < 0)
    return FALSE;
  database = ulak_database_open (path, ULAK_DATABASE_WRITER, error);
  is_whole = database != NULL && ulak_check_in_full (database, error);
  ulak_database_free (database);
  ulak_file_unlock (&lock);
  return is_whole;
}

/**
 * ulak_store_backup_file: a whole, durable copy of @path at @target. Blocking; errors as for a migration by
 * hand
 */
gboolean
ulak_store_backup_file (const char *path, const char *target, GError **error)
{
  int lock = lock_existing (path, error);
  UlakDatabase *database;
  gboolean is_done;

  if (lock < 0)
    return FALSE;
  database = ulak_database_open (path, ULAK_DATABASE_WRITER, error);
  is_done = database != NULL && ulak_backup_write (database, target, NULL, error);
  ulak_database_free (database);
  ulak_file_unlock (&lock);
  return is_done;
}
