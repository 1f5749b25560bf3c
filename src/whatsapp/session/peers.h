/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Peers: users of the network under a number of our own, so that a phone number and a LID of one person share a
 * ratchet.
 *
 * Everything else in this room is kept by peer. When a mapping makes two peers one, the LID's peer stays and takes
 * over in the same transaction what the other had; a second session with a device is kept as its shadow, see
 * device-cipher.h. So a peer's id may end with any mapping learned: resolve JIDs anew in each work, never keep ids
 * on the main thread.
 *
 * The device and the agent of a JID are ignored; c.us and hosted are phone forms, hosted.lid is a LID form. Users
 * of other servers (bots, interop) are peers without a phone and a LID. Store's thread.
 */
#pragma once

#include "whatsapp/codec/jid.h"

#include "store/database.h"

G_BEGIN_DECLS

#define ULAK_PEERS_PAGE_MAX 500

typedef struct
{
  gint64 id;
  char phone[ULAK_JID_USER_MAX + 1]; /* user part; empty: not known */
  char lid[ULAK_JID_USER_MAX + 1];   /* the same */
} UlakPeer;

/* One device of a peer: what sessions, identities and sender keys are kept by. */
typedef struct
{
  gint64 peer;
  guint16 device;
} UlakPeerDevice;

/* Which of its names a JID tells. */
typedef enum
{
  ULAK_PEER_FORM_PHONE, /* s.whatsapp.net, c.us, hosted */
  ULAK_PEER_FORM_LID,   /* lid, hosted.lid */
  ULAK_PEER_FORM_OTHER,
} UlakPeerForm;

UlakPeerForm ulak_peer_form_of (const UlakJid *jid);

/* Makes the peer if there is none. */
gboolean ulak_peers_resolve (UlakDatabase *database,
                             const UlakJid *jid,
                             gint64 now_us,
                             UlakPeer *peer_out,
                             GError **error);
gboolean ulak_peers_resolve_device (UlakDatabase *database,
                                    const UlakJid *jid,
                                    gint64 now_us,
                                    UlakPeerDevice *device_out,
                                    GError **error);
/* peer_out->id is 0 when there is none. */
gboolean ulak_peers_find (UlakDatabase *database, const UlakJid *jid, UlakPeer *peer_out, GError **error);
gboolean ulak_peers_get (UlakDatabase *database, gint64 id, UlakPeer *peer_out, GError **error);
/* Our own account; id 0 before it is linked. */
gboolean ulak_peers_get_own (UlakDatabase *database, UlakPeer *peer_out, GError **error);

/* Our own account, as the pairing and the login say it: makes the peer, or changes its names and keeps what it has. lid: no
 * user: not known yet. */
gboolean ulak_peers_put_own (UlakDatabase *database,
                             const UlakJid *phone,
                             const UlakJid *lid,
                             gint64 now_us,
                             UlakPeer *peer_out,
                             GError **error);

/* phone and lid name one user; the last one told wins. JIDs that are not of these forms, and one that is ours beside one that
 * is not, change nothing (peer_out->id is 0). is_news_out (nullable): something changed. peer_out (nullable): who it is now. */
gboolean ulak_peers_learn (UlakDatabase *database,
                           const UlakJid *phone,
                           const UlakJid *lid,
                           gint64 now_us,
                           UlakPeer *peer_out,
                           gboolean *is_news_out,
                           GError **error);
/* refresh_lid: the phone number is cut off from its LID, which keeps the state; our own stays. No mapping is no error. */
gboolean ulak_peers_forget_mapping (UlakDatabase *database, const UlakJid *jid, GError **error);

/* Peers with both forms, by id after after_id; *peers_out (element-type UlakPeer): at most limit,
 * 1..ULAK_PEERS_PAGE_MAX. */
gboolean ulak_peers_list_mapped (UlakDatabase *database,
                                 gint64 after_id,
                                 guint limit,
                                 GArray **peers_out,
                                 GError **error);

/* The JID of a device in one form: the server is lid or s.whatsapp.net. FALSE: that form is not known. */
gboolean ulak_peer_get_lid_jid (const UlakPeer *self, guint16 device, UlakJid *jid_out);
gboolean ulak_peer_get_phone_jid (const UlakPeer *self, guint16 device, UlakJid *jid_out);

G_END_DECLS
