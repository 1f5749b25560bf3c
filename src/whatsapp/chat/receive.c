/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Receive: a <message> becomes rows, and its sender gets the answer that is due.
 *
 * The work runs on the store's thread: every <enc> in order is decrypted on the rows of the transaction and read. What cannot be
 * decrypted becomes a placeholder, is counted, and asked for again; a message with several parts counts as read when one
 * of them had content. Then, on the main thread, the answer: a receipt, or a retry receipt and an ack.
 * Source: docs/protocol/receiving.md.
 */
#include "whatsapp/chat/chat-private.h"

#include "connector/sql.h"
#include "core/error.h"
#include "core/log.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/reading.h"
#include "whatsapp/codec/padding.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/pre-keys.h"
#include "whatsapp/session/retry-count.h"

#include <string.h>

#define ENCS_MAX 8 /* of one message; real ones have one or two */

/* What came of the parts of a message. */
typedef struct
{
  guint n_parts;
  guint n_read;      /* with content */
  guint n_decrypted;
  const UlakNode *repeated; /* (nullable): the first part whose key is gone */
  gboolean is_failed;
  UlakDecryptOutcome failure; /* the first */
  guint failed_count;         /* the `count` of the part that failed */
  gboolean is_hidden;         /* nobody wants to see that it failed */
  gboolean lacks_sender_key;  /* nothing came but a group message that we have no key for */
  gboolean was_asked_for;     /* a part says that it is sent again */
  gboolean was_here;          /* it is known already */
  gboolean is_of_bot;         /* sealed for whoever asked the bot, which we did not */
} Parts;

static gboolean
decrypt (UlakReading *reading,
         const UlakNode *enc,
         UlakCiphertextKind kind,
         UlakDecryption *decryption,
         GError **error)
{
  const UlakEntry *entry = reading->entry;
  const UlakNode *identity = ulak_node_get_child (entry->stanza, "device-identity");
  const UlakPeerDevice author = { reading->author.id, reading->address->author.device };
  gsize size_bytes = 0, identity_bytes = 0;
  const guint8 *bytes = ulak_node_get_bytes (enc, &size_bytes);
  const guint8 *identity_start = identity == NULL ? NULL : ulak_node_get_bytes (identity, &identity_bytes);

  if (kind == ULAK_CIPHERTEXT_SKMSG)
    {
      g_autofree char *chat = ulak_jid_print (&reading->address->chat);

      return ulak_group_decrypt (entry->view.session, reading->database, chat, &author,
                                 ULAK_SPAN (bytes, size_bytes), entry->view.now_us, decryption, error);
    }
  return ulak_device_decrypt (entry->view.session, reading->database, &author, kind, ULAK_SPAN (bytes, size_bytes),
                              ULAK_SPAN (identity_start, identity_bytes), entry->view.now_us, decryption, error);
}

#define VERSION 2 /* of <enc>: a padded Message */

/* Padding that is none is no reason to lose a message that was decrypted: its bytes are shown as they are. */
static UlakContent *
read_plain (UlakReading *reading, const UlakNode *enc, GBytes *plain)
{
  const UlakContentNames names = { ulak_people_name_text, reading->database };
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (plain, &size_bytes);
  guint64 version = VERSION;
  UlakContent *content;

  if (ulak_node_read_number (enc, "v", G_MAXUINT16, &version, NULL) && version != VERSION)
    return ulak_content_read_foreign (bytes, size_bytes, (guint) version);
  ulak_padding_remove (bytes, size_bytes, &size_bytes, NULL);
  content = ulak_content_read (bytes, size_bytes, &names);
  if (reading->entry->way > 0)
    ulak_content_keep_whole (content, bytes, size_bytes);
  return content;
}

/* Whoever has new keys has lost our sender keys, too. */
static gboolean
take_identity (UlakReading *reading, GError **error)
{
  const UlakPeerDevice author = { reading->author.id, reading->address->author.device };
  g_autoptr (JsonObject) data = json_object_new ();
  g_autofree char *name = ulak_people_name_peer (&reading->author, &reading->address->author);

  json_object_set_object_member (data, "contact", ulak_people_make_contact (&reading->author, NULL));
  json_object_set_boolean_member (data, "identity_changed", TRUE);
  ulak_inbound_add_event (reading->inbound, "contact.updated", name, reading->timestamp_us, data);
  return ulak_group_forget_holder (reading->database, NULL, &author, error);
}

