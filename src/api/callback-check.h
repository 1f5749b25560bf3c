/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Callback check: is a body from Meta, and whom does it concern? Pure.
 *
 * Source: Meta, "Webhooks: Getting Started": X-Hub-Signature-256 is "sha256=" and the HMAC-SHA256 of the raw body under the app
 * secret, in hexadecimal.
 */
#pragma once

#include "core/secret-source.h"

#include <gio/gio.h>

gboolean ulak_callback_check_signature (UlakSecret *app_secret, GBytes *body, const char *header);

/* The phone numbers' ids that a body names; *has_other_out: it has a change that names none. NULL with an error for
 * what is no callback. (transfer full) */
GStrv ulak_callback_find_numbers (GBytes *body, gboolean *has_other_out, GError **error);
