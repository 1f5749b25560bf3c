/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Bus adapter: org.ulak.Api1 over the same operations that the HTTP routes use.
 *
 * It translates between the bus and them and decides nothing, but for ReadSecret: only the process that owns a line's
 * bus name may read, and only the secrets that the line's own settings name.
 */
#pragma once

#include "api/api.h"

G_BEGIN_DECLS

#define ULAK_TYPE_BUS_ADAPTER (ulak_bus_adapter_get_type ())
G_DECLARE_FINAL_TYPE (UlakBusAdapter, ulak_bus_adapter, ULAK, BUS_ADAPTER, GObject)

UlakBusAdapter *ulak_bus_adapter_new (UlakApi *api, GError **error);
void ulak_bus_adapter_unexport (UlakBusAdapter *self);

G_END_DECLS
