/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Line store: what a line keeps, in the line's nouns.
 *
 * Everything that must survive a kill is here: messages with what is still to be sent, chats, contacts, media, settings,
 * the account document, and the outbox of events. What changes and the event that tells of it are one transaction.
 * Callbacks come after the commit is durable. SQL stays behind this interface.
 * Main thread only; the work runs on the threads of UlakStore.
 *
 * Signals: "changed" (): depth or held count is another one; "events" (): the outbox has new rows.
 */
#pragma once

#include "connector/backend.h"
#include "connector/inbound.h"
#include "core/clock.h"
#include "core/random.h"
#include "store/store.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_TYPE_LINE_STORE (ulak_line_store_get_type ())
G_DECLARE_FINAL_TYPE (UlakLineStore, ulak_line_store, ULAK, LINE_STORE, GObject)

#define ULAK_LINE_STORE_PAGE_MAX 200
#define ULAK_NEVER_US G_MAXINT64
/* A message that waits longer than this is shown as held, and an event says so. */
#define ULAK_HOLD_SHOWN_US (5 * G_USEC_PER_SEC)

typedef struct
{
  const char *path;
  gboolean migrate;
  guint queue_max;        /* open messages; further ones are FULL */
  const char *const *migrations; /* NULL: ulak_line_migrations */
  gint64 unknown_wait_ms; /* for what was on its way when the process died */
  gboolean recovers_later; /* ulak_line_store_recover_async() does that, before anything is sent */
  UlakClock *clock;
  UlakRandom *random;
} UlakLineStoreOptions;

