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

/* A daemon that has just started owns its name before its keyring is open, so a state belongs to one owner and moment. */
typedef struct
{
  UlakKeyringState state; /* READY, LOCKED or DAMAGED */
  char *owner;            /* (owned) (nullable): unique bus name of the daemon that was asked */
} UlakKeyringProof;

void ulak_keyring_proof_clear (UlakKeyringProof *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakKeyringProof, ulak_keyring_proof_clear)

void ulak_keyring_probe_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_keyring_probe_finish (GAsyncResult *result, UlakKeyringProof *proof_out, GError **error);
