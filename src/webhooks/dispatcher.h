/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Dispatcher: takes due deliveries out of the store, sends them, and commits what came of it.
 *
 * Per endpoint a few heads are claimed ahead; at most `concurrency` requests of an endpoint and max_in_flight of all are
 * under way, endpoints taking turns; at most queue_limit claimed rows are in memory. It never polls: the store says whose
 * queue changed, and one timer per endpoint waits for what is due later. Main thread only.
 *
 * Signal "disabled" (UlakEndpoint *endpoint): a receiver wanted no more.
 */
#pragma once

#include "core/metrics.h"
#include "webhooks/endpoints.h"
#include "webhooks/schedule.h"
#include "webhooks/sender.h"

G_BEGIN_DECLS

#define ULAK_TYPE_DISPATCHER (ulak_dispatcher_get_type ())
G_DECLARE_FINAL_TYPE (UlakDispatcher, ulak_dispatcher, ULAK, DISPATCHER, GObject)

typedef struct
{
  guint concurrency;
  guint max_in_flight;
  guint queue_limit;
  gint64 head_block_max_us;
  UlakSchedulePolicy schedule;
} UlakDispatcherSettings;

typedef struct
{
  UlakWebhookStore *store;
  UlakEndpoints *endpoints;
  UlakSender *sender;
  UlakClock *clock;
  UlakRandom *random;
  UlakMetrics *metrics;
} UlakDispatcherParts;

UlakDispatcher *ulak_dispatcher_new (const UlakDispatcherParts *parts);
void ulak_dispatcher_configure (UlakDispatcher *self, const UlakDispatcherSettings *settings);
void ulak_dispatcher_start (UlakDispatcher *self);

/* Claims nothing more and finishes when what is in flight has ended and its outcomes are committed. */
void ulak_dispatcher_drain_async (UlakDispatcher *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_dispatcher_drain_finish (UlakDispatcher *self, GAsyncResult *result, GError **error);

guint ulak_dispatcher_count_in_flight (UlakDispatcher *self);
gboolean ulak_dispatcher_is_in_flight (UlakDispatcher *self, gint64 number);
gboolean ulak_dispatcher_is_stuck (UlakDispatcher *self); /* outcomes cannot be stored */
void ulak_dispatcher_refresh_metrics (UlakDispatcher *self);

G_END_DECLS
