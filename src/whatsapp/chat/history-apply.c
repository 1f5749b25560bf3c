/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/history.md.
 */
#include "whatsapp/chat/history-apply.h"

#include "whatsapp/chat/address.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/credentials.h"
#include "whatsapp/session/message-secrets.h"
#include "whatsapp/session/privacy-tokens.h"

#include <string.h>

#define STATUS_CHAT "status@broadcast"
#define TIME_MAX_S ((guint64) 253402300799) /* the year 9999 */

typedef struct
{
  UlakDatabase *database;
  UlakInbound *inbound;
  gint64 now_us;
} Taking;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wa__HistorySyncMsg, ulak_protobuf_free)

typedef gboolean (*Taker) (const Taking *self, UlakSpan bytes, GError **error);

static gint64
to_us (guint64 seconds)
{
  return (gint64) MIN (seconds, TIME_MAX_S) * G_USEC_PER_SEC;
}

static gboolean
parse_jid (const char *text, UlakJid *jid_out)
{
  return text != NULL && *text != '\0' && ulak_jid_parse (text, jid_out, NULL) && jid_out->user[0] != '\0';
}

static gpointer
unpack (const ProtobufCMessageDescriptor *type, UlakSpan bytes)
{
  return ulak_protobuf_unpack (type, bytes.bytes, bytes.size_bytes, NULL);
}

/* --- people --- */

static gboolean
learn (const Taking *self, const char *phone_text, const char *lid_text, GError **error)
{
  UlakJid phone, lid;
  gboolean is_news;

  if (!parse_jid (phone_text, &phone) || !parse_jid (lid_text, &lid) || !ulak_jid_is_phone (&phone)
      || !ulak_jid_is_lid (&lid))
    return TRUE;
  return ulak_peers_learn (self->database, &phone, &lid, self->now_us, NULL, &is_news, error);
}

static gboolean
take_pair (const Taking *self, UlakSpan bytes, GError **error)
{
  g_autoptr (Wa__PhoneNumberToLIDMapping) pair = unpack (&wa__phone_number_to_lidmapping__descriptor, bytes);

  return pair == NULL || learn (self, pair->pn_jid, pair->lid_jid, error);
}

static gboolean
take_name (const Taking *self, UlakSpan bytes, GError **error)
{
  g_autoptr (Wa__Pushname) name = unpack (&wa__pushname__descriptor, bytes);
  g_autoptr (JsonObject) contact = NULL;
  g_autofree char *id = NULL;
  UlakPeer peer;
  UlakJid jid;

  if (name == NULL || !parse_jid (name->id, &jid) || !ulak_jid_is_user (&jid) || name->pushname == NULL
      || *name->pushname == '\0')
    return TRUE;
  if (!ulak_peers_resolve (self->database, &jid, self->now_us, &peer, error))
    return FALSE;
  id = ulak_people_name_peer (&peer, &jid);
  contact = ulak_people_make_contact (&peer, name->pushname);
  ulak_inbound_add_contact (self->inbound, &(UlakInboundContact){ id, contact, ULAK_INBOUND_HISTORY });
  return TRUE;
}

static gboolean
take_salt (const Taking *self, UlakSpan bytes, GError **error)
{
  return ulak_privacy_tokens_put_salt (self->database, bytes, error);
}

static gboolean
take_settings (const Taking *self, UlakSpan bytes, GError **error)
{
  g_autoptr (Wa__GlobalSettings) settings = unpack (&wa__global_settings__descriptor, bytes);

  if (settings == NULL || settings->chat_db_lid_migration_timestamp <= 0)
    return TRUE;
  return ulak_credentials_save_lid_migration (self->database, ULAK_LID_MIGRATION_YES, error);
}

static gboolean
take_tokens (const Taking *self, const UlakJid *jid, const Wa__Conversation *chat, GError **error)
{
  UlakPeer peer;

  if (!ulak_jid_is_user (jid) || (!chat->has_tc_token && !chat->has_tc_token_sender_timestamp))
    return TRUE;
  if (!ulak_peers_resolve (self->database, jid, self->now_us, &peer, error))
    return FALSE;
  if (chat->has_tc_token
      && !ulak_privacy_tokens_put (self->database, peer.id, ULAK_SPAN (chat->tc_token.data, chat->tc_token.len),
                                   (gint64) MIN (chat->tc_token_timestamp, TIME_MAX_S), NULL, error))
    return FALSE;
  return chat->tc_token_sender_timestamp == 0
         || ulak_privacy_tokens_mark_ours (self->database, peer.id,
                                           (gint64) MIN (chat->tc_token_sender_timestamp, TIME_MAX_S), error);
}

