/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/receiving.md, "Answers".
 */
#include "whatsapp/chat/answer.h"

#include "whatsapp/chat/stanza.h"
#include "whatsapp/codec/node-builder.h"


/* What was put together here is within every limit of a node, whatever came: it copies single attributes. */
static UlakNode *
end (UlakNodeBuilder *builder)
{
  g_autoptr (GError) error = NULL;
  UlakNode *node = ulak_node_builder_end (builder, &error);

  if (node == NULL)
    g_warning ("An answer cannot be written: %s", error->message);
  return node;
}

static gboolean
is_participant_said (const UlakNode *stanza)
{
  const char *participant = ulak_node_get_attribute (stanza, "participant");

  return !(ulak_node_is (stanza, "receipt")
           && g_strcmp0 (participant, ulak_node_get_attribute (stanza, "from")) == 0);
}

/**
 * ulak_answer_ack:
 * @nack: ULAK_NACK_NONE, or why the stanza was not taken
 *
 * Returns: (transfer full) (nullable): NULL for a stanza without an id or sender, which nobody can acknowledge
 */
UlakNode *
ulak_answer_ack (const UlakNode *stanza, const UlakMe *me, UlakNack nack)
{
  gboolean is_message = ulak_node_is (stanza, "message");
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("ack");

  if (ulak_node_get_attribute (stanza, "id") == NULL || ulak_node_get_attribute (stanza, "from") == NULL)
    return NULL;
  ulak_node_builder_add_copy (builder, "id", stanza, "id");
  ulak_node_builder_add_text (builder, "class", ulak_node_get_tag (stanza));
  ulak_node_builder_add_copy (builder, "to", stanza, "from");
  if (is_participant_said (stanza))
    ulak_node_builder_add_copy (builder, "participant", stanza, "participant");
  ulak_node_builder_add_copy (builder, "recipient", stanza, "recipient");
  if (!is_message)
    ulak_node_builder_add_copy (builder, "type", stanza, "type");
  if (is_message && me->phone.user[0] != '\0')
    ulak_node_builder_add_jid (builder, "from", &me->phone);
  if (nack != ULAK_NACK_NONE)
    ulak_node_builder_add_number (builder, "error", nack);
  return end (builder);
}

static const char *
receipt_type (const UlakAddress *address, gboolean is_available)
{
  if (address->is_peer)
    return "peer_msg";
  if (address->is_from_me)
    return "sender";
  return is_available ? NULL : "inactive";
}

/**
 * ulak_answer_receipt:
 * @stanza: a message that is stored now
 * @is_available: whether we show ourselves as online
 *
 * Returns: (transfer full): the delivery receipt, which is the acknowledgement; a plain ack for what has none
 */
UlakNode *
ulak_answer_receipt (const UlakNode *stanza, const UlakAddress *address, const UlakMe *me, gboolean is_available)
{
  gboolean is_note = address->kind == ULAK_ADDRESS_DIRECT && address->is_from_me && !address->is_peer
                     && !address->has_recipient;
  g_autoptr (UlakNodeBuilder) builder = NULL;

  if (address->kind == ULAK_ADDRESS_NEWSLETTER || is_note)
    return ulak_answer_ack (stanza, me, ULAK_NACK_NONE);
  builder = ulak_node_builder_new ("receipt");
  ulak_node_builder_add_copy (builder, "id", stanza, "id");
  ulak_node_builder_add_copy (builder, "to", stanza, "from");
  ulak_node_builder_add_text (builder, "type", receipt_type (address, is_available));
  ulak_node_builder_add_copy (builder, "participant", stanza, "participant");
  ulak_node_builder_add_copy (builder, "recipient", stanza, "recipient");
  return end (builder);
}

/** ulak_answer_history: that a part of the history arrived, beside the receipt of the message that told of it */
UlakNode *
ulak_answer_history (const UlakNode *stanza, const UlakMe *me)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("receipt");
  UlakJid account = ulak_jid_get_account (&me->phone);

  ulak_node_builder_add_copy (builder, "id", stanza, "id");
  ulak_node_builder_add_text (builder, "type", "hist_sync");
  ulak_node_builder_add_jid (builder, "to", &account);
  return end (builder);
}

