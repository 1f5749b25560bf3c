/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bodies without a file.
 */
#include "whatsapp/chat/content-writing.h"

#include "core/clock.h"
#include "core/json.h"
#include "whatsapp/chat/content-vcard.h"

static char *
peek (JsonObject *object, const char *name)
{
  return object == NULL ? NULL : (char *) ulak_json_peek_string (object, name);
}

static double
peek_number (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node == NULL ? 0 : json_node_get_double (node);
}

/* Only text with nothing around it is a `conversation`. */
void
ulak_content_put_text (UlakContentWriting *writing, Wa__Message *message, const char *text, JsonObject *preview)
{
  Wa__ContextInfo *context = ulak_content_make_context (writing);
  Wa__ExtendedTextMessage *body;
  char *named = ulak_content_name_mentions (writing, text);

  if (context == NULL && preview == NULL)
    {
      message->conversation = named;
      return;
    }
  body = ULAK_CONTENT_NEW (writing, Wa__ExtendedTextMessage, wa__extended_text_message);
  body->text = named;
  body->context_info = context;
  message->extended_text_message = body;
  if (preview == NULL)
    return;
  body->matched_text = peek (preview, "url");
  body->title = peek (preview, "title");
  body->description = peek (preview, "description");
  body->has_preview_type = TRUE;
  body->preview_type = WA__EXTENDED_TEXT_MESSAGE__PREVIEW_TYPE__NONE;
  body->jpeg_thumbnail = ulak_content_decode (writing, preview, "thumbnail");
  body->has_jpeg_thumbnail = body->jpeg_thumbnail.len > 0;
}

gboolean
ulak_content_write_text (UlakContentWriting *writing, JsonNode *part, GError **error G_GNUC_UNUSED)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (part) ? json_node_get_object (part) : NULL;

  if (object == NULL)
    ulak_content_put_text (writing, &writing->message, json_node_get_string (part), NULL);
  else
    ulak_content_put_text (writing, &writing->message, peek (object, "body"), ulak_json_peek_object (object, "link_preview"));
  return TRUE;
}

gboolean
ulak_content_write_location (UlakContentWriting *writing, JsonNode *part, GError **error G_GNUC_UNUSED)
{
  JsonObject *object = json_node_get_object (part);
  Wa__LocationMessage *body = ULAK_CONTENT_NEW (writing, Wa__LocationMessage, wa__location_message);

  body->has_degrees_latitude = body->has_degrees_longitude = TRUE;
  body->degrees_latitude = peek_number (object, "latitude");
  body->degrees_longitude = peek_number (object, "longitude");
  body->name = peek (object, "name");
  body->address = peek (object, "address");
  body->context_info = ulak_content_make_context (writing);
  writing->message.location_message = body;
  return TRUE;
}

gboolean
ulak_content_write_live_location (UlakContentWriting *writing, JsonNode *part, GError **error G_GNUC_UNUSED)
{
  JsonObject *object = json_node_get_object (part);
  Wa__LiveLocationMessage *body = ULAK_CONTENT_NEW (writing, Wa__LiveLocationMessage, wa__live_location_message);

  body->has_degrees_latitude = body->has_degrees_longitude = TRUE;
  body->degrees_latitude = peek_number (object, "latitude");
  body->degrees_longitude = peek_number (object, "longitude");
  body->caption = peek (object, "caption");
  body->accuracy_in_meters = (guint32) ulak_json_peek_integer (object, "accuracy_m", 0);
  body->has_accuracy_in_meters = body->accuracy_in_meters > 0;
  body->speed_in_mps = (float) peek_number (object, "speed_mps");
  body->has_speed_in_mps = body->speed_in_mps > 0;
  body->degrees_clockwise_from_magnetic_north = (guint32) ulak_json_peek_integer (object, "bearing_deg", 0);
  body->has_degrees_clockwise_from_magnetic_north = body->degrees_clockwise_from_magnetic_north > 0;
  body->has_sequence_number = TRUE;
  body->sequence_number = ulak_json_peek_integer (object, "sequence", 1);
  body->context_info = ulak_content_make_context (writing);
  writing->message.live_location_message = body;
  return TRUE;
}

