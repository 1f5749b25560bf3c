/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state change: a change of ours as the record that the other devices understand. Pure.
 */
#pragma once

#include "whatsapp/chat/app-state.h"
#include "whatsapp/crypto/app-state.h"

G_BEGIN_DECLS

#define ULAK_APP_STATE_CHANGE_INDEX_MAX 6

/* Strings of the change and of its message, copied; the rest points into this struct: it is not moved. */
typedef struct
{
  const char *collection; /* static */
  gint32 version;         /* of the action's form */
  UlakAppStateOperation operation;
  char *index[ULAK_APP_STATE_CHANGE_INDEX_MAX]; /* (owned): ended by NULL */
  Wa__SyncActionValue value;

  char *texts[6]; /* (owned) */
  Wa__MessageKey key;
  Wa__SyncActionValue__SyncActionMessage message;
  Wa__SyncActionValue__SyncActionMessage *messages[1];
  Wa__SyncActionValue__SyncActionMessageRange range;
  union
  {
    Wa__SyncActionValue__ArchiveChatAction archive;
    Wa__SyncActionValue__PinAction pin;
    Wa__SyncActionValue__MuteAction mute;
    Wa__SyncActionValue__MarkChatAsReadAction read;
    Wa__SyncActionValue__StarAction star;
    Wa__SyncActionValue__DeleteMessageForMeAction delete_for_me;
    Wa__SyncActionValue__ClearChatAction clear;
    Wa__SyncActionValue__DeleteChatAction delete_chat;
    Wa__SyncActionValue__ContactAction contact;
    Wa__SyncActionValue__PushNameSetting name;
  } action;
} UlakAppStateRecord;

/* Errors: INVALID: the change lacks something. */
UlakAppStateRecord *ulak_app_state_record_new (const UlakAppStateChange *change, gint64 now_ms, GError **error);
void ulak_app_state_record_free (UlakAppStateRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakAppStateRecord, ulak_app_state_record_free)

G_END_DECLS
