/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The content of one inbound message in the shape of docs/messages.md.
 *
 * One row per type of Meta's. A row whose object is not there or has an odd form leaves the message to `unsupported`,
 * which holds it whole. Source: Meta's description of the business messaging API, version 23.0, schema WebhookPayload, and
 * its pages on message webhooks.
 */
#include "whatsapp/cloud/callback.h"

#include "core/json.h"

#include <string.h>

#define SHA256_BYTES 32

static void
set_type (JsonObject *content, const char *type)
{
  json_object_set_string_member (content, "type", type);
}

typedef struct
{
  JsonObject *message;
  JsonNode *given;             /* message[type] */
  JsonObject *content;         /* being built */
  JsonObject *media_reference; /* (owned) (nullable) */
} Build;

static gboolean
build_text (Build *build)
{
  JsonObject *given = json_node_get_object (build->given);

  if (ulak_json_peek_string (given, "body") == NULL)
    return FALSE;

  set_type (build->content, "text");
  ulak_json_copy_string (given, "body", build->content, "text");
  return TRUE;
}

/* Callbacks give the digest in base64, people and the rest of the suite use hex. */
static void
set_digest (JsonObject *media, const char *sha256)
{
  g_autofree guchar *bytes = NULL;
  g_autoptr (GString) hex = g_string_new (NULL);
  gsize size = 0;

  if (sha256 == NULL)
    return;
  if (strlen (sha256) != 2 * SHA256_BYTES)
    bytes = g_base64_decode (sha256, &size);
  for (gsize i = 0; size == SHA256_BYTES && i < size; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  json_object_set_string_member (media, "sha256", hex->len > 0 ? hex->str : sha256);
}

static void
copy_true (JsonObject *from, const char *name, JsonObject *to)
{
  if (ulak_json_peek_boolean (from, name, FALSE))
    json_object_set_boolean_member (to, name, TRUE);
}

static JsonObject *
new_media_reference (JsonObject *given)
{
  JsonObject *reference = json_object_new ();

  ulak_json_copy_string (given, "id", reference, "id");
  ulak_json_copy_string (given, "sha256", reference, "sha256");
  ulak_json_copy_string (given, "mime_type", reference, "mime_type");
  return reference;
}

static gboolean
build_media (Build *build)
{
  JsonObject *given = json_node_get_object (build->given);
  JsonObject *media;
  const char *type = ulak_json_peek_string (build->message, "type");

  if (ulak_json_peek_string (given, "id") == NULL)
    return FALSE;

  media = json_object_new ();
  set_type (build->content, ulak_json_peek_boolean (given, "voice", FALSE) ? "voice" : type);
  ulak_json_copy_string (given, "mime_type", media, "mime_type");
  set_digest (media, ulak_json_peek_string (given, "sha256"));
  ulak_json_copy_string (given, "filename", media, "file_name");
  ulak_json_copy_string (given, "caption", media, "caption");
  copy_true (given, "voice", media);
  copy_true (given, "animated", media);
  ulak_json_copy_string (given, "caption", build->content, "text");
  json_object_set_object_member (build->content, "media", media);
  build->media_reference = new_media_reference (given);
  return TRUE;
}

static gboolean
build_whole (Build *build)
{
  const char *type = ulak_json_peek_string (build->message, "type");

  set_type (build->content, type);
  json_object_set_member (build->content, type, json_node_copy (build->given));
  return TRUE;
}

static gboolean
build_reaction (Build *build)
{
  JsonObject *given = json_node_get_object (build->given);
  const char *emoji = ulak_json_peek_string (given, "emoji");
  JsonObject *reaction;

  if (ulak_json_peek_string (given, "message_id") == NULL)
    return FALSE;

  /* A reaction that was taken back comes without an emoji. */
  reaction = json_object_new ();
  set_type (build->content, "reaction");
  ulak_json_copy_string (given, "message_id", reaction, "message_id");
  json_object_set_string_member (reaction, "emoji", emoji == NULL ? "" : emoji);
  json_object_set_object_member (build->content, "reaction", reaction);
  return TRUE;
}

static void
set_reply (JsonObject *content, const char *type, JsonObject *given, const char *id_name, const char *title_name)
{
  JsonObject *reply = json_object_new ();

  set_type (content, type);
  ulak_json_copy_string (given, id_name, reply, "id");
  ulak_json_copy_string (given, title_name, reply, "title");
  ulak_json_copy_string (given, "description", reply, "description");
  ulak_json_copy_string (given, title_name, content, "text");
  json_object_set_object_member (content, "reply", reply);
}

static gboolean
build_button (Build *build)
{
  set_reply (build->content, "button_reply", json_node_get_object (build->given), "payload", "text");
  return TRUE;
}

static gboolean
build_interactive (Build *build)
{
  JsonObject *given = json_node_get_object (build->given);
  JsonObject *button = ulak_json_peek_object (given, "button_reply");
  JsonObject *row = ulak_json_peek_object (given, "list_reply");
  JsonObject *flow = ulak_json_peek_object (given, "nfm_reply");

  if (button != NULL || row != NULL)
    {
      set_reply (build->content, button != NULL ? "button_reply" : "list_reply", button != NULL ? button : row, "id",
                 "title");
      return TRUE;
    }

  set_type (build->content, "interactive");
  if (flow != NULL)
    ulak_json_copy_string (flow, "body", build->content, "text");
  json_object_set_member (build->content, "interactive", json_node_copy (build->given));
  return TRUE;
}

static gboolean
build_order (Build *build)
{
  JsonObject *given = json_node_get_object (build->given);

  build_whole (build);
  ulak_json_copy_string (given, "text", build->content, "text");
  return TRUE;
}

static gboolean
build_system (Build *build)
{
  JsonObject *given = json_node_get_object (build->given);

  build_whole (build);
  ulak_json_copy_string (given, "body", build->content, "text");
  return TRUE;
}

static const struct
{
  const char *type;
  gboolean is_array;
  gboolean (*build) (Build *build);
} types[] = {
  { "text", FALSE, build_text },
  { "image", FALSE, build_media },
  { "video", FALSE, build_media },
  { "audio", FALSE, build_media },
  { "document", FALSE, build_media },
  { "sticker", FALSE, build_media },
  { "location", FALSE, build_whole },
  { "contacts", TRUE, build_whole },
  { "reaction", FALSE, build_reaction },
  { "interactive", FALSE, build_interactive },
  { "button", FALSE, build_button },
  { "order", FALSE, build_order },
  { "system", FALSE, build_system },
};

static gboolean
build_by_type (Build *build, const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (strcmp (types[i].type, type) != 0)
        continue;
      build->given = json_object_get_member (build->message, type);
      if (build->given == NULL)
        return FALSE;
      if (types[i].is_array ? !JSON_NODE_HOLDS_ARRAY (build->given) : !JSON_NODE_HOLDS_OBJECT (build->given))
        return FALSE;
      return types[i].build (build);
    }
  return FALSE;
}

