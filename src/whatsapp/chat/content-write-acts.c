/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies that act on another message: reactions, votes, edits, deletions, and the other message sent on.
 */
#include "whatsapp/chat/content-writing.h"

#include "core/json.h"
#include "whatsapp/crypto/digest.h"

#include <string.h>

gboolean
ulak_content_write_reaction (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  Wa__MessageKey *key = ulak_content_make_key (writing, error);
  Wa__ReactionMessage *body;

  if (key == NULL)
    return FALSE;
  body = ULAK_CONTENT_NEW (writing, Wa__ReactionMessage, wa__reaction_message);
  body->key = key;
  body->text = (char *) ulak_json_peek_string (json_node_get_object (part), "emoji");
  body->has_sender_timestamp_ms = TRUE;
  body->sender_timestamp_ms = writing->request->now_ms;
  writing->message.reaction_message = body;
  return TRUE;
}

/* --- votes --- */

static GBytes *
pack_vote (JsonArray *options)
{
  guint n = json_array_get_length (options);
  g_autofree guint8 *digests = g_malloc (n * ULAK_SHA256_BYTES);
  g_autofree ProtobufCBinaryData *selected = g_new (ProtobufCBinaryData, n);
  Wa__PollVoteMessage vote = WA__POLL_VOTE_MESSAGE__INIT;

  for (guint i = 0; i < n; i++)
    {
      const UlakSpan name = ULAK_SPAN_TEXT (json_array_get_string_element (options, i));

      selected[i] = (ProtobufCBinaryData){ ULAK_SHA256_BYTES, digests + i * ULAK_SHA256_BYTES };
      ulak_sha256 (&name, 1, selected[i].data);
    }
  vote.n_selected_options = n;
  vote.selected_options = selected;
  return ulak_protobuf_pack (&vote);
}

static ProtobufCBinaryData
keep_bytes (UlakContentWriting *writing, GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  return (ProtobufCBinaryData){ size, ulak_content_keep (writing, g_memdup2 (data, size)) };
}

static Wa__PollEncValue *
seal_vote (UlakContentWriting *writing, JsonArray *options)
{
  const UlakContentRequest *request = writing->request;
  const UlakMsgSecret secret = {
    .use = ULAK_MSG_SECRET_POLL_VOTE,
    .secret = *request->target_secret,
    .message_id = request->target.id,
    .author = request->target_author,
    .sender = request->me,
  };
  Wa__PollEncValue *sealed = ULAK_CONTENT_NEW (writing, Wa__PollEncValue, wa__poll_enc_value);
  g_autoptr (GBytes) plain = pack_vote (options), nonce = NULL, payload = NULL;

  payload = ulak_msg_secret_seal (&secret, request->random, ulak_span_of (plain), &nonce);
  sealed->has_enc_iv = sealed->has_enc_payload = TRUE;
  sealed->enc_iv = keep_bytes (writing, nonce);
  sealed->enc_payload = keep_bytes (writing, payload);
  return sealed;
}

gboolean
ulak_content_write_vote (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  const UlakContentRequest *request = writing->request;
  Wa__MessageKey *key = ulak_content_make_key (writing, error);
  Wa__PollUpdateMessage *body;

  if (key == NULL)
    return FALSE;
  if (request->target_secret == NULL || request->target_author == NULL)
    return ulak_content_refuse (error, "The secret of the poll is not known: it came before this device was linked");
  body = ULAK_CONTENT_NEW (writing, Wa__PollUpdateMessage, wa__poll_update_message);
  body->poll_creation_message_key = key;
  body->vote = seal_vote (writing, ulak_json_peek_array (json_node_get_object (part), "options"));
  body->has_sender_timestamp_ms = TRUE;
  body->sender_timestamp_ms = request->now_ms;
  writing->message.poll_update_message = body;
  return TRUE;
}

/* --- edits, deletions --- */

static Wa__ProtocolMessage *
make_protocol (UlakContentWriting *writing, Wa__ProtocolMessage__Type type, GError **error)
{
  Wa__MessageKey *key = ulak_content_make_key (writing, error);
  Wa__ProtocolMessage *body;

  if (key == NULL)
    return NULL;
  body = ULAK_CONTENT_NEW (writing, Wa__ProtocolMessage, wa__protocol_message);
  body->key = key;
  body->has_type = TRUE;
  body->type = type;
  return body;
}

