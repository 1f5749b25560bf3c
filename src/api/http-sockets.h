/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * HTTP sockets: where the listening sockets come from.
 *
 * Under systemd they are inherited (ulak-api.socket), and what they are is checked. Otherwise [api] listen names them: an
 * address with port, or the absolute path of a Unix socket.
 */
#pragma once

#include <gio/gio.h>

GPtrArray *ulak_http_sockets_inherit (GError **error);
GPtrArray *ulak_http_sockets_listen (const char *const *places, GError **error);
