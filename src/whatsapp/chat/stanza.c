/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/sending.md, "Stanzas".
 */
#include "whatsapp/chat/stanza.h"

static Wa__Message *
parse (GBytes *message)
{
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (message, &size_bytes);

  return ulak_protobuf_unpack (&wa__message__descriptor, bytes, size_bytes, NULL);
}

void
ulak_stanza_describe (GBytes *message, UlakContentStanza *description_out)
{
  g_autoptr (Wa__Message) parsed = parse (message);

  *description_out = (UlakContentStanza){ .type = "text" };
  if (parsed != NULL)
    ulak_content_describe (parsed, description_out);
}

UlakNodeBuilder *
ulak_stanza_begin (const char *id, const UlakJid *to, const UlakContentStanza *description)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("message");

  ulak_node_builder_add_text (builder, "id", id);
  ulak_node_builder_add_jid (builder, "to", to);
  ulak_node_builder_add_text (builder, "type", description->type);
  ulak_node_builder_add_text (builder, "edit", description->edit);
  return builder;
}

void
ulak_stanza_add_enc (UlakNodeBuilder *builder,
                     UlakCiphertextKind kind,
                     GBytes *bytes,
                     const UlakContentStanza *description,
                     guint count)
{
  gsize size_bytes;
  const guint8 *start = g_bytes_get_data (bytes, &size_bytes);

  ulak_node_builder_open (builder, "enc");
  ulak_node_builder_add_text (builder, "v", "2");
  ulak_node_builder_add_text (builder, "type", ulak_ciphertext_kind_get_name (kind));
  if (description != NULL)
    {
      ulak_node_builder_add_text (builder, "mediatype", description->mediatype);
      if (description->hides_failure)
        ulak_node_builder_add_text (builder, "decrypt-fail", "hide");
    }
  if (count > 0)
    ulak_node_builder_add_number (builder, "count", count);
  ulak_node_builder_set_bytes (builder, start, size_bytes);
  ulak_node_builder_close (builder);
}

void
ulak_stanza_add_meta (UlakNodeBuilder *builder, const UlakContentStanza *description)
{
  if (description->polltype == NULL && description->event_type == NULL)
    return;
  ulak_node_builder_open (builder, "meta");
  ulak_node_builder_add_text (builder, "polltype", description->polltype);
  ulak_node_builder_add_text (builder, "event_type", description->event_type);
  ulak_node_builder_close (builder);
}

static gboolean
read_secret (GBytes *message, UlakKey *secret_out)
{
  g_autoptr (Wa__Message) parsed = parse (message);
  const Wa__MessageContextInfo *context = parsed == NULL ? NULL : parsed->message_context_info;

  if (context == NULL || !context->has_message_secret || context->message_secret.len != ULAK_KEY_BYTES)
    return FALSE;
  ulak_key_set (secret_out, context->message_secret.data, context->message_secret.len);
  return TRUE;
}

void
ulak_stanza_add_reporting (UlakNodeBuilder *builder,
                           GBytes *message,
                           const char *id,
                           const UlakJid *sender,
                           const UlakJid *chat)
{
  g_autofree char *sender_text = ulak_jid_print (sender);
  g_autofree char *chat_text = ulak_jid_print (chat);
  g_autoptr (GBytes) token = NULL;
  g_auto (UlakKey) secret = { 0 };
  gsize size_bytes;
  const guint8 *bytes;

  if (read_secret (message, &secret))
    token = ulak_content_make_reporting_token (message, &secret, id, sender_text, chat_text);
  if (token == NULL)
    return;
  bytes = g_bytes_get_data (token, &size_bytes);
  ulak_node_builder_open (builder, "reporting");
  ulak_node_builder_open (builder, "reporting_token");
  ulak_node_builder_add_text (builder, "v", "2");
  ulak_node_builder_set_bytes (builder, bytes, size_bytes);
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
}

void
ulak_stanza_add_bytes (UlakNodeBuilder *builder, const char *tag, GBytes *bytes)
{
  gsize size_bytes;
  const guint8 *start = g_bytes_get_data (bytes, &size_bytes);

  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_bytes (builder, start, size_bytes);
  ulak_node_builder_close (builder);
}
