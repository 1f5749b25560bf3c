/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies that act on other messages, on a chat, or between the devices of an account.
 */
#include "whatsapp/chat/content-reading.h"

/* --- sealed --- */

static UlakSpan
span_of (gboolean has_bytes, const ProtobufCBinaryData *bytes)
{
  return has_bytes ? ULAK_SPAN (bytes->data, bytes->len) : ULAK_SPAN_NONE;
}

static gboolean
set_sealed (UlakContentReading *reading, const Wa__MessageKey *key, UlakMsgSecretUse use, UlakSpan nonce, UlakSpan payload)
{
  if (nonce.size_bytes == 0 || payload.size_bytes == 0 || !ulak_content_set_target (reading, key))
    return FALSE;
  reading->content->kind = ULAK_CONTENT_SEALED;
  reading->content->sealed = (UlakContentSealed){ use, nonce, payload };
  return TRUE;
}

#define SEALED(reading, key, use, part) \
  set_sealed (reading, key, use, span_of ((part)->has_enc_iv, &(part)->enc_iv), \
              span_of ((part)->has_enc_payload, &(part)->enc_payload))

gboolean
ulak_content_read_vote (UlakContentReading *reading, gconstpointer data)
{
  const Wa__PollUpdateMessage *body = data;

  reading->content->sent_ms = body->has_sender_timestamp_ms ? body->sender_timestamp_ms : 0;
  return body->vote != NULL
         && SEALED (reading, body->poll_creation_message_key, ULAK_MSG_SECRET_POLL_VOTE, body->vote);
}

gboolean
ulak_content_read_event_answer (UlakContentReading *reading, gconstpointer data)
{
  const Wa__EncEventResponseMessage *body = data;

  return SEALED (reading, body->event_creation_message_key, ULAK_MSG_SECRET_EVENT_RESPONSE, body);
}

gboolean
ulak_content_read_sealed_reaction (UlakContentReading *reading, gconstpointer data)
{
  const Wa__EncReactionMessage *body = data;

  return SEALED (reading, body->target_message_key, ULAK_MSG_SECRET_REACTION, body);
}

gboolean
ulak_content_read_sealed_comment (UlakContentReading *reading, gconstpointer data)
{
  const Wa__EncCommentMessage *body = data;

  return SEALED (reading, body->target_message_key, ULAK_MSG_SECRET_COMMENT, body);
}

gboolean
ulak_content_read_sealed_edit (UlakContentReading *reading, gconstpointer data)
{
  const Wa__SecretEncryptedMessage *body = data;
  int type = body->has_secret_enc_type ? (int) body->secret_enc_type : 0;

  if (type == WA__SECRET_ENCRYPTED_MESSAGE__SECRET_ENC_TYPE__EVENT_EDIT)
    return SEALED (reading, body->target_message_key, ULAK_MSG_SECRET_EVENT_EDIT, body);
  if (type == WA__SECRET_ENCRYPTED_MESSAGE__SECRET_ENC_TYPE__MESSAGE_EDIT)
    return SEALED (reading, body->target_message_key, ULAK_MSG_SECRET_MESSAGE_EDIT, body);
  return FALSE;
}

/* --- pins --- */

gboolean
ulak_content_read_pin (UlakContentReading *reading, gconstpointer data)
{
  const Wa__PinInChatMessage *body = data;
  int type = body->has_type ? (int) body->type : 0;

  if (type != WA__PIN_IN_CHAT_MESSAGE__TYPE__PIN_FOR_ALL && type != WA__PIN_IN_CHAT_MESSAGE__TYPE__UNPIN_FOR_ALL)
    return FALSE;
  reading->content->kind = ULAK_CONTENT_PIN;
  reading->content->is_on = type == WA__PIN_IN_CHAT_MESSAGE__TYPE__PIN_FOR_ALL;
  reading->content->sent_ms = body->has_sender_timestamp_ms ? body->sender_timestamp_ms : 0;
  return ulak_content_set_target (reading, body->key);
}

gboolean
ulak_content_read_keep (UlakContentReading *reading, gconstpointer data)
{
  const Wa__KeepInChatMessage *body = data;
  int type = body->has_keep_type ? (int) body->keep_type : 0;

  if (type != WA__KEEP_IN_CHAT_MESSAGE__KEEP_TYPE__KEEP_FOR_ALL
      && type != WA__KEEP_IN_CHAT_MESSAGE__KEEP_TYPE__UNDO_KEEP_FOR_ALL)
    return FALSE;
  reading->content->kind = ULAK_CONTENT_KEEP;
  reading->content->is_on = type == WA__KEEP_IN_CHAT_MESSAGE__KEEP_TYPE__KEEP_FOR_ALL;
  reading->content->sent_ms = body->has_timestamp_ms ? body->timestamp_ms : 0;
  return ulak_content_set_target (reading, body->key);
}

/* --- protocol messages --- */

static JsonObject *
begin_system (UlakContentReading *reading, const char *what)
{
  JsonObject *system = ulak_content_begin_part (ulak_content_begin (reading, "system"), "system");

  ulak_content_set_text (system, "type", what);
  return system;
}

gboolean
ulak_content_read_number_request (UlakContentReading *reading, gconstpointer data)
{
  begin_system (reading, "phone_number_requested");
  reading->context = ((const Wa__RequestPhoneNumberMessage *) data)->context_info;
  return TRUE;
}

