/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/receiving.md, "What a message may do".
 */
#include "whatsapp/chat/reading.h"

#include "connector/sql.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "whatsapp/chat/chat-sql.h"
#include "whatsapp/chat/content-seal.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/timers.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/message-secrets.h"

#include <string.h>

#define CLOCK_ERROR_MAX_US G_TIME_SPAN_DAY /* of a sender's clock, ahead of ours */

/* --- where it stands --- */

static gboolean
meet_people (UlakReading *self, GError **error)
{
  const UlakAddress *address = self->address;
  gint64 now_us = self->entry->view.now_us;

  if (address->kind == ULAK_ADDRESS_NEWSLETTER)
    return TRUE;
  if (!ulak_people_meet (self->database, &address->author, &address->author_alternate, now_us, &self->author, error))
    return FALSE;
  if (address->kind != ULAK_ADDRESS_DIRECT)
    return TRUE;
  if (!address->has_recipient)
    {
      self->chat_peer = self->author;
      return TRUE;
    }
  return ulak_people_meet (self->database, &address->chat, &address->chat_alternate, now_us, &self->chat_peer, error);
}

/** ulak_reading_begin: learns who people are; everything that follows sees them under both forms */
gboolean
ulak_reading_begin (UlakReading *self, GError **error)
{
  if (!meet_people (self, error))
    return FALSE;
  if (self->address->kind == ULAK_ADDRESS_DIRECT)
    self->chat = ulak_people_name_peer (&self->chat_peer, &self->address->chat);
  else
    self->chat = ulak_jid_print (&self->address->chat);
  if (self->address->kind == ULAK_ADDRESS_NEWSLETTER)
    self->from = g_strdup (self->chat);
  else if (!self->address->is_from_me)
    self->from = ulak_people_name_peer (&self->author, &self->address->author);
  if (self->from != NULL && self->author.id != 0)
    self->contact = ulak_people_make_contact (&self->author, self->push_name);
  else if (self->chat_peer.id != 0)
    self->contact = ulak_people_make_contact (&self->chat_peer, NULL);
  return TRUE;
}

void
ulak_reading_clear (UlakReading *self)
{
  g_free (self->chat);
  g_free (self->from);
  g_clear_pointer (&self->contact, json_object_unref);
}

/* --- items --- */

static JsonObject *
locate_media (const UlakReading *self, const UlakContent *content)
{
  JsonObject *reference = content->media_reference;
  UlakJid author = ulak_jid_get_account (&self->address->author);
  g_autofree char *chat = NULL;
  g_autofree char *participant = NULL;

  if (reference == NULL)
    return NULL;
  chat = ulak_jid_print (&self->address->chat);
  participant = ulak_jid_print (&author);
  json_object_set_string_member (reference, "message_id", self->network_id);
  json_object_set_string_member (reference, "chat", chat);
  if (self->address->kind != ULAK_ADDRESS_DIRECT)
    json_object_set_string_member (reference, "participant", participant);
  json_object_set_boolean_member (reference, "from_me", self->address->is_from_me);
  return reference;
}

static void
add_message (UlakReading *self, const UlakContent *content)
{
  const UlakInboundMessage message = {
    .chat = self->chat,
    .network_id = self->network_id,
    .from = self->from,
    .timestamp_us = self->timestamp_us,
    .quoted_network_id = content->quoted_id,
    .content = content->document,
    .media_reference = locate_media (self, content),
    .contact = self->contact,
  };

  if (content->document == NULL)
    return;
  ulak_inbound_add_message (self->inbound, &message);
  self->n_rows++;
}

static void
add_document (UlakReading *self, JsonObject *document, UlakInboundFlags flags)
{
  const UlakInboundMessage message = {
    .chat = self->chat,
    .network_id = self->network_id,
    .from = self->from,
    .timestamp_us = self->timestamp_us,
    .content = document,
    .contact = self->contact,
    .flags = flags,
  };

  ulak_inbound_add_message (self->inbound, &message);
  if ((flags & ULAK_INBOUND_PLACEHOLDER) == 0)
    self->n_rows++;
}

