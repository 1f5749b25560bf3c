/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Graph requests: a message document of ours as Meta's Graph API wants it.
 *
 * Pure functions from validated documents (docs/messages.md) to request bodies; no network and no state. Media that were
 * uploaded to the line are named in documents by our media id; the caller finds them with
 * ulak_graph_request_list_media(), gets the network's handle for each, and gives the table to the builder.
 */
#pragma once

#include "connector/backend.h"

G_BEGIN_DECLS

/* A medium of the line that a document names. */
typedef struct
{
  char *media_id;
  const char *kind; /* image, video, audio, document or sticker */
} UlakGraphMediaUse;

GPtrArray *ulak_graph_request_list_media (JsonObject *message);
char *ulak_graph_request_build (const UlakOutbound *outbound, GHashTable *handles, GError **error);
char *ulak_graph_request_build_read (const char *network_id, gboolean typing);

gboolean ulak_graph_is_user_id (const char *text);

G_END_DECLS
