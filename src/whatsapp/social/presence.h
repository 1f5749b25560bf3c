/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Presence: who is online and who types, of others and our own.
 *
 * It passes: events presence.updated are worth only the newest of a chat, and nothing here survives the connection. Whether we
 * are online ourselves is the link's (ulak_link_set_available()).
 */
#pragma once

#include "whatsapp/chat/chat.h"

G_BEGIN_DECLS

/* A <presence> or <chatstate> of the link; they need no acknowledgement. Event: {"presence": {"chat", "from", "state", "last_seen"}}; state:
 * available, unavailable, composing, recording or paused. */
void ulak_presence_take (UlakChat *chat, const UlakNode *stanza);

/* state: composing, recording or paused, or NULL to be told of theirs from now on. INVALID; WRONG_STATE, FULL of the link. */
void ulak_presence_send_async (UlakChat *chat,
                               const char *whom,
                               const char *state,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean ulak_presence_send_finish (GAsyncResult *result, GError **error);

G_END_DECLS