void
ulak_reading_add_placeholder (UlakReading *self, const char *reason)
{
  g_autoptr (JsonObject) document = json_object_new ();
  JsonObject *details = json_object_new ();

  json_object_set_string_member (document, "type", "undecryptable");
  json_object_set_string_member (details, "reason", reason);
  json_object_set_object_member (document, "undecryptable", details);
  add_document (self, document, ULAK_INBOUND_PLACEHOLDER);
}

gboolean
ulak_reading_end_placeholder (UlakReading *self, GError **error)
{
  const UlakInboundMessage message
      = { .chat = self->chat, .network_id = self->network_id, .from = self->from, .contact = self->contact };
  const UlakInboundRevoke revoke = {
    .chat = self->chat,
    .network_id = self->network_id,
    .from = self->from,
    .timestamp_us = self->timestamp_us,
    .contact = self->contact,
  };
  gboolean has_placeholder = FALSE;

  if (self->n_rows > 0)
    return TRUE;
  if (!ulak_inbound_has_placeholder (self->database, &message, &has_placeholder, error))
    return FALSE;
  if (has_placeholder)
    ulak_inbound_add_revoke (self->inbound, &revoke);
  return TRUE;
}

static void
refuse (const UlakReading *self, const char *what)
{
  g_autofree char *masked = ulak_log_mask_number (self->from != NULL ? self->from : "");

  ulak_log_info (NULL, "A message of %s was not obeyed: %s", masked, what);
}

/* --- edits and deletions --- */

/* By the sender's clock, unless that is of another age than the network's. */
static gint64
get_sent_us (const UlakReading *self, const UlakContent *content)
{
  const gint64 latest_ms = (self->timestamp_us + CLOCK_ERROR_MAX_US) / 1000;

  return content->sent_ms > 0 && content->sent_ms <= latest_ms ? content->sent_ms * 1000 : self->timestamp_us;
}

/* Of the sender's own message: the key that edits and reactions to it hang on is the sender's, whatever the key says. */
static gboolean
take_edit (UlakReading *self, const UlakContent *content, GError **error G_GNUC_UNUSED)
{
  const UlakInboundEdit edit = {
    .chat = self->chat,
    .network_id = content->target.id,
    .from = self->from,
    .timestamp_us = get_sent_us (self, content),
    .content = content->document,
    .media_reference = locate_media (self, content),
    .contact = self->contact,
  };

  if (!content->target.from_me)
    refuse (self, "an edit of somebody else's message");
  else if (content->document != NULL)
    ulak_inbound_add_edit (self->inbound, &edit);
  return TRUE;
}

/* Everything is undone, and done again when the group was fetched. */
static gboolean
want_group (UlakReading *self, GError **error)
{
  self->entry->verdict.wants_group = TRUE;
  self->entry->verdict.group = self->address->chat;
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "Who the administrators of the group are is not known yet");
  return FALSE;
}

static gboolean
is_admin (UlakReading *self, gboolean *is_admin_out, GError **error)
{
  g_autofree char *group = ulak_jid_print (&self->address->chat);
  g_autoptr (UlakGroup) known = NULL;
  UlakGroupMember member = { 0 };
  gboolean is_member = FALSE;

  if (!ulak_group_cache_get (self->database, group, &known, error)
      || !ulak_group_cache_is_member (self->database, group, self->author.id, &member, &is_member, error))
    return FALSE;
  *is_admin_out = is_member && member.rank != ULAK_GROUP_RANK_MEMBER;
  return known != NULL || self->entry->has_asked_group || want_group (self, error);
}

static gboolean
name_participant (UlakReading *self, const char *participant, char **from_out, GError **error)
{
  UlakJid jid;

  *from_out = NULL;
  if (participant == NULL || !ulak_jid_parse (participant, &jid, NULL) || !ulak_jid_is_user (&jid))
    return TRUE;
  if (ulak_me_is (&self->entry->view.me, &jid))
    return TRUE;
  return ulak_people_name (self->database, &jid, from_out, error);
}

