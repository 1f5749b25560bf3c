/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Statement: one prepared SQL statement of one connection, with its parameters and columns by name.
 *
 * Names are looked up once, when it is prepared. A name that the SQL does not have is a programmer mistake
 * and stops the program, so that a misspelt column is found by the first test that runs it, not by a wrong
 * row later. A failed bind (out of memory, over SQLite's size limit) is remembered and reported by the step.
 * Used by the thread that has the connection at the moment.
 */
#include "store/database-private.h"

struct _UlakStatement
{
  UlakDatabase *database; /* unowned, owns us */
  char *name;             /* (owned): resource path, for messages */
  sqlite3_stmt *handle;   /* (owned) */
  GHashTable *parameters; /* (owned) (element-type utf8 int): without ':', both in the statement's memory */
  GHashTable *columns;    /* (owned) (element-type utf8 int): position + 1 */
  int bind_result;        /* the first failed bind */
  gboolean is_bound;
  gboolean is_stepped;
  gboolean is_done;
};

static GHashTable *
index_parameters (sqlite3_stmt *handle)
{
  /* SQLite makes a statement anew, names and all, when it finds that the schema has changed. */
  GHashTable *parameters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 1; i <= sqlite3_bind_parameter_count (handle); i++)
    {
      const char *name = sqlite3_bind_parameter_name (handle, i);

      if (name != NULL)
        g_hash_table_insert (parameters, g_strdup (name + 1), GINT_TO_POINTER (i));
    }
  return parameters;
}

static GHashTable *
index_columns (sqlite3_stmt *handle)
{
  GHashTable *columns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  /* Backwards, so that of two columns with one name the first one counts. */
  for (int i = sqlite3_column_count (handle); i > 0; i--)
    g_hash_table_replace (columns, g_strdup (sqlite3_column_name (handle, i - 1)), GINT_TO_POINTER (i));
  return columns;
}

static gboolean
has_second_statement (sqlite3 *connection, const char *tail)
{
  sqlite3_stmt *second = NULL;
  int result = sqlite3_prepare_v2 (connection, tail, -1, &second, NULL);
  gboolean is_blank = result == SQLITE_OK && second == NULL;

  sqlite3_finalize (second);
  return !is_blank;
}

/**
 * ulak_statement_new:
 * @name: what messages call it
 * @sql: exactly one statement; comments around it are allowed
 *
 * Returns: (transfer full) (nullable): the prepared statement, or %NULL with an error
 */
UlakStatement *
ulak_statement_new (UlakDatabase *database, const char *name, const char *sql, GError **error)
{
  sqlite3 *connection = ulak_database_get_handle (database);
  sqlite3_stmt *handle = NULL;
  const char *tail = NULL;
  UlakStatement *self;
  int result = sqlite3_prepare_v3 (connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &tail);

  if (result != SQLITE_OK)
    {
      ulak_database_set_error (database, result, name, error);
      return NULL;
    }
  if (handle == NULL || has_second_statement (connection, tail))
    {
      sqlite3_finalize (handle);
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "‘%s’ must hold exactly one SQL statement", name);
      return NULL;
    }

  self = g_new0 (UlakStatement, 1);
  self->database = database;
  self->name = g_strdup (name);
  self->handle = handle;
  self->parameters = index_parameters (handle);
  self->columns = index_columns (handle);
  return self;
}

void
ulak_statement_free (UlakStatement *self)
{
  g_hash_table_unref (self->parameters);
  g_hash_table_unref (self->columns);
  sqlite3_finalize (self->handle);
  g_free (self->name);
  g_free (self);
}

static void
rewind_statement (UlakStatement *self)
{
  sqlite3_reset (self->handle); /* repeats the step's result, which was reported already */
  self->is_stepped = FALSE;
  self->is_done = FALSE;
}

/**
 * ulak_statement_reset: ends the statement and forgets what was bound, so that it holds no lock and no memory
 */
void
ulak_statement_reset (UlakStatement *self)
{
  if (self->is_stepped)
    rewind_statement (self);
  if (self->is_bound)
    sqlite3_clear_bindings (self->handle);
  self->is_bound = FALSE;
  self->bind_result = SQLITE_OK;
}

static int
start_bind (UlakStatement *self, const char *name)
{
  const char *plain = name[0] == ':' ? name + 1 : name;
  int index = GPOINTER_TO_INT (g_hash_table_lookup (self->parameters, plain));

  if (index == 0)
    g_error ("‘%s’ has no parameter ‘%s’", self->name, plain);
  if (self->is_stepped)
    rewind_statement (self);
  return index;
}

static void
end_bind (UlakStatement *self, int result)
{
  self->is_bound = TRUE;
  if (self->bind_result == SQLITE_OK)
    self->bind_result = result;
}

/**
 * ulak_statement_bind_text:
 * @name: a parameter, without its ':'
 * @text_or_null: UTF-8, copied
 *
 * Binding after a step starts the statement over and keeps the other parameters.
 */
