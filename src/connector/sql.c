/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Three ways to ask: for no row, for one row, for many.
 */
#include "connector/sql.h"

/** ulak_sql_query: Returns: (transfer none) (nullable): the statement, bound and not yet stepped */
UlakStatement *
ulak_sql_query (UlakDatabase *database, const char *path, const UlakBinding *bindings, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, path, error);

  for (const UlakBinding *b = bindings; statement != NULL && b->name != NULL; b++)
    {
      if (b->is_text)
        ulak_statement_bind_text (statement, b->name, b->text);
      else
        ulak_statement_bind_integer (statement, b->name, b->integer);
    }
  return statement;
}

/** ulak_sql_run: runs a query that gives no row */
gboolean
ulak_sql_run (UlakDatabase *database, const char *path, const UlakBinding *bindings, GError **error)
{
  UlakStatement *statement = ulak_sql_query (database, path, bindings, error);

  return statement != NULL && ulak_statement_run (statement, error);
}

/** ulak_sql_find: @row_out: (transfer none) (nullable): the first row, %NULL if there is none */
gboolean
ulak_sql_find (UlakDatabase *database,
               const char *path,
               const UlakBinding *bindings,
               UlakStatement **row_out,
               GError **error)
{
  UlakStatement *statement = ulak_sql_query (database, path, bindings, error);
  gboolean has_row;

  if (statement == NULL || !ulak_statement_step (statement, &has_row, error))
    return FALSE;
  *row_out = has_row ? statement : NULL;
  return TRUE;
}

/** ulak_sql_get_text: @text_out: (transfer full) (nullable): @column of the first row; %NULL if there is none */
gboolean
ulak_sql_get_text (UlakDatabase *database,
                   const char *path,
                   const UlakBinding *bindings,
                   const char *column,
                   char **text_out,
                   GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, path, bindings, &row, error))
    return FALSE;
  *text_out = row == NULL ? NULL : g_strdup (ulak_statement_get_text (row, column));
  return TRUE;
}