static gboolean
read_number_shared (UlakContentReading *reading, const Wa__ProtocolMessage *body G_GNUC_UNUSED)
{
  begin_system (reading, "phone_number_shared");
  return TRUE;
}

static gboolean
read_revoke (UlakContentReading *reading, const Wa__ProtocolMessage *body)
{
  reading->content->kind = ULAK_CONTENT_REVOKE;
  reading->content->sent_ms = body->has_timestamp_ms ? body->timestamp_ms : 0;
  return ulak_content_set_target (reading, body->key);
}

static gboolean
read_timer (UlakContentReading *reading, const Wa__ProtocolMessage *body)
{
  UlakContent *content = reading->content;

  content->kind = ULAK_CONTENT_TIMER;
  content->has_timer = TRUE;
  content->timer_s = body->has_ephemeral_expiration ? body->ephemeral_expiration : 0;
  content->timer_set_s = body->has_ephemeral_setting_timestamp ? body->ephemeral_setting_timestamp : 0;
  json_object_set_int_member (begin_system (reading, "timer_changed"), "timer_s", content->timer_s);
  return TRUE;
}

/* What stands there now is read like a message of its own, and must be one that is shown. */
static gboolean
read_edit (UlakContentReading *reading, const Wa__ProtocolMessage *body)
{
  if (body->edited_message == NULL || !ulak_content_read_inner (reading, body->edited_message)
      || reading->content->kind != ULAK_CONTENT_MESSAGE)
    return FALSE;
  reading->content->kind = ULAK_CONTENT_EDIT;
  reading->content->sent_ms = body->has_timestamp_ms ? body->timestamp_ms : 0;
  return ulak_content_set_target (reading, body->key);
}

static gboolean
read_devices (UlakContentReading *reading, const Wa__ProtocolMessage *body)
{
  reading->content->kind = ULAK_CONTENT_PROTOCOL;
  reading->content->protocol = body;
  return TRUE;
}

/* Of bots, threads of businesses, labels: nothing that a person would see. */
static gboolean
read_nothing (UlakContentReading *reading, const Wa__ProtocolMessage *body G_GNUC_UNUSED)
{
  reading->content->kind = ULAK_CONTENT_NONE;
  return TRUE;
}

typedef gboolean (*ProtocolReader) (UlakContentReading *reading, const Wa__ProtocolMessage *body);

/* By number; a number without a reader is one that nobody knows. */
static const ProtocolReader protocol_readers[] = {
  [WA__PROTOCOL_MESSAGE__TYPE__REVOKE] = read_revoke,
  [WA__PROTOCOL_MESSAGE__TYPE__EPHEMERAL_SETTING] = read_timer,
  [WA__PROTOCOL_MESSAGE__TYPE__EPHEMERAL_SYNC_RESPONSE] = read_nothing,
  [WA__PROTOCOL_MESSAGE__TYPE__HISTORY_SYNC_NOTIFICATION] = read_devices,
  [WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_SYNC_KEY_SHARE] = read_devices,
  [WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_SYNC_KEY_REQUEST] = read_devices,
  [WA__PROTOCOL_MESSAGE__TYPE__MSG_FANOUT_BACKFILL_REQUEST] = read_devices,
  [WA__PROTOCOL_MESSAGE__TYPE__INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC] = read_devices,
  [WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_FATAL_EXCEPTION_NOTIFICATION] = read_devices,
  [WA__PROTOCOL_MESSAGE__TYPE__SHARE_PHONE_NUMBER] = read_number_shared,
  [WA__PROTOCOL_MESSAGE__TYPE__MESSAGE_EDIT] = read_edit,
  [WA__PROTOCOL_MESSAGE__TYPE__PEER_DATA_OPERATION_REQUEST_MESSAGE] = read_devices,
  [WA__PROTOCOL_MESSAGE__TYPE__PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE] = read_devices,
  [18] = read_nothing, /* request welcome message */
  [19] = read_nothing, /* bot feedback */
  [20] = read_nothing, /* media notify */
  [21] = read_nothing, /* cloud API thread control */
  [WA__PROTOCOL_MESSAGE__TYPE__LID_MIGRATION_MAPPING_SYNC] = read_devices,
  [23] = read_nothing, /* reminder */
  [24] = read_nothing, /* bot onboarding */
  [25] = read_nothing, /* mention in a status */
  [26] = read_nothing, /* stop generation */
  [WA__PROTOCOL_MESSAGE__TYPE__LIMIT_SHARING] = read_nothing,
  [28] = read_nothing, /* AI metadata */
  [29] = read_nothing, /* AI query */
  [WA__PROTOCOL_MESSAGE__TYPE__GROUP_MEMBER_LABEL_CHANGE] = read_nothing,
  [31] = read_nothing, /* AI media collection */
  [32] = read_nothing, /* message unscheduled */
  [34] = read_nothing, /* theme of a chat */
  [35] = read_nothing, /* AI metadata operation */
  [36] = read_nothing, /* marked as verified */
  [37] = read_nothing, /* state of a business on two platforms */
};

gboolean
ulak_content_read_protocol (UlakContentReading *reading, gconstpointer data)
{
  const Wa__ProtocolMessage *body = data;
  guint type = body->has_type ? (guint) body->type : WA__PROTOCOL_MESSAGE__TYPE__REVOKE;

  return type < G_N_ELEMENTS (protocol_readers) && protocol_readers[type] != NULL
         && protocol_readers[type](reading, body);
}
