/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One row per body that a Message can have. Wrappers are bodies, too: they say something and hold a Message. How deep they
 * go is bounded by the walk of codec/protobuf.c.
 */
#include "whatsapp/chat/content-reading.h"

#include "core/json.h"
#include "whatsapp/chat/content-fields.h"

#include <string.h>

#define DOCUMENT_CHECK_BYTES 65536 /* messages below make no document that a line's database would refuse */
#define DOCUMENT_MAX (6 * 1024 * 1024)

typedef struct
{
  UlakContent content;
  GPtrArray *messages; /* (owned) (nullable): unpacked, what content points into */
  GPtrArray *texts;    /* (owned) (nullable) */
} Owned;

UlakContent *
ulak_content_new (void)
{
  Owned *owned = g_new0 (Owned, 1);

  return &owned->content;
}

void
ulak_content_free (UlakContent *self)
{
  Owned *owned = (Owned *) self;

  if (self == NULL)
    return;
  g_clear_pointer (&self->document, json_object_unref);
  g_clear_pointer (&self->media_reference, json_object_unref);
  g_free ((gpointer) self->mentions);
  g_clear_pointer (&owned->messages, g_ptr_array_unref);
  g_clear_pointer (&owned->texts, g_ptr_array_unref);
  g_free (owned);
}

const char *
ulak_content_keep_text (UlakContent *self, const char *text)
{
  Owned *owned = (Owned *) self;
  char *copy = g_strdup (text);

  if (owned->texts == NULL)
    owned->texts = g_ptr_array_new_with_free_func (g_free);
  if (copy != NULL)
    g_ptr_array_add (owned->texts, copy);
  return copy;
}

/* message: (transfer full): unpacked */
void
ulak_content_keep_message (UlakContent *self, gpointer message)
{
  Owned *owned = (Owned *) self;

  if (owned->messages == NULL)
    owned->messages = g_ptr_array_new_with_free_func (ulak_protobuf_free);
  g_ptr_array_add (owned->messages, message);
}

gboolean
ulak_content_set_target (UlakContentReading *reading, const Wa__MessageKey *key)
{
  if (key == NULL || key->id == NULL || *key->id == '\0' || strlen (key->id) > ULAK_CONTENT_ID_MAX)
    return FALSE;
  reading->content->target = (UlakContentKey){
    .chat = key->remote_jid != NULL ? key->remote_jid : "",
    .from_me = key->has_from_me && key->from_me,
    .id = key->id,
    .participant = key->participant != NULL && *key->participant != '\0' ? key->participant : NULL,
  };
  return TRUE;
}

/* --- the bodies --- */

static gboolean
read_wrapper (UlakContentReading *reading, gconstpointer data)
{
  const Wa__FutureProofMessage *body = data;

  return body->message != NULL && ulak_content_read_inner (reading, body->message);
}

static gboolean
read_view_once (UlakContentReading *reading, gconstpointer data)
{
  if (!read_wrapper (reading, data))
    return FALSE;
  reading->content->is_view_once = TRUE;
  return TRUE;
}

static gboolean
read_spoiler (UlakContentReading *reading, gconstpointer data)
{
  if (!read_wrapper (reading, data))
    return FALSE;
  if (reading->content->document != NULL)
    ulak_content_set_true (reading->content->document, "spoiler", TRUE);
  return TRUE;
}

/* Its pictures come as messages of their own, which name it. */
static gboolean
read_album (UlakContentReading *reading, gconstpointer data G_GNUC_UNUSED)
{
  reading->content->kind = ULAK_CONTENT_NONE;
  return TRUE;
}

static gboolean
read_placeholder (UlakContentReading *reading, gconstpointer data G_GNUC_UNUSED)
{
  ulak_content_set_text (ulak_content_begin (reading, "unsupported"), "reason", "phone_only");
  reading->content->is_phone_only = TRUE;
  return TRUE;
}

static gboolean
refuse (UlakContentReading *reading G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  return FALSE;
}

typedef struct
{
  gsize offset;
  UlakContentReader read;
} Body;

#define BODY(field, reader) \
  { \
    offsetof (Wa__Message, field), reader \
  }

