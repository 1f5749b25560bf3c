/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/timers.h"

#include "connector/sql.h"
#include "whatsapp/chat/chat-sql.h"

gboolean
ulak_timers_put (UlakDatabase *database, const char *chat, guint32 timer_s, gint64 set_s, GError **error)
{
  return ulak_sql_run (database, ULAK_CHAT_SQL ("chat-timer-put"),
                       ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("timer_s", timer_s),
                                      ULAK_INTEGER ("set_s", set_s)),
                       error);
}

gboolean
ulak_timers_get (UlakDatabase *database, const char *chat, guint32 *timer_s_out, gint64 *set_s_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_CHAT_SQL ("chat-timer-find"), ULAK_BINDINGS (ULAK_TEXT ("chat", chat)), &row,
                      error))
    return FALSE;
  *timer_s_out = row == NULL ? 0 : (guint32) ulak_statement_get_integer (row, "timer_s");
  *set_s_out = row == NULL ? 0 : ulak_statement_get_integer (row, "set_s");
  return TRUE;
}
