/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages that are not for readers: copies for the own other devices, keys of senders, requests to the own phone.
 */
#include "whatsapp/chat/content-write.h"

static ProtobufCBinaryData
data_of (UlakSpan span)
{
  return (ProtobufCBinaryData){ span.size_bytes, (guint8 *) span.bytes };
}

/* The secret stands outside, too: whoever gets the copy looks for it there. */
GBytes *
ulak_content_wrap_device_sent (GBytes *message, const char *destination, const char *phash)
{
  g_autoptr (Wa__Message) inner
      = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (message, NULL), g_bytes_get_size (message), NULL);
  Wa__DeviceSentMessage sent = WA__DEVICE_SENT_MESSAGE__INIT;
  Wa__Message outer = WA__MESSAGE__INIT;

  g_return_val_if_fail (inner != NULL, NULL);
  sent.destination_jid = (char *) destination;
  sent.phash = (char *) phash;
  sent.message = inner;
  outer.device_sent_message = &sent;
  outer.message_context_info = inner->message_context_info;
  return ulak_protobuf_pack (&outer);
}

GBytes *
ulak_content_write_sender_key (const char *group, UlakSpan distribution)
{
  Wa__SenderKeyDistributionMessage key = WA__SENDER_KEY_DISTRIBUTION_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;

  key.group_id = (char *) group;
  key.has_axolotl_sender_key_distribution_message = TRUE;
  key.axolotl_sender_key_distribution_message = data_of (distribution);
  message.sender_key_distribution_message = &key;
  return ulak_protobuf_pack (&message);
}

static GBytes *
pack_protocol (Wa__ProtocolMessage *protocol, Wa__ProtocolMessage__Type type)
{
  Wa__Message message = WA__MESSAGE__INIT;

  protocol->has_type = TRUE;
  protocol->type = type;
  message.protocol_message = protocol;
  return ulak_protobuf_pack (&message);
}

static GBytes *
pack_request (Wa__PeerDataOperationRequestMessage *request, Wa__PeerDataOperationRequestType type)
{
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;

  request->has_peer_data_operation_request_type = TRUE;
  request->peer_data_operation_request_type = type;
  protocol.peer_data_operation_request_message = request;
  return pack_protocol (&protocol, WA__PROTOCOL_MESSAGE__TYPE__PEER_DATA_OPERATION_REQUEST_MESSAGE);
}

GBytes *
ulak_content_write_key_request (const UlakSpan *key_ids, gsize n_key_ids)
{
  g_autofree Wa__AppStateSyncKeyId *ids = g_new (Wa__AppStateSyncKeyId, n_key_ids);
  g_autofree Wa__AppStateSyncKeyId **list = g_new (Wa__AppStateSyncKeyId *, n_key_ids);
  Wa__AppStateSyncKeyRequest request = WA__APP_STATE_SYNC_KEY_REQUEST__INIT;
  Wa__ProtocolMessage protocol = WA__PROTOCOL_MESSAGE__INIT;

  for (gsize i = 0; i < n_key_ids; i++)
    {
      wa__app_state_sync_key_id__init (&ids[i]);
      ids[i].has_key_id = TRUE;
      ids[i].key_id = data_of (key_ids[i]);
      list[i] = &ids[i];
    }
  request.n_key_ids = n_key_ids;
  request.key_ids = list;
  protocol.app_state_sync_key_request = &request;
  return pack_protocol (&protocol, WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_SYNC_KEY_REQUEST);
}

GBytes *
ulak_content_write_resend_request (const UlakContentKey *key)
{
  Wa__MessageKey message_key = WA__MESSAGE_KEY__INIT;
  Wa__PeerDataOperationRequestMessage__PlaceholderMessageResendRequest resend
      = WA__PEER_DATA_OPERATION_REQUEST_MESSAGE__PLACEHOLDER_MESSAGE_RESEND_REQUEST__INIT;
  Wa__PeerDataOperationRequestMessage__PlaceholderMessageResendRequest *list[] = { &resend };
  Wa__PeerDataOperationRequestMessage request = WA__PEER_DATA_OPERATION_REQUEST_MESSAGE__INIT;

  message_key.remote_jid = (char *) key->chat;
  message_key.has_from_me = TRUE;
  message_key.from_me = key->from_me;
  message_key.id = (char *) key->id;
  message_key.participant = (char *) key->participant;
  resend.message_key = &message_key;
  request.n_placeholder_message_resend_request = 1;
  request.placeholder_message_resend_request = list;
  return pack_request (&request, WA__PEER_DATA_OPERATION_REQUEST_TYPE__PLACEHOLDER_MESSAGE_RESEND);
}

/* oldest: the oldest message that we have of the chat. The field that is named after milliseconds takes seconds. */
GBytes *
ulak_content_write_history_request (const UlakContentKey *oldest, gint64 oldest_s, guint count)
{
  Wa__PeerDataOperationRequestMessage__HistorySyncOnDemandRequest history
      = WA__PEER_DATA_OPERATION_REQUEST_MESSAGE__HISTORY_SYNC_ON_DEMAND_REQUEST__INIT;
  Wa__PeerDataOperationRequestMessage request = WA__PEER_DATA_OPERATION_REQUEST_MESSAGE__INIT;

  history.chat_jid = (char *) oldest->chat;
  history.oldest_msg_id = (char *) oldest->id;
  history.has_oldest_msg_from_me = TRUE;
  history.oldest_msg_from_me = oldest->from_me;
  history.has_on_demand_msg_count = TRUE;
  history.on_demand_msg_count = (gint32) count;
  history.has_oldest_msg_timestamp_ms = TRUE;
  history.oldest_msg_timestamp_ms = oldest_s;
  request.history_sync_on_demand_request = &history;
  return pack_request (&request, WA__PEER_DATA_OPERATION_REQUEST_TYPE__HISTORY_SYNC_ON_DEMAND);
}
