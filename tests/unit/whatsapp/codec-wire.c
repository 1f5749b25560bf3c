/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Nodes on the wire, over vectors of another client and over what a hostile server might send.
 */
#include "whatsapp/codec/node-codec.h"

#include "core/error.h"
#include "whatsapp/codec/inflate.h"
#include "whatsapp/codec/node-builder.h"
#include "whatsapp/codec/tokens.h"

#include "unit/whatsapp/codec-vectors.h"

#include <string.h>

static void
write_attributes (UlakNodeBuilder *builder, JsonObject *attributes)
{
  g_autoptr (GList) names = json_object_get_members (attributes);

  for (GList *name = names; name != NULL; name = name->next)
    {
      JsonNode *member = json_object_get_member (attributes, name->data);
      const char *value = JSON_NODE_HOLDS_NULL (member) ? NULL : json_node_get_string (member);
      UlakJid jid;

      if (value != NULL && strchr (value, '@') != NULL && ulak_jid_parse (value, &jid, NULL))
        ulak_node_builder_add_jid (builder, name->data, &jid);
      else
        ulak_node_builder_add_text (builder, name->data, value);
    }
}

static void
write_node (UlakNodeBuilder *builder, JsonObject *vector)
{
  JsonNode *content = json_object_get_member (vector, "content");

  write_attributes (builder, json_object_get_object_member (vector, "attrs"));
  if (content == NULL)
    return;
  if (JSON_NODE_HOLDS_VALUE (content))
    ulak_node_builder_set_text (builder, json_node_get_string (content));
  else if (JSON_NODE_HOLDS_OBJECT (content))
    {
      g_autoptr (GBytes) bytes
          = ulak_vectors_hex (json_object_get_string_member (json_node_get_object (content), "hex"));

      ulak_node_builder_set_bytes (builder, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    }
  else
    {
      JsonArray *children = json_node_get_array (content);

      ulak_node_builder_set_children (builder);
      for (guint i = 0; i < json_array_get_length (children); i++)
        {
          JsonObject *child = json_array_get_object_element (children, i);

          ulak_node_builder_open (builder, json_object_get_string_member (child, "tag"));
          write_node (builder, child);
          ulak_node_builder_close (builder);
        }
    }
}

static UlakNode *
build (JsonObject *vector)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new (json_object_get_string_member (vector, "tag"));
  g_autoptr (GError) error = NULL;
  UlakNode *node;

  write_node (builder, vector);
  node = ulak_node_builder_end (builder, &error);
  g_assert_no_error (error);
  return node;
}

static void check_content (const UlakNode *node, JsonNode *content);

static void
check_node (const UlakNode *node, JsonObject *vector)
{
  JsonObject *attributes = json_object_get_object_member (vector, "attrs");
  g_autoptr (GList) names = json_object_get_members (attributes);
  guint index = 0;

  g_assert_cmpstr (ulak_node_get_tag (node), ==, json_object_get_string_member (vector, "tag"));
  g_assert_cmpuint (ulak_node_count_attributes (node), ==, json_object_get_size (attributes));
  for (GList *expected = names; expected != NULL; expected = expected->next, index++)
    {
      const char *name = NULL, *value = ulak_node_get_attribute_at (node, index, &name);

      g_assert_cmpstr (name, ==, expected->data);
      g_assert_cmpstr (value, ==, json_object_get_string_member (attributes, name));
    }
  check_content (node, json_object_get_member (vector, "content"));
}

static void
check_content (const UlakNode *node, JsonNode *content)
{
  if (content == NULL)
    g_assert_cmpint (ulak_node_get_content (node), ==, ULAK_NODE_NOTHING);
  else if (JSON_NODE_HOLDS_VALUE (content))
    {
      g_autofree char *text = ulak_node_dup_text (node);

      g_assert_cmpint (ulak_node_get_content (node), ==, ULAK_NODE_TEXT);
      g_assert_cmpstr (text, ==, json_node_get_string (content));
    }
  else if (JSON_NODE_HOLDS_OBJECT (content))
    {
      g_autoptr (GBytes) expected
          = ulak_vectors_hex (json_object_get_string_member (json_node_get_object (content), "hex"));
      gsize size_bytes = 0;
      const guint8 *bytes = ulak_node_get_bytes (node, &size_bytes);

      g_assert_cmpint (ulak_node_get_content (node), ==, ULAK_NODE_BYTES);
      g_assert_cmpmem (bytes, size_bytes, g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
    }
  else
    {
      JsonArray *children = json_node_get_array (content);
      const UlakNode *child = ulak_node_get_first (node);

      g_assert_cmpint (ulak_node_get_content (node), ==, ULAK_NODE_CHILDREN);
      g_assert_cmpuint (ulak_node_count_children (node), ==, json_array_get_length (children));
      for (guint i = 0; i < json_array_get_length (children); i++, child = ulak_node_get_next (child))
        check_node (child, json_array_get_object_element (children, i));
    }
}

static void
check_round_trip (const UlakNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) frame = ulak_node_encode (node, &error);
  g_autoptr (UlakNode) again = frame == NULL ? NULL : ulak_node_decode (frame, &error);

  g_assert_no_error (error);
  g_assert_true (ulak_node_equal (node, again));
}