static void
note_failure (Parts *parts, const UlakNode *enc, UlakDecryptOutcome outcome)
{
  guint64 count = 0;

  if (ulak_node_read_number (enc, "count", 100, &count, NULL))
    parts->failed_count = MAX (parts->failed_count, (guint) count);
  parts->is_hidden = (!parts->is_failed || parts->is_hidden)
                     && g_strcmp0 (ulak_node_get_attribute (enc, "decrypt-fail"), "hide") == 0;
  if (!parts->is_failed)
    parts->failure = outcome;
  parts->is_failed = TRUE;
}

static gboolean
take_plain (UlakReading *reading, Parts *parts, const UlakNode *enc, const UlakDecryption *decryption, GError **error)
{
  g_autoptr (UlakContent) content = read_plain (reading, enc, decryption->plain);

  parts->n_decrypted++;
  if (content->kind != ULAK_CONTENT_NONE || content->sender_key_group == NULL)
    parts->n_read++;
  if (decryption->has_identity_changed && !take_identity (reading, error))
    return FALSE;
  return ulak_reading_take (reading, content, error);
}

static gboolean
take_part (UlakReading *reading, Parts *parts, const UlakNode *enc, GError **error)
{
  const char *type = ulak_node_get_attribute (enc, "type");
  g_auto (UlakDecryption) decryption = { 0 };
  UlakCiphertextKind kind;

  parts->n_parts++;
  parts->was_asked_for |= ulak_node_get_attribute (enc, "count") != NULL;
  parts->is_of_bot |= g_strcmp0 (type, "msmsg") == 0;
  if (type == NULL || !ulak_ciphertext_kind_parse (type, &kind))
    {
      note_failure (parts, enc, ULAK_DECRYPT_GARBAGE);
      return TRUE;
    }
  if (!decrypt (reading, enc, kind, &decryption, error))
    return FALSE;
  if (decryption.outcome == ULAK_DECRYPT_OK)
    return take_plain (reading, parts, enc, &decryption, error);
  if (decryption.outcome == ULAK_DECRYPT_DUPLICATE)
    {
      if (parts->repeated == NULL)
        parts->repeated = enc;
      return TRUE;
    }
  parts->lacks_sender_key |= kind == ULAK_CIPHERTEXT_SKMSG && decryption.outcome == ULAK_DECRYPT_NO_SESSION;
  note_failure (parts, enc, decryption.outcome);
  return TRUE;
}

static gboolean
take_parts (UlakReading *reading, Parts *parts, GError **error)
{
  for (const UlakNode *child = ulak_node_get_first (reading->entry->stanza); child != NULL;
       child = ulak_node_get_next (child))
    if (ulak_node_is (child, "enc") && parts->n_parts < ENCS_MAX && !take_part (reading, parts, child, error))
      return FALSE;
  return TRUE;
}

/* --- repeats --- */

/* Messages are known by their rows. What leaves none (edits, sender keys, what phones tell their companions) is noted, by the
 * addresses of the stanza: a repeat has the same. */
static gboolean
note_handled (UlakReading *reading, GError **error)
{
  g_autofree char *chat = ulak_jid_print (&reading->address->chat);
  g_autofree char *author = ulak_jid_print (&reading->address->author);
  const char *const parts[] = { "stanza", chat, reading->network_id, author, NULL };
  gboolean is_new;

  return ulak_inbound_note_seen (reading->database, parts, reading->entry->view.now_us, &is_new, error);
}

/* Also what was cleaned up since, and what this very device sent. */
static gboolean
is_known (UlakReading *reading, gboolean *is_known_out, GError **error)
{
  g_autofree char *chat = ulak_jid_print (&reading->address->chat);
  g_autofree char *author = ulak_jid_print (&reading->address->author);
  const char *const stanza[] = { "stanza", chat, reading->network_id, author, NULL };
  const UlakInboundMessage message = {
    .chat = reading->chat, .network_id = reading->network_id, .from = reading->from, .contact = reading->contact
  };

  *is_known_out = ulak_me_is_device (&reading->entry->view.me, &reading->address->author);
  return *is_known_out
         || (ulak_inbound_knows_message (reading->database, &message, is_known_out, error)
             && (*is_known_out || ulak_inbound_was_seen (reading->database, stanza, is_known_out, error)));
}

/* A key that is gone mostly means that the message came before. When it did not, its author used the key for another one
 * (clients do that when they write and read at the same time), or a sender key came later than its message. What cannot be
 * decrypted, on the other hand, may have come again meanwhile as one that can. */
