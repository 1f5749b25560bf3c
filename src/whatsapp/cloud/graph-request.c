/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/graph-request.h"

#include "core/error.h"
#include "core/json.h"

#include <string.h>

/* The opaque mark that Graph echoes in statuses holds our message id; the network takes up to 512 characters. */
#define MEMBER_OPAQUE "biz_opaque_callback_data"
#define USER_ID_MAX 160

static const char *const media_names[] = { "image", "video", "audio", "document", "sticker" };

/** ulak_graph_is_user_id: Returns: %TRUE for a business-scoped user id, "US.13491208655302741918" or "US.ENT.1181..." */
gboolean
ulak_graph_is_user_id (const char *text)
{
  gsize i;

  if (!g_ascii_isupper (text[0]) || !g_ascii_isupper (text[1]) || text[2] != '.')
    return FALSE;
  for (i = 3; text[i] != '\0' && i < USER_ID_MAX; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '.')
      return FALSE;
  return i > 3 && text[i] == '\0';
}

static gboolean
is_phone (const char *text)
{
  return *text != '\0' && strspn (text, "0123456789") == strlen (text);
}

/* Walks every media object of a document: contents, the header of an interactive, parameters of a template. */
typedef void (*MediaFunc) (JsonObject *media, const char *kind, gpointer user_data);

static void
visit_media_members (JsonObject *object, MediaFunc func, gpointer user_data)
{
  for (gsize i = 0; object != NULL && i < G_N_ELEMENTS (media_names); i++)
    {
      JsonObject *media = ulak_json_peek_object (object, media_names[i]);

      if (media != NULL)
        func (media, media_names[i], user_data);
    }
}

static JsonObject *
peek_element (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
visit_parameters (JsonObject *component, MediaFunc func, gpointer user_data)
{
  JsonArray *parameters = component == NULL ? NULL : ulak_json_peek_array (component, "parameters");

  for (guint i = 0; parameters != NULL && i < json_array_get_length (parameters); i++)
    visit_media_members (peek_element (parameters, i), func, user_data);
}

static void
visit_media (JsonObject *message, MediaFunc func, gpointer user_data)
{
  JsonObject *interactive = ulak_json_peek_object (message, "interactive");
  JsonObject *template = ulak_json_peek_object (message, "template");
  JsonArray *components = template == NULL ? NULL : ulak_json_peek_array (template, "components");

  visit_media_members (message, func, user_data);
  if (interactive != NULL)
    visit_media_members (ulak_json_peek_object (interactive, "header"), func, user_data);
  for (guint i = 0; components != NULL && i < json_array_get_length (components); i++)
    visit_parameters (peek_element (components, i), func, user_data);
}

static void
free_use (gpointer data)
{
  UlakGraphMediaUse *use = data;

  g_free (use->media_id);
  g_free (use);
}

static void
collect_use (JsonObject *media, const char *kind, gpointer user_data)
{
  GPtrArray *uses = user_data;
  const char *media_id = ulak_json_peek_string (media, "media_id");
  UlakGraphMediaUse *use;

  if (media_id == NULL)
    return;

  use = g_new0 (UlakGraphMediaUse, 1);
  use->media_id = g_strdup (media_id);
  use->kind = kind;
  g_ptr_array_add (uses, use);
}

/**
 * ulak_graph_request_list_media:
 * @message: a send document
 *
 * Returns: (transfer full) (element-type UlakGraphMediaUse): the line's media that @message names, in their order
 */
GPtrArray *
ulak_graph_request_list_media (JsonObject *message)
{
  GPtrArray *uses = g_ptr_array_new_with_free_func (free_use);

  visit_media (message, collect_use, uses);
  return uses;
}

typedef struct
{
  const UlakOutbound *outbound;
  GHashTable *handles; /* (nullable) (element-type utf8 utf8): our media id to the network's */
  const char *missing; /* (nullable): a media id without a handle */
} Build;

static JsonObject *
build_media (Build *build, JsonObject *media)
{
  JsonObject *result = json_object_new ();
  const char *media_id = ulak_json_peek_string (media, "media_id");
  const char *handle = NULL;

  if (media_id != NULL && build->handles != NULL)
    handle = g_hash_table_lookup (build->handles, media_id);
  if (media_id != NULL && handle == NULL)
    build->missing = media_id;
  if (handle != NULL)
    json_object_set_string_member (result, "id", handle);

  ulak_json_copy_string (media, "link", result, "link");
  ulak_json_copy_string (media, "caption", result, "caption");
  ulak_json_copy_string (media, "file_name", result, "filename");
  if (ulak_json_peek_boolean (media, "voice", FALSE))
    json_object_set_boolean_member (result, "voice", TRUE);
  return result;
}

static JsonNode *
new_object_node (JsonObject *object /* (transfer full) */)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  return node;
}