/* Of a message with several bodies the first of these counts: what people see before what acts. */
static const Body bodies[] = {
  BODY (conversation, ulak_content_read_conversation),
  BODY (extended_text_message, ulak_content_read_extended_text),
  BODY (image_message, ulak_content_read_image),
  BODY (video_message, ulak_content_read_video),
  BODY (ptv_message, ulak_content_read_video_note),
  BODY (audio_message, ulak_content_read_audio),
  BODY (document_message, ulak_content_read_media_document),
  BODY (sticker_message, ulak_content_read_sticker),
  BODY (sticker_pack_message, ulak_content_read_sticker_pack),
  BODY (location_message, ulak_content_read_location),
  BODY (live_location_message, ulak_content_read_live_location),
  BODY (contact_message, ulak_content_read_contact),
  BODY (contacts_array_message, ulak_content_read_contacts),
  BODY (poll_creation_message, ulak_content_read_poll),
  BODY (poll_creation_message_v2, ulak_content_read_poll),
  BODY (poll_creation_message_v3, ulak_content_read_poll),
  BODY (poll_creation_message_v5, ulak_content_read_poll),
  BODY (poll_creation_message_v6, ulak_content_read_poll),
  BODY (event_message, ulak_content_read_event),
  BODY (group_invite_message, ulak_content_read_group_invite),
  BODY (newsletter_admin_invite_message, ulak_content_read_channel_invite),
  BODY (template_message, ulak_content_read_template),
  BODY (buttons_message, ulak_content_read_buttons),
  BODY (list_message, ulak_content_read_list),
  BODY (interactive_message, ulak_content_read_interactive),
  BODY (product_message, ulak_content_read_product),
  BODY (order_message, ulak_content_read_order),
  BODY (template_button_reply_message, ulak_content_read_template_reply),
  BODY (buttons_response_message, ulak_content_read_buttons_reply),
  BODY (list_response_message, ulak_content_read_list_reply),
  BODY (interactive_response_message, ulak_content_read_flow_reply),
  BODY (call_log_messsage, ulak_content_read_call),
  BODY (comment_message, ulak_content_read_comment),
  BODY (request_phone_number_message, ulak_content_read_number_request),
  BODY (placeholder_message, read_placeholder),

  BODY (view_once_message, read_view_once),
  BODY (view_once_message_v2, read_view_once),
  BODY (view_once_message_v2_extension, read_view_once),
  BODY (ephemeral_message, read_wrapper),
  BODY (document_with_caption_message, read_wrapper),
  BODY (edited_message, read_wrapper),
  BODY (group_mentioned_message, read_wrapper),
  BODY (bot_invoke_message, read_wrapper),
  BODY (lottie_sticker_message, read_wrapper),
  BODY (event_cover_image, read_wrapper),
  BODY (status_mention_message, read_wrapper),
  BODY (poll_creation_option_image_message, read_wrapper),
  BODY (associated_child_message, read_wrapper),
  BODY (group_status_mention_message, read_wrapper),
  BODY (poll_creation_message_v4, read_wrapper),
  BODY (status_add_yours, read_wrapper),
  BODY (group_status_message, read_wrapper),
  BODY (group_status_message_v2, read_wrapper),
  BODY (limit_sharing_message, read_wrapper),
  BODY (bot_task_message, read_wrapper),
  BODY (question_message, read_wrapper),
  BODY (question_reply_message, read_wrapper),
  BODY (bot_forwarded_message, read_wrapper),
  BODY (newsletter_admin_profile_message, read_wrapper),
  BODY (spoiler_message, read_spoiler),

  BODY (protocol_message, ulak_content_read_protocol),
  BODY (reaction_message, ulak_content_read_reaction),
  BODY (enc_reaction_message, ulak_content_read_sealed_reaction),
  BODY (poll_update_message, ulak_content_read_vote),
  BODY (enc_event_response_message, ulak_content_read_event_answer),
  BODY (enc_comment_message, ulak_content_read_sealed_comment),
  BODY (secret_encrypted_message, ulak_content_read_sealed_edit),
  BODY (pin_in_chat_message, ulak_content_read_pin),
  BODY (keep_in_chat_message, ulak_content_read_keep),
  BODY (album_message, read_album),
  BODY (device_sent_message, refuse), /* only outermost, see below */
};

