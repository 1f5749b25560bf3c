/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One row per use says what is made of the bytes that were sealed.
 */
#include "whatsapp/chat/content-seal.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/chat/content-reading.h"
#include "whatsapp/crypto/digest.h"

#include <string.h>

typedef struct
{
  const UlakContentOpening *opening;
  const UlakContentNames *names;
  UlakContent *content; /* being made */
  GBytes *plain;
} Opened;

static GBytes *
try_form (const UlakContent *content, const UlakContentOpening *opening, const char *author, const char *sender)
{
  const UlakMsgSecret secret = {
    .use = content->sealed.use,
    .secret = *opening->secret,
    .message_id = content->target.id,
    .author = author,
    .sender = sender,
  };

  return ulak_msg_secret_open (&secret, content->sealed.nonce, content->sealed.payload, NULL);
}

static GBytes *
try_forms (const UlakContent *content, const UlakContentOpening *opening, GError **error)
{
  for (guint i = 0; opening->author_forms[i] != NULL && i < ULAK_CONTENT_FORMS_MAX; i++)
    for (guint j = 0; opening->sender_forms[j] != NULL && j < ULAK_CONTENT_FORMS_MAX; j++)
      {
        GBytes *plain = try_form (content, opening, opening->author_forms[i], opening->sender_forms[j]);

        if (plain != NULL)
          return plain;
      }
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "No form of author and sender opens what refers to the message");
  return NULL;
}

/* --- votes --- */

/* (transfer full): the hashes of the options (element-type GBytes) to the options; polls and votes may be long. */
static GHashTable *
hash_options (JsonArray *options)
{
  GHashTable *table = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);

  for (guint i = 0; options != NULL && i < json_array_get_length (options); i++)
    {
      JsonNode *node = json_array_get_element (options, i);
      guint8 digest[ULAK_SHA256_BYTES];
      UlakSpan span;

      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
        continue;
      span = ULAK_SPAN_TEXT (json_node_get_string (node));
      ulak_sha256 (&span, 1, digest);
      g_hash_table_insert (table, g_bytes_new (digest, sizeof digest), (gpointer) json_node_get_string (node));
    }
  return table;
}

/* (nullable): the option of the poll that was chosen */
static const char *
find_option (GHashTable *options, const ProtobufCBinaryData *hash)
{
  g_autoptr (GBytes) key = g_bytes_new_static (hash->data, hash->len);

  return g_hash_table_lookup (options, key);
}

static JsonArray *
get_options (JsonObject *document)
{
  JsonObject *poll = document == NULL ? NULL : ulak_json_peek_object (document, "poll");

  return poll == NULL ? NULL : ulak_json_peek_array (poll, "options");
}

static void
add_hash (JsonArray *hashes, const ProtobufCBinaryData *hash)
{
  g_autofree char *text = g_base64_encode (hash->data, MIN (hash->len, ULAK_SHA256_BYTES));

  json_array_add_string_element (hashes, text);
}

static JsonObject *
begin_reference (Opened *opened, const char *type)
{
  UlakContentReading reading = { .content = opened->content, .names = opened->names };
  JsonObject *part = ulak_content_begin_part (ulak_content_begin (&reading, type), type);

  json_object_set_string_member (part, "message_id", opened->content->target.id);
  return part;
}

static gboolean
show_vote (Opened *opened, GError **error)
{
  g_autoptr (Wa__PollVoteMessage) vote
      = ulak_protobuf_unpack (&wa__poll_vote_message__descriptor, g_bytes_get_data (opened->plain, NULL),
                              g_bytes_get_size (opened->plain), error);
  g_autoptr (GHashTable) options = hash_options (get_options (opened->opening->document));
  JsonArray *chosen = json_array_new (), *others = json_array_new ();
  JsonObject *part = begin_reference (opened, "poll_vote");

  json_object_set_array_member (part, "options", chosen);
  json_object_set_array_member (part, "unknown_options", others);
  if (vote == NULL)
    return FALSE;
  for (gsize i = 0; i < MIN (vote->n_selected_options, ULAK_CONTENT_LIST_MAX); i++)
    {
      const char *option = find_option (options, &vote->selected_options[i]);

      if (option != NULL)
        json_array_add_string_element (chosen, option);
      else
        add_hash (others, &vote->selected_options[i]);
    }
  if (json_array_get_length (others) == 0)
    json_object_remove_member (part, "unknown_options");
  return TRUE;
}

/* --- the others --- */

static gboolean
show_event_answer (Opened *opened, GError **error)
{
  static const char *const words[] = { "unknown", "going", "not_going", "maybe" };
  g_autoptr (Wa__EventResponseMessage) answer
      = ulak_protobuf_unpack (&wa__event_response_message__descriptor, g_bytes_get_data (opened->plain, NULL),
                              g_bytes_get_size (opened->plain), error);
  JsonObject *part;
  guint response;

  if (answer == NULL)
    return FALSE;
  response = answer->has_response ? (guint) answer->response : 0;
  part = begin_reference (opened, "event_response");
  ulak_content_set_text (part, "response", words[response < G_N_ELEMENTS (words) ? response : 0]);
  ulak_content_set_positive (part, "guests", answer->has_extra_guest_count ? answer->extra_guest_count : 0);
  opened->content->sent_ms = answer->has_timestamp_ms ? answer->timestamp_ms : 0;
  return TRUE;
}

