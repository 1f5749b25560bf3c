/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What is read out of every message of protobufs.json, beside content-expected.json, which says so. Hashes and keys come from the
 * vectors' fields, since fresh vectors have others.
 */
#include "unit/whatsapp/codec-vectors.h"
#include "unit/whatsapp/content-fixture.h"

#include "core/json.h"

#include <string.h>

static JsonObject *
find_expected (JsonNode *root, const char *name)
{
  JsonArray *rows = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      if (g_str_equal (json_object_get_string_member (row, "name"), name))
        return row;
    }
  g_error ("content-expected.json says nothing of “%s”", name);
}

/* The first object inside that names a file. */
static JsonObject *
find_file (JsonObject *fields)
{
  g_autoptr (GList) values = json_object_get_values (fields);
  JsonObject *found = json_object_has_member (fields, "fileSha256") ? fields : NULL;

  for (GList *value = values; found == NULL && value != NULL; value = value->next)
    if (JSON_NODE_HOLDS_OBJECT ((JsonNode *) value->data))
      found = find_file (json_node_get_object (value->data));
  return found;
}

static char *
to_base64 (JsonObject *file, const char *name)
{
  g_autoptr (GBytes) bytes
      = ulak_vectors_hex (json_object_get_string_member (json_object_get_object_member (file, name), "hex"));

  return g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
assert_base64 (JsonObject *found, const char *name, JsonObject *file, const char *field)
{
  g_autofree char *expected = to_base64 (file, field);

  g_assert_cmpstr (json_object_get_string_member (found, name), ==, expected);
}

/* Takes out of the document what it checked. */
static void
check_file (const UlakContent *content, JsonObject *file, const char *kind)
{
  JsonObject *reference = content->media_reference, *media;

  g_assert_nonnull (reference);
  g_assert_cmpstr (json_object_get_string_member (reference, "kind"), ==, kind);
  g_assert_cmpstr (json_object_get_string_member (reference, "url"), ==, json_object_get_string_member (file, "url"));
  g_assert_cmpstr (json_object_get_string_member (reference, "direct_path"), ==,
                   json_object_get_string_member (file, "directPath"));
  g_assert_cmpint (json_object_get_int_member (reference, "size"), ==, json_object_get_int_member (file, "fileLength"));
  assert_base64 (reference, "media_key", file, "mediaKey");
  assert_base64 (reference, "file_sha256", file, "fileSha256");
  assert_base64 (reference, "file_enc_sha256", file, "fileEncSha256");
  media = json_object_get_object_member (content->document, "media");
  g_assert_cmpstr (json_object_get_string_member (media, "sha256"), ==,
                   json_object_get_string_member (json_object_get_object_member (file, "fileSha256"), "hex"));
  json_object_remove_member (media, "sha256");
  if (!json_object_has_member (file, "waveform"))
    return;
  assert_base64 (media, "waveform", file, "waveform");
  json_object_remove_member (media, "waveform");
}

static void
check_document (const UlakContent *content, JsonObject *expected)
{
  JsonNode *wanted = json_object_get_member (expected, "document");
  g_autoptr (JsonNode) found = json_node_new (JSON_NODE_OBJECT);

  if (wanted == NULL)
    {
      g_assert_null (content->document);
      return;
    }
  g_assert_nonnull (content->document);
  json_node_set_object (found, content->document);
  if (!json_node_equal (found, wanted))
    {
      g_autofree char *text = json_to_string (found, FALSE), *wanted_text = json_to_string (wanted, FALSE);

      g_error ("expected %s, found %s", wanted_text, text);
    }
}

static void
check_target (const UlakContent *content, JsonObject *expected)
{
  JsonObject *target = ulak_json_peek_object (expected, "target");

  if (target == NULL)
    {
      g_assert_null (content->target.id);
      return;
    }
  g_assert_cmpstr (content->target.chat, ==, json_object_get_string_member (target, "chat"));
  g_assert_cmpstr (content->target.id, ==, json_object_get_string_member (target, "id"));
  g_assert_cmpstr (content->target.participant, ==, ulak_json_peek_string (target, "participant"));
  g_assert_cmpint (content->target.from_me, ==, json_object_get_boolean_member (target, "from_me"));
}

static void
check_stanza (JsonObject *expected, const UlakContentStanza *stanza)
{
  g_assert_cmpstr (stanza->type, ==, ulak_json_peek_string (expected, "type"));
  g_assert_cmpstr (stanza->mediatype, ==, ulak_json_peek_string (expected, "mediatype"));
  g_assert_cmpstr (stanza->edit, ==, ulak_json_peek_string (expected, "edit"));
  g_assert_cmpstr (stanza->polltype, ==, ulak_json_peek_string (expected, "polltype"));
  g_assert_cmpstr (stanza->event_type, ==, ulak_json_peek_string (expected, "event_type"));
  g_assert_cmpint (stanza->hides_failure, ==, ulak_json_peek_boolean (expected, "hides_failure", FALSE));
}

static void
check_vector (JsonObject *vector, JsonObject *expected)
{
  static const char *const kinds[]
      = { "none", "message", "reaction", "edit", "revoke", "sealed", "timer", "pin", "keep", "protocol" };
  g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, "encoded"));
  g_autoptr (UlakContent) content = content_read (bytes);
  g_autoptr (Wa__Message) message = ulak_protobuf_unpack (&wa__message__descriptor, g_bytes_get_data (bytes, NULL),
                                                          g_bytes_get_size (bytes), NULL);
  JsonObject *stanza = ulak_json_peek_object (expected, "stanza");
  const char *media_kind = ulak_json_peek_string (expected, "media_kind");
  UlakContentStanza described;

  g_assert_cmpstr (kinds[content->kind], ==, json_object_get_string_member (expected, "kind"));
  if (media_kind != NULL)
    check_file (content, find_file (json_object_get_object_member (vector, "fields")), media_kind);
  else
    g_assert_null (content->media_reference);
  check_document (content, expected);
  check_target (content, expected);
  g_assert_cmpstr (content->quoted_id, ==, ulak_json_peek_string (expected, "quoted_id"));
  g_assert_cmpstr (content->quoted_participant, ==, ulak_json_peek_string (expected, "quoted_participant"));
  g_assert_cmpstr (content->quoted_chat, ==, ulak_json_peek_string (expected, "quoted_chat"));
  g_assert_cmpstr (content->sender_key_group, ==, ulak_json_peek_string (expected, "sender_key_group"));
  g_assert_cmpstr (content->destination, ==, ulak_json_peek_string (expected, "destination"));
  g_assert_cmpint (content->is_device_sent, ==, content->destination != NULL);
  g_assert_cmpuint (content->secret.size_bytes, ==, ulak_json_peek_integer (expected, "secret_bytes", 0));
  g_assert_cmpint (content->has_timer, ==, json_object_has_member (expected, "timer_s"));
  g_assert_cmpint (content->timer_s, ==, ulak_json_peek_integer (expected, "timer_s", 0));
  g_assert_cmpint (content->sent_ms, ==, ulak_json_peek_integer (expected, "sent_ms", 0));
  g_assert_cmpint (content->duration_s, ==, ulak_json_peek_integer (expected, "duration_s", 0));
  g_assert_cmpint (content->kind == ULAK_CONTENT_PROTOCOL, ==, content->protocol != NULL);
  if (stanza == NULL)
    return;
  ulak_content_describe (message, &described);
  check_stanza (stanza, &described);
}

