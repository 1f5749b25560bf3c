/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked sync: what the account's devices share besides messages: the phone's history and the app state, joined to chats and link.
 *
 * Main thread only. Made with the other parts; the backend says when the link is online.
 */
#pragma once

#include "connector/line.h"
#include "whatsapp/chat/app-state.h"
#include "whatsapp/chat/chat.h"
#include "whatsapp/chat/history.h"

G_BEGIN_DECLS

typedef struct _UlakLinkedSync UlakLinkedSync;

typedef struct
{
  UlakLine *line;   /* unowned, as all */
  UlakLink *link;
  UlakChat *chat;   /* it has taken no stanza yet */
  UlakMediaClient *media;
  UlakMediaPort port;
  const char *spool;
  UlakHistoryWish history;
} UlakLinkedSyncOptions;

UlakLinkedSync *ulak_linked_sync_new (const UlakLinkedSyncOptions *options);
void ulak_linked_sync_free (UlakLinkedSync *self);

UlakAppState *ulak_linked_sync_get_app_state (UlakLinkedSync *self);
void ulak_linked_sync_go_online (UlakLinkedSync *self);
void ulak_linked_sync_stop (UlakLinkedSync *self);
/* The line is no longer linked: its keys and versions are worth nothing. */
void ulak_linked_sync_forget (UlakLinkedSync *self);

G_END_DECLS