gboolean
ulak_content_write_revoke (UlakContentWriting *writing, JsonNode *part G_GNUC_UNUSED, GError **error)
{
  writing->message.protocol_message = make_protocol (writing, WA__PROTOCOL_MESSAGE__TYPE__REVOKE, error);
  return writing->message.protocol_message != NULL;
}

gboolean
ulak_content_write_pin (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  gint64 duration_s = ulak_json_peek_integer (json_node_get_object (part), "duration_s", 0);
  Wa__MessageKey *key = ulak_content_make_key (writing, error);
  Wa__PinInChatMessage *body;

  if (key == NULL)
    return FALSE;
  body = ULAK_CONTENT_NEW (writing, Wa__PinInChatMessage, wa__pin_in_chat_message);
  body->key = key;
  body->has_type = TRUE;
  body->type = duration_s > 0 ? WA__PIN_IN_CHAT_MESSAGE__TYPE__PIN_FOR_ALL : WA__PIN_IN_CHAT_MESSAGE__TYPE__UNPIN_FOR_ALL;
  body->has_sender_timestamp_ms = TRUE;
  body->sender_timestamp_ms = writing->request->now_ms;
  writing->message.pin_in_chat_message = body;
  writing->message_context.has_message_add_on_duration_in_secs = duration_s > 0;
  writing->message_context.message_add_on_duration_in_secs = (guint32) duration_s;
  if (duration_s > 0)
    writing->message.message_context_info = &writing->message_context;
  return TRUE;
}

/* A message whose text is the caption of a file: the same with another caption. (nullable): the original is not one. */
static Wa__Message *
edit_caption (UlakContentWriting *writing, char *caption)
{
  UlakSpan bytes = writing->request->original;
  Wa__Message *original = bytes.size_bytes == 0 ? NULL : ulak_content_unpack_kept (writing, bytes, NULL);
  Wa__Message *edited = ULAK_CONTENT_NEW (writing, Wa__Message, wa__message);

  if (original != NULL && original->document_with_caption_message != NULL)
    original = original->document_with_caption_message->message;
  if (original == NULL)
    return NULL;
  if (original->image_message != NULL)
    {
      edited->image_message = ulak_content_keep (writing, g_memdup2 (original->image_message, sizeof (Wa__ImageMessage)));
      edited->image_message->caption = caption;
      return edited;
    }
  if (original->video_message != NULL)
    {
      edited->video_message = ulak_content_keep (writing, g_memdup2 (original->video_message, sizeof (Wa__VideoMessage)));
      edited->video_message->caption = caption;
      return edited;
    }
  if (original->document_message == NULL)
    return NULL;
  edited->document_message
      = ulak_content_keep (writing, g_memdup2 (original->document_message, sizeof (Wa__DocumentMessage)));
  edited->document_message->caption = caption;
  return edited;
}

static Wa__Message *
make_edited (UlakContentWriting *writing, const char *text)
{
  Wa__Message *edited = edit_caption (writing, ulak_content_name_mentions (writing, text));

  if (edited != NULL)
    return edited;
  edited = ULAK_CONTENT_NEW (writing, Wa__Message, wa__message);
  ulak_content_put_text (writing, edited, text, NULL);
  return edited;
}

gboolean
ulak_content_write_edit (UlakContentWriting *writing, JsonNode *part, GError **error)
{
  Wa__ProtocolMessage *body = make_protocol (writing, WA__PROTOCOL_MESSAGE__TYPE__MESSAGE_EDIT, error);
  Wa__FutureProofMessage *wrapper;

  if (body == NULL)
    return FALSE;
  body->edited_message = make_edited (writing, ulak_json_peek_string (json_node_get_object (part), "text"));
  body->has_timestamp_ms = TRUE;
  body->timestamp_ms = writing->request->now_ms;
  wrapper = ULAK_CONTENT_NEW (writing, Wa__FutureProofMessage, wa__future_proof_message);
  wrapper->message = ULAK_CONTENT_NEW (writing, Wa__Message, wa__message);
  wrapper->message->protocol_message = body;
  writing->message.edited_message = wrapper;
  return TRUE;
}

/* --- forwarding --- */

