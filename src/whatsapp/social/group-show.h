/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Groups and their members as documents. Store's thread.
 */
#pragma once

#include "whatsapp/codec/node.h"
#include "whatsapp/session/peers.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* group: a <group> of the server, which goes into the cache. document_out: (transfer full). */
gboolean ulak_group_show (UlakDatabase *database,
                          const UlakNode *group,
                          gint64 now_us,
                          JsonObject **document_out,
                          GError **error);
/* node: with a jid and perhaps phone_number, pn_jid or lid, which are learned; (transfer full): {"id", "phone", "lid"}. Nobody: NULL
 * without an error. */
gboolean ulak_member_show (UlakDatabase *database,
                           const UlakNode *node,
                           gint64 now_us,
                           JsonObject **document_out,
                           GError **error);
/* Below parent, each <participant> with an error, or without one: an array of {"id", "code"}; (transfer full). */
gboolean ulak_member_results_show (UlakDatabase *database,
                                   const UlakNode *parent,
                                   gboolean only_refused,
                                   gint64 now_us,
                                   JsonArray **results_out,
                                   GError **error);

G_END_DECLS
