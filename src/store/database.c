/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A connection with its statements, the length of its write-ahead log, and the last fault that it met.
 *
 * Connections are opened without SQLite's own mutex: one thread has a connection at a time, and the hand-over
 * between threads is the store's. After some errors (disk full, I/O) SQLite rolls the whole transaction back
 * by itself; a work that goes on regardless would then commit each of its statements alone. So a connection
 * knows when a transaction is expected and its statements refuse to run once it is gone.
 */
#include "store/database-private.h"

#include "store/fault.h"

#include <gio/gio.h>

/* A writer waits this long for another process (sqlite3 by hand, a read-only list) that holds the file. */
#define BUSY_TIMEOUT_MS 5000
/* The log is cut back to this size when a checkpoint allows it: a burst does not keep the disk for ever. */
#define JOURNAL_SIZE_LIMIT "16777216"

struct _UlakDatabase
{
  char *path;             /* (owned) */
  sqlite3 *handle;        /* (owned) */
  GHashTable *statements; /* (owned) (element-type utf8 UlakStatement): by resource path or by fixed SQL */
  GPtrArray *used;        /* (owned) (element-type UlakStatement): asked for, not yet retired; unowned */
  gboolean expects_transaction;
  gint64 wal_pages;       /* after the last commit */
  int fault_result;       /* SQLITE_OK, or the last code that is a fault of the disk or the file */
};

static const char *const writer_pragmas[] = {
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA temp_store = MEMORY",
  "PRAGMA journal_size_limit = " JOURNAL_SIZE_LIMIT,
  NULL,
};

static const char *const reader_pragmas[] = {
  "PRAGMA query_only = ON",
  "PRAGMA temp_store = MEMORY",
  NULL,
};

static const struct
{
  int flags;
  const char *const *pragmas;
} modes[] = {
  [ULAK_DATABASE_WRITER] = { SQLITE_OPEN_READWRITE, writer_pragmas },
  [ULAK_DATABASE_READER] = { SQLITE_OPEN_READONLY, reader_pragmas },
};

static int
remember_wal_pages (void *user_data, sqlite3 *handle G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, int pages)
{
  UlakDatabase *self = user_data;

  self->wal_pages = pages;
  return SQLITE_OK;
}

static gboolean
set_up (UlakDatabase *self, const char *const *pragmas, GError **error)
{
  int persist = 1;

  sqlite3_extended_result_codes (self->handle, 1);
  sqlite3_busy_timeout (self->handle, BUSY_TIMEOUT_MS);
  /* The log and its index stay when the last connection closes: a reader without write access needs both. */
  sqlite3_file_control (self->handle, NULL, SQLITE_FCNTL_PERSIST_WAL, &persist);
  /* Replaces the automatic checkpoint, which would make callers wait for it inside COMMIT. */
  sqlite3_wal_hook (self->handle, remember_wal_pages, self);

  for (gsize i = 0; pragmas[i] != NULL; i++)
    if (!ulak_database_run_once (self, pragmas[i], error))
      return FALSE;
  return TRUE;
}

/* Twenty pages at once for each connection, which is SQLite's own way, cannot be given back while it is open. And nobody
 * reads the statistics of its memory, which cost two locks and two measurements for each piece. */
