/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/codec-vectors.h"

#include "unit/whatsapp/vectors-folder.h"

#include <string.h>

JsonNode *
ulak_vectors_load (const char *file)
{
  g_autofree char *path = ulak_vectors_find (file);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_parser_steal_root (parser);
}

/* (transfer none): the list of that name, which is not empty. */
JsonArray *
ulak_vectors_get (JsonNode *root, const char *list)
{
  JsonArray *array = json_object_get_array_member (json_node_get_object (root), list);

  g_assert_cmpuint (json_array_get_length (array), >, 0);
  return array;
}

GBytes *
ulak_vectors_hex (const char *hex)
{
  gsize size_bytes = strlen (hex) / 2;
  guint8 *bytes = g_malloc (size_bytes + 1);

  for (gsize i = 0; i < size_bytes; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  return g_bytes_new_take (bytes, size_bytes);
}

void
ulak_vectors_assert_bytes (GBytes *found, GBytes *expected, const char *name)
{
  if (!g_bytes_equal (found, expected))
    g_test_message ("vector ‘%s’", name);
  g_assert_cmpmem (g_bytes_get_data (found, NULL), g_bytes_get_size (found), g_bytes_get_data (expected, NULL),
                   g_bytes_get_size (expected));
}
