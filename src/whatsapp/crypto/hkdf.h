/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * HKDF: one secret becomes the keys that a use needs (RFC 5869, SHA-256).
 */
#pragma once

#include "whatsapp/crypto/span.h"

G_BEGIN_DECLS

#define ULAK_HKDF_MAX_BYTES (255 * 32)

void ulak_hkdf (UlakSpan secret, UlakSpan salt, UlakSpan info, guint8 *key_out, gsize size_bytes);

G_END_DECLS
