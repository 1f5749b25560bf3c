/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The mark is one column of one row.
 */
#include "whatsapp/session/generation.h"

#include "whatsapp/session/query.h"

gboolean
ulak_generation_mark_copy (UlakDatabase *database, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("generation-mark"), ULAK_BINDINGS (), error);
}

gboolean
ulak_generation_settle (UlakDatabase *database, gboolean *was_copy_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("generation-find"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  *was_copy_out = row != NULL && ulak_statement_get_integer (row, "is_copy") != 0;
  return !*was_copy_out || ulak_database_run_script (database, ULAK_QUERY ("generation-settle"), error);
}
