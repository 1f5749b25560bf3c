/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * People: JIDs become the ids that people see, and back. Store's thread.
 *
 * A person and their direct chat are called by the digits of the phone number when it is known, else LIDUSER@lid; every other
 * chat by its JID.
 */
#pragma once

#include "whatsapp/chat/content.h"
#include "whatsapp/session/peers.h"

G_BEGIN_DECLS

/* alternate: its user is empty when the other form was not told. */
gboolean ulak_people_meet (UlakDatabase *database,
                           const UlakJid *jid,
                           const UlakJid *alternate,
                           gint64 now_us,
                           UlakPeer *peer_out,
                           GError **error);
/* (transfer full). jid: what it is called when the peer has neither form. */
char *ulak_people_name_peer (const UlakPeer *peer, const UlakJid *jid);
/* name_out: (transfer full): of a person or a chat */
gboolean ulak_people_name (UlakDatabase *database, const UlakJid *jid, char **name_out, GError **error);
/* (transfer full): {"phone", "wa_id", "lid", "name"}, what is known. */
JsonObject *ulak_people_make_contact (const UlakPeer *peer, const char *push_name);

/* For content.h; data is the database. A fault of the database shows the JID as it is. */
char *ulak_people_name_text (const char *jid, gpointer database);

/* The JID of a chat id: FALSE when it is none. */
gboolean ulak_people_parse_chat (const char *chat, UlakJid *jid_out);
/* A user in the wished form when that is known, else in the other one. */
gboolean ulak_people_get_jid (const UlakPeer *peer, gboolean as_lid, guint16 device, UlakJid *jid_out);

G_END_DECLS
