/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked seal: the key that a linked line's own keys are sealed under. Nothing of the line's can be read before it is there.
 */
#pragma once

#include "core/secret-source.h"
#include "service/seal.h"

G_BEGIN_DECLS

/* From ulak-api, by ulak_line_get_secrets(). Errors: those of the source; DAMAGED. */
void ulak_linked_seal_load_async (UlakSecretSource *secrets, GAsyncReadyCallback callback, gpointer user_data);
UlakSeal *ulak_linked_seal_load_finish (GAsyncResult *result, GError **error);

G_END_DECLS