static gboolean
judge_repeat (UlakReading *reading, Parts *parts, GError **error)
{
  gboolean was_here;

  if (!is_known (reading, &was_here, error))
    return FALSE;
  parts->was_here = was_here;
  if (!was_here && !parts->is_failed)
    note_failure (parts, parts->repeated, ULAK_DECRYPT_NO_SESSION);
  return TRUE;
}

/* --- asking again --- */

static gboolean
fill_keys (UlakReading *reading, UlakRetryKeys *keys, GError **error)
{
  UlakSession *session = reading->entry->view.session;
  UlakCredentials *credentials = ulak_session_get_credentials (session);
  GBytes *device_identity = ulak_credentials_get_device_identity (credentials);
  UlakSignedPreKey signed_key;
  UlakPreKey key;

  if (device_identity == NULL)
    return TRUE;
  if (!ulak_pre_keys_make_one (session, reading->database, reading->entry->view.now_us, &key, error)
      || !ulak_signed_pre_keys_get_current (reading->database, &signed_key, error))
    return FALSE;
  *keys = (UlakRetryKeys){
    .identity = g_bytes_new (ulak_credentials_get_identity (credentials)->public_key, ULAK_CURVE_PUBLIC_BYTES),
    .one_time_id = key.id,
    .one_time_key = g_bytes_new (key.public_key, sizeof key.public_key),
    .signed_id = signed_key.id,
    .signed_key = g_bytes_new (signed_key.public_key, sizeof signed_key.public_key),
    .signature = g_bytes_new (signed_key.signature, sizeof signed_key.signature),
    .device_identity = g_bytes_ref (device_identity),
  };
  return TRUE;
}

#define PHONE_AGE_MAX_US (14 * G_TIME_SPAN_DAY)
#define PHONE_STATUS_AGE_MAX_US G_TIME_SPAN_DAY

static gboolean
may_ask_phone (const UlakReading *reading)
{
  gint64 age_us = reading->entry->view.now_us - reading->timestamp_us;

  if (reading->address->is_peer)
    return FALSE;
  return age_us <= (ulak_jid_is_status (&reading->address->chat) ? PHONE_STATUS_AGE_MAX_US : PHONE_AGE_MAX_US);
}

static gboolean
ask_again (UlakReading *reading, const Parts *parts, GError **error)
{
  const UlakPeerDevice author = { reading->author.id, reading->address->author.device };
  UlakVerdict *verdict = &reading->entry->verdict;
  UlakDecryptOutcome failure = parts->is_failed ? parts->failure : ULAK_DECRYPT_NO_SESSION;
  guint count = 0;

  verdict->reply = ULAK_REPLY_ACK;
  if (!ulak_decrypt_outcome_wants_retry (failure))
    return TRUE;
  if (!ulak_retry_count_next (reading->database, &reading->address->chat, reading->network_id, &author,
                              parts->failed_count, reading->entry->view.now_us, &count, error))
    return FALSE;
  if (count > ULAK_RETRY_COUNT_MAX || (reading->address->is_peer && count == ULAK_RETRY_COUNT_MAX))
    return TRUE;
  verdict->reply = ULAK_REPLY_RETRY;
  verdict->asks_phone = count == 1 && may_ask_phone (reading);
  verdict->retry = (UlakRetryAsk){
    .count = count,
    .reason = parts->is_failed ? ulak_decrypt_outcome_get_retry_code (failure) : 0,
    .registration_id
    = ulak_credentials_get_registration_id (ulak_session_get_credentials (reading->entry->view.session)),
  };
  if (count >= 2 || parts->n_parts == 0 || (parts->lacks_sender_key && parts->n_parts == 1))
    return fill_keys (reading, &verdict->keys, error);
  return TRUE;
}

static gboolean
take_failure (UlakReading *reading, const Parts *parts, GError **error)
{
  g_autofree char *masked = ulak_log_mask_number (reading->from != NULL ? reading->from : "");
  const char *reason = parts->is_failed ? ulak_decrypt_outcome_get_name (parts->failure) : "empty";

  ulak_log_info (NULL, "A message of %s cannot be decrypted (%s)", masked, reason);
  if (!parts->is_hidden && !reading->address->is_peer)
    ulak_reading_add_placeholder (reading, reason);
  if (!parts->is_of_bot)
    return ask_again (reading, parts, error);
  reading->entry->verdict.reply = ULAK_REPLY_ACK;
  reading->entry->verdict.nack = ULAK_NACK_NO_SECRET;
  return TRUE;
}

