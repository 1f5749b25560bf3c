/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pending: who waits for an answer of the server, by id, each with a time limit. One table for queries, one for messages.
 *
 * An entry ends once: answered, timed out, cancelled, or failed with all others when the connection ends. The task of an
 * entry returns an UlakNode. Main thread only.
 */
#pragma once

#include "core/clock.h"
#include "whatsapp/codec/node.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _UlakPending UlakPending;

UlakPending *ulak_pending_new (UlakClock *clock, guint max_entries);
void ulak_pending_free (UlakPending *self); /* fails what is left with UNAVAILABLE */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakPending, ulak_pending_free)

gboolean ulak_pending_may_add (UlakPending *self, const char *id, GError **error);
void ulak_pending_add (UlakPending *self, const char *id, gint64 timeout_ms, GTask *task);
gboolean ulak_pending_answer (UlakPending *self, const char *id, UlakNode *answer);
gboolean ulak_pending_fail (UlakPending *self, const char *id, const GError *error);
void ulak_pending_fail_all (UlakPending *self, const GError *error);

guint ulak_pending_count (const UlakPending *self);
gint64 ulak_pending_get_oldest_age_us (const UlakPending *self); /* 0: none waits */

G_END_DECLS
