/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Signature: the scheme v1 of the Standard Webhooks specification.
 *
 * HMAC-SHA256 over "ID.TIMESTAMP.BODY" under the bytes behind "whsec_" BASE64.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
#pragma once

#include "core/random.h"
#include "core/secret-source.h"

#define ULAK_SIGNING_SECRET_PREFIX "whsec_"
#define ULAK_SIGNING_SECRET_BYTES 32 /* the specification allows 24 to 64 */

UlakSecret *ulak_signing_secret_new (UlakRandom *random);
char *ulak_signature_new (const UlakSecret *secret, const char *message_id, gint64 timestamp_s, const char *body, gsize body_bytes, GError **error);
