/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state: what the devices of an account share besides messages: contacts, archive, mute, pin, star, read state.
 *
 * Five collections, each a versioned map that the server gives as a snapshot or as patches. Every MAC is checked; a patch
 * and what it means are one transaction, so a kill repeats it or not at all. A patch that does not fit drops the collection
 * and fetches it whole, ULAK_APP_STATE_TRIES_MAX times; then the collection is set aside until the next login, and that is said.
 * Keys come from the phone and are kept for ever; a missing one is asked for, at most once a day.
 *
 * What runs on the store's threads says so; all else is main thread only.
 */
#pragma once

#include "whatsapp/chat/history.h"

G_BEGIN_DECLS

#define ULAK_APP_STATE_TRIES_MAX 3
#define ULAK_APP_STATE_KEY_REQUEST_S ((gint64) 24 * 60 * 60)

/* Store's thread, in the transaction that takes the message from our phone. */
gboolean ulak_app_state_keep_keys (UlakDatabase *database,
                                   const Wa__AppStateSyncKeyShare *share,
                                   gint64 now_us,
                                   GError **error);

/* Keys, collections, and what is to come of the history: of a device that is no longer linked. Store's thread. */
gboolean ulak_app_state_wipe (UlakDatabase *database, GError **error);

#define ULAK_TYPE_APP_STATE (ulak_app_state_get_type ())
G_DECLARE_FINAL_TYPE (UlakAppState, ulak_app_state, ULAK, APP_STATE, GObject)

/* Sends APP_STATE_SYNC_KEY_REQUEST to our phone as a peer message. (element-type GBytes) */
typedef void (*UlakAppStateAskKeys) (GPtrArray *key_ids, gpointer user_data);

typedef struct
{
  UlakStore *store;
  UlakMediaPort port;
  UlakMediaClient *media;
  UlakCommitter committer;
  UlakAppStateAskKeys ask_keys;
  gpointer ask_keys_data;
  UlakClock *clock;
  UlakRandom *random; /* the system's: it seals values */
} UlakAppStateOptions;

UlakAppState *ulak_app_state_new (const UlakAppStateOptions *options);

/* What is under way ends without asking the server, the phone or the committer for anything more; changes fail. */
void ulak_app_state_stop (UlakAppState *self);

/* NULL: all collections, at login and when <ib><dirty type="syncd_app_state"> came. */
void ulak_app_state_sync (UlakAppState *self, const char *collection_or_null);
/* <notification type="server_sync">: syncs what it names. It may be acknowledged at once: the versions tell at the next login. */
void ulak_app_state_take_notification (UlakAppState *self, const UlakNode *notification);
/* After a commit with ulak_app_state_keep_keys(): collections that waited for keys go on. */
void ulak_app_state_keys_came (UlakAppState *self);

/* A message as the phone knows it. */
typedef struct
{
  const char *chat;        /* JID */
  const char *network_id;
  gboolean is_from_me;
  const char *participant; /* (nullable): JID of the author, in groups */
  gint64 timestamp_s;
} UlakAppStateMessage;

typedef enum
{
  ULAK_APP_STATE_ARCHIVE,         /* is_on, last; archiving takes a pin away */
  ULAK_APP_STATE_PIN,             /* is_on */
  ULAK_APP_STATE_MUTE,            /* is_on, until_ms: -1 for ever */
  ULAK_APP_STATE_MARK_READ,       /* is_on: read; last */
  ULAK_APP_STATE_STAR,            /* is_on, last: the message */
  ULAK_APP_STATE_DELETE_FOR_ME,   /* last: the message */
  ULAK_APP_STATE_CLEAR_CHAT,      /* last */
  ULAK_APP_STATE_DELETE_CHAT,     /* last */
  ULAK_APP_STATE_CONTACT,         /* chat: of the person, name */
  ULAK_APP_STATE_OWN_NAME,        /* name */
} UlakAppStateChangeKind;

typedef struct
{
  UlakAppStateChangeKind kind;
  const char *chat; /* JID in the form of the account; NULL for OWN_NAME */
  gboolean is_on;
  gint64 until_ms;
  const char *name;
  const UlakAppStateMessage *last; /* (nullable): the last message of the chat, or the message it is about */
} UlakAppStateChange;

/* Uploads the change, after a conflict with the others' patches applied again, at most 5 times; then what came of it is
 * applied here like any patch. Errors: WRONG_STATE (no keys yet), UNAVAILABLE, CONFLICT, REMOTE, INVALID. */
void ulak_app_state_change_async (UlakAppState *self,
                                  const UlakAppStateChange *change,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean ulak_app_state_change_finish (UlakAppState *self, GAsyncResult *result, GError **error);

/* Signal "own-name" (const char *name): our push name, for presence and the login. */

G_END_DECLS
