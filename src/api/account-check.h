/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Account check: is an account document right? Pure: documents in, a row or all faults out.
 *
 * One table says which settings a backend takes and of what kind each is. Secrets are references, "secret:NAME": a value in
 * clear is refused, so that none comes to rest in a database.
 */
#pragma once

#include "api/gateway-store.h"

#include <json-glib/json-glib.h>

#define ULAK_ACCOUNT_NAME_MAX 128

UlakAccountRow *ulak_account_check_new (JsonObject *document, GError **error);
UlakAccountRow *ulak_account_check_change (const UlakAccountRow *row, JsonObject *changes, GError **error);
gboolean ulak_account_refers_to (JsonObject *settings, const char *secret_name);
