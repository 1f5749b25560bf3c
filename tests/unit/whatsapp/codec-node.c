/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Builder and readers. The wire has codec-wire.c.
 */
#include "whatsapp/codec/node.h"

#include "core/error.h"
#include "whatsapp/codec/node-builder.h"

#include <string.h>

/* <iq id="7" from="155:3@s.whatsapp.net" t="1760000000"><a/><list><b>xyz</b></list><a>q</a></iq> */
static UlakNode *
build_example (void)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("iq");
  g_autoptr (GError) error = NULL;
  UlakJid jid;
  UlakNode *node;

  g_assert_true (ulak_jid_parse ("155:3@s.whatsapp.net", &jid, NULL));
  ulak_node_builder_add_text (builder, "id", "7");
  ulak_node_builder_add_text (builder, "none", NULL);
  ulak_node_builder_add_text (builder, "empty", "");
  ulak_node_builder_add_jid (builder, "from", &jid);
  ulak_node_builder_open (builder, "a");
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "list");
  ulak_node_builder_open (builder, "b");
  ulak_node_builder_set_bytes (builder, (const guint8 *) "xyz", 3);
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  ulak_node_builder_open (builder, "a");
  ulak_node_builder_set_text (builder, "q");
  ulak_node_builder_close (builder);
  ulak_node_builder_add_number (builder, "t", 1760000000);
  node = ulak_node_builder_end (builder, &error);
  g_assert_no_error (error);
  return node;
}

static void
test_builder (void)
{
  g_autoptr (UlakNode) node = build_example ();
  const UlakNode *list = ulak_node_get_child (node, "list"), *child = ulak_node_get_first (node);
  const char *name = NULL;
  gsize size_bytes = 0;

  g_assert_cmpstr (ulak_node_get_tag (node), ==, "iq");
  g_assert_cmpuint (ulak_node_count_attributes (node), ==, 3);
  g_assert_cmpstr (ulak_node_get_attribute (node, "id"), ==, "7");
  g_assert_cmpstr (ulak_node_get_attribute (node, "from"), ==, "155:3@s.whatsapp.net");
  g_assert_cmpstr (ulak_node_get_attribute_at (node, 2, &name), ==, "1760000000");
  g_assert_cmpstr (name, ==, "t");
  g_assert_null (ulak_node_get_attribute (node, "empty"));

  g_assert_cmpint (ulak_node_get_content (node), ==, ULAK_NODE_CHILDREN);
  g_assert_cmpuint (ulak_node_count_children (node), ==, 3);
  g_assert_cmpint (ulak_node_get_content (child), ==, ULAK_NODE_NOTHING);
  g_assert_true (ulak_node_get_next (child) == list);
  g_assert_true (ulak_node_is (ulak_node_get_next (list), "a"));
  g_assert_null (ulak_node_get_next (ulak_node_get_next (list)));
  g_assert_cmpmem (ulak_node_get_bytes (ulak_node_get_child (list, "b"), &size_bytes), size_bytes, "xyz", 3);
  g_assert_null (ulak_node_get_bytes (node, NULL));
}

static void
test_reference (void)
{
  UlakNode *root = build_example ();
  g_autoptr (UlakNode) kept = ulak_node_ref (ulak_node_get_child (root, "list"));

  ulak_node_unref (root);
  g_assert_true (ulak_node_is (ulak_node_get_first (kept), "b"));
}

static void
test_readers (void)
{
  g_autoptr (UlakNode) node = build_example ();
  const UlakNode *leaf = ulak_node_get_child (ulak_node_get_child (node, "list"), "b");
  g_autofree char *text = ulak_node_dup_text (leaf);
  g_autoptr (GError) error = NULL;
  guint64 number = 0;
  gsize size_bytes = 0;
  UlakJid jid;

  g_assert_cmpstr (ulak_node_read_attribute (node, "id", &error), ==, "7");
  g_assert_true (ulak_node_read_number (node, "t", G_MAXUINT32, &number, &error));
  g_assert_cmpuint (number, ==, 1760000000);
  g_assert_true (ulak_node_read_jid (node, "from", &jid, &error));
  g_assert_cmpuint (jid.device, ==, 3);
  g_assert_nonnull (ulak_node_read_child (node, "list", &error));
  g_assert_nonnull (ulak_node_read_bytes (leaf, 3, 3, &size_bytes, &error));
  g_assert_cmpuint (size_bytes, ==, 3);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "xyz");
  g_assert_null (ulak_node_dup_text (node));
}

