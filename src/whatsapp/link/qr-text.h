/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * QR text: what the phone reads from the screen. Pure. Source: docs/protocol/pairing.md, "The QR".
 */
#pragma once

#include "whatsapp/crypto/curve.h"

G_BEGIN_DECLS

#define ULAK_QR_CLIENT_CHROME "1"

char *ulak_qr_text (const char *ref,
                    const guint8 noise_public[ULAK_CURVE_PUBLIC_BYTES],
                    const guint8 identity_public[ULAK_CURVE_PUBLIC_BYTES],
                    const UlakKey *adv_secret,
                    const char *client);

G_END_DECLS
