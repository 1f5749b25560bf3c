/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Authority: who may call what.
 *
 * Calls from the suite's own users (ours, ulak, ulak-line: known from the bus's credentials, cached per connection) are
 * allowed at once; every other one is put to polkit, allowing interaction only if the caller's message did. polkit away
 * means no. Checks happen before any state is touched.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_AUTHORITY (ulak_authority_get_type ())
G_DECLARE_FINAL_TYPE (UlakAuthority, ulak_authority, ULAK, AUTHORITY, GObject)

/* Instead of a polkit action: anyone, or only the suite's own users. */
#define ULAK_ACTION_ANYONE ((const char *) NULL)
#define ULAK_ACTION_SUITE_ONLY "."

UlakAuthority *ulak_authority_new (GDBusConnection *connection);

void ulak_authority_check_async (UlakAuthority *self,
                                 GDBusMethodInvocation *invocation,
                                 const char *action,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean ulak_authority_check_finish (UlakAuthority *self, GAsyncResult *result, GError **error);

G_END_DECLS
