/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Spans: bytes that belong to somebody else, for as long as a call lasts.
 *
 * Everything in this room that is hashed, signed or sealed is a concatenation of a few pieces; lists of spans spare the
 * copies. Comparison takes the same time wherever the bytes differ (it tells lengths apart, which are no secret).
 */
#pragma once

#include <glib.h>

#include <string.h>

G_BEGIN_DECLS

typedef struct
{
  const void *bytes; /* may be NULL when size_bytes is 0 */
  gsize size_bytes;
} UlakSpan;

#define ULAK_SPAN(bytes, size_bytes) ((UlakSpan){ (bytes), (size_bytes) })
#define ULAK_SPAN_ARRAY(array) ((UlakSpan){ (array), sizeof (array) })
#define ULAK_SPAN_TEXT(text) ((UlakSpan){ (text), strlen (text) })
#define ULAK_SPAN_NONE ((UlakSpan){ NULL, 0 })

UlakSpan ulak_span_of (GBytes *bytes);
gboolean ulak_span_equals (UlakSpan a, UlakSpan b);
GByteArray *ulak_span_join (const UlakSpan *spans, gsize n_spans);

G_END_DECLS
