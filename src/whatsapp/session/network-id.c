/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The prefix is the one of WhatsApp Web's own ids.
 */
#include "whatsapp/session/network-id.h"

#include "whatsapp/crypto/digest.h"

#define PREFIX "3EB0"
#define PREFIX_LENGTH 4
#define HASH_BYTES ((ULAK_NETWORK_ID_LENGTH - PREFIX_LENGTH) / 2)

void
ulak_network_id_make (UlakNetworkId *self, const char *own_user, const char *message_id)
{
  static const char digits[] = "0123456789ABCDEF";
  const UlakSpan nothing = ULAK_SPAN ("", 1);
  const UlakSpan spans[] = { ULAK_SPAN_TEXT ("ulak-message-id"), nothing, ULAK_SPAN_TEXT (own_user), nothing,
                             ULAK_SPAN_TEXT (message_id) };
  guint8 digest[ULAK_SHA256_BYTES];

  ulak_sha256 (spans, G_N_ELEMENTS (spans), digest);
  memcpy (self->text, PREFIX, PREFIX_LENGTH);
  for (gsize i = 0; i < HASH_BYTES; i++)
    {
      self->text[PREFIX_LENGTH + 2 * i] = digits[digest[i] >> 4];
      self->text[PREFIX_LENGTH + 2 * i + 1] = digits[digest[i] & 15];
    }
  self->text[ULAK_NETWORK_ID_LENGTH] = '\0';
}
