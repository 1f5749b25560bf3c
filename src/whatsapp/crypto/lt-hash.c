/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/lt-hash.h"

#include "whatsapp/crypto/hkdf.h"

#define LANES (ULAK_LT_HASH_BYTES / 2)

static void
combine (UlakLtHash *self, const guint8 *member, gboolean is_adding)
{
  guint16 sums[LANES], terms[LANES];

  ulak_hkdf (ULAK_SPAN (member, ULAK_SHA256_BYTES), ULAK_SPAN_NONE, ULAK_SPAN_TEXT ("WhatsApp Patch Integrity"),
             (guint8 *) terms, sizeof terms);
  memcpy (sums, self->bytes, sizeof sums);
  for (gsize i = 0; i < LANES; i++)
    {
      guint16 sum = GUINT16_FROM_LE (sums[i]), term = GUINT16_FROM_LE (terms[i]);

      sums[i] = GUINT16_TO_LE ((guint16) (is_adding ? sum + term : sum - term));
    }
  memcpy (self->bytes, sums, sizeof sums);
}

/**
 * ulak_lt_hash_add:
 * @member: the value MAC of a record
 *
 * Source: docs/protocol/crypto.md, "App state". The empty set is all zero.
 */
void
ulak_lt_hash_add (UlakLtHash *self, const guint8 member[ULAK_SHA256_BYTES])
{
  combine (self, member, TRUE);
}

void
ulak_lt_hash_subtract (UlakLtHash *self, const guint8 member[ULAK_SHA256_BYTES])
{
  combine (self, member, FALSE);
}
