/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Upkeep: what must happen without anybody asking: heads that blocked their chat for too long are passed over, and
 * what is too old or too much is forgotten. Small steps with pauses, so that events and outcomes never wait. Main thread only.
 */
#pragma once

#include "core/metrics.h"
#include "webhooks/webhook-store.h"

G_BEGIN_DECLS

#define ULAK_TYPE_UPKEEP (ulak_upkeep_get_type ())
G_DECLARE_FINAL_TYPE (UlakUpkeep, ulak_upkeep, ULAK, UPKEEP, GObject)

UlakUpkeep *ulak_upkeep_new (UlakWebhookStore *store, UlakClock *clock, UlakMetrics *metrics);
void ulak_upkeep_configure (UlakUpkeep *self, const UlakRetention *retention, gint64 head_block_max_us);
void ulak_upkeep_start (UlakUpkeep *self);
void ulak_upkeep_stop (UlakUpkeep *self);
void ulak_upkeep_retain_soon (UlakUpkeep *self); /* an endpoint was removed */

G_END_DECLS
