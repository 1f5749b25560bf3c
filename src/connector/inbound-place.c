/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Who wrote, in which chat, and whether that was heard before.
 *
 * A message is known by a hash of chat, network id and sender, which is kept longer than the message itself: what was cleaned
 * up does not come back as new. A person who wrote under another alias before keeps the chat that is there.
 */
#include "connector/contact-book.h"
#include "connector/inbound-commit.h"
#include "connector/sql.h"
#include "core/json.h"

#include <string.h>

#define HASH_CHARACTERS 32 /* 128 bits: a collision would lose a message */

void
ulak_inbound_place_clear (UlakInboundPlace *self)
{
  g_free (self->person);
  g_free (self->person_name);
  g_free (self->chat);
}

/* --- who and where --- */

static gboolean
meet_person (UlakInboundPlace *self,
             UlakDatabase *database,
             UlakInboundCommit *commit,
             const UlakInboundItem *item,
             const char *chat,
             GError **error)
{
  g_autoptr (JsonObject) contact = NULL;
  g_autofree char *new_id = NULL;

  if (!ulak_inbound_item_get_contact (item, &contact, error))
    return FALSE;
  if (self->from == NULL && contact == NULL)
    return TRUE;
  self->is_direct = self->from == NULL || g_str_equal (chat, self->from);
  self->person_name = contact == NULL ? NULL : g_strdup (ulak_json_peek_string (contact, "name"));
  new_id = ulak_id_series_next (&commit->ids);
  self->person = ulak_contact_book_meet (database, contact, self->from != NULL ? self->from : chat, new_id,
                                         commit->head.now_us, NULL, error);
  return self->person != NULL;
}

static gboolean
find_chat (UlakInboundPlace *self, UlakDatabase *database, const char *chat, GError **error)
{
  UlakStatement *row = NULL;

  if (self->is_direct
      && !ulak_sql_get_text (database, ULAK_SQL ("chat-of-contact"),
                             ULAK_BINDINGS (ULAK_TEXT ("contact", self->person)), "id", &self->chat, error))
    return FALSE;
  if (self->from == NULL && self->chat == NULL)
    {
      if (!ulak_sql_find (database, ULAK_SQL ("chat-find"), ULAK_BINDINGS (ULAK_TEXT ("id", chat)), &row, error)
          || (row == NULL
              && !ulak_sql_get_text (database, ULAK_SQL ("chat-of-alias"), ULAK_BINDINGS (ULAK_TEXT ("value", chat)),
                                     "id", &self->chat, error)))
        return FALSE;
    }
  if (self->chat == NULL)
    self->chat = g_strdup (chat);
  return TRUE;
}

gboolean
ulak_inbound_place_find (UlakInboundPlace *self,
                         UlakDatabase *database,
                         UlakInboundCommit *commit,
                         const UlakInboundItem *item,
                         const char *chat,
                         const char *from,
                         GError **error)
{
  self->from = from;
  return meet_person (self, database, commit, item, chat, error) && find_chat (self, database, chat, error);
}

static gboolean
look_up_person (UlakInboundPlace *self, UlakDatabase *database, JsonObject *contact, const char *id, GError **error)
{
  const char *const aliases[] = {
    id,
    contact == NULL ? NULL : ulak_json_peek_string (contact, "lid"),
    contact == NULL ? NULL : ulak_json_peek_string (contact, "wa_id"),
    contact == NULL ? NULL : ulak_json_peek_string (contact, "phone"),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (aliases) && self->person == NULL; i++)
    if (aliases[i] != NULL && !ulak_contact_book_find (database, aliases[i], &self->person, error))
      return FALSE;
  return TRUE;
}

gboolean
ulak_inbound_place_look_up (UlakInboundPlace *self,
                            UlakDatabase *database,
                            JsonObject *contact_or_null,
                            const char *chat,
                            const char *from,
                            GError **error)
{
  self->from = from;
  if (from != NULL || contact_or_null != NULL)
    {
      self->is_direct = from == NULL || g_str_equal (chat, from);
      if (!look_up_person (self, database, contact_or_null, from != NULL ? from : chat, error))
        return FALSE;
    }
  return find_chat (self, database, chat, error);
}

/* --- heard before --- */

