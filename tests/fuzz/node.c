/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Any frame is a node or refused; a node is written so that it is read as the same again. What claims to be deflated
 * is also read as if it were not, so that the fuzzer need not learn to deflate.
 */
#include "whatsapp/codec/node-codec.h"

#include "core/error.h"

#include "fuzz/target.h"

static void
check_frame (const uint8_t *bytes, size_t size_bytes)
{
  g_autoptr (GBytes) frame = g_bytes_new_static (bytes, size_bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = ulak_node_decode (frame, &error);
  g_autoptr (UlakNode) head = ulak_node_decode_head (frame, NULL);
  g_autoptr (UlakNode) again = NULL;
  g_autoptr (GBytes) encoded = NULL;

  g_assert_true (node == NULL || (head != NULL && g_str_equal (ulak_node_get_tag (head), ulak_node_get_tag (node))));
  if (node == NULL)
    {
      g_assert_true (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID)
                     || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE));
      return;
    }
  encoded = ulak_node_encode (node, &error);
  g_assert_no_error (error);
  again = ulak_node_decode (encoded, &error);
  g_assert_no_error (error);
  g_assert_true (ulak_node_equal (node, again));
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size_bytes)
{
  check_frame (bytes, size_bytes);
  if (size_bytes > 0 && (bytes[0] & 2) != 0)
    {
      g_autofree uint8_t *plain = g_memdup2 (bytes, size_bytes);

      plain[0] = 0;
      check_frame (plain, size_bytes);
    }
  return 0;
}
