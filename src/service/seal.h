/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Seal: secrets that a service makes itself (signing secrets, protocol keys) as they lie in its database.
 *
 * XChaCha20-Poly1305 of libsodium under a key derived (crypto_kdf) from the master key for this purpose; the blob starts
 * with a format byte and the master key's id, and the name it is sealed for is authenticated, so that blobs cannot be
 * swapped between rows. The master key is the secret ULAK_SECRET_MASTER: from the keyring or, without one, the systemd
 * credential made at installation. Both are tried by id when opening; a blob under a key that is gone is DAMAGED.
 */
#pragma once

#include "core/secret-source.h"

typedef struct _UlakSeal UlakSeal;

void ulak_seal_load_async (UlakSecretSource *source,
                           const char *credentials_dir,
                           const char *purpose,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
UlakSeal *ulak_seal_load_finish (GAsyncResult *result, GError **error);
UlakSeal *ulak_seal_new_for_key (UlakSecret *master, const char *purpose, GError **error); /* 32 bytes */
/* Master keys for somebody else, who seals with what comes out and can find out nothing else: one for each key of this seal. */
UlakSecret *ulak_seal_derive_keys (UlakSeal *self, const char *purpose);
UlakSeal *ulak_seal_new_for_keys (UlakSecret *keys, const char *purpose, GError **error);
void ulak_seal_free (UlakSeal *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSeal, ulak_seal_free)

GBytes *ulak_seal_close (UlakSeal *self, const char *name, const void *bytes, gsize size_bytes);
UlakSecret *ulak_seal_open (UlakSeal *self, const char *name, const void *blob, gsize size_bytes, GError **error);
