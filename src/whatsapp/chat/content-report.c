/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Reporting token: a proof that a message was sent as it is reported, over those of its fields that a report shows.
 *
 * Receivers that report a message send the same fields and the secret of the message; the servers compare.
 */
#include "whatsapp/chat/content-write.h"

#include "whatsapp/chat/content-fields.h"
#include "whatsapp/crypto/digest.h"
#include "whatsapp/crypto/hkdf.h"

#include <string.h>

#define TOKEN_BYTES 16
#define TOKEN_USE "Report Token"

#define CONTEXT "17{21 22}"
#define POLL "{2 3{1 2} 5{21 22} 8{1 2}}"
#define VIDEO "{2 6 7 13 " CONTEXT " 20}"
#define WRAPPED "{1{}}"

/* Fields of Message that a report shows, PROTOCOL: docs/protocol/messages.md. */
static const char reported[]
    = "1 3{2 3 8 11 " CONTEXT " 25} 4{1 16 " CONTEXT "} 5{3 4 5 16 " CONTEXT "} 6{1 " CONTEXT " 30} 7{2 7 10 " CONTEXT
      " 20} 8{2 7 9 " CONTEXT " 21} 9" VIDEO " 12{1 2 14{} 15} 18{6 16 " CONTEXT "} 26{4 5 8 13 " CONTEXT
      "} 28{1 2 4 5 6 7{21 22}} 37" WRAPPED " 49" POLL " 53" WRAPPED " 55" WRAPPED " 58" WRAPPED " 59" WRAPPED " 60" POLL
      " 64" POLL " 66" VIDEO " 74" WRAPPED " 87" WRAPPED " 88{1 2{1} 3{21 22}} 92" WRAPPED " 93" WRAPPED " 94" WRAPPED;

GBytes *
ulak_content_make_reporting_token (GBytes *message,
                                   const UlakKey *secret,
                                   const char *message_id,
                                   const char *sender,
                                   const char *chat)
{
  g_autoptr (GByteArray) shown = ulak_fields_reduce (ulak_span_of (message), reported, ULAK_FIELDS_CHOSEN, TRUE);
  const UlakSpan parts[]
      = { ULAK_SPAN_TEXT (message_id), ULAK_SPAN_TEXT (sender), ULAK_SPAN_TEXT (chat), ULAK_SPAN_TEXT (TOKEN_USE) };
  g_autoptr (GByteArray) info = ulak_span_join (parts, G_N_ELEMENTS (parts));
  guint8 mac[ULAK_SHA256_BYTES];
  g_auto (UlakKey) key = { { 0 } };
  UlakSpan span;

  if (shown == NULL || shown->len == 0)
    return NULL;
  ulak_hkdf (ULAK_SPAN_ARRAY (secret->bytes), ULAK_SPAN_NONE, ULAK_SPAN (info->data, info->len), key.bytes, sizeof key.bytes);
  span = ULAK_SPAN (shown->data, shown->len);
  ulak_hmac (ULAK_HMAC_SHA256, ULAK_SPAN_ARRAY (key.bytes), &span, 1, mac);
  return g_bytes_new (mac, TOKEN_BYTES);
}