/* The chat's person: pairs and tokens. The rest comes in the other pass. */
static gboolean
take_chat_person (const Taking *self, UlakSpan bytes, GError **error)
{
  g_autoptr (Wa__Conversation) chat = unpack (&wa__conversation__descriptor, bytes);
  UlakJid jid;

  if (chat == NULL || !parse_jid (chat->id, &jid))
    return TRUE;
  return learn (self, chat->pn_jid, chat->id, error) && learn (self, chat->id, chat->lid_jid, error)
         && learn (self, chat->pn_jid, chat->lid_jid, error) && take_tokens (self, &jid, chat, error);
}

/* --- chats --- */

static gboolean
describe_person (const Taking *self, const UlakJid *jid, const Wa__Conversation *chat, UlakInboundChat *told, GError **error)
{
  const char *display_name = chat->display_name != NULL && *chat->display_name != '\0' ? chat->display_name : NULL;
  UlakPeer peer;

  if (!ulak_peers_resolve (self->database, jid, self->now_us, &peer, error))
    return FALSE;
  told->contact = ulak_people_make_contact (&peer, display_name);
  if (chat->name != NULL && *chat->name != '\0')
    json_object_set_string_member (told->contact, "saved_name", chat->name);
  return TRUE;
}

static void
describe_chat (const Wa__Conversation *chat, UlakInboundChat *told)
{
  told->fields |= ULAK_CHAT_ARCHIVED | ULAK_CHAT_PINNED | ULAK_CHAT_MUTED | ULAK_CHAT_UNREAD | ULAK_CHAT_MARKED;
  told->is_archived = chat->archived;
  told->pinned_us = to_us (chat->pinned);
  /* -1, for ever, comes as the largest number. */
  told->muted_until_us = chat->mute_end_time > (guint64) G_MAXINT64 ? G_MAXINT64 : to_us (chat->mute_end_time);
  if (told->muted_until_us <= 0)
    told->muted_until_us = 0;
  told->unread = chat->unread_count > G_MAXINT32 ? 0 : chat->unread_count; /* -1 is a mark by hand */
  told->is_marked_unread = chat->marked_as_unread;
}

static gboolean
take_chat (const Taking *self, UlakSpan bytes, GError **error)
{
  g_autoptr (Wa__Conversation) chat = unpack (&wa__conversation__descriptor, bytes);
  g_autofree char *id = NULL;
  g_autoptr (JsonObject) contact = NULL;
  UlakInboundChat told = { 0 };
  UlakJid jid;

  if (chat == NULL || !parse_jid (chat->id, &jid))
    return TRUE;
  if (!ulak_people_name (self->database, &jid, &id, error))
    return FALSE;
  if (ulak_jid_is_user (&jid) && !describe_person (self, &jid, chat, &told, error))
    return FALSE;
  contact = told.contact;
  told.chat = id;
  describe_chat (chat, &told);
  if (!ulak_jid_is_user (&jid) && chat->name != NULL && *chat->name != '\0')
    {
      told.fields |= ULAK_CHAT_NAME;
      told.name = chat->name;
    }
  ulak_inbound_add_chat (self->inbound, &told);
  return TRUE;
}

/* --- messages --- */

/* Where a message stands. */
typedef struct
{
  const Wa__WebMessageInfo *info;
  UlakJid chat_jid;
  UlakJid author_jid; /* no user: it is our own, and nobody says under which name */
  gboolean is_from_me;
  char *chat;          /* (owned) */
  char *from;          /* (owned) (nullable): ours */
  JsonObject *contact; /* (owned) (nullable) */
  gint64 timestamp_us;
} Place;

