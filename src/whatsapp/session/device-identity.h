/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Device identity: what a companion shows to prove that it belongs to its account. Inside this room only.
 */
#pragma once

#include "whatsapp/session/peers.h"

#include "whatsapp/crypto/curve.h"

/* statement: serialized ADVSignedDeviceIdentity. identity: the device's own key. *holds_out: both signatures do.
 * *is_other_account_out: the account key in it is not the one known of device 0. */
gboolean ulak_device_identity_check (UlakDatabase *database,
                                     const UlakPeerDevice *device,
                                     UlakSpan statement,
                                     UlakSpan identity,
                                     gboolean *holds_out,
                                     gboolean *is_other_account_out,
                                     GError **error);
