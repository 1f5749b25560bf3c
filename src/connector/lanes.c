/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * All of it is a handful of statements.
 */
#include "connector/lanes.h"

#include "connector/sql.h"

gboolean
ulak_lanes_open (UlakDatabase *database, const char *chat, gint64 sequence, gint64 now_us, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("lane-open"),
                       ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("head", sequence),
                                      ULAK_INTEGER ("due_us", now_us),
                                      ULAK_INTEGER ("warm_since_us", now_us - ULAK_LANES_WARM_US)),
                       error);
}

gboolean
ulak_lanes_warm (UlakDatabase *database, const char *chat, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("lane-warm"), ULAK_BINDINGS (ULAK_TEXT ("chat", chat)), error);
}

gboolean
ulak_lanes_claim (UlakDatabase *database,
                  const char *chat,
                  gint64 sequence,
                  gboolean *taken_out,
                  GError **error)
{
  if (!ulak_sql_run (database, ULAK_SQL ("lane-claim"),
                     ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("head", sequence)), error))
    return FALSE;
  *taken_out = ulak_database_get_changes (database) > 0;
  return TRUE;
}

gboolean
ulak_lanes_delay (UlakDatabase *database, const char *chat, gint64 due_us, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("lane-delay"),
                       ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("due_us", due_us)), error);
}

gboolean
ulak_lanes_settle (UlakDatabase *database, const char *chat, GError **error)
{
  UlakStatement *row;
  gint64 head, due_us;

  if (!ulak_sql_find (database, ULAK_SQL ("lane-next"), ULAK_BINDINGS (ULAK_TEXT ("chat", chat)), &row, error))
    return FALSE;
  if (row == NULL)
    return ulak_sql_run (database, ULAK_SQL ("lane-remove"), ULAK_BINDINGS (ULAK_TEXT ("chat", chat)), error);
  head = ulak_statement_get_integer (row, "sequence");
  due_us = ulak_statement_get_integer (row, "due_us");
  return ulak_sql_run (
      database, ULAK_SQL ("lane-move"),
      ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("head", head), ULAK_INTEGER ("due_us", due_us)),
      error);
}

gboolean
ulak_lanes_leave (UlakDatabase *database, const char *chat, gint64 sequence, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("lane-find"),
                      ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("head", sequence)), &row, error))
    return FALSE;
  return row == NULL || ulak_lanes_settle (database, chat, error);
}