void
ulak_statement_bind_text (UlakStatement *self, const char *name, const char *text_or_null)
{
  int index = start_bind (self, name);

  end_bind (self, sqlite3_bind_text (self->handle, index, text_or_null, -1, SQLITE_TRANSIENT));
}

void
ulak_statement_bind_integer (UlakStatement *self, const char *name, gint64 value)
{
  int index = start_bind (self, name);

  end_bind (self, sqlite3_bind_int64 (self->handle, index, value));
}

void
ulak_statement_bind_real (UlakStatement *self, const char *name, double value)
{
  int index = start_bind (self, name);

  end_bind (self, sqlite3_bind_double (self->handle, index, value));
}

/** ulak_statement_bind_bytes: @bytes_or_null is copied; no bytes at a non-%NULL address are an empty blob */
void
ulak_statement_bind_bytes (UlakStatement *self, const char *name, const void *bytes_or_null, gsize size_bytes)
{
  int index = start_bind (self, name);

  end_bind (self, sqlite3_bind_blob64 (self->handle, index, bytes_or_null, size_bytes, SQLITE_TRANSIENT));
}

void
ulak_statement_bind_null (UlakStatement *self, const char *name)
{
  int index = start_bind (self, name);

  end_bind (self, sqlite3_bind_null (self->handle, index));
}

static gboolean
check_ready (UlakStatement *self, GError **error)
{
  if (self->bind_result != SQLITE_OK)
    {
      ulak_database_set_error (self->database, self->bind_result, self->name, error);
      return FALSE;
    }
  if (ulak_database_has_lost_transaction (self->database))
    {
      ulak_database_set_lost_error (self->database, self->name, error);
      return FALSE;
    }
  return TRUE;
}

/**
 * ulak_statement_step:
 * @has_row_out: (out) (optional): whether a row is there; after the last row further steps find none
 *
 * Errors: ULAK_ERROR_EXISTS for a key that is taken, ULAK_ERROR_NOT_FOUND for a foreign key without its row,
 * ULAK_ERROR_INVALID for CHECK and NOT NULL, ULAK_ERROR_TOO_LARGE, ULAK_ERROR_FULL, ULAK_ERROR_UNAVAILABLE,
 * ULAK_ERROR_DAMAGED.
 *
 * Returns: %FALSE on error
 */
gboolean
ulak_statement_step (UlakStatement *self, gboolean *has_row_out, GError **error)
{
  int result = SQLITE_DONE;

  if (!check_ready (self, error))
    return FALSE;

  if (!self->is_done)
    result = sqlite3_step (self->handle);
  self->is_stepped = TRUE;
  self->is_done = result != SQLITE_ROW;
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    {
      ulak_database_set_error (self->database, result, self->name, error);
      return FALSE;
    }
  if (has_row_out != NULL)
    *has_row_out = result == SQLITE_ROW;
  return TRUE;
}

/**
 * ulak_statement_run: steps from the start to the end, for statements whose rows nobody reads; errors as for
 * a step
 */
gboolean
ulak_statement_run (UlakStatement *self, GError **error)
{
  gboolean has_row = TRUE;

  if (self->is_stepped)
    rewind_statement (self);
  while (has_row)
    if (!ulak_statement_step (self, &has_row, error))
      return FALSE;
  return TRUE;
}

static int
find_column (UlakStatement *self, const char *column)
{
  int position = GPOINTER_TO_INT (g_hash_table_lookup (self->columns, column));

  if (position == 0)
    g_error ("‘%s’ has no column ‘%s’", self->name, column);
  return position - 1;
}

gboolean
ulak_statement_is_null (UlakStatement *self, const char *column)
{
  return sqlite3_column_type (self->handle, find_column (self, column)) == SQLITE_NULL;
}

/**
 * ulak_statement_get_text: Returns: (nullable) (transfer none): UTF-8, valid until the next step; %NULL for
 * NULL
 */
const char *
ulak_statement_get_text (UlakStatement *self, const char *column)
{
  return (const char *) sqlite3_column_text (self->handle, find_column (self, column));
}

gint64
ulak_statement_get_integer (UlakStatement *self, const char *column)
{
  return sqlite3_column_int64 (self->handle, find_column (self, column));
}

double
ulak_statement_get_real (UlakStatement *self, const char *column)
{
  return sqlite3_column_double (self->handle, find_column (self, column));
}

/**
 * ulak_statement_get_bytes: Returns: (nullable) (transfer none): valid until the next step; %NULL for NULL
 * and for none
 */
const void *
ulak_statement_get_bytes (UlakStatement *self, const char *column, gsize *size_bytes_out)
{
  int position = find_column (self, column);
  const void *bytes = sqlite3_column_blob (self->handle, position);

  if (size_bytes_out != NULL)
    *size_bytes_out = (gsize) sqlite3_column_bytes (self->handle, position);
  return bytes;
}
