/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The copy is of one snapshot: the source stays inside a read transaction, because a stepwise backup starts
 * over whenever another connection writes, and under steady load would never end. Meanwhile the writer goes
 * on and its log grows by what it writes. The copy gets its name only when it is complete and durable, so
 * whoever finds the name finds a whole database.
 */
#include "store/backup.h"

#include "store/file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

/* 1 MiB at the usual page size: how much may be copied before a wish to stop is heard. */
#define STEP_PAGES 256

static gboolean
check_target (UlakDatabase *source, const char *target, GError **error)
{
  const char *path = ulak_database_get_path (source);
  GStatBuf from;
  GStatBuf to;

  if (g_stat (path, &from) != 0 || g_stat (target, &to) != 0)
    return TRUE;
  if (S_ISREG (to.st_mode) && (from.st_dev != to.st_dev || from.st_ino != to.st_ino))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "The backup's target ‘%s’ must be a file of its own, not the database, a folder or a device",
               target);
  return FALSE;
}

static int
copy_pages (sqlite3_backup *backup, const int *stop)
{
  int result = SQLITE_OK;

  while (result == SQLITE_OK)
    {
      if (stop != NULL && g_atomic_int_get (stop))
        return SQLITE_INTERRUPT;
      result = sqlite3_backup_step (backup, STEP_PAGES);
    }
  return result;
}

static gboolean
copy_into (UlakDatabase *source, UlakDatabase *copy, const int *stop, GError **error)
{
  sqlite3_backup *backup = sqlite3_backup_init (ulak_database_get_handle (copy), "main",
                                                ulak_database_get_handle (source), "main");
  int result = backup != NULL ? copy_pages (backup, stop) : SQLITE_ERROR;
  int finish_result = sqlite3_backup_finish (backup);

  if (result == SQLITE_DONE && finish_result == SQLITE_OK)
    return TRUE;
  if (result == SQLITE_INTERRUPT)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                         "The backup was given up: the store is closing");
  else
    ulak_database_set_error (copy, result == SQLITE_DONE ? finish_result : result, "backup", error);
  return FALSE;
}

/* A schema that must not go on from a copy as if it were the original says so by a table of this name. */
static gboolean
mark_copy (UlakDatabase *copy, GError **error)
{
  gint64 n_tables;
  int persist = 0;

  /* The copy is in WAL mode, as its source is; the log that this makes must not stay beside it under its first name. */
  sqlite3_file_control (ulak_database_get_handle (copy), NULL, SQLITE_FCNTL_PERSIST_WAL, &persist);
  return ulak_database_get_integer (copy, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'generation'",
                                    &n_tables, error)
         && (n_tables == 0 || ulak_database_run_once (copy, "UPDATE generation SET is_copy = 1", error));
}

static gboolean
copy_snapshot (UlakDatabase *source, const char *partial, const int *stop, GError **error)
{
  g_autoptr (UlakDatabase) copy = NULL;
  gint64 version;
  gboolean is_done;

  if (!ulak_file_make (partial, error))
    return FALSE;
  copy = ulak_database_open (partial, ULAK_DATABASE_WRITER, error);
  /* Nobody sees the copy before it is synced as a whole, so it needs no journal of its own. */
  if (copy == NULL ||
      !ulak_database_run_once (copy, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", error))
    return FALSE;

  if (!ulak_database_run_once (source, "BEGIN", error))
    return FALSE;
  is_done = ulak_database_get_integer (source, "PRAGMA user_version", &version, error) &&
            copy_into (source, copy, stop, error) && mark_copy (copy, error);
  ulak_database_run_once (source, "ROLLBACK", NULL);
  return is_done;
}

static gboolean
publish (const char *partial, const char *target, GError **error)
{
  if (!ulak_file_sync (partial, error))
    return FALSE;
  if (g_rename (partial, target) != 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "Cannot rename ‘%s’ to ‘%s’: %s", partial,
                   target, g_strerror (errno));
      return FALSE;
    }
  return ulak_file_sync_folder_of (target, error);
}

/**
 * ulak_backup_write:
 * @source: a connection without an open transaction
 * @target: where the copy goes; an older file there is replaced at the end. TARGET.partial is used meanwhile
 * @stop: (nullable): read atomically; not 0 gives the backup up
 *
 * Errors: ULAK_ERROR_INVALID for a bad target, ULAK_ERROR_FULL, ULAK_ERROR_UNAVAILABLE, ULAK_ERROR_DAMAGED,
 * ULAK_ERROR_WRONG_STATE when stopped. Returns: %FALSE on error, with @target as it was
 */
gboolean
ulak_backup_write (UlakDatabase *source, const char *target, const int *stop, GError **error)
{
  g_autofree char *partial = g_strconcat (target, ".partial", NULL);

  if (!check_target (source, target, error))
    return FALSE;

  g_unlink (partial); /* left by a process that was killed */
  if (copy_snapshot (source, partial, stop, error) && publish (partial, target, error))
    return TRUE;
  g_unlink (partial);
  return FALSE;
}
