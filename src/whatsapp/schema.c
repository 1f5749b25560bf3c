/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/schema.h"

#include "whatsapp/chat/chat-sql.h"
#include "whatsapp/chat/history.h"
#include "whatsapp/media/media-client.h"
#include "whatsapp/session/session.h"

#include "connector/line-store.h"

static const char *const migrations[] = {
  "/org/ulak/sql/connector/migrations/0001-line.sql",
  "/org/ulak/sql/connector/migrations/0002-conversations.sql",
  "/org/ulak/sql/whatsapp/migrations/0001-session.sql",
  "/org/ulak/sql/whatsapp/migrations/0002-media.sql",
  "/org/ulak/sql/whatsapp/migrations/0003-chat.sql",
  "/org/ulak/sql/whatsapp/migrations/0004-history.sql",
  "/org/ulak/sql/connector/migrations/0003-stars.sql",
  "/org/ulak/sql/whatsapp/migrations/0005-group-members.sql",
  NULL,
};

const char *const *
ulak_schema_get_migrations (void)
{
  ulak_line_store_register_sql ();
  ulak_session_register_sql ();
  ulak_media_register_sql ();
  ulak_chat_register_sql ();
  ulak_history_register_sql ();
  return migrations;
}
