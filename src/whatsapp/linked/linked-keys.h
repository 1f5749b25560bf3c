/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked keys: what a linked line needs before it can connect: the key that its own keys are sealed under, and its account.
 */
#pragma once

#include "core/secret-source.h"
#include "store/store.h"
#include "whatsapp/session/credentials.h"

G_BEGIN_DECLS

/* From ulak-api, by ulak_line_get_secrets(). Errors: those of the source; DAMAGED. */
void ulak_linked_seal_load_async (UlakSecretSource *secrets, GAsyncReadyCallback callback, gpointer user_data);
UlakSeal *ulak_linked_seal_load_finish (GAsyncResult *result, GError **error);

/* The credentials as they are in the database now; *credentials_out is NULL when the line is not linked. seal: outlives the call. */
void ulak_linked_account_load_async (UlakStore *store, UlakSeal *seal, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_linked_account_load_finish (GAsyncResult *result, UlakCredentials **credentials_out, GError **error);

G_END_DECLS
