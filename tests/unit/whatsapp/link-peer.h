/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Link peer: the server's end of a link, behind fake sockets: it does the other half of the handshake, signs its own
 * certificates, and hands stanzas to the test one by one.
 *
 * Each socket that the link makes is a connection; the newest is the one spoken to. Nothing arrives before the main loop
 * runs. What a peer is told to forge or to withhold holds for the connections made after it.
 */
#pragma once

#include "core/clock.h"
#include "whatsapp/codec/node-builder.h"
#include "whatsapp/crypto/curve.h"
#include "whatsapp/link/transport.h"

typedef enum
{
  LINK_PEER_HONEST,
  LINK_PEER_FORGES_LEAF,         /* signed by a stranger */
  LINK_PEER_FORGES_INTERMEDIATE, /* likewise */
  LINK_PEER_NAMES_OTHER_KEY,     /* the leaf is of another handshake */
  LINK_PEER_IS_EXPIRED,
  LINK_PEER_LEAVES_CHAIN_OUT,
  LINK_PEER_SENDS_NO_HELLO,      /* a frame that is no ServerHello */
  LINK_PEER_SENDS_HUGE_FRAME,    /* a length that no hello has */
  LINK_PEER_IS_MUTE,             /* takes the connection and says nothing */
  LINK_PEER_DOES_NOT_OPEN,
  LINK_PEER_CLOSES_AT_HELLO,
  LINK_PEER_CLOSES_AT_FINISH,
} LinkPeerManner;

typedef struct _LinkPeer LinkPeer;

LinkPeer *link_peer_new (UlakClock *clock);
void link_peer_free (LinkPeer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinkPeer, link_peer_free)

const char *link_peer_get_root (const LinkPeer *self); /* hex */
UlakSocket *link_peer_make_socket (gpointer peer);
void link_peer_set_manner (LinkPeer *self, LinkPeerManner manner);
void link_peer_set_answers_pings (LinkPeer *self, gboolean answers_pings); /* by itself; no test sees them then */
void link_peer_set_chunk (LinkPeer *self, gsize bytes); /* what it sends comes in pieces of this size; 0: whole */

guint link_peer_count_connections (const LinkPeer *self);
gboolean link_peer_is_open (const LinkPeer *self); /* the handshake is done */
GBytes *link_peer_get_payload (const LinkPeer *self); /* (transfer none): the ClientPayload */
GBytes *link_peer_get_routing_info (const LinkPeer *self); /* (transfer none) (nullable): of the intro */

/* Runs the main loop until the handshake is done, or a stanza came. */
void link_peer_accept (LinkPeer *self);
UlakNode *link_peer_take (LinkPeer *self, const char *tag);
UlakNode *link_peer_take_query (LinkPeer *self, const char *xmlns, const char *child);
gboolean link_peer_has (LinkPeer *self, const char *tag); /* of what came so far */
void link_peer_forget (LinkPeer *self);

void link_peer_send (LinkPeer *self, const UlakNode *node);
void link_peer_send_built (LinkPeer *self, UlakNodeBuilder *builder); /* (transfer full) */
void link_peer_send_plain (LinkPeer *self, const void *bytes, gsize size_bytes); /* sealed as a frame */
void link_peer_send_raw (LinkPeer *self, const void *bytes, gsize size_bytes);
void link_peer_answer (LinkPeer *self, const UlakNode *query, const char *child_or_null);
void link_peer_refuse (LinkPeer *self, const UlakNode *query, guint code);
void link_peer_close (LinkPeer *self);

void link_peer_run_until_idle (void);
