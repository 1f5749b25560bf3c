/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Keyring probe: can what the keyring says be believed?
 *
 * gnome-keyring answers "no such item" for a keyring that is locked and for one whose file is missing, truncated or corrupt.
 * So the setup of the keyring stores a canary in it, and only a keyring that gives the canary back is READY.
 */
#pragma once

#include "service/secrets.h"

#define ULAK_KEYRING_CANARY_ATTRIBUTE "ulak-canary" /* secret-tool store --label=canary ulak-canary 1 */
#define ULAK_KEYRING_CANARY_KEY "1"
#define ULAK_KEYRING_CANARY_VALUE "canary-ok"

void ulak_keyring_probe_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_keyring_probe_finish (GAsyncResult *result, UlakKeyringState *state_out, GError **error);
