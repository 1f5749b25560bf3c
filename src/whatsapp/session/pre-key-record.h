/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pre-key records: our own key pairs in the form that libsignal loads. Inside this room only.
 */
#pragma once

#include "whatsapp/session/credentials.h"

GBytes *ulak_pre_key_record_new (guint32 id, const UlakKeyPair *pair);
GBytes *ulak_signed_pre_key_record_new (guint32 id,
                                        const UlakKeyPair *pair,
                                        const guint8 signature[ULAK_CURVE_SIGNATURE_BYTES],
                                        gint64 now_us);
gboolean ulak_signed_pre_key_store (UlakDatabase *database,
                                    const UlakSignedPreKey *key,
                                    const UlakKeyPair *pair,
                                    gboolean is_uploaded,
                                    gint64 now_us,
                                    GError **error);
