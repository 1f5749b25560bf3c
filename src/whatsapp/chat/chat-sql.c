/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A file of its own, so that whoever only opens the database does not carry the rest of the room.
 */
#include "whatsapp/chat/chat-sql.h"

#include "whatsapp-chat-sql.h"

#include <glib.h>

void
ulak_chat_register_sql (void)
{
  static gsize once = 0;

  if (!g_once_init_enter (&once))
    return;
  ulak_whatsapp_chat_sql_register_resource ();
  g_once_init_leave (&once, 1);
}
