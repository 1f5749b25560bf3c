/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Adapter: org.ulak.Webhooks1 on the bus. Takes calls apart, asks the store, the endpoints or the sender, and shapes the
 * answers; decides nothing. Main thread only.
 */
#pragma once

#include "service/service.h"
#include "webhooks/dispatcher.h"
#include "webhooks/upkeep.h"

G_BEGIN_DECLS

#define ULAK_TYPE_ADAPTER (ulak_adapter_get_type ())
G_DECLARE_FINAL_TYPE (UlakAdapter, ulak_adapter, ULAK, ADAPTER, GObject)

typedef struct
{
  UlakService *service;
  UlakWebhookStore *store;
  UlakEndpoints *endpoints;
  UlakDispatcher *dispatcher;
  UlakSender *sender;
  UlakUpkeep *upkeep;
} UlakAdapterParts;

UlakAdapter *ulak_adapter_new (const UlakAdapterParts *parts);
gboolean ulak_adapter_export (UlakAdapter *self, GDBusConnection *connection, GError **error);

G_END_DECLS
