/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Roots: the few certificate authorities that TLS of a linked line trusts.
 *
 * One database for the process, set before the first SoupSession is made: without it the system's whole bundle is loaded,
 * 8 MiB of heap. It serves the WebSocket and the media hosts.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean ulak_roots_install (const char *ca_file_or_null, GError **error);

G_END_DECLS
