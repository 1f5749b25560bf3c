/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One row per content: our document, and the member of Graph's body that it has to become.
 */
#include "whatsapp/cloud/graph-request.h"

#include "core/error.h"

#include <string.h>

#define ID "0193a1b2-0000-7000-8000-000000000001"

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);
  return node;
}

static JsonNode *
build_to (const char *chat, const char *document, const char *reply_to)
{
  g_autoptr (JsonNode) message = parse (document);
  g_autoptr (GHashTable) handles = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  g_autofree char *before = json_to_string (message, FALSE);
  g_autofree char *after = NULL;
  g_autofree char *body = NULL;
  UlakOutbound outbound = { ID, chat, json_node_get_object (message), reply_to, 0 };

  g_hash_table_insert (handles, (char *) "ours-1", (char *) "1003383421387256");
  body = ulak_graph_request_build (&outbound, handles, &error);
  g_assert_no_error (error);

  after = json_to_string (message, FALSE);
  g_assert_cmpstr (before, ==, after);
  return parse (body);
}

static void
assert_json (JsonNode *got, const char *wanted)
{
  g_autoptr (JsonNode) node = parse (wanted);
  g_autofree char *text = json_to_string (got, FALSE);

  if (!json_node_equal (got, node))
    g_error ("got %s, wanted %s", text, wanted);
}

static const struct
{
  const char *name;
  const char *document;
  const char *type;
  const char *content;
} contents[] = {
  { "a plain text", "{\"text\":\"Merhaba \xc3\xbc\"}", "text", "{\"body\":\"Merhaba \xc3\xbc\",\"preview_url\":false}" },
  { "a text with preview", "{\"text\":{\"body\":\"https://a.example\",\"preview_url\":true}}", "text",
    "{\"body\":\"https://a.example\",\"preview_url\":true}" },
  { "an image by link", "{\"image\":{\"link\":\"https://a.example/a.png\",\"caption\":\"c\"}}", "image",
    "{\"link\":\"https://a.example/a.png\",\"caption\":\"c\"}" },
  { "an image by upload", "{\"image\":{\"media_id\":\"ours-1\"}}", "image", "{\"id\":\"1003383421387256\"}" },
  { "a video", "{\"video\":{\"media_id\":\"ours-1\",\"caption\":\"c\"}}", "video", "{\"id\":\"1003383421387256\",\"caption\":\"c\"}" },
  { "an audio", "{\"audio\":{\"link\":\"https://a.example/a.mp3\",\"voice\":false}}", "audio", "{\"link\":\"https://a.example/a.mp3\"}" },
  { "a voice message", "{\"audio\":{\"media_id\":\"ours-1\",\"voice\":true}}", "audio", "{\"id\":\"1003383421387256\",\"voice\":true}" },
  { "a document", "{\"document\":{\"media_id\":\"ours-1\",\"file_name\":\"a.pdf\",\"caption\":\"c\"}}", "document",
    "{\"id\":\"1003383421387256\",\"filename\":\"a.pdf\",\"caption\":\"c\"}" },
  { "a sticker", "{\"sticker\":{\"media_id\":\"ours-1\"}}", "sticker", "{\"id\":\"1003383421387256\"}" },
  { "a location", "{\"location\":{\"latitude\":41.0082,\"longitude\":-28.5,\"name\":\"n\",\"address\":\"a\"}}", "location",
    "{\"latitude\":\"41.0082\",\"longitude\":\"-28.5\",\"name\":\"n\",\"address\":\"a\"}" },
  { "contacts", "{\"contacts\":[{\"name\":{\"formatted_name\":\"A B\"},\"phones\":[{\"phone\":\"+1\",\"type\":\"HOME\"}]}]}", "contacts",
    "[{\"name\":{\"formatted_name\":\"A B\"},\"phones\":[{\"phone\":\"+1\",\"type\":\"HOME\"}]}]" },
  { "a reaction", "{\"reaction\":{\"message_id\":\"wamid.A\",\"emoji\":\"x\"}}", "reaction", "{\"message_id\":\"wamid.A\",\"emoji\":\"x\"}" },
  { "a reaction that is taken back", "{\"reaction\":{\"message_id\":\"wamid.A\",\"emoji\":\"\"}}", "reaction",
    "{\"message_id\":\"wamid.A\",\"emoji\":\"\"}" },
  { "buttons with a header",
    "{\"interactive\":{\"type\":\"button\",\"body\":\"b\",\"footer\":\"f\",\"header\":{\"image\":{\"media_id\":\"ours-1\"}},"
    "\"buttons\":[{\"id\":\"1\",\"title\":\"Yes\"},{\"id\":\"2\",\"title\":\"No\"}]}}",
    "interactive",
    "{\"type\":\"button\",\"header\":{\"type\":\"image\",\"image\":{\"id\":\"1003383421387256\"}},\"body\":{\"text\":\"b\"},"
    "\"footer\":{\"text\":\"f\"},\"action\":{\"buttons\":[{\"type\":\"reply\",\"reply\":{\"id\":\"1\",\"title\":\"Yes\"}},"
    "{\"type\":\"reply\",\"reply\":{\"id\":\"2\",\"title\":\"No\"}}]}}" },
  { "a list",
    "{\"interactive\":{\"type\":\"list\",\"body\":\"b\",\"header\":{\"text\":\"h\"},\"button\":\"Open\",\"sections\":"
    "[{\"title\":\"s\",\"rows\":[{\"id\":\"1\",\"title\":\"One\",\"description\":\"d\"}]}]}}",
    "interactive",
    "{\"type\":\"list\",\"header\":{\"type\":\"text\",\"text\":\"h\"},\"body\":{\"text\":\"b\"},\"action\":{\"button\":\"Open\",\"sections\":"
    "[{\"title\":\"s\",\"rows\":[{\"id\":\"1\",\"title\":\"One\",\"description\":\"d\"}]}]}}" },
  { "a template", "{\"template\":{\"name\":\"hello_world\",\"language\":\"en_US\"}}", "template",
    "{\"name\":\"hello_world\",\"language\":{\"policy\":\"deterministic\",\"code\":\"en_US\"}}" },
  { "a template with parameters",
    "{\"template\":{\"name\":\"order\",\"language\":\"tr\",\"components\":[{\"type\":\"header\",\"parameters\":[{\"type\":\"document\","
    "\"document\":{\"media_id\":\"ours-1\",\"file_name\":\"a.pdf\"}}]},{\"type\":\"body\",\"parameters\":[{\"type\":\"text\",\"text\":\"t\","
    "\"parameter_name\":\"p\"},{\"type\":\"currency\",\"currency\":{\"fallback_value\":\"1\",\"code\":\"TRY\",\"amount_1000\":1000}}]},"
    "{\"type\":\"button\",\"sub_type\":\"quick_reply\",\"index\":0,\"parameters\":[{\"type\":\"payload\",\"payload\":\"P\"}]}]}}",
    "template",
    "{\"name\":\"order\",\"language\":{\"policy\":\"deterministic\",\"code\":\"tr\"},\"components\":[{\"type\":\"header\",\"parameters\":"
    "[{\"type\":\"document\",\"document\":{\"id\":\"1003383421387256\",\"filename\":\"a.pdf\"}}]},{\"type\":\"body\",\"parameters\":"
    "[{\"type\":\"text\",\"text\":\"t\",\"parameter_name\":\"p\"},{\"type\":\"currency\",\"currency\":{\"fallback_value\":\"1\","
    "\"code\":\"TRY\",\"amount_1000\":1000}}]},{\"type\":\"button\",\"sub_type\":\"quick_reply\",\"index\":\"0\",\"parameters\":"
    "[{\"type\":\"payload\",\"payload\":\"P\"}]}]}" },
};