static gboolean
revoke_as_admin (UlakReading *self, const UlakContent *content, UlakInboundRevoke *revoke, GError **error)
{
  g_autofree char *author = NULL;
  gboolean may = FALSE;

  if (self->address->kind != ULAK_ADDRESS_GROUP)
    {
      refuse (self, "a deletion of somebody else's message");
      return TRUE;
    }
  if (!is_admin (self, &may, error) || !name_participant (self, content->target.participant, &author, error))
    return FALSE;
  if (!may)
    {
      refuse (self, "a deletion of somebody else's message by no administrator");
      return TRUE;
    }
  revoke->from = author;
  revoke->by = self->from;
  revoke->contact = NULL;
  ulak_inbound_add_revoke (self->inbound, revoke);
  return TRUE;
}

static gboolean
take_revoke (UlakReading *self, const UlakContent *content, GError **error)
{
  UlakInboundRevoke revoke = {
    .chat = self->chat,
    .network_id = content->target.id,
    .from = self->from,
    .timestamp_us = self->timestamp_us,
    .contact = self->contact,
  };

  if (!content->target.from_me)
    return revoke_as_admin (self, content, &revoke, error);
  ulak_inbound_add_revoke (self->inbound, &revoke);
  return TRUE;
}

/* --- what is sealed with an earlier message's secret --- */

typedef struct
{
  char *texts[ULAK_CONTENT_FORMS_MAX + 1];
  guint n;
} Forms;

static void
forms_clear (Forms *self)
{
  for (guint i = 0; i < self->n; i++)
    g_free (self->texts[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Forms, forms_clear)

static void
forms_add (Forms *self, const UlakJid *jid)
{
  UlakJid account = ulak_jid_get_account (jid);
  g_autofree char *text = ulak_jid_print (&account);

  for (guint i = 0; i < self->n; i++)
    if (g_str_equal (self->texts[i], text))
      return;
  if (self->n < ULAK_CONTENT_FORMS_MAX)
    self->texts[self->n++] = g_steal_pointer (&text);
}

static gboolean
forms_fill (Forms *self, UlakDatabase *database, const UlakJid *jid, GError **error)
{
  UlakPeer peer;
  UlakJid other;

  forms_add (self, jid);
  if (!ulak_peers_find (database, jid, &peer, error))
    return FALSE;
  if (peer.id != 0 && ulak_peer_get_lid_jid (&peer, 0, &other))
    forms_add (self, &other);
  if (peer.id != 0 && ulak_peer_get_phone_jid (&peer, 0, &other))
    forms_add (self, &other);
  return TRUE;
}

/* Ids are chosen by senders, so one of another chat says nothing here; a chat with one person may lie under any name of theirs. */
static JsonObject *
find_document (UlakReading *self, const char *network_id, GError **error)
{
  static const UlakJsonLimits limits = { 8 * 1024 * 1024, 40, 200000, FALSE };
  g_autofree char *text = NULL;

  if (!ulak_sql_get_text (self->database, ULAK_CHAT_SQL ("chat-content-find"),
                          ULAK_BINDINGS (ULAK_TEXT ("network_id", network_id), ULAK_TEXT ("chat", self->chat),
                                         ULAK_INTEGER ("is_direct", self->address->kind == ULAK_ADDRESS_DIRECT)),
                          "content", &text, error)
      || text == NULL)
    return NULL;
  return ulak_json_parse_object (text, strlen (text), &limits, NULL);
}

static gboolean take_content (UlakReading *self, const UlakContent *content, GError **error);

static void
show_sealed (UlakReading *self, const UlakContent *content, const char *reason)
{
  g_autoptr (JsonObject) document = ulak_content_show_sealed (content, reason);

  add_document (self, document, 0);
}

static gboolean
open_sealed (UlakReading *self, const UlakContent *content, const UlakMessageSecret *secret, GError **error)
{
  g_auto (Forms) authors = { 0 };
  g_auto (Forms) senders = { 0 };
  g_autoptr (GError) why = NULL;
  g_autoptr (GError) fault = NULL;
  g_autoptr (UlakContent) opened = NULL;
  g_autoptr (JsonObject) document = find_document (self, content->target.id, &fault);
  const UlakContentNames names = { ulak_people_name_text, self->database };
  UlakContentOpening opening = { .secret = &secret->secret, .document = document };

  if (fault != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&fault));
      return FALSE;
    }
  if (!forms_fill (&authors, self->database, &secret->author, error)
      || !forms_fill (&senders, self->database, &self->address->author, error))
    return FALSE;
  opening.author_forms = (const char *const *) authors.texts;
  opening.sender_forms = (const char *const *) senders.texts;
  opened = ulak_content_open (content, &opening, &names, &why);
  if (opened != NULL && opened->kind != ULAK_CONTENT_SEALED)
    return take_content (self, opened, error);
  show_sealed (self, content, "not_readable");
  return TRUE;
}

