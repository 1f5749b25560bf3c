/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chat changes: what the owner of a line does to a chat (archive, pin, mute, mark as read) or a message (a star), for all devices of
 * the account, and older messages that the phone is asked for.
 *
 * Main thread only.
 */
#pragma once

#include "whatsapp/chat/app-state.h"
#include "whatsapp/chat/chat.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_CHAT_HISTORY_MAX 500 /* messages that are asked for at once */

/* changes: of {"archived", "pinned", "muted_until", "read"}, made one after the other; the first that is refused ends it. Errors: INVALID,
 * and those of ulak_app_state_change_async(). */
void ulak_chat_changes_async (UlakChat *chat,
                              UlakAppState *app_state,
                              const char *id,
                              JsonObject *changes,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean ulak_chat_changes_finish (GAsyncResult *result, GError **error); /* also of ulak_chat_star_async() */

/* message: our id or the network's. Errors: NOT_FOUND, and those of ulak_app_state_change_async(). */
void ulak_chat_star_async (UlakChat *chat,
                           UlakAppState *app_state,
                           const char *message,
                           gboolean is_starred,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/* The answer comes as a history. Errors: INVALID, NOT_FOUND (no message of the chat is stored), and those of
 * ulak_chat_send_peer_async(). */
void ulak_chat_history_async (UlakChat *chat, const char *id, guint count, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_chat_history_finish (GAsyncResult *result, GError **error);

G_END_DECLS