/* --- contacts --- */

static Wa__ContactMessage *
make_contact (UlakContentWriting *writing, JsonObject *contact)
{
  Wa__ContactMessage *body = ULAK_CONTENT_NEW (writing, Wa__ContactMessage, wa__contact_message);

  body->display_name = peek (ulak_json_peek_object (contact, "name"), "formatted_name");
  body->vcard = peek (contact, "vcard"); /* of one that came in: as it came */
  if (body->vcard == NULL)
    body->vcard = ulak_content_keep (writing, ulak_vcard_write (contact));
  return body;
}

gboolean
ulak_content_write_contacts (UlakContentWriting *writing, JsonNode *part, GError **error G_GNUC_UNUSED)
{
  JsonArray *contacts = json_node_get_array (part);
  guint n = json_array_get_length (contacts);
  Wa__ContactMessage **cards = ulak_content_keep (writing, g_new (Wa__ContactMessage *, n));
  Wa__ContactsArrayMessage *body;

  for (guint i = 0; i < n; i++)
    cards[i] = make_contact (writing, json_array_get_object_element (contacts, i));
  if (n == 1)
    {
      cards[0]->context_info = ulak_content_make_context (writing);
      writing->message.contact_message = cards[0];
      return TRUE;
    }
  body = ULAK_CONTENT_NEW (writing, Wa__ContactsArrayMessage, wa__contacts_array_message);
  body->display_name = ulak_content_keep (writing, g_strdup_printf ("%u contacts", n));
  body->n_contacts = n;
  body->contacts = cards;
  body->context_info = ulak_content_make_context (writing);
  writing->message.contacts_array_message = body;
  return TRUE;
}

/* --- invitation, poll --- */

gboolean
ulak_content_write_group_invite (UlakContentWriting *writing, JsonNode *part, GError **error G_GNUC_UNUSED)
{
  JsonObject *object = json_node_get_object (part);
  Wa__GroupInviteMessage *body = ULAK_CONTENT_NEW (writing, Wa__GroupInviteMessage, wa__group_invite_message);
  const char *expires_at = peek (object, "expires_at");
  gint64 expires_us;

  body->group_jid = peek (object, "group");
  body->invite_code = peek (object, "code");
  body->group_name = peek (object, "name");
  body->caption = peek (object, "caption");
  if (expires_at != NULL && ulak_parse_rfc3339 (expires_at, &expires_us))
    {
      body->has_invite_expiration = TRUE;
      body->invite_expiration = expires_us / G_USEC_PER_SEC;
    }
  body->context_info = ulak_content_make_context (writing);
  writing->message.group_invite_message = body;
  return TRUE;
}

static void
put_options (UlakContentWriting *writing, Wa__PollCreationMessage *body, JsonArray *options)
{
  guint n = json_array_get_length (options);

  body->n_options = n;
  body->options = ulak_content_keep (writing, g_new (Wa__PollCreationMessage__Option *, n));
  for (guint i = 0; i < n; i++)
    {
      body->options[i]
          = ULAK_CONTENT_NEW (writing, Wa__PollCreationMessage__Option, wa__poll_creation_message__option);
      body->options[i]->option_name = (char *) json_array_get_string_element (options, i);
    }
}

/* A poll with one answer is another field than one with several; 0 means any number of them. */
gboolean
ulak_content_write_poll (UlakContentWriting *writing, JsonNode *part, GError **error G_GNUC_UNUSED)
{
  JsonObject *object = json_node_get_object (part);
  Wa__PollCreationMessage *body = ULAK_CONTENT_NEW (writing, Wa__PollCreationMessage, wa__poll_creation_message);

  body->name = peek (object, "name");
  put_options (writing, body, ulak_json_peek_array (object, "options"));
  body->has_selectable_options_count = TRUE;
  body->selectable_options_count = (guint32) ulak_json_peek_integer (object, "selectable_count", 1);
  body->context_info = ulak_content_make_context (writing);
  writing->needs_secret = TRUE;
  if (body->selectable_options_count == 1)
    writing->message.poll_creation_message_v3 = body;
  else
    writing->message.poll_creation_message = body;
  return TRUE;
}
