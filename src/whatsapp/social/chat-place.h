/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chat place: a chat as the account addresses it, and one of its messages, as the app state and questions to the phone name them.
 */
#pragma once

#include "whatsapp/chat/app-state.h"
#include "whatsapp/chat/chat.h"

G_BEGIN_DECLS

typedef struct
{
  UlakJid jid;      /* in: as it was named; out: in the form of the account */
  gboolean as_lid;
  gboolean is_oldest;
  char *message;    /* (owned) (nullable): the one that is meant, by our id or the network's */
  char *chat;       /* (owned): chat id */
  char *jid_text;   /* (owned) */
  char *network_id; /* (owned) (nullable): there is no message */
  char *participant; /* (owned) (nullable) */
  gboolean is_from_me;
  gint64 timestamp_s;
} UlakChatPlace;

/* id: of a chat, as people give it. NULL with INVALID. */
UlakChatPlace *ulak_chat_place_new (UlakChat *chat, const char *id, GError **error);
UlakChatPlace *ulak_chat_place_new_for_message (UlakChat *chat, const char *message);
void ulak_chat_place_free (gpointer self);

/* Works of the store's thread: the newest message of the chat or, with is_oldest, the oldest; or the one that is meant, and its chat.
 * network_id is NULL then when there is none that the network knows. */
gboolean ulak_chat_place_find (UlakDatabase *database, gpointer self, GError **error);
gboolean ulak_chat_place_find_message (UlakDatabase *database, gpointer self, GError **error);

UlakAppStateMessage ulak_chat_place_get_message (const UlakChatPlace *self); /* of texts that live as long as self */
/* (transfer full): what the store gave lives until the callback returns. */
UlakChatPlace *ulak_chat_place_steal (UlakChatPlace *found);

G_END_DECLS