static void
test_vectors (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("protobufs.json");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonArray *vectors = ulak_vectors_get (root, "vectors");
  guint n = 0;

  json_parser_load_from_file (parser, CONTENT_EXPECTED, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);

      if (!g_str_equal (json_object_get_string_member (vector, "type"), "Message"))
        continue;
      g_test_message ("%s", json_object_get_string_member (vector, "name"));
      check_vector (vector, find_expected (json_parser_get_root (parser), json_object_get_string_member (vector, "name")));
      n++;
    }
  g_assert_cmpuint (n, ==, json_array_get_length (ulak_vectors_get (json_parser_get_root (parser), "vectors")));
}

/* Cut anywhere, every message is read as something, and what is shown says its type. */
static void
test_cuts (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("protobufs.json");
  JsonArray *vectors = ulak_vectors_get (root, "vectors");
  guint n_whole = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, "encoded"));

      for (gsize length = 0; length < g_bytes_get_size (bytes); length++)
        {
          g_autofree guint8 *cut = g_memdup2 (g_bytes_get_data (bytes, NULL), length);
          g_autoptr (UlakContent) content = ulak_content_read (cut, length, NULL);
          const char *type = content->document == NULL ? "" : json_object_get_string_member (content->document, "type");
          g_autofree char *raw = g_base64_encode (cut, length);

          g_assert_nonnull (type);
          if (g_str_equal (type, "unsupported") && json_object_has_member (content->document, "raw"))
            n_whole += g_str_equal (raw, json_object_get_string_member (content->document, "raw"));
        }
    }
  g_assert_cmpuint (n_whole, >, 3000);
}

static char *
name_person (const char *jid, gpointer data)
{
  guint *n_asked = data;

  ++*n_asked;
  return g_strdup_printf ("person of %s", jid);
}

static void
test_names (void)
{
  guint n_asked = 0;
  const UlakContentNames names = { name_person, &n_asked };
  static const char *const rows[][2] = {
    { "15551234567@s.whatsapp.net", "15551234567" },
    { "15551234567:12@s.whatsapp.net", "15551234567" },
    { "15551234567@c.us", "15551234567" },
    { "123:4@lid", "123@lid" },
    { "120363012345678901@g.us", "120363012345678901@g.us" },
    { "no jid", "no jid" },
  };
  g_autoptr (GBytes) bytes = ulak_vectors_hex ("322d0a13686920403132333435363738393031323334358a01157a13313233343536373839303132333435406c6964");
  g_autoptr (UlakContent) content = ulak_content_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &names);

  g_assert_cmpuint (n_asked, ==, 1);
  content_assert_document (content->document,
                           "{'type': 'text', 'text': 'hi @123456789012345', 'mentions': [{'id': 'person of "
                           "123456789012345@lid', 'text': '@123456789012345'}]}");
  g_assert_cmpstr (content->mentions[0], ==, "123456789012345@lid");
  g_assert_null (content->mentions[1]);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = ulak_content_name (rows[i][0]);

      g_assert_cmpstr (name, ==, rows[i][1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/content/read/every vector is read as it should be", test_vectors);
  g_test_add_func ("/whatsapp/content/read/what is cut is kept whole", test_cuts);
  g_test_add_func ("/whatsapp/content/read/people are called as the caller says", test_names);
  return g_test_run ();
}