static JsonNode *
build_media_content (Build *build, JsonNode *content)
{
  return new_object_node (build_media (build, json_node_get_object (content)));
}

static JsonNode *
build_text (Build *build G_GNUC_UNUSED, JsonNode *content)
{
  JsonObject *text = json_object_new ();

  if (JSON_NODE_HOLDS_OBJECT (content))
    {
      JsonObject *given = json_node_get_object (content);

      ulak_json_copy_string (given, "body", text, "body");
      json_object_set_boolean_member (text, "preview_url", ulak_json_peek_boolean (given, "preview_url", FALSE));
    }
  else
    {
      json_object_set_string_member (text, "body", json_node_get_string (content));
      json_object_set_boolean_member (text, "preview_url", FALSE);
    }
  return new_object_node (text);
}

/* Meta's description has coordinates as text, and its examples send them so. */
static void
copy_coordinate (JsonObject *from, const char *name, JsonObject *to)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.10g", json_object_get_double_member_with_default (from, name, 0));
  json_object_set_string_member (to, name, text);
}

static JsonNode *
build_location (Build *build G_GNUC_UNUSED, JsonNode *content)
{
  JsonObject *given = json_node_get_object (content);
  JsonObject *location = json_object_new ();

  copy_coordinate (given, "latitude", location);
  copy_coordinate (given, "longitude", location);
  ulak_json_copy_string (given, "name", location, "name");
  ulak_json_copy_string (given, "address", location, "address");
  return new_object_node (location);
}

static JsonNode *
build_as_it_is (Build *build G_GNUC_UNUSED, JsonNode *content)
{
  return json_node_copy (content);
}

/* The line has put the network's id in place of one of ours. */
static JsonNode *
build_reaction (Build *build G_GNUC_UNUSED, JsonNode *content)
{
  JsonObject *given = json_node_get_object (content);
  JsonObject *reaction = json_object_new ();

  ulak_json_copy_string (given, "message_id", reaction, "message_id");
  ulak_json_copy_string (given, "emoji", reaction, "emoji");
  return new_object_node (reaction);
}

static JsonObject *
build_header (Build *build, JsonObject *given)
{
  JsonObject *header = json_object_new ();

  if (json_object_has_member (given, "text"))
    {
      json_object_set_string_member (header, "type", "text");
      ulak_json_copy_string (given, "text", header, "text");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (media_names); i++)
    {
      JsonObject *media = ulak_json_peek_object (given, media_names[i]);

      if (media == NULL)
        continue;
      json_object_set_string_member (header, "type", media_names[i]);
      json_object_set_object_member (header, media_names[i], build_media (build, media));
    }
  return header;
}

static JsonArray *
build_buttons (JsonArray *given)
{
  JsonArray *buttons = json_array_new ();

  for (guint i = 0; given != NULL && i < json_array_get_length (given); i++)
    {
      JsonObject *button = json_object_new ();

      json_object_set_string_member (button, "type", "reply");
      json_object_set_member (button, "reply", json_node_copy (json_array_get_element (given, i)));
      json_array_add_object_element (buttons, button);
    }
  return buttons;
}