static gboolean
take_sealed (UlakReading *self, const UlakContent *content, GError **error)
{
  g_auto (UlakMessageSecret) secret = { 0 };
  gboolean is_found = FALSE;

  if (!ulak_message_secrets_find (self->database, &self->address->chat, content->target.id, NULL, &secret, &is_found,
                                  error))
    return FALSE;
  if (is_found)
    return open_sealed (self, content, &secret, error);
  show_sealed (self, content, "no_secret");
  return TRUE;
}

/* --- pins --- */

/* A message was pinned, or kept from disappearing, for all in the chat. */
static void
show_pin (UlakReading *self, const UlakContent *content)
{
  static const char *const words[2][2]
      = { { "message_unkept", "message_kept" }, { "message_unpinned", "message_pinned" } };
  g_autoptr (JsonObject) document = json_object_new ();
  JsonObject *system = json_object_new ();

  json_object_set_string_member (system, "type", words[content->kind == ULAK_CONTENT_PIN][content->is_on]);
  json_object_set_string_member (system, "message_id", content->target.id);
  if (content->is_on && content->duration_s > 0)
    json_object_set_int_member (system, "duration_s", content->duration_s);
  json_object_set_string_member (document, "type", "system");
  json_object_set_object_member (document, "system", system);
  add_document (self, document, ULAK_INBOUND_QUIET);
}

/* --- all kinds --- */

static gboolean
keep_timer (UlakReading *self, const UlakContent *content, GError **error)
{
  return self->address->kind != ULAK_ADDRESS_DIRECT
         || ulak_timers_put (self->database, self->chat, content->timer_s, content->timer_set_s, error);
}

static gboolean
take_timer (UlakReading *self, const UlakContent *content, GError **error)
{
  add_message (self, content);
  return keep_timer (self, content, error);
}

static gboolean
take_content (UlakReading *self, const UlakContent *content, GError **error)
{
  switch (content->kind)
    {
    case ULAK_CONTENT_NONE:
      return TRUE;
    case ULAK_CONTENT_PIN:
    case ULAK_CONTENT_KEEP:
      show_pin (self, content);
      return TRUE;
    case ULAK_CONTENT_MESSAGE:
    case ULAK_CONTENT_REACTION:
      add_message (self, content);
      return !content->has_timer || content->timer_set_s == 0 || keep_timer (self, content, error);
    case ULAK_CONTENT_EDIT:
      return take_edit (self, content, error);
    case ULAK_CONTENT_REVOKE:
      return take_revoke (self, content, error);
    case ULAK_CONTENT_SEALED:
      return take_sealed (self, content, error);
    case ULAK_CONTENT_TIMER:
      return take_timer (self, content, error);
    case ULAK_CONTENT_PROTOCOL:
      return ulak_reading_take_protocol (self, content->protocol, error);
    }
  g_return_val_if_reached (FALSE);
}

/* Only in the group or list that the message came in, and through nobody else's session than the author's. */
static gboolean
take_sender_key (UlakReading *self, const UlakContent *content, GError **error)
{
  const UlakAddress *address = self->address;
  g_autofree char *chat = ulak_jid_print (&address->chat);
  const UlakPeerDevice author = { self->author.id, address->author.device };
  UlakDistributionOutcome outcome = ULAK_DISTRIBUTION_OK;

  if (content->sender_key_group == NULL || self->is_told)
    return TRUE;
  if ((address->kind != ULAK_ADDRESS_GROUP && address->kind != ULAK_ADDRESS_BROADCAST)
      || !g_str_equal (content->sender_key_group, chat))
    {
      refuse (self, "a sender key for another chat");
      return TRUE;
    }
  if (!ulak_group_process_distribution (self->entry->view.session, self->database, chat, &author, content->sender_key,
                                        self->entry->view.now_us, &outcome, error))
    return FALSE;
  if (outcome == ULAK_DISTRIBUTION_FORGED || outcome == ULAK_DISTRIBUTION_GARBAGE)
    refuse (self, "a sender key that is none");
  return TRUE;
}