static void
test_content (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (JsonNode) body = build_to ("905321112233", contents[row].document, NULL);
  JsonObject *object = json_node_get_object (body);

  g_assert_cmpstr (json_object_get_string_member (object, "messaging_product"), ==, "whatsapp");
  g_assert_cmpstr (json_object_get_string_member (object, "recipient_type"), ==, "individual");
  g_assert_cmpstr (json_object_get_string_member (object, "to"), ==, "905321112233");
  g_assert_cmpstr (json_object_get_string_member (object, "type"), ==, contents[row].type);
  g_assert_cmpstr (json_object_get_string_member (object, "biz_opaque_callback_data"), ==, ID);
  g_assert_false (json_object_has_member (object, "context"));
  g_assert_cmpuint (json_object_get_size (object), ==, 6);
  assert_json (json_object_get_member (object, contents[row].type), contents[row].content);
}

static void
test_reply (void)
{
  g_autoptr (JsonNode) body = build_to ("905321112233", "{\"text\":\"t\"}", "wamid.Q");

  assert_json (json_object_get_member (json_node_get_object (body), "context"), "{\"message_id\":\"wamid.Q\"}");
}

static void
test_reaction_with_reply (void)
{
  g_autoptr (JsonNode) body
      = build_to ("905321112233", "{\"reaction\":{\"message_id\":\"wamid.R\",\"emoji\":\"x\"}}", "wamid.Q");
  JsonObject *object = json_node_get_object (body);

  g_assert_false (json_object_has_member (object, "context"));
  assert_json (json_object_get_member (object, "reaction"), "{\"message_id\":\"wamid.R\",\"emoji\":\"x\"}");
}