void ulak_line_store_register_sql (void);
void ulak_line_store_open_async (const UlakLineStoreOptions *options,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
UlakLineStore *ulak_line_store_open_finish (GAsyncResult *result, GError **error);
/* resends: what was on its way is sent again, since the network knows its id; else its outcome is unknown now. */
void ulak_line_store_recover_async (UlakLineStore *self,
                                    gboolean resends,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void ulak_line_store_close_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_line_store_close_finish (UlakLineStore *self, GAsyncResult *result, GError **error);

UlakStore *ulak_line_store_get_store (UlakLineStore *self);
guint ulak_line_store_get_depth (UlakLineStore *self);  /* open messages */
guint ulak_line_store_get_held (UlakLineStore *self);   /* those of them that are held or of unknown outcome */
guint ulak_line_store_get_events (UlakLineStore *self); /* rows of the outbox */

/* --- outbound --- */

/* A head of a lane that may go now, as far as the database knows. */
typedef struct
{
  gint64 sequence;
  char *id;
  char *chat;
  char *hold_reason;   /* (nullable) */
  gboolean is_unknown; /* it was tried, and the outcome did not come */
  gboolean is_cold;
  gboolean is_new; /* nothing was ever heard of or sent to this person */
  guint tries;
  gint64 due_us;
} UlakLaneHead;

void ulak_lane_head_free (UlakLaneHead *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakLaneHead, ulak_lane_head_free)

typedef struct
{
  GPtrArray *heads;      /* (owned) (element-type UlakLaneHead): warm ones first */
  gint64 next_due_us;    /* when a lane that waits may go; ULAK_NEVER_US if none waits */
  gint64 next_expiry_us; /* when the next message expires */
} UlakLaneHeads;

void ulak_lane_heads_free (UlakLaneHeads *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakLaneHeads, ulak_lane_heads_free)

void ulak_line_store_list_heads_async (UlakLineStore *self,
                                       guint n_warm,
                                       guint n_cold,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
UlakLaneHeads *ulak_line_store_list_heads_finish (UlakLineStore *self, GAsyncResult *result, GError **error);

/* What is handed to the backend; marked `sending` for good before this is returned. */
typedef struct
{
  gint64 sequence;
  char *id;
  char *chat;
  JsonObject *message; /* with a reaction's target as the network's id */
  char *reply_to_network_id;
  guint tries; /* this one not counted */
  gint64 accepted_us;
  UlakOutboundTarget *reply_to; /* (nullable) */
  UlakOutboundTarget *target;   /* (nullable) */
  JsonObject *contact;          /* (nullable): of the chat's person */
  UlakParcel *parcel;           /* (nullable): packed with the claim */
} UlakClaim;

void ulak_claim_free (UlakClaim *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakClaim, ulak_claim_free)

/* That a message to one chat may leave as soon as it is accepted; see send-queue.h. */
typedef struct
{
  const char *chat;
  gboolean may_be_cold; /* also when the chat did not write lately */
  gboolean may_be_new;  /* also when the person is a new one */
  UlakParcel *parcel;   /* (owned) (nullable): packed when it is claimed */
} UlakSendPermit;

/* message: checked. permit: (nullable): the message is claimed at once when nothing of its chat waits before it; its parcel is
 * taken. Finishes with the status that the row has: "pending" if it is new. Errors: CONFLICT, INVALID, FULL. */
void ulak_line_store_accept_async (UlakLineStore *self,
                                   const char *id,
                                   JsonObject *message,
                                   UlakSendPermit *permit,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
/* *head_out, *claim_out: (transfer full) (nullable): both, when the message was claimed. */
char *ulak_line_store_accept_finish (UlakLineStore *self,
                                     GAsyncResult *result,
                                     UlakLaneHead **head_out,
                                     UlakClaim **claim_out,
                                     GError **error);

/* NOT_FOUND: it is no longer the head of its lane, or expired. */
void ulak_line_store_claim_async (UlakLineStore *self,
                                  const UlakLaneHead *head,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
UlakClaim *ulak_line_store_claim_finish (UlakLineStore *self, GAsyncResult *result, GError **error);

typedef struct
{
  gint64 sequence;
  const char *chat;
  UlakSendOutcome outcome; /* with the retries used up, RETRY has become FAILED */
  const UlakSendResult *result;
  gint64 due_us;       /* RETRY, UNKNOWN: when it is looked at again */
  gboolean is_counted; /* RETRY: the try counts against the limit */
} UlakSettlement;

void ulak_line_store_settle_async (UlakLineStore *self,
                                   const UlakSettlement *settlement,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean ulak_line_store_settle_finish (UlakLineStore *self, GAsyncResult *result, GError **error);

/* reason: NULL only delays the lane. until_us: 0 when nobody knows. delay_us: the lane rests until then; 0: it does not. */
void ulak_line_store_hold_async (UlakLineStore *self,
                                 const UlakLaneHead *head,
                                 const char *reason,
                                 gint64 until_us,
                                 gint64 delay_us,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* The outcome stays unknown and the message is not sent again. */
void ulak_line_store_close_unknown_async (UlakLineStore *self,
                                          const UlakLaneHead *head,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
/* The wall clock was set back: times to come move with it. */
void ulak_line_store_set_back_async (UlakLineStore *self,
                                     gint64 step_us,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
void ulak_line_store_expire_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data);
/* What is held for this reason may go now. */
void ulak_line_store_retry_held_async (UlakLineStore *self,
                                       const char *reason,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
/* For all functions here that finish with nothing but success. */
gboolean ulak_line_store_finish (UlakLineStore *self, GAsyncResult *result, GError **error);

/* --- inbound --- */

void ulak_line_store_commit_inbound_async (UlakLineStore *self,
                                           UlakInbound *inbound,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
gboolean ulak_line_store_commit_inbound_finish (UlakLineStore *self,
                                                GAsyncResult *result,
                                                guint *new_out,
                                                GError **error);

void ulak_line_store_add_event_async (UlakLineStore *self,
                                      const char *type,
                                      const char *chat,
                                      JsonObject *data,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);

/* --- the outbox --- */

typedef struct
{
  gint64 sequence;
  char *id;
  char *type;
  char *chat;
  gint64 timestamp_us;
  char *data;
} UlakOutboxEvent;

/* Those after number after, at most limit and max_bytes of data, but one at least. */
void ulak_line_store_read_outbox_async (UlakLineStore *self,
                                        gint64 after,
                                        guint limit,
                                        gsize max_bytes,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
GPtrArray *ulak_line_store_read_outbox_finish (UlakLineStore *self,
                                               GAsyncResult *result,
                                               gboolean *has_more_out, /* (nullable) */
                                               GError **error); /* UlakOutboxEvent */
void ulak_line_store_forget_outbox_async (UlakLineStore *self,
                                          gint64 last_sequence,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);

/* --- reading --- */

/* (transfer full): JSON text. Errors: NOT_FOUND; INVALID for a cursor that is not ours. */
void ulak_line_store_get_message_async (UlakLineStore *self,
                                        const char *id,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
JsonObject *ulak_line_store_get_message_finish (UlakLineStore *self, GAsyncResult *result, GError **error);
void ulak_line_store_list_chats_async (UlakLineStore *self,
                                       const char *cursor,
                                       guint limit,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
void ulak_line_store_list_messages_async (UlakLineStore *self,
                                          const char *chat,
                                          const char *cursor,
                                          guint limit,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
char *ulak_line_store_list_finish (UlakLineStore *self, GAsyncResult *result, char **next_out, GError **error);

/* What a mark-read of id is about: the messages of its chat up to it that are not read yet, 200 of them at most, the oldest first.
 * Errors: NOT_FOUND, WRONG_STATE for one of ours. */
typedef struct
{
  char *chat;
  GArray *messages; /* (element-type UlakReadMessage) (owned), with their texts */
} UlakUnread;

void ulak_unread_free (UlakUnread *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakUnread, ulak_unread_free)

void ulak_line_store_list_unread_async (UlakLineStore *self,
                                        const char *id,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
UlakUnread *ulak_line_store_list_unread_finish (UlakLineStore *self, GAsyncResult *result, GError **error);
/* The network's id of an inbound message. Errors: NOT_FOUND, WRONG_STATE for one of ours. */
void ulak_line_store_find_inbound_async (UlakLineStore *self,
                                         const char *id,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
char *ulak_line_store_find_inbound_finish (UlakLineStore *self, GAsyncResult *result, GError **error);
void ulak_line_store_mark_read_async (UlakLineStore *self,
                                      const char *id,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);

/* --- settings and the account document --- */

void ulak_line_store_get_settings_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *ulak_line_store_get_settings_finish (UlakLineStore *self, GAsyncResult *result, GError **error);
void ulak_line_store_change_settings_async (UlakLineStore *self,
                                            JsonObject *changes,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);

void ulak_line_store_get_account_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *ulak_line_store_get_account_finish (UlakLineStore *self,
                                                GAsyncResult *result,
                                                GError **error); /* NOT_FOUND */
void ulak_line_store_keep_account_async (UlakLineStore *self,
                                         JsonObject *account,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);

/* --- media --- */

typedef struct
{
  char *id;
  char *mime_type;
  char *file_name;   /* (nullable) */
  char *stored_name; /* (nullable): not here */
  char *sha256;      /* (nullable) */
  goffset size_bytes;
  JsonObject *reference; /* (nullable): uploaded to us */
  char *network_handle;  /* (nullable): none that is still good */
} UlakMedium;

void ulak_medium_free (UlakMedium *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMedium, ulak_medium_free)

/* Counts as a use. Errors: NOT_FOUND. */
void ulak_line_store_find_medium_async (UlakLineStore *self,
                                        const char *id,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
UlakMedium *ulak_line_store_find_medium_finish (UlakLineStore *self, GAsyncResult *result, GError **error);
/* A new row with an id of its own. */
void ulak_line_store_add_medium_async (UlakLineStore *self,
                                       const UlakMedium *medium,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
char *ulak_line_store_add_medium_finish (UlakLineStore *self, GAsyncResult *result, GError **error);
/* It was fetched: stored_name, size_bytes and sha256 of medium are kept. */
void ulak_line_store_keep_medium_async (UlakLineStore *self,
                                        const UlakMedium *medium,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
void ulak_line_store_keep_media_handle_async (UlakLineStore *self,
                                              const char *id,
                                              const char *handle,
                                              gint64 until_us,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data);

/* --- clean-up, in steps of at most limit rows; the number of rows that went --- */

typedef enum
{
  ULAK_CLEANUP_EARLY_STATUSES,
  ULAK_CLEANUP_SEEN,
} UlakCleanup;

void ulak_line_store_forget_async (UlakLineStore *self,
                                   UlakCleanup what,
                                   gint64 before_us,
                                   guint limit,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
/* Chats in order of their ids after after_chat ("" first), each trimmed to keep messages; *last_chat_out is NULL at the end. */
void ulak_line_store_trim_chats_async (UlakLineStore *self,
                                       const char *after_chat,
                                       gint64 keep,
                                       guint limit,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean ulak_line_store_trim_chats_finish (UlakLineStore *self,
                                            GAsyncResult *result,
                                            guint *trimmed_out,
                                            char **last_chat_out,
                                            GError **error);
/* Media to delete: older than before_us, or the least recently used while all together are over max_bytes. Their rows forget
 * the files at once; *names_out are files to delete. */
void ulak_line_store_evict_media_async (UlakLineStore *self,
                                        gint64 before_us,
                                        gint64 max_bytes,
                                        guint limit,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
GStrv ulak_line_store_evict_media_finish (UlakLineStore *self, GAsyncResult *result, GError **error);
/* Files that a kill left without a row. Finish with evict_media_finish. */
void ulak_line_store_find_orphans_async (UlakLineStore *self,
                                         const char *const *names,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
guint ulak_line_store_forget_finish (UlakLineStore *self, GAsyncResult *result, GError **error);

G_END_DECLS