/* --- messages without anything to decrypt --- */

static gboolean
take_plaintext (UlakReading *reading, const UlakNode *plaintext, GError **error)
{
  const UlakContentNames names = { ulak_people_name_text, reading->database };
  gsize size_bytes = 0;
  const guint8 *bytes = ulak_node_get_bytes (plaintext, &size_bytes);
  g_autoptr (UlakContent) content = ulak_content_read (bytes, size_bytes, &names);

  if (reading->entry->way > 0)
    ulak_content_keep_whole (content, bytes, size_bytes);
  return content->kind == ULAK_CONTENT_PROTOCOL || ulak_reading_take (reading, content, error);
}

/* Content that only the phone has. View once and what bots and hosted accounts say is not for us at all. */
static gboolean
is_for_us (const UlakNode *unavailable)
{
  const char *type = ulak_node_get_attribute (unavailable, "type");

  return type == NULL || !g_str_has_suffix (type, "_unavailable_fanout");
}

/* Noted as asked for, since the line may die before it asks: whatsapp/chat/placeholders. */
static gboolean
note_asked (UlakReading *reading, GError **error)
{
  const UlakPeerDevice author = { reading->author.id, reading->address->author.device };
  guint count = 0;

  return ulak_retry_count_next (reading->database, &reading->address->chat, reading->network_id, &author, 0,
                                reading->entry->view.now_us, &count, error);
}

static gboolean
take_unavailable (UlakReading *reading, const UlakNode *unavailable, GError **error)
{
  UlakVerdict *verdict = &reading->entry->verdict;
  const char *type = ulak_node_get_attribute (unavailable, "type");

  verdict->reply = ULAK_REPLY_ACK;
  verdict->asks_phone = is_for_us (unavailable) && g_strcmp0 (type, "view_once") != 0 && may_ask_phone (reading);
  if (!reading->address->is_peer)
    ulak_reading_add_placeholder (reading, "unavailable");
  return !verdict->asks_phone || note_asked (reading, error);
}

static gboolean
take_parts_of_user (UlakReading *reading, GError **error)
{
  const UlakNode *unavailable = ulak_node_get_child (reading->entry->stanza, "unavailable");
  UlakVerdict *verdict = &reading->entry->verdict;
  Parts parts = { 0 };

  if (!take_parts (reading, &parts, error))
    return FALSE;
  verdict->is_decrypted = parts.n_read > 0;
  if (parts.n_parts == 0 && unavailable != NULL)
    return take_unavailable (reading, unavailable, error);
  if (parts.n_read == 0 && (parts.is_failed || parts.repeated != NULL) && !judge_repeat (reading, &parts, error))
    return FALSE;
  if (parts.n_read == 0 && !parts.was_here && (parts.is_failed || parts.n_parts == 0))
    return take_failure (reading, &parts, error);
  if (parts.n_decrypted > 0 && reading->n_rows == 0 && !note_handled (reading, error))
    return FALSE;
  if (parts.n_read > 0 && parts.was_asked_for)
    {
      const UlakPeerDevice author = { reading->author.id, reading->address->author.device };

      return ulak_reading_end_placeholder (reading, error)
             && ulak_retry_count_forget (reading->database, &reading->address->chat, reading->network_id, &author, error);
    }
  return TRUE;
}

/* --- the work --- */

static UlakReading
reading_of (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry)
{
  return (UlakReading){
    .database = database,
    .inbound = inbound,
    .entry = entry,
    .address = &entry->address,
    .network_id = ulak_node_get_attribute (entry->stanza, "id"),
    .timestamp_us = ulak_entry_get_time_us (entry),
    .push_name = entry->address.is_from_me ? NULL : ulak_node_get_attribute (entry->stanza, "notify"),
  };
}

/* A message that cannot be stored is shown as one that cannot be read. */
static gboolean
let_go_run (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error)
{
  g_auto (UlakReading) reading = reading_of (database, inbound, entry);

  if (entry->address.is_peer)
    return TRUE;
  if (!ulak_reading_begin (&reading, error))
    return FALSE;
  ulak_reading_add_placeholder (&reading, "not-stored");
  return TRUE;
}

static gboolean
receive_run (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error)
{
  const UlakNode *plaintext = ulak_node_get_child (entry->stanza, "plaintext");
  g_auto (UlakReading) reading = reading_of (database, inbound, entry);

  entry->verdict.reply = ULAK_REPLY_RECEIPT;
  if (!ulak_reading_begin (&reading, error))
    return FALSE;
  if (entry->address.kind == ULAK_ADDRESS_NEWSLETTER)
    return plaintext == NULL || take_plaintext (&reading, plaintext, error);
  return take_parts_of_user (&reading, error);
}

