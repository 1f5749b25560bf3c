/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Vectors: what the tests of src/whatsapp/crypto and session read from tests/data/whatsapp, and what breaks it.
 *
 * Spans given out here live until the process ends, each in an allocation of its own length, so that a sanitizer sees
 * every step over an edge. The reader of protobuf fields is for trusted test data only.
 */
#pragma once

#include "whatsapp/crypto/curve.h"
#include "whatsapp/crypto/span.h"

#include "core/random.h"

#include <json-glib/json-glib.h>

JsonObject *vectors_load (const char *name); /* of crypto/ */
JsonObject *vectors_load_from (const char *folder, const char *name);
JsonArray *vectors_array (JsonObject *object, const char *member);
UlakSpan vectors_hex (JsonObject *object, const char *member);
UlakSpan vectors_decode (const char *hex);
UlakKey vectors_key (JsonObject *object, const char *member);
UlakKeyPair vectors_pair (JsonObject *object, const char *member);

UlakSpan vectors_keep (GBytes *bytes);
UlakSpan vectors_cut (UlakSpan span, gsize size_bytes);
UlakSpan vectors_flip (UlakSpan span, gsize bit);
UlakSpan vectors_join (UlakSpan a, UlakSpan b);

UlakSpan vectors_field (UlakSpan message, guint number);
guint64 vectors_number (UlakSpan message, guint number);

/* A random source that says what it is told, and nothing after that. */
UlakRandom *vectors_random (const UlakSpan *spans, gsize n_spans);
gboolean vectors_random_is_used_up (UlakRandom *random);

#define assert_spans_equal(a, b) \
  G_STMT_START \
  { \
    UlakSpan a_ = (a), b_ = (b); \
    g_assert_cmpmem (a_.bytes, a_.size_bytes, b_.bytes, b_.size_bytes); \
  } \
  G_STMT_END

#define assert_refused(expression, code) \
  G_STMT_START \
  { \
    g_autoptr (GError) refusal_ = NULL; \
    GError **refusal = &refusal_; \
    g_assert_false ((gboolean) !!(expression)); \
    g_assert_error (refusal_, ULAK_ERROR, (code)); \
  } \
  G_STMT_END
