/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Graph session: the SoupSession of a line, and where its bearer token may go.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

SoupSession *ulak_graph_session_new (guint max_connections, gint64 timeout_ms);
void ulak_graph_session_reuse_connection (SoupMessage *message);
gboolean ulak_graph_session_may_carry_token (GUri *base, GUri *url, GError **error);

gboolean ulak_graph_roots_use_file (const char *path, GError **error);

G_END_DECLS
