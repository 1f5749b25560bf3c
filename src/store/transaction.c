/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A savepoint around each work keeps its failure to itself; works that come in numbers may share one. What a savepoint cannot keep is treated here too:
 * statements that the work left open are ended before the savepoint is, and a deferred foreign key that the
 * work broke is found at its own end, since SQLite would find it only at COMMIT and take everybody's work
 * away.
 */
#include "store/transaction.h"

/** ulak_transaction_begin: @begin is "BEGIN IMMEDIATE" to write, "BEGIN" to read one snapshot */
gboolean
ulak_transaction_begin (UlakDatabase *database, const char *begin, GError **error)
{
  if (!ulak_database_run (database, begin, error))
    return FALSE;
  ulak_database_expect_transaction (database, TRUE);
  return TRUE;
}

/** ulak_transaction_is_lost: whether an error made SQLite roll back the whole transaction */
gboolean
ulak_transaction_is_lost (UlakDatabase *database)
{
  return ulak_database_has_lost_transaction (database);
}

static gboolean
call_work (UlakDatabase *database, UlakStoreWork work, gpointer data, GError **error)
{
  g_autoptr (GError) own = NULL;
  gboolean is_done = work (database, data, &own);

  ulak_database_retire_statements (database);
  if (!is_done && own == NULL)
    g_set_error_literal (&own, ULAK_ERROR, ULAK_ERROR_FAILED, "The work failed without saying why");
  if (!is_done)
    g_propagate_error (error, g_steal_pointer (&own));
  return is_done;
}

static gboolean
check_deferred_keys (UlakDatabase *database, GError **error)
{
  int broken = 0;
  int highest = 0;

  sqlite3_db_status (ulak_database_get_handle (database), SQLITE_DBSTATUS_DEFERRED_FKS, &broken, &highest, 0);
  if (broken == 0)
    return TRUE;
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
                       "FOREIGN KEY constraint failed at the end of the work");
  return FALSE;
}

/** ulak_transaction_open: begins a savepoint */
gboolean
ulak_transaction_open (UlakDatabase *database, GError **error)
{
  return ulak_database_run (database, "SAVEPOINT work", error);
}

/** ulak_transaction_join: runs @work inside the savepoint. Returns: %FALSE with the work's error; then the savepoint must be undone */
gboolean
ulak_transaction_join (UlakDatabase *database, UlakStoreWork work, gpointer data, GError **error)
{
  return call_work (database, work, data, error) && check_deferred_keys (database, error);
}

/** ulak_transaction_close: keeps what was done since the savepoint; it must be undone when that fails */
gboolean
ulak_transaction_close (UlakDatabase *database, GError **error)
{
  return ulak_database_run (database, "RELEASE work", error);
}

/** ulak_transaction_undo: undoes what was done since the savepoint, and ends it. If not even this works, the whole transaction
 * goes: half a work must never be committed */
void
ulak_transaction_undo (UlakDatabase *database)
{
  if (ulak_transaction_is_lost (database))
    return;
  if (ulak_database_run (database, "ROLLBACK TO work", NULL) &&
      ulak_database_run (database, "RELEASE work", NULL))
    return;
  ulak_database_retire_statements (database);
  sqlite3_exec (ulak_database_get_handle (database), "ROLLBACK", NULL, NULL, NULL);
}

/**
 * ulak_transaction_run:
 * @work: runs inside a savepoint of its own
 *
 * Returns: %FALSE with the work's error if its savepoint was rolled back; ulak_transaction_is_lost() tells
 * whether the whole transaction went with it
 */
gboolean
ulak_transaction_run (UlakDatabase *database, UlakStoreWork work, gpointer data, GError **error)
{
  if (!ulak_transaction_open (database, error))
    return FALSE;
  if (ulak_transaction_join (database, work, data, error) && ulak_transaction_close (database, error))
    return TRUE;

  ulak_transaction_undo (database);
  return FALSE;
}

/** ulak_database_try: @part: runs inside a savepoint within that of the work; its foreign keys are checked with the work's */
gboolean
ulak_database_try (UlakDatabase *self, UlakDatabasePart part, gpointer data, GError **error)
{
  ulak_database_retire_statements (self);
  if (!ulak_transaction_open (self, error))
    return FALSE;
  if (call_work (self, part, data, error) && ulak_transaction_close (self, error))
    return TRUE;

  ulak_transaction_undo (self);
  return FALSE;
}

/** ulak_transaction_run_alone: one work on a reading connection, in one snapshot */
gboolean
ulak_transaction_run_alone (UlakDatabase *database, UlakStoreWork work, gpointer data, GError **error)
{
  gboolean is_done;

  if (!ulak_transaction_begin (database, "BEGIN", error))
    return FALSE;
  is_done = call_work (database, work, data, error);
  ulak_transaction_rollback (database);
  return is_done;
}

/** ulak_transaction_commit: makes it durable, or rolls it back and returns %FALSE */
gboolean
ulak_transaction_commit (UlakDatabase *database, GError **error)
{
  gboolean is_done = ulak_database_run (database, "COMMIT", error);

  if (!is_done)
    ulak_transaction_rollback (database);
  ulak_database_retire_statements (database);
  ulak_database_expect_transaction (database, FALSE);
  return is_done;
}

/** ulak_transaction_rollback: ends the transaction, if it is still there, without a trace */
void
ulak_transaction_rollback (UlakDatabase *database)
{
  ulak_database_retire_statements (database);
  if (sqlite3_get_autocommit (ulak_database_get_handle (database)) == 0)
    ulak_database_run (database, "ROLLBACK", NULL);
  ulak_database_retire_statements (database);
  ulak_database_expect_transaction (database, FALSE);
}
