/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the files gateway-*.c share: each operation is a GTask whose task data holds parameters and results; the work
 * fills it in on the store's thread. Nobody else includes it.
 */
#pragma once

#include "api/gateway-store.h"

#define SQL(name) "/org/ulak/sql/api/" name ".sql"

void ulak_gateway_store_start (UlakGatewayStore *self,
                               gboolean writes,
                               UlakStoreWork work,
                               gpointer data,
                               GDestroyNotify data_free,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* The operation's data, (transfer none), alive while result is; NULL with an error. */
gpointer ulak_gateway_store_end (UlakGatewayStore *self, GAsyncResult *result, GError **error);
