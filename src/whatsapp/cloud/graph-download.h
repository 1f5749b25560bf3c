/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Graph download: the contents of a medium, from a URL that the network named into a file descriptor.
 *
 * The URL is data from outside: the token goes only where graph-session.h allows. Bytes are counted and hashed as they
 * come, and written by GIO's worker threads, so that the main loop never waits for a disk.
 */
#pragma once

#include "whatsapp/cloud/graph-client.h"
#include "whatsapp/cloud/token.h"

G_BEGIN_DECLS

/* A transfer may take longer than timeout_ms at this pace: 250 kbit/s. */
#define ULAK_GRAPH_SLOWEST_BYTES_PER_MS 32

typedef struct
{
  GObject *source; /* of the task */
  SoupSession *session;
  GUri *base;
  UlakToken *token;
  UlakClock *clock;
  gint64 timeout_ms;
} UlakGraphTransport;

void ulak_graph_download_async (const UlakGraphTransport *transport,
                                const UlakGraphDownload *download,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

gboolean ulak_graph_sha256_equals (const guint8 *digest, const char *expected);

G_END_DECLS