static JsonObject *
build_action (JsonObject *given)
{
  JsonObject *action = json_object_new ();

  if (g_strcmp0 (ulak_json_peek_string (given, "type"), "button") == 0)
    {
      json_object_set_array_member (action, "buttons", build_buttons (ulak_json_peek_array (given, "buttons")));
      return action;
    }

  ulak_json_copy_string (given, "button", action, "button");
  if (json_object_has_member (given, "sections"))
    json_object_set_member (action, "sections", json_node_copy (json_object_get_member (given, "sections")));
  return action;
}

static void
copy_as_text_object (JsonObject *from, const char *name, JsonObject *to)
{
  JsonObject *object;

  if (ulak_json_peek_string (from, name) == NULL)
    return;

  object = json_object_new ();
  ulak_json_copy_string (from, name, object, "text");
  json_object_set_object_member (to, name, object);
}

static JsonNode *
build_interactive (Build *build, JsonNode *content)
{
  JsonObject *given = json_node_get_object (content);
  JsonObject *header = ulak_json_peek_object (given, "header");
  JsonObject *interactive = json_object_new ();

  ulak_json_copy_string (given, "type", interactive, "type");
  if (header != NULL)
    json_object_set_object_member (interactive, "header", build_header (build, header));
  copy_as_text_object (given, "body", interactive);
  copy_as_text_object (given, "footer", interactive);
  json_object_set_object_member (interactive, "action", build_action (given));
  return new_object_node (interactive);
}

static void
replace_parameter_media (Build *build, JsonObject *parameter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (media_names); i++)
    {
      JsonObject *media = ulak_json_peek_object (parameter, media_names[i]);

      if (media != NULL)
        json_object_set_object_member (parameter, media_names[i], build_media (build, media));
    }
}

static JsonObject *
build_component (Build *build, JsonObject *given)
{
  g_autoptr (JsonNode) copy = json_node_alloc ();
  g_autoptr (JsonNode) deep = NULL;
  g_autofree char *text = NULL;
  JsonObject *component;
  JsonArray *parameters;
  gint64 index = ulak_json_peek_integer (given, "index", -1);

  /* Round trip: json-glib copies trees by reference, and the document must not change. */
  json_node_init_object (copy, given);
  text = json_to_string (copy, FALSE);
  deep = json_from_string (text, NULL);
  component = json_node_dup_object (deep);

  if (index >= 0)
    {
      g_autofree char *digits = g_strdup_printf ("%" G_GINT64_FORMAT, index);

      json_object_set_string_member (component, "index", digits);
    }
  parameters = ulak_json_peek_array (component, "parameters");
  for (guint i = 0; parameters != NULL && i < json_array_get_length (parameters); i++)
    {
      JsonObject *parameter = peek_element (parameters, i);

      if (parameter != NULL)
        replace_parameter_media (build, parameter);
    }
  return component;
}

static JsonNode *
build_template (Build *build, JsonNode *content)
{
  JsonObject *given = json_node_get_object (content);
  JsonObject *template = json_object_new ();
  JsonObject *language = json_object_new ();
  JsonArray *components = ulak_json_peek_array (given, "components");
  JsonArray *built;

  ulak_json_copy_string (given, "name", template, "name");
  json_object_set_string_member (language, "policy", "deterministic");
  ulak_json_copy_string (given, "language", language, "code");
  json_object_set_object_member (template, "language", language);
  if (components == NULL)
    return new_object_node (template);

  built = json_array_new ();
  for (guint i = 0; i < json_array_get_length (components); i++)
    {
      JsonObject *component = peek_element (components, i);

      if (component != NULL)
        json_array_add_object_element (built, build_component (build, component));
    }
  json_object_set_array_member (template, "components", built);
  return new_object_node (template);
}

