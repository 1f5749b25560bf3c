/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/content-fixture.h"

#include "core/json.h"
#include "unit/fakes/random.h"

#include <string.h>

static const guint8 file_sha256[32] = { 1, 2, 3 }, file_enc_sha256[32] = { 4, 5, 6 }, media_key[32] = { 7, 8, 9 };

void
content_fixture_init (ContentFixture *self)
{
  *self = (ContentFixture){ .random = ULAK_RANDOM (ulak_fake_random_new (1)), .secret = { { 1, 2, 3, 4 } } };
  self->upload = (UlakContentUpload){
    .url = "https://mmg.whatsapp.net/v/x.enc",
    .direct_path = "/v/x.enc?ccb=11-4",
    .media_key = ULAK_SPAN_ARRAY (media_key),
    .file_sha256 = ULAK_SPAN_ARRAY (file_sha256),
    .file_enc_sha256 = ULAK_SPAN_ARRAY (file_enc_sha256),
    .size_bytes = 4711,
    .key_time_s = 1760000000,
    .width = 640,
    .height = 480,
  };
  self->request = (UlakContentRequest){
    .chat = TEST_CHAT,
    .me = TEST_ME,
    .now_ms = G_GINT64_CONSTANT (1760000000000),
    .random = self->random,
    .secret = &self->secret,
    .upload = &self->upload,
    .target = { .chat = TEST_CHAT, .from_me = TRUE, .id = TEST_ID },
    .target_secret = &self->secret,
    .target_author = TEST_CHAT,
  };
}

void
content_fixture_clear (ContentFixture *self)
{
  g_clear_object (&self->random);
  g_clear_pointer (&self->document, json_object_unref);
}

JsonObject *
content_parse (const char *text)
{
  static const UlakJsonLimits limits = { 8 * 1024 * 1024, 40, 200000, FALSE };
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');
  g_autoptr (GError) error = NULL;
  JsonObject *object = ulak_json_parse_object (json, strlen (json), &limits, &error);

  g_assert_no_error (error);
  return object;
}

GBytes *
content_write (ContentFixture *self, const char *document, UlakContentStanza *stanza_out)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GError) error = NULL;
  UlakContentStanza stanza;
  GBytes *bytes;

  g_clear_pointer (&self->document, json_object_unref);
  self->document = content_parse (document);
  ulak_content_check (self->document, issues);
  ulak_issues_to_error (issues, &error);
  g_assert_no_error (error);
  self->request.document = self->document;
  bytes = ulak_content_write (&self->request, stanza_out != NULL ? stanza_out : &stanza, &error);
  g_assert_no_error (error);
  return bytes;
}

UlakContent *
content_read (GBytes *bytes)
{
  return ulak_content_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
}

UlakContent *
content_read_packed (gconstpointer message)
{
  g_autoptr (GBytes) bytes = ulak_protobuf_pack (message);

  return content_read (bytes);
}

void
content_assert_document (JsonObject *found, const char *expected)
{
  g_autoptr (JsonObject) wanted = content_parse (expected);
  g_autoptr (JsonNode) a = json_node_new (JSON_NODE_OBJECT), b = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = found == NULL ? NULL : ulak_json_print_object (found);

  g_assert_nonnull (found);
  json_node_set_object (a, found);
  json_node_set_object (b, wanted);
  if (!json_node_equal (a, b))
    g_error ("expected %s, found %s", expected, text);
}