/* --- the answer --- */

static void
answer_retry (UlakChat *self, UlakEntry *entry)
{
  UlakVerdict *verdict = &entry->verdict;

  verdict->retry.keys = verdict->keys.identity != NULL ? &verdict->keys : NULL;
  ulak_chat_answer (self, entry, ulak_answer_retry (entry->stanza, &verdict->retry));
  if (entry->address.is_from_me && entry->address.has_recipient)
    ulak_chat_answer (self, entry, ulak_answer_receipt (entry->stanza, &entry->address, &self->me, self->is_available));
  else
    ulak_chat_answer_ack (self, entry);
}

static void
tell_handlers (UlakChat *self, const UlakEntry *entry)
{
  for (guint type = 0; type < ULAK_PROTOCOL_TYPES_MAX; type++)
    if ((entry->verdict.protocols & (G_GUINT64_CONSTANT (1) << type)) != 0 && self->protocols[type].done != NULL)
      self->protocols[type].done (self, (Wa__ProtocolMessage__Type) type, self->protocols[type].data);
}

static void
follow_up (UlakChat *self, UlakEntry *entry)
{
  const UlakVerdict *verdict = &entry->verdict;

  if (verdict->is_decrypted)
    {
      ulak_wire_mark_decrypted (self->wire);
      ulak_placeholders_forget (self->placeholders, &entry->address, ulak_node_get_attribute (entry->stanza, "id"));
    }
  if (verdict->asks_phone)
    ulak_placeholders_ask (self->placeholders, &entry->address, ulak_node_get_attribute (entry->stanza, "id"));
  if (verdict->is_migrated)
    ulak_chat_found_migration (self, ULAK_LID_MIGRATION_YES);
  if (self->migration == ULAK_LID_MIGRATION_UNKNOWN && entry->address.kind == ULAK_ADDRESS_DIRECT
      && !entry->address.is_peer && verdict->is_decrypted)
    self->guesses_lid = ulak_jid_is_lid (&entry->address.chat);
  tell_handlers (self, entry);
}

static void
answer (UlakChat *self, UlakEntry *entry)
{
  switch (entry->verdict.reply)
    {
    case ULAK_REPLY_ACK:
      ulak_chat_answer_ack (self, entry);
      break;
    case ULAK_REPLY_RECEIPT:
      ulak_chat_answer (self, entry,
                        ulak_answer_receipt (entry->stanza, &entry->address, &self->me, self->is_available));
      if (entry->verdict.is_history)
        ulak_chat_answer (self, entry, ulak_answer_history (entry->stanza, &self->me));
      break;
    case ULAK_REPLY_RETRY:
      answer_retry (self, entry);
      break;
    }
  follow_up (self, entry);
}

/* A stanza that cannot be a message, whoever sent it: nothing of it could be stored. */
static void
refuse (UlakChat *self, const UlakNode *stanza, const GError *error)
{
  UlakEntry *entry = ulak_entry_new (self, stanza, NULL, ulak_chat_answer_ack);

  ulak_log_info (NULL, "A message was refused: %s", error->message);
  entry->verdict.nack = ULAK_NACK_PARSE;
  ulak_intake_take (self->intake, entry);
}

/* Senders choose the ids of their messages. */
static gboolean
check_id (const UlakNode *stanza, GError **error)
{
  const char *id = ulak_node_read_attribute (stanza, "id", error);

  if (id != NULL && strlen (id) > ULAK_CONTENT_ID_MAX)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The id of a <message> has more than %d bytes", ULAK_CONTENT_ID_MAX);
  return id != NULL && strlen (id) <= ULAK_CONTENT_ID_MAX;
}

void
ulak_chat_take_message (UlakChat *self, const UlakNode *stanza)
{
  g_autoptr (GError) error = NULL;
  UlakAddress address;
  UlakEntry *entry;

  if (!check_id (stanza, &error)
      || !ulak_address_read (stanza, &self->me, &address, &error))
    {
      refuse (self, stanza, error);
      return;
    }
  entry = ulak_entry_new (self, stanza, receive_run, answer);
  entry->address = address;
  entry->last = let_go_run;
  entry->n_ways = 1;
  ulak_intake_take (self->intake, entry);
}
