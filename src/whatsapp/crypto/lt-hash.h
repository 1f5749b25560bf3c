/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * LT hash: the sum of a set, to which members are added and from which they are taken in any order.
 *
 * 64 numbers of 16 bits, little-endian, that wrap around. Two sets with the same sum are taken to be the same.
 */
#pragma once

#include "whatsapp/crypto/digest.h"

G_BEGIN_DECLS

#define ULAK_LT_HASH_BYTES 128

typedef struct
{
  guint8 bytes[ULAK_LT_HASH_BYTES];
} UlakLtHash;

void ulak_lt_hash_add (UlakLtHash *self, const guint8 member[ULAK_SHA256_BYTES]);
void ulak_lt_hash_subtract (UlakLtHash *self, const guint8 member[ULAK_SHA256_BYTES]);

G_END_DECLS
