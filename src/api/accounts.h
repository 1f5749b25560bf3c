/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Accounts: which lines there are, held in memory over the gateway store (this process is their only writer).
 *
 * A change shows at once and is taken back if it cannot be committed; whoever made it hears only after the commit.
 */
#pragma once

#include "api/gateway-store.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_ACCOUNTS_MAX 1000

#define ULAK_TYPE_ACCOUNTS (ulak_accounts_get_type ())
G_DECLARE_FINAL_TYPE (UlakAccounts, ulak_accounts, ULAK, ACCOUNTS, GObject)

UlakAccounts *ulak_accounts_new (UlakGatewayStore *store);

void ulak_accounts_load_async (UlakAccounts *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_accounts_load_finish (UlakAccounts *self, GAsyncResult *result, GError **error);

const UlakAccountRow *ulak_accounts_find (UlakAccounts *self, const char *id); /* valid until the next change */
const char *ulak_accounts_get_setting (UlakAccounts *self, const char *id, const char *name);
JsonObject *ulak_accounts_get_settings (UlakAccounts *self, const char *id);
GPtrArray *ulak_accounts_list (UlakAccounts *self); /* (transfer container) (element-type UlakAccountRow), by id */
guint ulak_accounts_count (UlakAccounts *self);

/* Adds or replaces; row: (transfer full). */
void ulak_accounts_put_async (UlakAccounts *self, UlakAccountRow *row, GAsyncReadyCallback callback, gpointer user_data);
void ulak_accounts_remove_async (UlakAccounts *self, const char *id, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_accounts_change_finish (UlakAccounts *self, GAsyncResult *result, GError **error);

G_END_DECLS
