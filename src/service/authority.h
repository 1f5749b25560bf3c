/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Authority: who may call what.
 *
 * Calls from the suite's own users (ours, ulak: known from the bus's credentials, cached per connection) are allowed at
 * once. Lines are not trusted as far, since each has a sandbox of its own that must not end at the bus: they pass only
 * where a method is for lines too, and that method looks at which line it is. Every other call is put to polkit,
 * allowing interaction only if the caller's message did. polkit away means no. Checks happen before any state is touched.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_AUTHORITY (ulak_authority_get_type ())
G_DECLARE_FINAL_TYPE (UlakAuthority, ulak_authority, ULAK, AUTHORITY, GObject)

/* Instead of a polkit action: anyone, or only the suite's own users. */
#define ULAK_ACTION_ANYONE ((const char *) NULL)
#define ULAK_ACTION_SUITE_ONLY "."

/* Of an action that lines pass as well: the handler asks ulak_call_check_line_async() whether it is the right one. */
#define ULAK_ACTION_OR_LINE(action) "+" action

UlakAuthority *ulak_authority_new (GDBusConnection *connection);

void ulak_authority_check_async (UlakAuthority *self,
                                 GDBusMethodInvocation *invocation,
                                 const char *action,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean ulak_authority_check_finish (UlakAuthority *self, GAsyncResult *result, GError **error);

G_END_DECLS
