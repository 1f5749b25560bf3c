/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Only the last byte counts when padding is removed, and it may be more than we ever add: other clients look no
 * closer.
 */
#include "whatsapp/codec/padding.h"

#include "core/error.h"

#include <string.h>

/**
 * ulak_padding_add:
 * @plain: (nullable): a message
 * @size_bytes: how many bytes
 * @random: says how many bytes to add
 *
 * Source: docs/protocol/nodes.md, "Padding".
 * Returns: (transfer full): @plain and 1 to 16 bytes
 */
GBytes *
ulak_padding_add (const guint8 *plain, gsize size_bytes, UlakRandom *random)
{
  guint count = 1 + ulak_random_below (random, ULAK_PADDING_MAX);
  guint8 *padded = g_malloc (size_bytes + count);

  if (size_bytes > 0)
    memcpy (padded, plain, size_bytes);
  memset (padded + size_bytes, (int) count, count);
  return g_bytes_new_take (padded, size_bytes + count);
}

/**
 * ulak_padding_remove:
 * @padded: a decrypted message
 * @size_bytes: how many bytes
 * @plain_bytes_out: (out) (optional): how many of them are the message
 * @error: INVALID: its last byte counts none, or more than there are
 *
 * Returns: whether the padding could be told
 */
gboolean
ulak_padding_remove (const guint8 *padded, gsize size_bytes, gsize *plain_bytes_out, GError **error)
{
  guint8 count = size_bytes == 0 ? 0 : padded[size_bytes - 1];

  if (count == 0 || count > size_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "The padding of the message claims %u of %" G_GSIZE_FORMAT " bytes; allowed 1 to all of them",
                   count, size_bytes);
      return FALSE;
    }
  if (plain_bytes_out != NULL)
    *plain_bytes_out = size_bytes - count;
  return TRUE;
}