/* Unknown fields that show nothing: a sender key of another kind, stickers of the phone, an encrypted call. */
static gboolean
is_silent (const ProtobufCMessageUnknownField *field)
{
  return field->tag == 10 || field->tag == 15 || field->tag == 47;
}

static gboolean
has_unknown_body (const Wa__Message *message)
{
  for (guint i = 0; i < message->base.n_unknown_fields; i++)
    if (!is_silent (&message->base.unknown_fields[i]))
      return TRUE;
  return FALSE;
}

static gconstpointer
get_body (const Wa__Message *message, const Body *body)
{
  return G_STRUCT_MEMBER (gconstpointer, message, body->offset);
}

static const Body *
find_body (const Wa__Message *message, guint *n_bodies_out)
{
  const Body *found = NULL;

  *n_bodies_out = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      if (get_body (message, &bodies[i]) == NULL)
        continue;
      if (found == NULL)
        found = &bodies[i];
      ++*n_bodies_out;
    }
  return found;
}

/* FALSE: it has to be kept whole */
gboolean
ulak_content_read_inner (UlakContentReading *reading, const Wa__Message *message)
{
  UlakContent *content = reading->content;
  guint n_bodies;
  const Body *body = find_body (message, &n_bodies);

  ulak_content_take_sender_key (content, message);
  content->message = message;
  content->kind = body == NULL ? ULAK_CONTENT_NONE : ULAK_CONTENT_MESSAGE;
  if (body == NULL && has_unknown_body (message))
    return FALSE;
  if (body != NULL && (!body->read (reading, get_body (message, body)) || (n_bodies > 1 && content->document == NULL)))
    return FALSE;
  ulak_content_apply_message_context (reading, message->message_context_info);
  if (n_bodies > 1)
    json_object_set_boolean_member (content->document, "several", TRUE);
  return TRUE;
}

/* --- bytes --- */

static JsonObject *
new_raw (UlakSpan bytes)
{
  g_autofree char *raw = g_base64_encode (bytes.bytes, MIN (bytes.size_bytes, ULAK_CONTENT_RAW_MAX));
  JsonObject *document = json_object_new ();

  json_object_set_string_member (document, "type", "unsupported");
  json_object_set_string_member (document, "raw", raw);
  if (bytes.size_bytes > ULAK_CONTENT_RAW_MAX)
    json_object_set_int_member (document, "raw_bytes", (gint64) bytes.size_bytes);
  return document;
}

/* Whoever reads documents needs no keys of groups. */
static JsonObject *
new_unsupported (UlakSpan bytes)
{
  g_autoptr (GByteArray) plain = ulak_fields_reduce (bytes, "2", ULAK_FIELDS_OTHERS, FALSE);

  return new_raw (plain == NULL ? bytes : ULAK_SPAN (plain->data, plain->len));
}

/* What was read so far goes, what surrounds a body stays. */
static void
keep_whole (UlakContent *content, UlakSpan bytes)
{
  g_clear_pointer (&content->document, json_object_unref);
  g_clear_pointer (&content->media_reference, json_object_unref);
  content->kind = ULAK_CONTENT_MESSAGE;
  content->target = (UlakContentKey){ 0 };
  content->protocol = NULL;
  content->document = new_unsupported (bytes);
}

void
ulak_content_keep_whole (UlakContent *self, const guint8 *bytes, gsize size_bytes)
{
  if (self->kind != ULAK_CONTENT_NONE && self->kind != ULAK_CONTENT_PROTOCOL)
    keep_whole (self, ULAK_SPAN (bytes, size_bytes));
}

/* A body that was understood in part says so by its bytes: several at once, a file that cannot be fetched. */
static gboolean
needs_raw (JsonObject *document)
{
  JsonNode *media = json_object_get_member (document, "media");

  return json_object_has_member (document, "several")
         || (media != NULL && json_object_has_member (json_node_get_object (media), "unavailable"));
}

