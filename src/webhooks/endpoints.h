/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Endpoints: all of them in memory, as a snapshot that never changes.
 *
 * Changes are made one after the other, each on what the one before left, committed before they are seen. Signing secrets and
 * custom headers are sealed in the store. Until the seal is there (the keyring may be locked at the start) endpoints
 * exist and queue, and deliver nothing; changing them fails with ULAK_ERROR_UNAVAILABLE. Main thread only.
 *
 * Signal "changed" (gint64 row): the endpoint is another value now, or gone.
 */
#pragma once

#include "core/random.h"
#include "service/seal.h"
#include "webhooks/webhook-store.h"

G_BEGIN_DECLS

#define ULAK_TYPE_ENDPOINTS (ulak_endpoints_get_type ())
G_DECLARE_FINAL_TYPE (UlakEndpoints, ulak_endpoints, ULAK, ENDPOINTS, GObject)

UlakEndpoints *ulak_endpoints_new (UlakWebhookStore *store, UlakClock *clock, UlakRandom *random);
void ulak_endpoints_set_limits (UlakEndpoints *self, guint max_endpoints, gboolean allow_private);
void ulak_endpoints_set_seal (UlakEndpoints *self, UlakSeal *seal); /* (transfer full) */
gboolean ulak_endpoints_has_seal (UlakEndpoints *self);
guint ulak_endpoints_count_unreadable (UlakEndpoints *self);

void ulak_endpoints_load_async (UlakEndpoints *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_endpoints_load_finish (UlakEndpoints *self, GAsyncResult *result, GError **error);

GPtrArray *ulak_endpoints_get_all (UlakEndpoints *self);                                 /* (transfer none): reference it to keep it; it never changes */
UlakEndpoint *ulak_endpoints_find (UlakEndpoints *self, const char *id, GError **error); /* (transfer none) */
UlakEndpoint *ulak_endpoints_find_row (UlakEndpoints *self, gint64 row);                 /* (transfer none) (nullable) */

void ulak_endpoints_add_async (UlakEndpoints *self, JsonObject *document, GAsyncReadyCallback callback, gpointer user_data);
void ulak_endpoints_update_async (UlakEndpoints *self, const char *id, JsonObject *changes, GAsyncReadyCallback callback, gpointer user_data);
void ulak_endpoints_rotate_async (UlakEndpoints *self, const char *id, guint grace_s, GAsyncReadyCallback callback, gpointer user_data);
void ulak_endpoints_disable_async (UlakEndpoints *self, const char *id, const char *reason, GAsyncReadyCallback callback, gpointer user_data);
void ulak_endpoints_remove_async (UlakEndpoints *self, const char *id, GAsyncReadyCallback callback, gpointer user_data);
/* For all of them: (transfer full) (nullable): the endpoint as it is now, or was. */
UlakEndpoint *ulak_endpoints_change_finish (UlakEndpoints *self, GAsyncResult *result, GError **error);

G_END_DECLS