static gboolean
show_reaction (Opened *opened, GError **error)
{
  g_autoptr (Wa__ReactionMessage) reaction
      = ulak_protobuf_unpack (&wa__reaction_message__descriptor, g_bytes_get_data (opened->plain, NULL),
                              g_bytes_get_size (opened->plain), error);
  JsonObject *part;

  if (reaction == NULL)
    return FALSE;
  part = begin_reference (opened, "reaction");
  json_object_set_string_member (part, "emoji", reaction->text != NULL ? reaction->text : "");
  opened->content->kind = ULAK_CONTENT_REACTION;
  opened->content->sent_ms = reaction->has_sender_timestamp_ms ? reaction->sender_timestamp_ms : 0;
  return TRUE;
}

/* A Message, read into the content that is being made; its target stays. */
static gboolean
show_message (Opened *opened, GError **error)
{
  UlakContentReading reading = { .content = opened->content, .names = opened->names };
  UlakContentKey target = opened->content->target;
  Wa__Message *message = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (opened->plain, NULL),
                                               g_bytes_get_size (opened->plain), error);

  if (message == NULL)
    return FALSE;
  ulak_content_keep_message (opened->content, message);
  if (!ulak_content_read_inner (&reading, message)
      || (opened->content->kind != ULAK_CONTENT_MESSAGE && opened->content->kind != ULAK_CONTENT_EDIT))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The message that was sealed has nothing to show");
      return FALSE;
    }
  ulak_content_apply_context (&reading);
  opened->content->target = target;
  return TRUE;
}

static gboolean
show_comment (Opened *opened, GError **error)
{
  if (!show_message (opened, error))
    return FALSE;
  opened->content->kind = ULAK_CONTENT_MESSAGE;
  opened->content->quoted_id = opened->content->target.id;
  opened->content->quoted_participant = opened->content->target.participant;
  return TRUE;
}

static gboolean
show_edit (Opened *opened, GError **error)
{
  if (!show_message (opened, error))
    return FALSE;
  opened->content->kind = ULAK_CONTENT_EDIT;
  return TRUE;
}

static const struct
{
  const char *name;
  gboolean (*show) (Opened *opened, GError **error); /* (nullable): nobody makes these yet */
} uses[ULAK_N_MSG_SECRET_USES] = {
  [ULAK_MSG_SECRET_POLL_VOTE] = { "poll_vote", show_vote },
  [ULAK_MSG_SECRET_EVENT_RESPONSE] = { "event_response", show_event_answer },
  [ULAK_MSG_SECRET_REACTION] = { "reaction", show_reaction },
  [ULAK_MSG_SECRET_COMMENT] = { "comment", show_comment },
  [ULAK_MSG_SECRET_MESSAGE_EDIT] = { "message_edit", show_edit },
  [ULAK_MSG_SECRET_EVENT_EDIT] = { "event_edit", show_edit },
  [ULAK_MSG_SECRET_POLL_EDIT] = { "poll_edit", NULL },
  [ULAK_MSG_SECRET_POLL_ADD_OPTION] = { "poll_add_option", NULL },
};

static void
copy_target (UlakContent *to, const UlakContent *from)
{
  to->target = (UlakContentKey){
    .chat = ulak_content_keep_text (to, from->target.chat),
    .from_me = from->target.from_me,
    .id = ulak_content_keep_text (to, from->target.id),
    .participant = ulak_content_keep_text (to, from->target.participant),
  };
}

UlakContent *
ulak_content_open (const UlakContent *content,
                   const UlakContentOpening *opening,
                   const UlakContentNames *names,
                   GError **error)
{
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (UlakContent) made = ulak_content_new ();
  Opened opened = { .opening = opening, .names = names, .content = made };

  g_return_val_if_fail (content->kind == ULAK_CONTENT_SEALED, NULL);
  plain = try_forms (content, opening, error);
  if (plain == NULL)
    return NULL;
  made->kind = ULAK_CONTENT_MESSAGE;
  made->is_device_sent = content->is_device_sent;
  made->destination = ulak_content_keep_text (made, content->destination);
  made->sent_ms = content->sent_ms;
  copy_target (made, content);
  opened.plain = plain;
  if (uses[content->sealed.use].show == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "What was sealed is of a use that cannot be shown: %s",
                   uses[content->sealed.use].name);
      return NULL;
    }
  return uses[content->sealed.use].show (&opened, error) ? g_steal_pointer (&made) : NULL;
}

JsonObject *
ulak_content_show_sealed (const UlakContent *content, const char *reason)
{
  JsonObject *document = json_object_new (), *sealed = ulak_content_begin_part (document, "sealed");
  g_autofree char *nonce = NULL, *payload = NULL;

  g_return_val_if_fail (content->kind == ULAK_CONTENT_SEALED, document);
  nonce = g_base64_encode (content->sealed.nonce.bytes, content->sealed.nonce.size_bytes);
  payload = g_base64_encode (content->sealed.payload.bytes, MIN (content->sealed.payload.size_bytes, ULAK_CONTENT_RAW_MAX));
  json_object_set_string_member (document, "type", "unsupported");
  json_object_set_string_member (document, "reason", reason);
  json_object_set_string_member (sealed, "use", uses[content->sealed.use].name);
  json_object_set_string_member (sealed, "message_id", content->target.id);
  json_object_set_string_member (sealed, "nonce", nonce);
  json_object_set_string_member (sealed, "payload", payload);
  return document;
}