/* As its row will be written. */
static gboolean
fits (JsonObject *document)
{
  g_autofree char *text = ulak_json_print_object (document);

  return strlen (text) <= DOCUMENT_MAX;
}

static void
finish_document (UlakContent *content, UlakSpan bytes)
{
  if (content->document == NULL)
    return;
  ulak_content_set_true (content->document, "view_once", content->is_view_once);
  if (needs_raw (content->document) && bytes.size_bytes <= ULAK_CONTENT_RAW_MAX)
    {
      g_autoptr (JsonObject) whole = new_unsupported (bytes);

      json_object_remove_member (content->document, "several");
      ulak_content_set_text (content->document, "raw", json_object_get_string_member (whole, "raw"));
    }
  if (bytes.size_bytes > DOCUMENT_CHECK_BYTES && !fits (content->document))
    keep_whole (content, bytes);
}

static void
read_body (UlakContentReading *reading, const Wa__Message *message, UlakSpan bytes)
{
  UlakContent *content = reading->content;

  if (ulak_content_read_inner (reading, message))
    ulak_content_apply_context (reading);
  else
    keep_whole (content, bytes);
  finish_document (content, bytes);
}

static void
read_outermost (UlakContentReading *reading, const Wa__Message *message, UlakSpan bytes)
{
  UlakContent *content = reading->content;
  const Wa__DeviceSentMessage *sent = message->device_sent_message;

  ulak_content_take_sender_key (content, message);
  if (sent == NULL)
    {
      read_body (reading, message, bytes);
      return;
    }
  content->is_device_sent = TRUE;
  content->destination = ulak_content_text_or_null (sent->destination_jid);
  if (sent->message == NULL)
    keep_whole (content, bytes);
  else
    read_body (reading, sent->message, bytes);
  ulak_content_apply_message_context (reading, message->message_context_info);
}

/* Of bytes that are no Message the parts that others depend on, where these are good: the key of a sender, the secret, and
 * whose message it is. */
static void
salvage (UlakContent *content, UlakSpan bytes)
{
  UlakContentReading reading = { .content = content };
  g_autoptr (GByteArray) rest = ulak_fields_reduce (bytes, "2 31{1} 35{3}", ULAK_FIELDS_CHOSEN, FALSE);
  Wa__Message *message = rest == NULL ? NULL : ulak_protobuf_unpack (&wa__message__descriptor, rest->data, rest->len, NULL);

  if (message != NULL)
    {
      ulak_content_keep_message (content, message);
      ulak_content_take_sender_key (content, message);
      content->is_device_sent = message->device_sent_message != NULL;
      content->destination = content->is_device_sent ? ulak_content_text_or_null (message->device_sent_message->destination_jid) : NULL;
    }
  keep_whole (content, bytes);
  if (message != NULL)
    ulak_content_apply_message_context (&reading, message->message_context_info);
}

UlakContent *
ulak_content_read_foreign (const guint8 *bytes, gsize size_bytes, guint version)
{
  UlakContent *content = ulak_content_new ();

  content->kind = ULAK_CONTENT_MESSAGE;
  content->document = new_raw (ULAK_SPAN (bytes, size_bytes));
  json_object_set_int_member (content->document, "version", version);
  return content;
}

UlakContent *
ulak_content_read (const guint8 *bytes, gsize size_bytes, const UlakContentNames *names)
{
  UlakContent *content = ulak_content_new ();
  UlakContentReading reading = { .content = content, .names = names };
  UlakSpan span = ULAK_SPAN (bytes, size_bytes);
  Wa__Message *message = ulak_protobuf_unpack (&wa__message__descriptor, bytes, size_bytes, NULL);

  if (message == NULL)
    {
      salvage (content, span);
      return content;
    }
  ulak_content_keep_message (content, message);
  read_outermost (&reading, message, span);
  return content;
}

UlakContent *
ulak_content_read_message (const Wa__Message *message, const UlakContentNames *names)
{
  g_autoptr (GBytes) bytes = ulak_protobuf_pack (message);

  return ulak_content_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), names);
}