static void
place_clear (Place *self)
{
  g_free (self->chat);
  g_free (self->from);
  g_clear_pointer (&self->contact, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static gboolean
find_author (const Taking *self, Place *place, GError **error)
{
  const Wa__WebMessageInfo *info = place->info;
  const char *participant = info->key->participant != NULL ? info->key->participant : info->participant;
  gboolean is_direct = ulak_jid_is_user (&place->chat_jid);
  UlakPeer peer, own;

  if (!parse_jid (participant, &place->author_jid) || !ulak_jid_is_user (&place->author_jid))
    place->author_jid = is_direct && !place->is_from_me ? place->chat_jid : (UlakJid){ 0 };
  if (place->is_from_me && !ulak_peers_get_own (self->database, &own, error))
    return FALSE;
  if (place->is_from_me && place->author_jid.user[0] == '\0' && own.id != 0
      && !ulak_peer_get_phone_jid (&own, 0, &place->author_jid))
    ulak_peer_get_lid_jid (&own, 0, &place->author_jid);
  if (place->is_from_me && !is_direct)
    return TRUE;
  if (place->author_jid.user[0] == '\0')
    {
      place->from = g_strdup (place->chat); /* a channel speaks for itself */
      return TRUE;
    }
  if (!ulak_peers_resolve (self->database, place->is_from_me ? &place->chat_jid : &place->author_jid, self->now_us, &peer,
                           error))
    return FALSE;
  if (!place->is_from_me)
    place->from = ulak_people_name_peer (&peer, &place->author_jid);
  place->contact = ulak_people_make_contact (&peer, place->is_from_me ? NULL : info->push_name);
  return TRUE;
}

/* *is_usable_out: FALSE: it names no chat, no id or no time. */
static gboolean
find_place (const Taking *self, Place *place, gboolean *is_usable_out, GError **error)
{
  const Wa__MessageKey *key = place->info->key;

  *is_usable_out = key != NULL && key->id != NULL && *key->id != '\0' && strlen (key->id) <= 128
                   && parse_jid (key->remote_jid, &place->chat_jid) && place->info->message_timestamp > 0;
  if (!*is_usable_out)
    return TRUE;
  place->chat_jid = ulak_jid_get_account (&place->chat_jid);
  place->is_from_me = key->from_me;
  place->timestamp_us = to_us (place->info->message_timestamp);
  return ulak_people_name (self->database, &place->chat_jid, &place->chat, error) && find_author (self, place, error);
}

static const char *
get_status (const Place *place)
{
  switch (place->info->has_status ? place->info->status : WA__WEB_MESSAGE_INFO__STATUS__PENDING)
    {
    case WA__WEB_MESSAGE_INFO__STATUS__PLAYED:
      return place->is_from_me ? "played" : "read";
    case WA__WEB_MESSAGE_INFO__STATUS__READ:
      return "read";
    case WA__WEB_MESSAGE_INFO__STATUS__DELIVERY_ACK:
      return place->is_from_me ? "delivered" : "received";
    case WA__WEB_MESSAGE_INFO__STATUS__ERROR:
    case WA__WEB_MESSAGE_INFO__STATUS__PENDING:
    case WA__WEB_MESSAGE_INFO__STATUS__SERVER_ACK:
    case _WA__WEB_MESSAGE_INFO__STATUS_IS_INT_SIZE:
      break;
    }
  return place->is_from_me ? "sent" : "received";
}

static void
locate_media (const Place *place, JsonObject *reference)
{
  g_autofree char *chat = ulak_jid_print (&place->chat_jid);

  json_object_set_string_member (reference, "message_id", place->info->key->id);
  json_object_set_string_member (reference, "chat", chat);
  if (!ulak_jid_is_user (&place->chat_jid) && place->author_jid.user[0] != '\0')
    {
      UlakJid account = ulak_jid_get_account (&place->author_jid);
      g_autofree char *participant = ulak_jid_print (&account);

      json_object_set_string_member (reference, "participant", participant);
    }
  json_object_set_boolean_member (reference, "from_me", place->is_from_me);
}

static gboolean
keep_secret (const Taking *self, const Place *place, const UlakContent *content, GError **error)
{
  const ProtobufCBinaryData *told = &place->info->message_secret;
  UlakSpan secret = place->info->has_message_secret ? ULAK_SPAN (told->data, told->len) : content->secret;

  if (secret.size_bytes != ULAK_MSG_SECRET_BYTES || place->author_jid.user[0] == '\0')
    return TRUE;
  return ulak_message_secrets_keep (self->database, &place->chat_jid, place->info->key->id, &place->author_jid,
                                    secret.bytes, self->now_us, error);
}

static void
add_message (const Taking *self, const Place *place, const UlakContent *content)
{
  if (content->media_reference != NULL)
    locate_media (place, content->media_reference);
  ulak_inbound_add_message (self->inbound, &(UlakInboundMessage){
                                               .chat = place->chat,
                                               .network_id = place->info->key->id,
                                               .from = place->from,
                                               .timestamp_us = place->timestamp_us,
                                               .quoted_network_id = content->quoted_id,
                                               .content = content->document,
                                               .media_reference = content->media_reference,
                                               .contact = place->contact,
                                               .flags = ULAK_INBOUND_HISTORY
                                                        | (place->info->starred ? ULAK_INBOUND_STARRED : 0),
                                               .status = get_status (place),
                                           });
}

/* What acts on other messages was acted upon by the phone already: the others come as they are now. */
static gboolean
take_info (const Taking *self, const Wa__WebMessageInfo *info, GError **error)
{
  const UlakContentNames names = { ulak_people_name_text, self->database };
  g_auto (Place) place = { .info = info };
  g_autoptr (UlakContent) content = NULL;
  gboolean is_usable;

  if (info == NULL || info->message == NULL)
    return TRUE;
  if (!find_place (self, &place, &is_usable, error))
    return FALSE;
  if (!is_usable)
    return TRUE;
  content = ulak_content_read_message (info->message, &names);
  if (content->kind != ULAK_CONTENT_MESSAGE || content->document == NULL)
    return TRUE;
  add_message (self, &place, content);
  return keep_secret (self, &place, content, error);
}

static gboolean
take_message (const Taking *self, UlakSpan bytes, GError **error)
{
  g_autoptr (Wa__HistorySyncMsg) message = unpack (&wa__history_sync_msg__descriptor, bytes);

  return message == NULL || take_info (self, message->message, error);
}

static gboolean
take_status (const Taking *self, UlakSpan bytes, GError **error)
{
  g_autoptr (Wa__WebMessageInfo) info = unpack (&wa__web_message_info__descriptor, bytes);

  if (info == NULL || info->key == NULL || info->key->remote_jid == NULL
      || !g_str_equal (info->key->remote_jid, STATUS_CHAT))
    return TRUE;
  return take_info (self, info, error);
}

/* --- the table --- */

static const struct
{
  UlakHistoryPass pass;
  UlakHistoryKind kind;
  Taker taker;
} takers[] = {
  { ULAK_HISTORY_PASS_PEOPLE, ULAK_HISTORY_CHAT, take_chat_person },
  { ULAK_HISTORY_PASS_PEOPLE, ULAK_HISTORY_NAME, take_name },
  { ULAK_HISTORY_PASS_PEOPLE, ULAK_HISTORY_PAIR, take_pair },
  { ULAK_HISTORY_PASS_PEOPLE, ULAK_HISTORY_SALT, take_salt },
  { ULAK_HISTORY_PASS_PEOPLE, ULAK_HISTORY_SETTINGS, take_settings },
  { ULAK_HISTORY_PASS_MESSAGES, ULAK_HISTORY_MESSAGE, take_message },
  { ULAK_HISTORY_PASS_MESSAGES, ULAK_HISTORY_STATUS, take_status },
  { ULAK_HISTORY_PASS_MESSAGES, ULAK_HISTORY_CHAT, take_chat },
};

UlakHistoryKind
ulak_history_get_kinds (UlakHistoryPass pass, gboolean with_messages)
{
  UlakHistoryKind kinds = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (takers[i].pass == pass)
      kinds |= takers[i].kind;
  return with_messages ? kinds : kinds & (UlakHistoryKind) ~(ULAK_HISTORY_MESSAGE | ULAK_HISTORY_STATUS);
}

gboolean
ulak_history_apply (UlakDatabase *database,
                    UlakInbound *inbound,
                    UlakHistoryPass pass,
                    const UlakHistoryPiece *piece,
                    gint64 now_us,
                    GError **error)
{
  const Taking taking = { database, inbound, now_us };

  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (takers[i].pass == pass && takers[i].kind == piece->kind)
      return takers[i].taker (&taking, ULAK_SPAN (g_bytes_get_data (piece->bytes, NULL), g_bytes_get_size (piece->bytes)),
                              error);
  return TRUE;
}