static void
check_refusal (gboolean was_taken, GError **error, const char *message)
{
  g_assert_false (was_taken);
  g_assert_error (*error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_cmpstr ((*error)->message, ==, message);
  g_clear_error (error);
}

static void
test_refusals (void)
{
  g_autoptr (UlakNode) node = build_example ();
  const UlakNode *leaf = ulak_node_get_child (ulak_node_get_child (node, "list"), "b");
  g_autoptr (GError) error = NULL;

  check_refusal (ulak_node_read_attribute (node, "to", &error) != NULL, &error, "Node ‘iq’ has no attribute ‘to’");
  check_refusal (ulak_node_read_number (node, "id", 6, NULL, &error), &error,
                 "Attribute ‘id’ of node ‘iq’ is no number of 0 to 6");
  check_refusal (ulak_node_read_number (node, "from", 6, NULL, &error), &error,
                 "Attribute ‘from’ of node ‘iq’ is no number of 0 to 6");
  check_refusal (ulak_node_read_jid (node, "id", NULL, &error), &error,
                 "Attribute ‘id’ of node ‘iq’: The JID has no '@'; it must be user[:device]@server");
  check_refusal (ulak_node_read_child (node, "c", &error) != NULL, &error, "Node ‘iq’ has no child ‘c’");
  check_refusal (ulak_node_read_bytes (leaf, 4, 32, NULL, &error) != NULL, &error,
                 "Node ‘b’ holds 3 bytes; allowed 4 to 32");
  check_refusal (ulak_node_read_bytes (node, 0, 32, NULL, &error) != NULL, &error, "Node ‘iq’ holds no bytes");
}

static void
test_copies (void)
{
  g_autoptr (UlakNode) node = build_example ();
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("ack");
  g_autoptr (UlakNode) ack = NULL;

  ulak_node_builder_add_copy (builder, "to", node, "from");
  ulak_node_builder_add_copy (builder, "participant", node, "participant");
  ack = ulak_node_builder_end (builder, NULL);
  g_assert_cmpstr (ulak_node_get_attribute (ack, "to"), ==, "155:3@s.whatsapp.net");
  g_assert_cmpuint (ulak_node_count_attributes (ack), ==, 1);
}

static void
test_equality (void)
{
  g_autoptr (UlakNode) one = build_example ();
  g_autoptr (UlakNode) other = build_example ();

  g_assert_true (ulak_node_equal (one, other));
  g_assert_false (ulak_node_equal (one, ulak_node_get_first (other)));
  g_assert_false (ulak_node_equal (ulak_node_get_first (one),
                                   ulak_node_get_next (ulak_node_get_next (ulak_node_get_first (one)))));
}

static void
test_bad_text (void)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("a");
  g_autoptr (UlakNode) node = NULL;
  g_autofree char *text = NULL;

  ulak_node_builder_add_text (builder, "name", "caf\xe9");
  ulak_node_builder_set_bytes (builder, (const guint8 *) "a\0\xff", 3);
  node = ulak_node_builder_end (builder, NULL);
  text = ulak_node_dup_text (node);
  g_assert_cmpstr (ulak_node_get_attribute (node, "name"), ==, "caf\xef\xbf\xbd");
  g_assert_cmpstr (text, ==, "a\xef\xbf\xbd\xef\xbf\xbd");
}

static void
check_too_large (UlakNodeBuilder *builder)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ulak_node_builder_end (builder, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
test_limits (void)
{
  g_autoptr (UlakNodeBuilder) deep = ulak_node_builder_new ("a");
  g_autoptr (UlakNodeBuilder) wide = ulak_node_builder_new ("a");
  g_autoptr (UlakNodeBuilder) full = ulak_node_builder_new ("a");
  g_autoptr (UlakNodeBuilder) large = ulak_node_builder_new ("a");
  g_autofree guint8 *bytes = g_malloc0 (ULAK_NODE_MEMORY_MAX / 2);

  for (guint i = 0; i < ULAK_NODE_DEPTH_MAX; i++)
    ulak_node_builder_open (deep, "a");
  check_too_large (deep);

  for (guint i = 0; i <= ULAK_NODE_CHILDREN_MAX; i++)
    {
      ulak_node_builder_open (wide, "a");
      ulak_node_builder_close (wide);
    }
  check_too_large (wide);

  for (guint i = 0; i <= ULAK_NODE_ATTRIBUTES_MAX; i++)
    ulak_node_builder_add_number (full, "a", i);
  check_too_large (full);

  for (guint i = 0; i < 2; i++)
    {
      ulak_node_builder_open (large, "b");
      ulak_node_builder_set_bytes (large, bytes, ULAK_NODE_MEMORY_MAX / 2);
      ulak_node_builder_close (large);
    }
  check_too_large (large);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/codec/node/a tree is read as it was built", test_builder);
  g_test_add_func ("/whatsapp/codec/node/a reference to a child keeps the tree", test_reference);
  g_test_add_func ("/whatsapp/codec/node/readers find what a node must have", test_readers);
  g_test_add_func ("/whatsapp/codec/node/readers name what is wrong and what is allowed", test_refusals);
  g_test_add_func ("/whatsapp/codec/node/attributes are copied when they are there", test_copies);
  g_test_add_func ("/whatsapp/codec/node/equal trees are told from others", test_equality);
  g_test_add_func ("/whatsapp/codec/node/bytes that are no text do not get into strings", test_bad_text);
  g_test_add_func ("/whatsapp/codec/node/no tree passes the limits", test_limits);
  return g_test_run ();
}