static const struct
{
  const char *name;
  gboolean may_be_text; /* a plain string instead of an object */
  gboolean is_array;
  JsonNode *(*build) (Build *build, JsonNode *content);
} contents[] = {
  { "text", TRUE, FALSE, build_text },
  { "image", FALSE, FALSE, build_media_content },
  { "video", FALSE, FALSE, build_media_content },
  { "audio", FALSE, FALSE, build_media_content },
  { "document", FALSE, FALSE, build_media_content },
  { "sticker", FALSE, FALSE, build_media_content },
  { "location", FALSE, FALSE, build_location },
  { "contacts", FALSE, TRUE, build_as_it_is },
  { "reaction", FALSE, FALSE, build_reaction },
  { "interactive", FALSE, FALSE, build_interactive },
  { "template", FALSE, FALSE, build_template },
};

static gboolean
holds_right_kind (gsize row, JsonNode *content)
{
  if (contents[row].is_array)
    return JSON_NODE_HOLDS_ARRAY (content);
  if (contents[row].may_be_text && JSON_NODE_HOLDS_VALUE (content))
    return json_node_get_value_type (content) == G_TYPE_STRING;
  return JSON_NODE_HOLDS_OBJECT (content);
}

static gboolean
add_content (Build *build, JsonObject *body)
{
  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      JsonNode *content = json_object_get_member (build->outbound->message, contents[i].name);

      if (content == NULL || !holds_right_kind (i, content))
        continue;
      json_object_set_string_member (body, "type", contents[i].name);
      json_object_set_member (body, contents[i].name, contents[i].build (build, content));
      return TRUE;
    }
  return FALSE;
}

/* Three kinds of chat id: digits of a phone, a business-scoped user id, and a group id, which has neither form. */
static void
add_recipient (const char *chat, JsonObject *body)
{
  gboolean is_person = is_phone (chat) || ulak_graph_is_user_id (chat);

  json_object_set_string_member (body, "recipient_type", is_person ? "individual" : "group");
  json_object_set_string_member (body, ulak_graph_is_user_id (chat) ? "recipient" : "to", chat);
}

static void
add_context (const UlakOutbound *outbound, JsonObject *body)
{
  JsonObject *context;

  if (outbound->reply_to_network_id == NULL || json_object_has_member (outbound->message, "reaction"))
    return;

  context = json_object_new ();
  json_object_set_string_member (context, "message_id", outbound->reply_to_network_id);
  json_object_set_object_member (body, "context", context);
}

/**
 * ulak_graph_request_build:
 * @outbound: the message; its document passed validation
 * @handles: (nullable) (element-type utf8 utf8): our media id to the network's handle
 *
 * The body of POST /{version}/{phone_number_id}/messages.
 *
 * Source: Meta's description of the business messaging API, version 23.0, path {Phone-Number-ID}/messages.
 * Returns: (transfer full): JSON text, or %NULL with %ULAK_ERROR_INVALID if the document has no content that Graph
 *   knows, or %ULAK_ERROR_NOT_FOUND if a medium has no handle
 */
char *
ulak_graph_request_build (const UlakOutbound *outbound, GHashTable *handles, GError **error)
{
  g_autoptr (JsonObject) body = json_object_new ();
  Build build = { outbound, handles, NULL };

  json_object_set_string_member (body, "messaging_product", "whatsapp");
  add_recipient (outbound->chat, body);
  add_context (outbound, body);
  if (!add_content (&build, body))
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, ".: no content that the Graph API can send");
      return NULL;
    }
  if (build.missing != NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "Medium ‘%s’ has not been uploaded to the network",
                   build.missing);
      return NULL;
    }
  json_object_set_string_member (body, MEMBER_OPAQUE, outbound->id);
  return ulak_json_print_object (body);
}

/** ulak_graph_request_build_read: Returns: (transfer full): the body that marks a message as read, and shows typing */
char *
ulak_graph_request_build_read (const char *network_id, gboolean typing)
{
  g_autoptr (JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "messaging_product", "whatsapp");
  json_object_set_string_member (body, "status", "read");
  json_object_set_string_member (body, "message_id", network_id);
  if (typing)
    {
      JsonObject *indicator = json_object_new ();

      json_object_set_string_member (indicator, "type", "text");
      json_object_set_object_member (body, "typing_indicator", indicator);
    }
  return ulak_json_print_object (body);
}
