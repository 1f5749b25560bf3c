/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Small helpers around connector/sql.h: bytes in and out, and one row or none.
 */
#include "whatsapp/session/query.h"

UlakSpan
ulak_query_get_span (UlakStatement *row, const char *column)
{
  gsize size_bytes = 0;
  const void *bytes = ulak_statement_get_bytes (row, column, &size_bytes);

  return ULAK_SPAN (bytes, size_bytes);
}

GBytes *
ulak_query_get_bytes (UlakStatement *row, const char *column)
{
  UlakSpan span = ulak_query_get_span (row, column);

  return ulak_statement_is_null (row, column) ? NULL : g_bytes_new (span.bytes, span.size_bytes);
}

char *
ulak_query_get_text (UlakStatement *row, const char *column)
{
  return g_strdup (ulak_statement_get_text (row, column));
}

void
ulak_query_bind_span (UlakStatement *statement, const char *name, UlakSpan span)
{
  ulak_statement_bind_bytes (statement, name, span.size_bytes > 0 ? span.bytes : "", span.size_bytes);
}

gboolean
ulak_query_exists (UlakDatabase *database,
                   const char *path,
                   const UlakBinding *bindings,
                   gboolean *exists_out,
                   GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, path, bindings, &row, error))
    return FALSE;
  *exists_out = row != NULL;
  return TRUE;
}

gboolean
ulak_query_first (UlakStatement *statement, UlakStatement **row_out, GError **error)
{
  gboolean has_row = FALSE;

  if (statement == NULL || !ulak_statement_step (statement, &has_row, error))
    return FALSE;
  *row_out = has_row ? statement : NULL;
  return TRUE;
}
