/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Audit trail: the changes made through ulak-api, kept over restarts.
 *
 * At the start the newest entries of the store go back to the service, so that Service1.Audit() tells them; from then on each
 * entry goes to the store too. A change does not wait for its entry: one that a crash takes is still in the journal.
 */
#pragma once

#include "api/api.h"

void ulak_audit_trail_start_async (UlakApi *api, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_audit_trail_start_finish (GAsyncResult *result, GError **error);
/* Drops what is too old, step by step. */
void ulak_audit_trail_trim (UlakApi *api);
