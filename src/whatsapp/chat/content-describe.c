/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a stanza says of the message in it, docs/protocol/messages.md. The server drops a message whose stanza says the wrong
 * thing of some kinds; of others receivers show a placeholder, or nothing, while they cannot decrypt it.
 */
#include "whatsapp/chat/content-write.h"

#include <stddef.h>

typedef struct
{
  gsize offset; /* of a pointer in Message */
  UlakContentStanza stanza;
} Row;

#define ROW(field, ...) \
  { \
    offsetof (Wa__Message, field), \
    { \
      __VA_ARGS__ \
    } \
  }
#define MEDIA(field, name) ROW (field, .type = "media", .mediatype = name)
#define POLL(field) ROW (field, .type = "poll", .polltype = "creation")

static const Row rows[] = {
  MEDIA (image_message, "image"),
  MEDIA (video_message, "video"),
  MEDIA (ptv_message, "ptv"),
  MEDIA (audio_message, "audio"),
  MEDIA (document_message, "document"),
  MEDIA (sticker_message, "sticker"),
  MEDIA (sticker_pack_message, "sticker_pack"),
  MEDIA (location_message, "location"),
  MEDIA (live_location_message, "livelocation"),
  MEDIA (contact_message, "vcard"),
  MEDIA (contacts_array_message, "contact_array"),
  MEDIA (list_message, "list"),
  MEDIA (list_response_message, "list_response"),
  MEDIA (buttons_response_message, "buttons_response"),
  MEDIA (order_message, "order"),
  MEDIA (product_message, "product"),
  MEDIA (interactive_response_message, "native_flow_response"),
  ROW (group_invite_message, .type = "text", .mediatype = "url"),
  POLL (poll_creation_message),
  POLL (poll_creation_message_v2),
  POLL (poll_creation_message_v3),
  POLL (poll_creation_message_v5),
  POLL (poll_creation_message_v6),
  ROW (poll_update_message, .type = "poll", .polltype = "vote", .hides_failure = TRUE),
  ROW (event_message, .type = "event", .event_type = "creation"),
  ROW (enc_event_response_message, .type = "event", .event_type = "response", .hides_failure = TRUE),
  ROW (enc_reaction_message, .type = "reaction", .hides_failure = TRUE),
  ROW (pin_in_chat_message, .type = "text", .edit = "2", .hides_failure = TRUE),
  ROW (keep_in_chat_message, .type = "text", .hides_failure = TRUE),
  ROW (secret_encrypted_message, .type = "text", .edit = "1", .hides_failure = TRUE),
};

static const gsize wrappers[] = {
  offsetof (Wa__Message, ephemeral_message),
  offsetof (Wa__Message, view_once_message),
  offsetof (Wa__Message, view_once_message_v2),
  offsetof (Wa__Message, view_once_message_v2_extension),
  offsetof (Wa__Message, document_with_caption_message),
  offsetof (Wa__Message, edited_message),
  offsetof (Wa__Message, group_mentioned_message),
  offsetof (Wa__Message, lottie_sticker_message),
  offsetof (Wa__Message, associated_child_message),
  offsetof (Wa__Message, poll_creation_message_v4),
};

static const Wa__Message *
find_inner (const Wa__Message *message)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wrappers); i++)
    {
      const Wa__FutureProofMessage *wrapper = G_STRUCT_MEMBER (const Wa__FutureProofMessage *, message, wrappers[i]);

      if (wrapper != NULL && wrapper->message != NULL)
        return wrapper->message;
    }
  if (message->device_sent_message != NULL)
    return message->device_sent_message->message;
  return NULL;
}

static void
describe_protocol (const Wa__ProtocolMessage *body, UlakContentStanza *stanza)
{
  int type = body->has_type ? (int) body->type : WA__PROTOCOL_MESSAGE__TYPE__REVOKE;

  if (type == WA__PROTOCOL_MESSAGE__TYPE__REVOKE)
    stanza->edit = body->key != NULL && body->key->has_from_me && body->key->from_me ? "7" : "8";
  if (type != WA__PROTOCOL_MESSAGE__TYPE__MESSAGE_EDIT)
    return;
  stanza->edit = "1";
  stanza->hides_failure = TRUE;
}

/* What depends on more than which body it is. */
static void
refine (const Wa__Message *message, UlakContentStanza *stanza)
{
  const Wa__ExtendedTextMessage *text = message->extended_text_message;

  if (message->protocol_message != NULL)
    describe_protocol (message->protocol_message, stanza);
  if (text != NULL && text->matched_text != NULL && *text->matched_text != '\0')
    stanza->mediatype = "url";
  if (message->video_message != NULL && message->video_message->has_gif_playback && message->video_message->gif_playback)
    stanza->mediatype = "gif";
  if (message->audio_message != NULL && message->audio_message->has_ptt && message->audio_message->ptt)
    stanza->mediatype = "ptt";
  if (message->reaction_message == NULL)
    return;
  stanza->type = "reaction";
  stanza->hides_failure = TRUE;
  if (message->reaction_message->text == NULL || *message->reaction_message->text == '\0')
    stanza->edit = "7";
}

void
ulak_content_describe (const Wa__Message *message, UlakContentStanza *stanza_out)
{
  for (const Wa__Message *inner = find_inner (message); inner != NULL; inner = find_inner (message))
    message = inner;
  *stanza_out = (UlakContentStanza){ .type = "text" };
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (G_STRUCT_MEMBER (gconstpointer, message, rows[i].offset) != NULL)
      {
        *stanza_out = rows[i].stanza;
        break;
      }
  refine (message, stanza_out);
}