static gboolean
keep_secret (UlakReading *self, const UlakContent *content, GError **error)
{
  UlakJid author = ulak_jid_get_account (&self->address->author);

  return content->secret.size_bytes != ULAK_MSG_SECRET_BYTES || self->author.id == 0
         || ulak_message_secrets_keep (self->database, &self->address->chat, self->network_id, &author,
                                       content->secret.bytes, self->entry->view.now_us, error);
}

/* --- copies of what our other devices sent --- */

/* *is_there_out: the stanza and the copy name the same chat, a person by whatever number. peer_out: of a person's */
static gboolean
compare_destination (UlakReading *self, const UlakJid *destination, UlakPeer *peer_out, gboolean *is_there_out, GError **error)
{
  const UlakAddress *address = self->address;

  if (!ulak_jid_is_somebody (destination))
    {
      *is_there_out = ulak_jid_equal (destination, &address->chat);
      return TRUE;
    }
  if (!ulak_people_meet (self->database, destination, &(UlakJid){ 0 }, self->entry->view.now_us, peer_out, error))
    return FALSE;
  *is_there_out = address->kind == ULAK_ADDRESS_DIRECT && peer_out->id == self->chat_peer.id;
  return TRUE;
}

static UlakAddressKind
get_kind (const UlakJid *chat)
{
  if (ulak_jid_is_somebody (chat))
    return ULAK_ADDRESS_DIRECT;
  return chat->server == ULAK_JID_SERVER_GROUP ? ULAK_ADDRESS_GROUP : ULAK_ADDRESS_BROADCAST;
}

/* Where the message went is said by the device that wrote it, under its seal; what the stanza says of that is the server's word. Its
 * rows are none of the stanza's: a placeholder for that ends. */
static gboolean
take_elsewhere (UlakReading *self, const UlakContent *content, const UlakJid *chat, const UlakPeer *peer, GError **error)
{
  UlakAddress address = *self->address;
  g_auto (UlakReading) there = *self;

  ulak_log_info (NULL, "A copy of an own message is kept in the chat that it was written to, not in the one that the server names");
  address.chat = *chat;
  address.chat_alternate = (UlakJid){ 0 };
  address.kind = get_kind (chat);
  there.address = &address;
  there.chat_peer = *peer;
  there.from = NULL;
  there.chat = peer->id != 0 ? ulak_people_name_peer (peer, chat) : ulak_jid_print (chat);
  there.contact = peer->id != 0 ? ulak_people_make_contact (peer, NULL) : NULL;
  return keep_secret (&there, content, error) && take_content (&there, content, error);
}

static gboolean
take_copy (UlakReading *self, const UlakContent *content, gboolean *is_taken_out, GError **error)
{
  gboolean is_there = TRUE;
  UlakPeer peer = { 0 };
  UlakJid chat;

  *is_taken_out = FALSE;
  if (content->destination == NULL || !ulak_jid_parse (content->destination, &chat, NULL) || chat.user[0] == '\0')
    return TRUE;
  chat = ulak_jid_get_account (&chat);
  if (!compare_destination (self, &chat, &peer, &is_there, error))
    return FALSE;
  *is_taken_out = !is_there;
  return is_there || take_elsewhere (self, content, &chat, &peer, error);
}

/** ulak_reading_take: errors are the database's only: what the sender did wrong is not obeyed, and logged */
gboolean
ulak_reading_take (UlakReading *self, const UlakContent *content, GError **error)
{
  gboolean is_taken = FALSE;

  if (!take_sender_key (self, content, error))
    return FALSE;
  if (content->is_device_sent && !self->address->is_from_me)
    {
      refuse (self, "a copy for the devices of an account that is not theirs");
      return TRUE;
    }
  if (content->is_device_sent && (!take_copy (self, content, &is_taken, error) || is_taken))
    return is_taken;
  self->entry->verdict.asks_phone |= content->is_phone_only;
  return keep_secret (self, content, error) && take_content (self, content, error);
}
