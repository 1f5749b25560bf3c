/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/social/chat-place.h"

#include "connector/sql.h"
#include "core/error.h"
#include "whatsapp/chat/people.h"

static void
clear (UlakChatPlace *self)
{
  g_clear_pointer (&self->chat, g_free);
  g_clear_pointer (&self->jid_text, g_free);
  g_clear_pointer (&self->network_id, g_free);
  g_clear_pointer (&self->participant, g_free);
}

void
ulak_chat_place_free (gpointer data)
{
  clear (data);
  g_free (((UlakChatPlace *) data)->message);
  g_free (data);
}

static gboolean
find_jid (UlakDatabase *database, UlakChatPlace *self, GError **error)
{
  UlakPeer peer;
  UlakJid jid;

  if (!ulak_jid_is_user (&self->jid))
    return TRUE;
  if (!ulak_peers_find (database, &self->jid, &peer, error))
    return FALSE;
  if (peer.id != 0 && ulak_people_get_jid (&peer, self->as_lid, 0, &jid))
    self->jid = jid;
  return TRUE;
}

static gboolean
find_participant (UlakDatabase *database, UlakChatPlace *self, const char *sender, GError **error)
{
  UlakPeer peer;
  UlakJid jid;

  if (sender == NULL || ulak_jid_is_user (&self->jid) || !ulak_people_parse_chat (sender, &jid) || !ulak_jid_is_user (&jid))
    return TRUE;
  if (!ulak_peers_find (database, &jid, &peer, error))
    return FALSE;
  if (peer.id != 0)
    ulak_people_get_jid (&peer, self->as_lid, 0, &jid);
  self->participant = ulak_jid_print (&jid);
  return TRUE;
}

static gboolean
read_row (UlakDatabase *database, UlakChatPlace *self, UlakStatement *row, GError **error)
{
  g_autofree char *sender = NULL;

  self->network_id = g_strdup (ulak_statement_get_text (row, "network_id"));
  self->is_from_me = ulak_statement_is_null (row, "sender");
  self->timestamp_s = ulak_statement_get_integer (row, "timestamp_us") / G_USEC_PER_SEC;
  if (!self->is_from_me)
    sender = g_strdup (ulak_statement_get_text (row, "sender"));
  return find_participant (database, self, sender, error);
}

gboolean
ulak_chat_place_find (UlakDatabase *database, gpointer data, GError **error)
{
  UlakChatPlace *self = data;
  UlakStatement *row = NULL;

  clear (self);
  if (!ulak_people_name (database, &self->jid, &self->chat, error) || !find_jid (database, self, error))
    return FALSE;
  self->jid_text = ulak_jid_print (&self->jid);
  if (!ulak_sql_find (database, self->is_oldest ? ULAK_SQL ("message-oldest-of-chat") : ULAK_SQL ("message-newest-of-chat"),
                      ULAK_BINDINGS (ULAK_TEXT ("chat", self->chat)), &row, error))
    return FALSE;
  return row == NULL || read_row (database, self, row, error);
}

/* A message that the network does not know cannot be named to it. */
gboolean
ulak_chat_place_find_message (UlakDatabase *database, gpointer data, GError **error)
{
  UlakChatPlace *self = data;
  UlakStatement *row = NULL;

  clear (self);
  if (!ulak_sql_find (database, ULAK_SQL ("message-find"), ULAK_BINDINGS (ULAK_TEXT ("id", self->message)), &row, error))
    return FALSE;
  if (row == NULL
      && !ulak_sql_find (database, ULAK_SQL ("message-by-network-id"), ULAK_BINDINGS (ULAK_TEXT ("network_id", self->message)),
                         &row, error))
    return FALSE;
  if (row == NULL || ulak_statement_is_null (row, "network_id")
      || !ulak_people_parse_chat (ulak_statement_get_text (row, "chat"), &self->jid))
    return TRUE;
  self->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  if (!read_row (database, self, row, error) || !find_jid (database, self, error))
    return FALSE;
  self->jid_text = ulak_jid_print (&self->jid);
  return TRUE;
}

UlakChatPlace *
ulak_chat_place_new_for_message (UlakChat *chat, const char *message)
{
  UlakChatPlace *self = g_new0 (UlakChatPlace, 1);

  self->as_lid = ulak_chat_is_lid (chat);
  self->message = g_strdup (message);
  return self;
}

UlakChatPlace *
ulak_chat_place_new (UlakChat *chat, const char *id, GError **error)
{
  UlakChatPlace *self = g_new0 (UlakChatPlace, 1);

  self->as_lid = ulak_chat_is_lid (chat);
  if (ulak_people_parse_chat (*id == '+' ? id + 1 : id, &self->jid) && self->jid.user[0] != '\0'
      && (ulak_jid_is_user (&self->jid) || self->jid.server == ULAK_JID_SERVER_GROUP))
    return self;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "chat: must be a phone number, LIDUSER@lid or a group, ...@g.us");
  g_free (self);
  return NULL;
}

UlakAppStateMessage
ulak_chat_place_get_message (const UlakChatPlace *place)
{
  return (UlakAppStateMessage){
    .chat = place->jid_text,
    .network_id = place->network_id,
    .is_from_me = place->is_from_me,
    .participant = place->participant,
    .timestamp_s = place->timestamp_s,
  };
}

UlakChatPlace *
ulak_chat_place_steal (UlakChatPlace *found)
{
  UlakChatPlace *self = g_new0 (UlakChatPlace, 1);

  *self = *found;
  found->chat = found->jid_text = found->network_id = found->participant = NULL;
  return self;
}
