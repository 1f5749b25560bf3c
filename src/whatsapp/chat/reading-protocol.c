/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Protocol messages between our own devices: only from our phone, which is device 0. From anybody else they are an attempt to
 * give us keys, history or names that are not ours.
 */
#include "whatsapp/chat/reading.h"

#include "core/log.h"
#include "whatsapp/chat/app-state.h"
#include "whatsapp/chat/history.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/credentials.h"

#define MAPPINGS_MAX 50000 /* of one message */
#define RESULTS_MAX 64

static void
make_user (UlakJid *jid, const char *server, guint64 user)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT "@%s", user, server);

  if (!ulak_jid_parse (text, jid, NULL))
    g_assert_not_reached ();
}

static gboolean
learn (UlakReading *self, guint64 phone_user, guint64 lid_user, GError **error)
{
  gboolean is_news;
  UlakJid phone, lid;

  if (phone_user == 0 || lid_user == 0)
    return TRUE;
  make_user (&phone, "s.whatsapp.net", phone_user);
  make_user (&lid, "lid", lid_user);
  return ulak_peers_learn (self->database, &phone, &lid, self->entry->view.now_us, NULL, &is_news, error);
}

static gboolean
take_mappings (UlakReading *self, const Wa__ProtocolMessage *protocol, GError **error)
{
  const Wa__LIDMigrationMappingSyncMessage *sync = protocol->lid_migration_mapping_sync_message;
  g_autoptr (Wa__LIDMigrationMappingSyncPayload) payload = NULL;

  if (sync == NULL || !sync->has_encoded_mapping_payload)
    return TRUE;
  payload = ulak_protobuf_unpack_bytes (&wa__lidmigration_mapping_sync_payload__descriptor,
                                        &sync->encoded_mapping_payload, NULL);
  if (payload == NULL)
    return TRUE;
  for (gsize i = 0; i < MIN (payload->n_pn_to_lid_mappings, MAPPINGS_MAX); i++)
    {
      const Wa__LIDMigrationMapping *mapping = payload->pn_to_lid_mappings[i];

      if (!learn (self, mapping->pn, mapping->latest_lid != 0 ? mapping->latest_lid : mapping->assigned_lid, error))
        return FALSE;
    }
  self->entry->verdict.is_migrated = payload->has_chat_db_migration_timestamp
                                     && payload->chat_db_migration_timestamp > 0;
  return TRUE;
}

/* A message as the phone has it: the same as if it had come to us by itself. */
static gboolean
locate (const UlakReading *self, const Wa__WebMessageInfo *info, UlakAddress *address)
{
  const Wa__MessageKey *key = info->key;
  const char *participant = info->participant != NULL ? info->participant : key->participant;

  *address = (UlakAddress){ .is_from_me = key->has_from_me && key->from_me };
  if (!ulak_jid_parse (key->remote_jid, &address->from, NULL))
    return FALSE;
  address->chat = ulak_jid_get_account (&address->from);
  address->author = address->is_from_me ? self->entry->view.me.phone : address->from;
  address->has_recipient = address->is_from_me;
  if (ulak_jid_is_user (&address->chat))
    return TRUE;
  address->kind = address->chat.server == ULAK_JID_SERVER_GROUP ? ULAK_ADDRESS_GROUP : ULAK_ADDRESS_BROADCAST;
  return address->is_from_me
         || (participant != NULL && ulak_jid_parse (participant, &address->author, NULL)
             && ulak_jid_is_user (&address->author));
}

