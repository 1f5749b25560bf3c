/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Outbox pump: carries events from the line's outbox to the event log of ulak-webhooks.
 *
 * One batch at a time, in order; rows go only after the log confirmed that they are on its disk, and those of a fifth of a second go
 * together: a commit for each batch would be in the way of messages. A batch whose answer got lost is sent again, and so is what
 * was not forgotten when the process died, which the ids make harmless. While the log is away or full it waits with backoff; the rows stay.
 * Main thread only.
 */
#pragma once

#include "connector/line-store.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_OUTBOX_PUMP (ulak_outbox_pump_get_type ())
G_DECLARE_FINAL_TYPE (UlakOutboxPump, ulak_outbox_pump, ULAK, OUTBOX_PUMP, GObject)

UlakOutboxPump *ulak_outbox_pump_new (UlakLineStore *store,
                                      GDBusConnection *connection,
                                      UlakClock *clock,
                                      UlakRandom *random,
                                      const char *account);
void ulak_outbox_pump_start (UlakOutboxPump *self);
const char *ulak_outbox_pump_get_fault (
    UlakOutboxPump *self); /* (nullable): why the last batch was not taken */

/* Carries what it can: finishes when the outbox is empty or a batch is not taken. */
void ulak_outbox_pump_drain_async (UlakOutboxPump *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_outbox_pump_drain_finish (UlakOutboxPump *self, GAsyncResult *result, GError **error);

G_END_DECLS
