/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Keyring presence: is there a Secret Service on the bus that libsecret talks to, or could it be started?
 *
 * libsecret uses the bus of $DBUS_SESSION_BUS_ADDRESS, which our units set to the system bus. No such bus, and a name that
 * nobody owns and nothing activates, both mean that no keyring is installed: that is an answer, not an error.
 */
#pragma once

#include <gio/gio.h>

void ulak_keyring_presence_ask_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_keyring_presence_ask_finish (GAsyncResult *result, gboolean *is_present_out, GError **error);