static void
check_vector (JsonObject *vector)
{
  const char *name = json_object_get_string_member (vector, "name");
  const char *direction = json_object_get_string_member_with_default (vector, "direction", "both");
  g_autoptr (GBytes) frame = ulak_vectors_hex (json_object_get_string_member (vector, "encoded"));
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = ulak_node_decode (frame, &error);

  g_test_message ("%s", name);
  if (g_str_equal (direction, "decode_error"))
    {
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      return;
    }
  g_assert_no_error (error);
  check_node (
      node, json_object_get_object_member (vector, json_object_has_member (vector, "decoded") ? "decoded" : "node"));
  check_round_trip (node);
  if (g_str_equal (direction, "both"))
    {
      g_autoptr (UlakNode) built = build (json_object_get_object_member (vector, "node"));
      g_autoptr (GBytes) encoded = ulak_node_encode (built, &error);

      g_assert_no_error (error);
      ulak_vectors_assert_bytes (encoded, frame, name);
    }
}

static void
test_vectors (gconstpointer file)
{
  g_autoptr (JsonNode) root = ulak_vectors_load (file);
  JsonArray *vectors = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    check_vector (json_array_get_object_element (vectors, i));
}

/* No part of a frame is a frame: whatever is cut off is missed, and nothing past the end is read. */
static void
test_cut (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("nodes.json");
  JsonArray *vectors = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      const char *hex = json_object_get_string_member (json_array_get_object_element (vectors, i), "encoded");
      g_autoptr (GBytes) frame = ulak_vectors_hex (hex);
      gsize size_bytes = g_bytes_get_size (frame);

      for (gsize length = 0; length < MIN (size_bytes, 5000); length++)
        {
          /* Its own block, so that a sanitizer sees a read beyond it. */
          g_autofree guint8 *copy = g_memdup2 (g_bytes_get_data (frame, NULL), length);
          g_autoptr (GBytes) cut = g_bytes_new_static (copy, length);
          g_autoptr (GError) error = NULL;
          g_autoptr (UlakNode) node = ulak_node_decode (cut, &error);

          g_assert_null (node);
          g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
        }
    }
}

