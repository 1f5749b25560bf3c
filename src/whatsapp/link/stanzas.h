/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Stanzas: the small answers that every connection gives. Pure. %NULL instead of an answer: what it would
 * have to repeat is over the limits of a tree, which no real server's is.
 */
#pragma once

#include "whatsapp/codec/node-builder.h"

G_BEGIN_DECLS

#define ULAK_NACK_UNKNOWN_STANZA 488

const UlakJid *ulak_server_jid (void); /* s.whatsapp.net */

UlakNode *ulak_stanza_ack (const UlakNode *node, const UlakJid *own_or_null, guint error);
UlakNode *ulak_stanza_result (const UlakNode *iq);
UlakNode *ulak_stanza_error (const UlakNode *iq, guint code, const char *text);
gboolean ulak_stanza_wants_ack (const UlakNode *node, guint *error_out);

UlakNodeBuilder *ulak_stanza_begin_iq (const char *id, const char *type, const char *xmlns, const UlakJid *to);

G_END_DECLS