static void
add_big_endian (UlakNodeBuilder *builder, const char *tag, guint32 value, guint n_bytes)
{
  guint8 bytes[4] = { (guint8) (value >> 24), (guint8) (value >> 16), (guint8) (value >> 8), (guint8) value };

  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_bytes (builder, bytes + sizeof bytes - n_bytes, n_bytes);
  ulak_node_builder_close (builder);
}

static void
add_keys (UlakNodeBuilder *builder, const UlakRetryKeys *keys)
{
  static const guint8 type[] = { 5 };

  ulak_node_builder_open (builder, "keys");
  ulak_node_builder_open (builder, "type");
  ulak_node_builder_set_bytes (builder, type, sizeof type);
  ulak_node_builder_close (builder);
  ulak_stanza_add_bytes (builder, "identity", keys->identity);
  ulak_node_builder_open (builder, "key");
  add_big_endian (builder, "id", keys->one_time_id, 3);
  ulak_stanza_add_bytes (builder, "value", keys->one_time_key);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "skey");
  add_big_endian (builder, "id", keys->signed_id, 3);
  ulak_stanza_add_bytes (builder, "value", keys->signed_key);
  ulak_stanza_add_bytes (builder, "signature", keys->signature);
  ulak_node_builder_close (builder);
  ulak_stanza_add_bytes (builder, "device-identity", keys->device_identity);
  ulak_node_builder_close (builder);
}

void
ulak_retry_keys_clear (UlakRetryKeys *self)
{
  g_clear_pointer (&self->identity, g_bytes_unref);
  g_clear_pointer (&self->one_time_key, g_bytes_unref);
  g_clear_pointer (&self->signed_key, g_bytes_unref);
  g_clear_pointer (&self->signature, g_bytes_unref);
  g_clear_pointer (&self->device_identity, g_bytes_unref);
}

/** ulak_answer_retry: asks the sender of @stanza to encrypt it again. It is followed by an ack */
UlakNode *
ulak_answer_retry (const UlakNode *stanza, const UlakRetryAsk *request)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("receipt");

  ulak_node_builder_add_copy (builder, "id", stanza, "id");
  ulak_node_builder_add_text (builder, "type", "retry");
  ulak_node_builder_add_copy (builder, "to", stanza, "from");
  ulak_node_builder_add_copy (builder, "participant", stanza, "participant");
  ulak_node_builder_add_copy (builder, "recipient", stanza, "recipient");
  if (g_strcmp0 (ulak_node_get_attribute (stanza, "category"), "peer") == 0)
    ulak_node_builder_add_text (builder, "category", "peer");
  ulak_node_builder_open (builder, "retry");
  ulak_node_builder_add_number (builder, "count", request->count);
  ulak_node_builder_add_copy (builder, "id", stanza, "id");
  ulak_node_builder_add_copy (builder, "t", stanza, "t");
  ulak_node_builder_add_text (builder, "v", "1");
  ulak_node_builder_add_number (builder, "error", request->reason);
  ulak_node_builder_close (builder);
  add_big_endian (builder, "registration", request->registration_id, 4);
  if (request->keys != NULL)
    add_keys (builder, request->keys);
  return end (builder);
}

/**
 * ulak_answer_seen:
 * @ids: ended by NULL, 1 to ULAK_RECEIPT_IDS_MAX, all of the same chat and author
 */
UlakNode *
ulak_answer_seen (const char *type,
                  const UlakJid *chat,
                  const UlakJid *participant_or_null,
                  const char *const *ids,
                  gint64 now_s)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("receipt");

  ulak_node_builder_add_text (builder, "id", ids[0]);
  ulak_node_builder_add_text (builder, "type", type);
  ulak_node_builder_add_jid (builder, "to", chat);
  if (participant_or_null != NULL)
    ulak_node_builder_add_jid (builder, "participant", participant_or_null);
  if (ulak_jid_is_status (chat))
    ulak_node_builder_add_text (builder, "context", "status");
  ulak_node_builder_add_number (builder, "t", (guint64) now_s);
  if (ids[1] == NULL)
    return end (builder);
  ulak_node_builder_open (builder, "list");
  for (gsize i = 1; ids[i] != NULL && i < ULAK_RECEIPT_IDS_MAX; i++)
    {
      ulak_node_builder_open (builder, "item");
      ulak_node_builder_add_text (builder, "id", ids[i]);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  return end (builder);
}
