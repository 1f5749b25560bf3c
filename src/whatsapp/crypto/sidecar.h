/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sidecar: MACs of the parts of an encrypted file, so that a player may trust the beginning before the end arrives.
 *
 * The bytes counted are iv, ciphertext and the file's MAC in a row. Each window begins at a multiple of 64 KiB and is 16
 * bytes longer than that, so neighbours overlap by a block; of each window's HMAC-SHA256 ten bytes are kept.
 */
#pragma once

#include "whatsapp/crypto/media-keys.h"

G_BEGIN_DECLS

typedef struct _UlakSidecar UlakSidecar;

UlakSidecar *ulak_sidecar_new (const UlakMediaKeys *keys);
void ulak_sidecar_free (UlakSidecar *self);
void ulak_sidecar_update (UlakSidecar *self, UlakSpan encrypted);
GBytes *ulak_sidecar_finish (UlakSidecar *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSidecar, ulak_sidecar_free)

G_END_DECLS
