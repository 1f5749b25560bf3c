/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/span.h"

#include <openssl/crypto.h>

/**
 * ulak_span_of:
 *
 * Returns: the contents of @bytes, which must outlive the span
 */
UlakSpan
ulak_span_of (GBytes *bytes)
{
  UlakSpan span;

  span.bytes = g_bytes_get_data (bytes, &span.size_bytes);
  return span;
}

/**
 * ulak_span_equals:
 *
 * Returns: whether both hold the same bytes; takes the same time for every pair of one length
 */
gboolean
ulak_span_equals (UlakSpan a, UlakSpan b)
{
  return a.size_bytes == b.size_bytes && (a.size_bytes == 0 || CRYPTO_memcmp (a.bytes, b.bytes, a.size_bytes) == 0);
}

/**
 * ulak_span_join:
 *
 * Returns: (transfer full): the spans one after the other
 */
GByteArray *
ulak_span_join (const UlakSpan *spans, gsize n_spans)
{
  GByteArray *joined = g_byte_array_new ();

  for (gsize i = 0; i < n_spans; i++)
    g_byte_array_append (joined, spans[i].bytes, (guint) spans[i].size_bytes);
  return joined;
}
