/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Target: where a webhook may go.
 *
 * An URL is http or https with a host, without user, password and fragment. Unless private targets are allowed, every
 * address that is not public is refused: loopback, private, link-local, shared (CGNAT), multicast, documentation,
 * benchmarking and reserved ranges, and the IPv4 addresses that hide in mapped, NAT64 and 6to4 ones. A host that is an
 * address is checked here; names are checked where they are resolved (webhooks/resolver.h) and once more at the connect.
 */
#pragma once

#include <gio/gio.h>

#define ULAK_TARGET_URL_MAX 2048

gboolean ulak_target_address_is_public (GInetAddress *address);
gboolean ulak_target_check_url (const char *url, gboolean allow_private, GError **error);