static JsonNode *
new_object_node (JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return node;
}

static void
copy_surroundings (JsonObject *message, JsonObject *content)
{
  JsonObject *context = ulak_json_peek_object (message, "context");
  JsonObject *referral = ulak_json_peek_object (message, "referral");
  JsonObject *product = context == NULL ? NULL : ulak_json_peek_object (context, "referred_product");

  if (context != NULL)
    {
      copy_true (context, "forwarded", content);
      copy_true (context, "frequently_forwarded", content);
    }
  if (referral != NULL)
    json_object_set_member (content, "referral", new_object_node (referral));
  if (product != NULL)
    json_object_set_member (content, "referred_product", new_object_node (product));
}

/**
 * ulak_callback_content_new:
 * @message: an element of messages[]
 * @media_reference_out: (out) (transfer full) (nullable): what is needed to fetch its medium
 *
 * Returns: (transfer full): "type" and the fields that belong to it; `unsupported` with the whole in "raw" for anything that is
 *   not understood
 */
JsonObject *
ulak_callback_content_new (JsonObject *message, JsonObject **media_reference_out)
{
  g_autoptr (JsonObject) content = json_object_new ();
  Build build = { message, NULL, content, NULL };
  const char *type = ulak_json_peek_string (message, "type");

  if (type == NULL || !build_by_type (&build, type))
    {
      set_type (content, "unsupported");
      json_object_set_member (content, "raw", new_object_node (message));
    }
  copy_surroundings (message, content);
  *media_reference_out = build.media_reference;
  return g_steal_pointer (&content);
}