static void
test_recipients (void)
{
  g_autoptr (JsonNode) person = build_to ("US.13491208655302741918", "{\"text\":\"t\"}", NULL);
  g_autoptr (JsonNode) group = build_to ("Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjA", "{\"text\":\"t\"}", NULL);
  JsonObject *object = json_node_get_object (person);

  g_assert_cmpstr (json_object_get_string_member (object, "recipient"), ==, "US.13491208655302741918");
  g_assert_cmpstr (json_object_get_string_member (object, "recipient_type"), ==, "individual");
  g_assert_false (json_object_has_member (object, "to"));
  object = json_node_get_object (group);
  g_assert_cmpstr (json_object_get_string_member (object, "to"), ==, "Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjA");
  g_assert_cmpstr (json_object_get_string_member (object, "recipient_type"), ==, "group");
}

static void
test_user_ids (void)
{
  g_assert_true (ulak_graph_is_user_id ("US.13491208655302741918"));
  g_assert_true (ulak_graph_is_user_id ("TR.ENT.11815799212886844830"));
  g_assert_false (ulak_graph_is_user_id ("905321112233"));
  g_assert_false (ulak_graph_is_user_id ("US."));
  g_assert_false (ulak_graph_is_user_id ("us.1"));
  g_assert_false (ulak_graph_is_user_id (""));
  g_assert_false (ulak_graph_is_user_id ("US.1/2"));
}

static void
test_missing_handle (void)
{
  g_autoptr (JsonNode) message = parse ("{\"image\":{\"media_id\":\"ours-2\"}}");
  g_autoptr (GError) error = NULL;
  UlakOutbound outbound = { ID, "905321112233", json_node_get_object (message), NULL, 0 };

  g_assert_null (ulak_graph_request_build (&outbound, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "ours-2"));
}

static void
test_no_content (void)
{
  g_autoptr (JsonNode) message = parse ("{\"to\":\"905321112233\",\"text\":5,\"image\":[]}");
  g_autoptr (GError) error = NULL;
  UlakOutbound outbound = { ID, "905321112233", json_node_get_object (message), NULL, 0 };

  g_assert_null (ulak_graph_request_build (&outbound, NULL, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
test_media_list (void)
{
  g_autoptr (JsonNode) message = parse (
      "{\"interactive\":{\"header\":{\"video\":{\"media_id\":\"v\"}}},\"template\":{\"components\":[{\"parameters\":"
      "[{\"type\":\"image\",\"image\":{\"media_id\":\"i\"}},{\"type\":\"text\",\"text\":\"t\"}]},7]},\"sticker\":{\"media_id\":\"s\"},"
      "\"image\":{\"link\":\"https://a.example\"}}");
  g_autoptr (GPtrArray) uses = ulak_graph_request_list_media (json_node_get_object (message));
  static const char *const wanted[][2] = { { "s", "sticker" }, { "v", "video" }, { "i", "image" } };

  g_assert_cmpuint (uses->len, ==, G_N_ELEMENTS (wanted));
  for (guint i = 0; i < uses->len; i++)
    {
      UlakGraphMediaUse *use = uses->pdata[i];

      g_assert_cmpstr (use->media_id, ==, wanted[i][0]);
      g_assert_cmpstr (use->kind, ==, wanted[i][1]);
    }
}

static void
test_read (void)
{
  g_autofree char *plain = ulak_graph_request_build_read ("wamid.A", FALSE);
  g_autofree char *typing = ulak_graph_request_build_read ("wamid.A", TRUE);
  g_autoptr (JsonNode) plain_node = parse (plain);
  g_autoptr (JsonNode) typing_node = parse (typing);

  assert_json (plain_node, "{\"messaging_product\":\"whatsapp\",\"status\":\"read\",\"message_id\":\"wamid.A\"}");
  assert_json (typing_node, "{\"messaging_product\":\"whatsapp\",\"status\":\"read\",\"message_id\":\"wamid.A\","
                            "\"typing_indicator\":{\"type\":\"text\"}}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_autofree char *path = g_strdup_printf ("/graph-request/content/%s becomes Graph's", contents[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_content);
    }
  g_test_add_func ("/graph-request/a reply names the quoted message", test_reply);
  g_test_add_func ("/graph-request/a reaction has no context", test_reaction_with_reply);
  g_test_add_func ("/graph-request/user ids and groups are addressed in their own way", test_recipients);
  g_test_add_func ("/graph-request/user ids are told from numbers", test_user_ids);
  g_test_add_func ("/graph-request/a medium without a handle is an error", test_missing_handle);
  g_test_add_func ("/graph-request/a document without content is an error", test_no_content);
  g_test_add_func ("/graph-request/media are found in contents, headers and parameters", test_media_list);
  g_test_add_func ("/graph-request/read marks may show typing", test_read);
  return g_test_run ();
}