static char *
hash_of (const char *const *parts)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (gsize i = 0; parts[i] != NULL; i++)
    g_checksum_update (checksum, (const guchar *) parts[i], (gssize) strlen (parts[i]) + 1);
  return g_strndup (g_checksum_get_string (checksum), HASH_CHARACTERS);
}

gboolean
ulak_inbound_note_seen (UlakDatabase *database,
                        const char *const *parts,
                        gint64 now_us,
                        gboolean *is_new_out,
                        GError **error)
{
  g_autofree char *hash = hash_of (parts);

  if (!ulak_sql_run (database, ULAK_SQL ("seen-add"),
                     ULAK_BINDINGS (ULAK_TEXT ("hash", hash), ULAK_INTEGER ("now_us", now_us)), error))
    return FALSE;
  *is_new_out = ulak_database_get_changes (database) > 0;
  return TRUE;
}

gboolean
ulak_inbound_was_seen (UlakDatabase *database, const char *const *parts, gboolean *seen_out, GError **error)
{
  g_autofree char *hash = hash_of (parts);
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("seen-has"), ULAK_BINDINGS (ULAK_TEXT ("hash", hash)), &row, error))
    return FALSE;
  *seen_out = row != NULL;
  return TRUE;
}

static gboolean
list_chats (const UlakInboundPlace *self, UlakDatabase *database, GPtrArray *chats, GError **error)
{
  UlakStatement *rows;
  gboolean has_row;

  g_ptr_array_add (chats, g_strdup (self->chat));
  if (!self->is_direct)
    return TRUE;
  rows = ulak_sql_query (database, ULAK_SQL ("chats-of-contact"), ULAK_BINDINGS (ULAK_TEXT ("contact", self->person)),
                         error);
  while (rows != NULL)
    {
      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      g_ptr_array_add (chats, g_strdup (ulak_statement_get_text (rows, "id")));
    }
  return FALSE;
}

/* Two people became one: what was seen from either, in any chat of theirs, was seen. */
static gboolean
was_seen_formerly (const UlakInboundPlace *self, UlakDatabase *database, gboolean *seen_out, GError **error)
{
  g_autoptr (GPtrArray) people = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) chats = g_ptr_array_new_with_free_func (g_free);

  *seen_out = FALSE;
  if (self->person == NULL)
    return TRUE;
  if (!ulak_contact_book_list_former (database, self->person, people, error))
    return FALSE;
  if (people->len == 0)
    return TRUE;
  g_ptr_array_add (people, g_strdup (self->person));
  if (!list_chats (self, database, chats, error))
    return FALSE;
  for (guint c = 0; c < chats->len && !*seen_out; c++)
    for (guint p = 0; p < people->len && !*seen_out; p++)
      {
        const char *person = self->from != NULL ? g_ptr_array_index (people, p) : "";
        const char *const parts[] = { g_ptr_array_index (chats, c), self->network_id, person, NULL };

        if (!ulak_inbound_was_seen (database, parts, seen_out, error))
          return FALSE;
      }
  return TRUE;
}

/* A message of ours that this very device sent comes back in a history, or as another device quotes it. */
static gboolean
is_our_own (const UlakInboundPlace *self, UlakDatabase *database, gboolean *own_out, GError **error)
{
  UlakStatement *row = NULL;

  if (self->from == NULL
      && !ulak_sql_find (database, ULAK_SQL ("message-own"),
                         ULAK_BINDINGS (ULAK_TEXT ("network_id", self->network_id)), &row, error))
    return FALSE;
  *own_out = row != NULL;
  return TRUE;
}

gboolean
ulak_inbound_place_is_new (const UlakInboundPlace *self,
                           UlakDatabase *database,
                           gint64 now_us,
                           gboolean note,
                           gboolean *is_new_out,
                           GError **error)
{
  const char *const parts[] = { self->chat, self->network_id,
                                self->from != NULL ? self->person : "", NULL };
  gboolean is_known;

  if (!is_our_own (self, database, &is_known, error)
      || (!is_known && !was_seen_formerly (self, database, &is_known, error)))
    return FALSE;
  if (!is_known && note)
    return ulak_inbound_note_seen (database, parts, now_us, is_new_out, error);
  if (!is_known && !ulak_inbound_was_seen (database, parts, &is_known, error))
    return FALSE;
  *is_new_out = !is_known;
  return TRUE;
}