static void
check_refused (const char *hex, const char *message)
{
  g_autoptr (GBytes) frame = ulak_vectors_hex (hex);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = ulak_node_decode (frame, &error);

  g_assert_null (node);
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_malformed (void)
{
  check_refused ("", "The frame is empty; it must hold a byte of flags and a node");
  check_refused ("00f8011919", "The node is malformed at byte 4: more bytes follow the end of the node");
  check_refused ("00f80100", "The node is malformed at byte 4: a node has no tag");
  check_refused ("00f801fc00", "The node is malformed at byte 5: a node has no tag");
  check_refused ("00f801f0", "The node is malformed at byte 4: a string begins with a byte that begins none");
  check_refused ("00f801f8", "The node is malformed at byte 4: a string begins with a byte that begins none");
  check_refused ("00f803190019", "The node is malformed at byte 5: an attribute has no name");
  check_refused ("00f80219ff01c0", "The node is malformed at byte 7: packed text with a character that there is not");
  check_refused ("00f8031906fafa0003fa0003",
                 "The node is malformed at byte 7: a string begins with a byte that begins none");
  check_refused ("00f8021901f8", "The node is malformed at byte 5: more bytes follow the end of the node");
  check_refused ("00f80219ff80", "The node is malformed at byte 6: packed text of less than no character");
  check_refused ("00f80219f80100", "The node is malformed at byte 7: a list of nothing stands where a node must");
}

/* Each length says that there is more than there is, up to the highest that its form can say. */
static void
test_lengths (void)
{
  static const char *const frames[] = {
    "00f80219fcff01",
    "00f80219fdffffff01",
    "00f80219feffffffff01",
    "00f80219fe8000000001",
    "00f80219ff7f01",
    "00f80219fbff01",
    "00f8ff1900",
    "00f9ffff1904",
    "00f80219f8ff",
    "00f80219f9ffff",
    "00f80219f9fffff80119",
    "00fdffffff",
    "00feffffffff",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      g_autoptr (GBytes) frame = ulak_vectors_hex (frames[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (UlakNode) node = ulak_node_decode (frame, &error);

      g_test_message ("%s", frames[i]);
      g_assert_null (node);
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

/* @depth nodes, each the only child of the one before. */
static GBytes *
make_nested (guint depth)
{
  GByteArray *frame = g_byte_array_new ();

  g_byte_array_append (frame, (const guint8 *) "\0", 1);
  for (guint i = 1; i < depth; i++)
    g_byte_array_append (frame, (const guint8 *) "\xf8\x02\x19\xf8\x01", 5);
  g_byte_array_append (frame, (const guint8 *) "\xf8\x01\x19", 3);
  return g_byte_array_free_to_bytes (frame);
}

static void
test_nested (void)
{
  g_autoptr (GBytes) deepest = make_nested (ULAK_NODE_DEPTH_MAX);
  g_autoptr (GBytes) deeper = make_nested (ULAK_NODE_DEPTH_MAX + 1);
  g_autoptr (GBytes) hostile = make_nested (10000);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = ulak_node_decode (deepest, &error);

  g_assert_no_error (error);
  check_round_trip (node);
  g_assert_null (ulak_node_decode (deeper, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (ulak_node_decode (hostile, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

/* 16 MB of the smallest nodes there are would be a gigabyte of tree. */
static void
test_memory (void)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autoptr (GByteArray) group = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_byte_array_append (group, (const guint8 *) "\xf8\x02\x19\xf9\xff\xff", 6);
  for (guint i = 0; i < 0xffff; i++)
    g_byte_array_append (group, (const guint8 *) "\xf8\x01\x19", 3);
  g_byte_array_append (frame, (const guint8 *) "\0\xf8\x02\x19\xf8\x50", 6);
  for (guint i = 0; i < 0x50; i++)
    g_byte_array_append (frame, group->data, group->len);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&frame));

  g_assert_null (ulak_node_decode (bytes, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
test_frame_limit (void)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("a");
  g_autofree guint8 *bytes = g_malloc0 (ULAK_NODE_FRAME_MAX + 1);
  g_autoptr (GBytes) frame = g_bytes_new_static (bytes, ULAK_NODE_FRAME_MAX + 1);
  g_autoptr (UlakNode) node = NULL;
  g_autoptr (GError) error = NULL;

  ulak_node_builder_set_bytes (builder, bytes, ULAK_NODE_FRAME_MAX);
  node = ulak_node_builder_end (builder, &error);
  g_assert_no_error (error);
  g_assert_null (ulak_node_encode (node, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (ulak_node_decode (frame, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static GBytes *
deflate (const guint8 *bytes, gsize size_bytes)
{
  g_autoptr (GConverter) deflater = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
  g_autoptr (GInputStream) plain = g_memory_input_stream_new_from_data (bytes, (gssize) size_bytes, NULL);
  g_autoptr (GInputStream) stream = g_converter_input_stream_new (plain, deflater);
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  g_output_stream_splice (out, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &error);
  g_assert_no_error (error);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (out));
}

static void
test_inflate (void)
{
  static const guint8 plain[100000] = { 1, 2, 3 };
  g_autoptr (GBytes) expected = g_bytes_new_static (plain, sizeof plain);
  g_autoptr (GBytes) deflated = deflate (plain, sizeof plain);
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (deflated, &size_bytes);
  g_autofree guint8 *longer = g_malloc0 (size_bytes + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) inflated = ulak_inflate (bytes, size_bytes, sizeof plain, &error);

  g_assert_no_error (error);
  ulak_vectors_assert_bytes (inflated, expected, "inflated");
  g_assert_null (ulak_inflate (bytes, size_bytes, sizeof plain - 1, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
  g_clear_error (&error);
  memcpy (longer, bytes, size_bytes);
  g_assert_null (ulak_inflate (longer, size_bytes + 1, sizeof plain, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  for (gsize length = 0; length < size_bytes; length++)
    g_assert_null (ulak_inflate (bytes, length, sizeof plain, NULL));
}

/* 100 MB of zeros in 100 KB. */
static void
test_bomb (void)
{
  g_autofree guint8 *plain = g_malloc0 (100000000);
  g_autoptr (GBytes) deflated = deflate (plain, 100000000);
  g_autoptr (GByteArray) array = g_byte_array_new ();
  g_autoptr (GBytes) frame = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (g_bytes_get_size (deflated), <, 200000);
  g_byte_array_append (array, (const guint8 *) "\x02", 1);
  g_byte_array_append (array, g_bytes_get_data (deflated, NULL), (guint) g_bytes_get_size (deflated));
  frame = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  g_assert_null (ulak_node_decode (frame, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
test_odd_jids (void)
{
  static const struct
  {
    const char *hex;
    const char *from;
  } rows[] = {
    { "00f8031906f70503ff82155f", "155:3@s.whatsapp.net" }, /* a domain that has no server: an agent of old */
    { "00f8031906fafc014000", "@@" },                       /* a user of '@', no server */
    { "00f8031906fafc0201ff76", "\x01\xef\xbf\xbd@lid" },
    { "00f8031906fafc03613a6276", "a:b@lid" }, /* no device that there could be: kept as text */
    { "00f8031906f6ff82111f012c76", "111:300@lid" },
    { "00f8031906fafc00fc00", "@" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) frame = ulak_vectors_hex (rows[i].hex);
      g_autoptr (GError) error = NULL;
      g_autoptr (UlakNode) node = ulak_node_decode (frame, &error);

      g_test_message ("%s", rows[i].hex);
      g_assert_no_error (error);
      g_assert_cmpstr (ulak_node_get_attribute (node, "from"), ==, rows[i].from);
      check_round_trip (node);
    }
}

static void
test_bad_text (void)
{
  g_autoptr (GBytes) frame = ulak_vectors_hex ("00f8031918fc04410042ff");
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = ulak_node_decode (frame, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (ulak_node_get_attribute (node, "notify"), ==, "A\xef\xbf\xbd"
                                                                 "B\xef\xbf\xbd");
  check_round_trip (node);
}

static void
test_tokens (void)
{
  for (guint number = 1; number < ULAK_N_TOKENS; number++)
    g_assert_cmpuint (ulak_token_find (ulak_token_get_text (number)), ==, number);
  g_assert_cmpuint (ulak_token_find (""), ==, 0);
  g_assert_cmpuint (ulak_token_find ("s.whatsapp.ne"), ==, 0);
  g_assert_cmpuint (ulak_token_find ("~"), ==, 0);
  g_assert_cmpstr (ulak_token_get_text (3), ==, "s.whatsapp.net");
  g_assert_cmpstr (ulak_token_get_text (ULAK_TOKEN_DOUBLE), ==, "read-self");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/whatsapp/codec/wire/nodes are read and written as other clients do it", "nodes.json",
                        test_vectors);
  g_test_add_data_func ("/whatsapp/codec/wire/stanzas are read and written as other clients do it", "stanzas.json",
                        test_vectors);
  g_test_add_func ("/whatsapp/codec/wire/a frame cut at any byte is refused", test_cut);
  g_test_add_func ("/whatsapp/codec/wire/a malformed node is refused with the place", test_malformed);
  g_test_add_func ("/whatsapp/codec/wire/no length is believed", test_lengths);
  g_test_add_func ("/whatsapp/codec/wire/nodes nested ten thousand deep are refused", test_nested);
  g_test_add_func ("/whatsapp/codec/wire/a small frame makes no huge tree", test_memory);
  g_test_add_func ("/whatsapp/codec/wire/a frame has a limit both ways", test_frame_limit);
  g_test_add_func ("/whatsapp/codec/wire/a whole zlib stream is inflated and no other", test_inflate);
  g_test_add_func ("/whatsapp/codec/wire/a zlib bomb is refused", test_bomb);
  g_test_add_func ("/whatsapp/codec/wire/a JID that we cannot read is echoed", test_odd_jids);
  g_test_add_func ("/whatsapp/codec/wire/names that are no text do not cost the message", test_bad_text);
  g_test_add_func ("/whatsapp/codec/wire/every token is found by its text", test_tokens);
  return g_test_run ();
}