/* Bodies that may be sent on: they have a context_info, and mean something to others. */
static const char *const forwardable[] = {
  "extended_text_message",
  "image_message",
  "video_message",
  "ptv_message",
  "audio_message",
  "document_message",
  "sticker_message",
  "location_message",
  "live_location_message",
  "contact_message",
  "contacts_array_message",
  "group_invite_message",
  "poll_creation_message",
  "poll_creation_message_v3",
  "poll_creation_message_v2",
  "poll_creation_message_v5",
};

static ProtobufCMessage **
find_body (Wa__Message *message)
{
  for (gsize i = 0; i < G_N_ELEMENTS (forwardable); i++)
    {
      const ProtobufCFieldDescriptor *field
          = protobuf_c_message_descriptor_get_field_by_name (&wa__message__descriptor, forwardable[i]);
      ProtobufCMessage **body = G_STRUCT_MEMBER_P (message, field->offset);

      if (*body != NULL)
        return body;
    }
  return NULL;
}

static Wa__ContextInfo **
find_context (ProtobufCMessage *body)
{
  const ProtobufCFieldDescriptor *field
      = protobuf_c_message_descriptor_get_field_by_name (body->descriptor, "context_info");

  return G_STRUCT_MEMBER_P (body, field->offset);
}

static void
mark_forwarded (Wa__ContextInfo *context, const Wa__ContextInfo *before)
{
  guint32 score = before != NULL && before->has_forwarding_score ? before->forwarding_score : 0;

  context->has_is_forwarded = context->is_forwarded = TRUE;
  context->has_forwarding_score = TRUE;
  context->forwarding_score = score == G_MAXUINT32 ? score : score + 1;
}

static gboolean
is_view_once (const Wa__Message *message)
{
  return message->view_once_message != NULL || message->view_once_message_v2 != NULL
         || message->view_once_message_v2_extension != NULL
         || (message->image_message != NULL && message->image_message->view_once)
         || (message->video_message != NULL && message->video_message->view_once)
         || (message->audio_message != NULL && message->audio_message->view_once);
}

static Wa__Message *
unwrap (Wa__Message *message)
{
  for (;;)
    {
      Wa__FutureProofMessage *wrapper = message->ephemeral_message != NULL ? message->ephemeral_message
                                        : message->document_with_caption_message != NULL
                                            ? message->document_with_caption_message
                                            : message->edited_message;

      if (message->device_sent_message != NULL && message->device_sent_message->message != NULL)
        message = message->device_sent_message->message;
      else if (wrapper != NULL && wrapper->message != NULL)
        message = wrapper->message;
      else
        return message;
    }
}

/* The body goes on as it is, with another context. The copy of its struct shares what it points to. */
static gboolean
put_forwarded (UlakContentWriting *writing, Wa__Message *original, GError **error)
{
  ProtobufCMessage **found = find_body (original), *body;
  Wa__ContextInfo *context, **place;

  if (found == NULL)
    return ulak_content_refuse (error, "This kind of message cannot be forwarded");
  body = ulak_content_keep (writing, g_memdup2 (*found, (*found)->descriptor->sizeof_message));
  place = find_context (body);
  ulak_content_make_context (writing);
  context = &writing->context;
  mark_forwarded (context, *place);
  *place = context;
  G_STRUCT_MEMBER (ProtobufCMessage *, &writing->message, (guint8 *) found - (guint8 *) original) = body;
  return TRUE;
}

gboolean
ulak_content_write_forward (UlakContentWriting *writing, JsonNode *part G_GNUC_UNUSED, GError **error)
{
  UlakSpan bytes = writing->request->forwarded;
  Wa__ExtendedTextMessage *text;
  Wa__Message *original;

  if (bytes.size_bytes == 0)
    return ulak_content_refuse (error, "The message to forward is not known here any more");
  original = ulak_content_unpack_kept (writing, bytes, error);
  if (original == NULL)
    return FALSE;
  original = unwrap (original);
  if (is_view_once (original))
    return ulak_content_refuse (error, "A message that can be viewed once cannot be forwarded");
  if (original->conversation == NULL)
    return put_forwarded (writing, original, error);
  text = ULAK_CONTENT_NEW (writing, Wa__ExtendedTextMessage, wa__extended_text_message);
  text->text = original->conversation;
  ulak_content_make_context (writing);
  mark_forwarded (&writing->context, NULL);
  text->context_info = &writing->context;
  writing->message.extended_text_message = text;
  return TRUE;
}
