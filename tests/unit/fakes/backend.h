/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fake backend: a network that answers as it was told.
 *
 * With a parcel function it gives parcels, and counts those that come back. Each send takes the next planned result; without one it is accepted as "net.N". Answers come from an idle callback, or, while
 * it is slow, when they are released. Compile it into a test: files('../fakes/backend.c').
 */
#pragma once

#include "connector/backend.h"

G_BEGIN_DECLS

#define ULAK_TYPE_FAKE_BACKEND (ulak_fake_backend_get_type ())
G_DECLARE_FINAL_TYPE (UlakFakeBackend, ulak_fake_backend, ULAK, FAKE_BACKEND, UlakBackend)

UlakFakeBackend *ulak_fake_backend_new (void);
void ulak_fake_backend_plan (UlakFakeBackend *self,
                             UlakSendOutcome outcome,
                             UlakSendScope scope,
                             gint64 retry_after_ms);
void ulak_fake_backend_set_hold_reason (UlakFakeBackend *self, const char *reason); /* (static): of the last plan */
void ulak_fake_backend_set_idempotent (UlakFakeBackend *self, gboolean is_idempotent); /* of the class: put it back */
void ulak_fake_backend_set_pack (UlakFakeBackend *self, UlakParcelPack pack, gpointer contents); /* NULL: no parcels */
guint ulak_fake_backend_count_parcels (UlakFakeBackend *self); /* that came with what was sent */
void ulak_fake_backend_set_slow (UlakFakeBackend *self, gboolean is_slow);
void ulak_fake_backend_release (UlakFakeBackend *self); /* the oldest send that waits */
guint ulak_fake_backend_count_waiting (UlakFakeBackend *self);
guint ulak_fake_backend_count_sent (UlakFakeBackend *self);
const char *ulak_fake_backend_get_sent (UlakFakeBackend *self, guint index); /* the message's id */
/* Media hold "hello", or cannot be fetched. */
void ulak_fake_backend_fail_fetches (UlakFakeBackend *self, gboolean fails);
void ulak_fake_backend_hold_fetches (UlakFakeBackend *self, gboolean holds); /* FALSE ends those that are held */
guint ulak_fake_backend_count_fetches (UlakFakeBackend *self);

G_END_DECLS
