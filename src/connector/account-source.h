/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Account source: where a line learns what it is.
 *
 * ulak-api knows; a copy of its last answer lies in the line's database, so that a line starts while the API does not answer.
 */
#pragma once

#include "connector/line-store.h"

/* Finishes with the account document. Errors: NOT_FOUND (there is no such account), UNAVAILABLE (nobody knows it). */
void ulak_account_source_load_async (UlakLineStore *store,
                                     GDBusConnection *connection,
                                     const char *account,
                                     GVariant *options, /* floating */
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
JsonObject *ulak_account_source_load_finish (UlakLineStore *store, GAsyncResult *result, GError **error);
