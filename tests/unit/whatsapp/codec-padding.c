/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/codec/padding.h"

#include "core/error.h"

#include "unit/fakes/random.h"
#include "unit/whatsapp/codec-vectors.h"

static void
test_vectors (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("padding.json");
  JsonArray *valid = ulak_vectors_get (root, "valid");

  for (guint i = 0; i < json_array_get_length (valid); i++)
    {
      JsonObject *vector = json_array_get_object_element (valid, i);
      g_autoptr (GBytes) plain = ulak_vectors_hex (json_object_get_string_member (vector, "plain"));
      g_autoptr (GBytes) padded = ulak_vectors_hex (json_object_get_string_member (vector, "padded"));
      gsize size_bytes;
      const guint8 *bytes = g_bytes_get_data (padded, &size_bytes);
      g_autoptr (GError) error = NULL;
      gsize plain_bytes = G_MAXSIZE;

      g_assert_true (ulak_padding_remove (bytes, size_bytes, &plain_bytes, &error));
      g_assert_no_error (error);
      g_assert_cmpmem (bytes, plain_bytes, g_bytes_get_data (plain, NULL), g_bytes_get_size (plain));
    }
}

static void
test_refused (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("padding.json");
  JsonArray *invalid = ulak_vectors_get (root, "invalid");

  for (guint i = 0; i < json_array_get_length (invalid); i++)
    {
      JsonObject *vector = json_array_get_object_element (invalid, i);
      g_autoptr (GBytes) padded = ulak_vectors_hex (json_object_get_string_member (vector, "padded"));
      g_autoptr (GError) error = NULL;
      gsize plain_bytes = 42;

      g_assert_false (
          ulak_padding_remove (g_bytes_get_data (padded, NULL), g_bytes_get_size (padded), &plain_bytes, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      g_assert_cmpuint (plain_bytes, ==, 42);
    }
  g_assert_false (ulak_padding_remove ((const guint8 *) "abc\0", 4, NULL, NULL));
}

static void
test_round_trip (void)
{
  g_autoptr (UlakFakeRandom) fake = ulak_fake_random_new (7);
  guint seen = 0;

  for (guint i = 0; i < 500; i++)
    {
      gsize size_bytes = i % 40, plain_bytes = 0;
      g_autofree guint8 *plain = g_malloc0 (size_bytes + 1);
      g_autoptr (GBytes) padded = ulak_padding_add (plain, size_bytes, ULAK_RANDOM (fake));
      gsize padded_bytes;
      const guint8 *bytes = g_bytes_get_data (padded, &padded_bytes);

      g_assert_true (ulak_padding_remove (bytes, padded_bytes, &plain_bytes, NULL));
      g_assert_cmpmem (bytes, plain_bytes, plain, size_bytes);
      for (gsize j = plain_bytes; j < padded_bytes; j++)
        g_assert_cmpuint (bytes[j], ==, padded_bytes - plain_bytes);
      seen |= 1u << (padded_bytes - plain_bytes);
    }
  g_assert_cmphex (seen, ==, 0x1fffe); /* every count of 1 to 16, and no other */
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/codec/padding/what others padded is recovered", test_vectors);
  g_test_add_func ("/whatsapp/codec/padding/a count of nothing or of too much is refused", test_refused);
  g_test_add_func ("/whatsapp/codec/padding/what we pad is recovered", test_round_trip);
  return g_test_run ();
}
