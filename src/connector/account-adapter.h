/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Account adapter: org.ulak.Account1 on the bus, translated to the line and back.
 *
 * Decides nothing but what a document may look like; keeps the properties true. Main thread only.
 */
#pragma once

#include "connector/line.h"

G_BEGIN_DECLS

#define ULAK_TYPE_ACCOUNT_ADAPTER (ulak_account_adapter_get_type ())
G_DECLARE_FINAL_TYPE (UlakAccountAdapter, ulak_account_adapter, ULAK, ACCOUNT_ADAPTER, GObject)

UlakAccountAdapter *ulak_account_adapter_new (UlakLine *line); /* line: unowned, outlives it */
gboolean ulak_account_adapter_export (UlakAccountAdapter *self,
                                      GDBusConnection *connection,
                                      const char *path,
                                      GError **error);
void ulak_account_adapter_unexport (UlakAccountAdapter *self);
void ulak_account_adapter_refresh (
    UlakAccountAdapter *self); /* the line's state, error or counts may be others now */

G_END_DECLS