static gpointer
set_up_library (gpointer data G_GNUC_UNUSED)
{
  sqlite3_config (SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
  return NULL;
}

/**
 * ulak_database_open:
 * @path: an existing file; the store makes it (store/file.h)
 *
 * Returns: (transfer full) (nullable): a connection, or %NULL with ULAK_ERROR_UNAVAILABLE,
 * ULAK_ERROR_DAMAGED, ...
 */
UlakDatabase *
ulak_database_open (const char *path, UlakDatabaseMode mode, GError **error)
{
  static GOnce library = G_ONCE_INIT;
  g_autoptr (UlakDatabase) self = g_new0 (UlakDatabase, 1);
  int result;

  g_once (&library, set_up_library, NULL);

  self->path = g_strdup (path);
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) ulak_statement_free);
  self->used = g_ptr_array_new ();
  result = sqlite3_open_v2 (path, &self->handle, modes[mode].flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (result != SQLITE_OK)
    {
      ulak_database_set_error (self, result, "open", error);
      return NULL;
    }
  if (!set_up (self, modes[mode].pragmas, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ulak_database_free (UlakDatabase *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->used);
  g_hash_table_unref (self->statements);
  sqlite3_close_v2 (self->handle);
  g_free (self->path);
  g_free (self);
}

sqlite3 *
ulak_database_get_handle (UlakDatabase *self)
{
  return self->handle;
}

const char *
ulak_database_get_path (UlakDatabase *self)
{
  return self->path;
}

/**
 * ulak_database_set_error:
 * @result: the code that SQLite gave
 * @doing: what was tried, e.g. a resource path
 *
 * Turns @result into a public error and remembers a fault of the disk or the file.
 */
void
ulak_database_set_error (UlakDatabase *self, int result, const char *doing, GError **error)
{
  if (ulak_fault_get_text (result) != NULL)
    self->fault_result = result;
  g_set_error (error, ULAK_ERROR, ulak_fault_get_error (result), "database error in ‘%s’: %s (code %d, %s)",
               self->path, self->handle != NULL ? sqlite3_errmsg (self->handle) : sqlite3_errstr (result),
               result, doing);
}

/** ulak_database_take_fault: Returns: the last code with a fault text since the last call, or SQLITE_OK */
int
ulak_database_take_fault (UlakDatabase *self)
{
  int result = self->fault_result;

  self->fault_result = SQLITE_OK;
  return result;
}

static GBytes *
load_sql (const char *resource_path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  GBytes *sql = g_resources_lookup_data (resource_path, G_RESOURCE_LOOKUP_FLAGS_NONE, &cause);

  if (sql == NULL)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_FAILED, cause->message);
  return sql;
}

static UlakStatement *
use_statement (UlakDatabase *self, UlakStatement *statement)
{
  ulak_statement_reset (statement);
  g_ptr_array_add (self->used, statement);
  return statement;
}

static UlakStatement *
add_statement (UlakDatabase *self, const char *name, const char *sql, GError **error)
{
  UlakStatement *statement = ulak_statement_new (self, name, sql, error);

  if (statement == NULL)
    return NULL;
  g_hash_table_insert (self->statements, g_strdup (name), statement);
  return use_statement (self, statement);
}

/**
 * ulak_database_statement:
 * @resource_path: where the SQL is: one statement, comments allowed
 *
 * Returns: (transfer none) (nullable): the statement, rewound and with nothing bound; it is the same one each
 * time, so asking again ends the earlier use. %NULL with an error if the resource is missing or SQLite
 * refuses the SQL.
 */
UlakStatement *
ulak_database_statement (UlakDatabase *self, const char *resource_path, GError **error)
{
  UlakStatement *statement = g_hash_table_lookup (self->statements, resource_path);
  g_autoptr (GBytes) sql = NULL;

  if (statement != NULL)
    return use_statement (self, statement);

  sql = load_sql (resource_path, error);
  if (sql == NULL)
    return NULL;
  return add_statement (self, resource_path, g_bytes_get_data (sql, NULL), error);
}

/** ulak_database_run: runs one fixed statement, prepared once; for BEGIN, SAVEPOINT and the like */
gboolean
ulak_database_run (UlakDatabase *self, const char *sql, GError **error)
{
  UlakStatement *statement = g_hash_table_lookup (self->statements, sql);

  statement = statement != NULL ? use_statement (self, statement) : add_statement (self, sql, sql, error);
  return statement != NULL && ulak_statement_run (statement, error);
}

/** ulak_database_run_once: runs all statements of @sql without keeping them */
gboolean
ulak_database_run_once (UlakDatabase *self, const char *sql, GError **error)
{
  int result = sqlite3_exec (self->handle, sql, NULL, NULL, NULL);

  if (result == SQLITE_OK)
    return TRUE;
  ulak_database_set_error (self, result, sql, error);
  return FALSE;
}

/**
 * ulak_database_run_script:
 * @resource_path: where the SQL is: any number of statements, none of them BEGIN or COMMIT
 *
 * Runs a script, e.g. a migration, inside the transaction that is open. Returns: %FALSE on error
 */
gboolean
ulak_database_run_script (UlakDatabase *self, const char *resource_path, GError **error)
{
  g_autoptr (GBytes) sql = load_sql (resource_path, error);
  int result;

  if (sql == NULL)
    return FALSE;

  result = sqlite3_exec (self->handle, g_bytes_get_data (sql, NULL), NULL, NULL, NULL);
  if (result == SQLITE_OK)
    return TRUE;
  ulak_database_set_error (self, result, resource_path, error);
  return FALSE;
}

/** ulak_database_get_integer: the first column of the first row of @sql, 0 without a row */
gboolean
ulak_database_get_integer (UlakDatabase *self, const char *sql, gint64 *value_out, GError **error)
{
  g_autofree char *text = ulak_database_get_text (self, sql, error);

  if (text == NULL)
    return FALSE;
  *value_out = g_ascii_strtoll (text, NULL, 10);
  return TRUE;
}

/** ulak_database_get_text: the first column of the first row of @sql, "" without a row; not kept prepared */
char *
ulak_database_get_text (UlakDatabase *self, const char *sql, GError **error)
{
  sqlite3_stmt *handle = NULL;
  char *text = NULL;
  int result = sqlite3_prepare_v2 (self->handle, sql, -1, &handle, NULL);

  if (result == SQLITE_OK)
    result = sqlite3_step (handle);
  if (result == SQLITE_ROW)
    text = g_strdup ((const char *) sqlite3_column_text (handle, 0));
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    ulak_database_set_error (self, result, sql, error);
  else if (text == NULL)
    text = g_strdup ("");
  sqlite3_finalize (handle);
  return text;
}

/** ulak_database_get_changes: Returns: rows that the last INSERT, UPDATE or DELETE touched */
gint64
ulak_database_get_changes (UlakDatabase *self)
{
  return sqlite3_changes64 (self->handle);
}

/** ulak_database_get_last_rowid: Returns: the rowid of the last INSERT */
gint64
ulak_database_get_last_rowid (UlakDatabase *self)
{
  return sqlite3_last_insert_rowid (self->handle);
}

/**
 * ulak_database_retire_statements: ends every statement asked for so far; their pointers stay valid for reuse
 * only
 */
void
ulak_database_retire_statements (UlakDatabase *self)
{
  g_ptr_array_foreach (self->used, (GFunc) (GCallback) ulak_statement_reset, NULL);
  g_ptr_array_set_size (self->used, 0);
}

/**
 * ulak_database_rest: gives back the memory of statements and pages; both are made anew when they are needed. Not within a
 * transaction
 */
void
ulak_database_rest (UlakDatabase *self)
{
  g_ptr_array_set_size (self->used, 0);
  g_hash_table_remove_all (self->statements);
  sqlite3_db_release_memory (self->handle);
}

/**
 * ulak_database_expect_transaction: from now on statements run only while a transaction is open, or freely
 * again
 */
void
ulak_database_expect_transaction (UlakDatabase *self, gboolean expected)
{
  self->expects_transaction = expected;
}

gboolean
ulak_database_has_lost_transaction (UlakDatabase *self)
{
  return self->expects_transaction && sqlite3_get_autocommit (self->handle) != 0;
}

/**
 * ulak_database_set_lost_error: says that @doing was not run because the transaction is lost, with what lost
 * it
 */
void
ulak_database_set_lost_error (UlakDatabase *self, const char *doing, GError **error)
{
  const char *fault = ulak_fault_get_text (self->fault_result);

  g_set_error (error, ULAK_ERROR,
               fault != NULL ? ulak_fault_get_error (self->fault_result) : ULAK_ERROR_UNAVAILABLE,
               "database error in ‘%s’: the transaction was rolled back (%s) and ‘%s’ was not run",
               self->path, fault != NULL ? fault : "by SQLite", doing);
}

/** ulak_database_get_wal_pages: Returns: pages in the write-ahead log after this connection's last commit */
gint64
ulak_database_get_wal_pages (UlakDatabase *self)
{
  return self->wal_pages;
}
