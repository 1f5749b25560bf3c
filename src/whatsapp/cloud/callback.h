/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Callback: one body that Meta sent, taken apart into a batch.
 *
 * Pure: no network, no state, the time is given. Every entry, every change, every message and every status is looked at;
 * what belongs to another phone number of the same app is counted and left out, and what is not understood is kept
 * whole, as a message of type `unsupported` or as an event. A body may be repeated at will: everything in it that the store
 * recognises by id comes out the same.
 */
#pragma once

#include "connector/inbound.h"

G_BEGIN_DECLS

gboolean ulak_callback_parse (const char *body,
                              gsize size_bytes,
                              const char *phone_number_id,
                              gint64 received_us,
                              UlakInbound *inbound,
                              guint *n_foreign_out,
                              GError **error);

/* callback-content.c: (transfer full): "type" and its fields; media_reference_out: (out) (transfer full) (nullable). */
JsonObject *ulak_callback_content_new (JsonObject *message, JsonObject **media_reference_out);

G_END_DECLS
