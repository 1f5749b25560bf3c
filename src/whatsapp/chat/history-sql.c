/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The queries and the migration of history and app state.
 */
#include "whatsapp/chat/history.h"

#include "whatsapp-chat-history-sql.h"

void
ulak_history_register_sql (void)
{
  static gsize is_registered;

  if (!g_once_init_enter (&is_registered))
    return;
  ulak_whatsapp_history_sql_register_resource ();
  g_once_init_leave (&is_registered, 1);
}
