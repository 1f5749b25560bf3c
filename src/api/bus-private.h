/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The handlers of org.ulak.Api1, grouped by noun into bus-*.c; bus-adapter.c lists them. Nobody else includes it.
 */
#pragma once

#include "api/api.h"
#include "service/call.h"

/* self: the UlakBusAdapter. */
UlakApi *ulak_bus_adapter_get_api (gpointer self);

void ulak_bus_add_account (UlakCall *call, gpointer self);
void ulak_bus_get_account (UlakCall *call, gpointer self);
void ulak_bus_list_accounts (UlakCall *call, gpointer self);
void ulak_bus_update_account (UlakCall *call, gpointer self);
void ulak_bus_remove_account (UlakCall *call, gpointer self);
void ulak_bus_start_account (UlakCall *call, gpointer self);
void ulak_bus_stop_account (UlakCall *call, gpointer self);
void ulak_bus_start_wanted (UlakCall *call, gpointer self);

void ulak_bus_list_secrets (UlakCall *call, gpointer self);
void ulak_bus_set_secret (UlakCall *call, gpointer self);
void ulak_bus_remove_secret (UlakCall *call, gpointer self);
void ulak_bus_read_secret (UlakCall *call, gpointer self);

void ulak_bus_add_key (UlakCall *call, gpointer self);
void ulak_bus_list_keys (UlakCall *call, gpointer self);
void ulak_bus_remove_key (UlakCall *call, gpointer self);
void ulak_bus_status (UlakCall *call, gpointer self);
