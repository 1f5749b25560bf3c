/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The order matters: a newer or damaged file is refused before anything is written to it, its journal mode
 * included.
 */
#include "store/opening.h"

#include "store/check.h"
#include "store/file.h"

static gboolean
check_may_migrate (const UlakStoreOptions *options, const UlakMigrationsPlan *plan, GError **error)
{
  if (options->migrate || plan->from == plan->to || plan->from == 0)
    return TRUE;
  g_set_error (
      error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
      "The database ‘%s’ has schema version %u and this program needs %u: run ‘ulakctl db migrate’ or set "
      "auto_migrate_on_startup in [ulak]",
      options->path, plan->from, plan->to);
  return FALSE;
}

static gboolean
use_write_ahead_log (UlakDatabase *database, GError **error)
{
  g_autofree char *mode = ulak_database_get_text (database, "PRAGMA journal_mode = WAL", error);

  if (mode == NULL)
    return FALSE;
  if (g_str_equal (mode, "wal"))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNSUPPORTED,
               "The file system of ‘%s’ cannot hold a write-ahead log (journal mode stays ‘%s’)",
               ulak_database_get_path (database), mode);
  return FALSE;
}

/**
 * ulak_opening_run:
 * @options: a missing file is made
 * @plan_out: (out) (optional): the version found and the version now
 *
 * Returns: (transfer full) (nullable): the writing connection, or %NULL with ULAK_ERROR_NEWER_SCHEMA,
 * ULAK_ERROR_WRONG_STATE (older, and may not migrate), ULAK_ERROR_DAMAGED, ULAK_ERROR_UNAVAILABLE,
 * ULAK_ERROR_FULL
 */
UlakDatabase *
ulak_opening_run (const UlakStoreOptions *options, UlakMigrationsPlan *plan_out, GError **error)
{
  g_autoptr (UlakDatabase) database = NULL;
  UlakMigrationsPlan plan;

  if (!ulak_file_make (options->path, error))
    return NULL;
  database = ulak_database_open (options->path, ULAK_DATABASE_WRITER, error);
  if (database == NULL || !ulak_migrations_plan (database, options->migrations, &plan, error) ||
      !check_may_migrate (options, &plan, error) || !ulak_check_at_start (database, error) ||
      !use_write_ahead_log (database, error) ||
      !ulak_migrations_run (database, options->migrations, &plan, error))
    return NULL;

  if (plan_out != NULL)
    *plan_out = plan;
  return g_steal_pointer (&database);
}
