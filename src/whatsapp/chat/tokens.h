/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Tokens: proofs that people let each other write, given and taken, and what the server says when it wants none of them.
 */
#pragma once

#include "whatsapp/chat/intake.h"

G_BEGIN_DECLS

/* Gives the other side ours, and notes the time when the server took it. Nobody waits. */
void ulak_tokens_give (UlakChat *chat, const UlakJid *user);

/* Until when this account may start no chats; 0: it may, or the server does not say. Never fails. */
void ulak_tokens_ask_lock_async (UlakChat *chat, GAsyncReadyCallback callback, gpointer user_data);
gint64 ulak_tokens_ask_lock_finish (UlakChat *chat, GAsyncResult *result);

/* A `privacy_token` notification. Store's thread. */
gboolean ulak_tokens_take (UlakDatabase *database, UlakEntry *entry, GError **error);

G_END_DECLS