static gboolean
take_resent (UlakReading *self, const ProtobufCBinaryData *bytes, GError **error)
{
  g_autoptr (Wa__WebMessageInfo) info
      = ulak_protobuf_unpack_bytes (&wa__web_message_info__descriptor, bytes, NULL);
  const UlakContentNames names = { ulak_people_name_text, self->database };
  g_autoptr (UlakContent) content = NULL;
  g_auto (UlakReading) reading = {
    .database = self->database, .inbound = self->inbound, .entry = self->entry, .is_told = TRUE
  };
  UlakAddress address;

  if (info == NULL || info->message == NULL || info->key == NULL || info->key->id == NULL
      || info->key->remote_jid == NULL || !locate (self, info, &address))
    return TRUE;
  reading.address = &address;
  reading.network_id = info->key->id;
  reading.timestamp_us = (gint64) MIN (info->message_timestamp, (guint64) G_MAXINT32 * 4) * G_USEC_PER_SEC;
  reading.push_name = address.is_from_me ? NULL : info->push_name;
  content = ulak_content_read_message (info->message, &names);
  return content->kind == ULAK_CONTENT_PROTOCOL
         || (ulak_reading_begin (&reading, error) && ulak_reading_take (&reading, content, error)
             && ulak_reading_end_placeholder (&reading, error));
}

static gboolean
take_answer (UlakReading *self, const Wa__ProtocolMessage *protocol, GError **error)
{
  const Wa__PeerDataOperationRequestResponseMessage *answer = protocol->peer_data_operation_request_response_message;

  if (answer == NULL
      || answer->peer_data_operation_request_type != WA__PEER_DATA_OPERATION_REQUEST_TYPE__PLACEHOLDER_MESSAGE_RESEND)
    return TRUE;
  for (gsize i = 0; i < MIN (answer->n_peer_data_operation_result, RESULTS_MAX); i++)
    {
      const Wa__PeerDataOperationRequestResponseMessage__PeerDataOperationResult *result
          = answer->peer_data_operation_result[i];

      if (result->placeholder_message_resend_response != NULL
          && result->placeholder_message_resend_response->has_web_message_info_bytes
          && !take_resent (self, &result->placeholder_message_resend_response->web_message_info_bytes, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_history (UlakReading *self, const Wa__ProtocolMessage *protocol, GError **error)
{
  self->entry->verdict.is_history = TRUE;
  return protocol->history_sync_notification == NULL
         || ulak_history_note (self->database, protocol->history_sync_notification, self->network_id,
                               self->entry->view.now_us, error);
}

static gboolean
take_keys (UlakReading *self, const Wa__ProtocolMessage *protocol, GError **error)
{
  return protocol->app_state_sync_key_share == NULL
         || ulak_app_state_keep_keys (self->database, protocol->app_state_sync_key_share, self->entry->view.now_us,
                                      error);
}

static const struct
{
  Wa__ProtocolMessage__Type type;
  gboolean (*take) (UlakReading *self, const Wa__ProtocolMessage *protocol, GError **error);
} takers[] = {
  { WA__PROTOCOL_MESSAGE__TYPE__HISTORY_SYNC_NOTIFICATION, take_history },
  { WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_SYNC_KEY_SHARE, take_keys },
  { WA__PROTOCOL_MESSAGE__TYPE__LID_MIGRATION_MAPPING_SYNC, take_mappings },
  { WA__PROTOCOL_MESSAGE__TYPE__PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE, take_answer },
};

static gboolean
is_from_phone (const UlakAddress *address)
{
  return address->kind == ULAK_ADDRESS_DIRECT && address->is_from_me && address->author.device == 0;
}

gboolean
ulak_reading_take_protocol (UlakReading *self, const Wa__ProtocolMessage *protocol, GError **error)
{
  UlakEntry *entry = self->entry;
  const UlakProtocolHandler *handler;

  if (protocol == NULL || (guint) protocol->type >= ULAK_PROTOCOL_TYPES_MAX)
    return TRUE;
  if (!is_from_phone (self->address))
    {
      g_autofree char *masked = ulak_log_mask_number (self->from != NULL ? self->from : "");

      ulak_log_info (NULL, "A message of %s was not obeyed: only our own phone may say this (protocol message %d)",
                     masked, (int) protocol->type);
      return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (takers[i].type == protocol->type && !takers[i].take (self, protocol, error))
      return FALSE;
  entry->verdict.protocols |= G_GUINT64_CONSTANT (1) << protocol->type;
  handler = &entry->protocols[protocol->type];
  return handler->work == NULL
         || handler->work (self->database, self->inbound, entry->stanza, protocol, handler->data, error);
}
