/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a network tells of chats and people, apart from messages.
 */
#include "connector/contact-book.h"
#include "connector/events.h"
#include "connector/inbound-commit.h"
#include "connector/sql.h"
#include "core/json.h"

/* --- a chat --- */

static gboolean
set_name (UlakDatabase *database, const char *chat, const UlakInboundChat *told, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("chat-set-name"),
                       ULAK_BINDINGS (ULAK_TEXT ("id", chat), ULAK_TEXT ("name", told->name)), error);
}

static gboolean
read_until (UlakDatabase *database, const char *chat, const UlakInboundChat *told, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("messages-read-until"),
                       ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("until_us", told->until_us)), error)
         && ulak_sql_run (database, ULAK_SQL ("chat-count-unread"), ULAK_BINDINGS (ULAK_TEXT ("chat", chat)), error);
}

static gboolean
clear (UlakDatabase *database, const char *chat, const UlakInboundChat *told, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("messages-clear"),
                       ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("until_us", told->until_us),
                                      ULAK_INTEGER ("keeps_starred", told->keeps_starred)),
                       error)
         && ulak_sql_run (database, ULAK_SQL ("chat-count-unread"), ULAK_BINDINGS (ULAK_TEXT ("chat", chat)), error);
}

/* Fields that are one number of the chat's row. */
static const struct
{
  UlakChatFields field;
  const char *path;
} numbers[] = {
  { ULAK_CHAT_ARCHIVED, ULAK_SQL ("chat-set-archived") }, { ULAK_CHAT_PINNED, ULAK_SQL ("chat-set-pinned") },
  { ULAK_CHAT_MUTED, ULAK_SQL ("chat-set-muted") },       { ULAK_CHAT_UNREAD, ULAK_SQL ("chat-set-unread") },
  { ULAK_CHAT_MARKED, ULAK_SQL ("chat-set-marked") },     { ULAK_CHAT_DELETED, ULAK_SQL ("chat-set-hidden") },
};

static gboolean
set_numbers (UlakDatabase *database, const char *chat, const UlakInboundChat *told, GError **error)
{
  const gint64 values[G_N_ELEMENTS (numbers)]
      = { told->is_archived, told->pinned_us, told->muted_until_us, told->unread, told->is_marked_unread, 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if ((told->fields & numbers[i].field) != 0
        && !ulak_sql_run (database, numbers[i].path,
                          ULAK_BINDINGS (ULAK_TEXT ("id", chat), ULAK_INTEGER ("value", values[i])), error))
      return FALSE;
  return TRUE;
}

gboolean
ulak_inbound_store_chat (UlakDatabase *database,
                         UlakInboundCommit *commit,
                         const UlakInboundItem *item,
                         GError **error)
{
  const UlakInboundChat *told = &item->chat;
  g_auto (UlakInboundPlace) place = { 0 };

  if (!ulak_inbound_place_find (&place, database, commit, item, told->chat, NULL, error)
      || !ulak_sql_run (database, ULAK_SQL ("chat-put"),
                        ULAK_BINDINGS (ULAK_TEXT ("id", place.chat), ULAK_TEXT ("contact", place.person)), error))
    return FALSE;
  if ((told->fields & ULAK_CHAT_NAME) != 0 && !set_name (database, place.chat, told, error))
    return FALSE;
  if ((told->fields & ULAK_CHAT_READ) != 0 && !read_until (database, place.chat, told, error))
    return FALSE;
  if ((told->fields & (ULAK_CHAT_CLEARED | ULAK_CHAT_DELETED)) != 0 && !clear (database, place.chat, told, error))
    return FALSE;
  return set_numbers (database, place.chat, told, error);
}

/* --- a person --- */

static gboolean
tell_contact (UlakDatabase *database, UlakInboundCommit *commit, const char *person, const char *id, GError **error)
{
  g_autoptr (JsonObject) data = json_object_new ();
  g_autofree char *event_id = ulak_id_series_next (&commit->ids);
  g_autofree char *text = NULL;
  JsonObject *shown = ulak_contact_book_show (database, person, error);

  if (shown == NULL)
    return FALSE;
  json_object_set_object_member (data, "contact", shown);
  text = ulak_json_print_object (data);
  return ulak_events_put (database, &commit->head, event_id, "contact.updated", id, commit->head.now_us, text, error);
}

gboolean
ulak_inbound_store_contact (UlakDatabase *database,
                            UlakInboundCommit *commit,
                            const UlakInboundItem *item,
                            GError **error)
{
  const UlakInboundContact *told = &item->contact;
  g_autoptr (JsonObject) contact = NULL;
  g_autofree char *new_id = ulak_id_series_next (&commit->ids);
  g_autofree char *person = NULL;
  gboolean has_changed;

  if (!ulak_inbound_item_get_contact (item, &contact, error))
    return FALSE;
  person = ulak_contact_book_meet (database, contact, told->id, new_id, commit->head.now_us, &has_changed, error);
  if (person == NULL)
    return FALSE;
  return !has_changed || (told->flags & ULAK_INBOUND_HISTORY) != 0
         || tell_contact (database, commit, person, told->id, error);
}
