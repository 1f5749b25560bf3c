/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Webhook store: the event log, the endpoints, the queue of deliveries and the log of what became of them.
 *
 * Promises, whatever engine stands behind it: events and their deliveries are stored in one transaction, each event id
 * once, and "finished without error" means durable. A delivery is in the queue until its end is committed. Per
 * endpoint and lane (webhooks/event.h) only the first delivery is due; the others wait for their turn, which is a state and
 * not a time; ending one wakes the next; a retry keeps its place. A head that failed for longer than the caller's
 * unblock time is passed over: it stays due by itself and blocks nobody.
 *
 * A claimed delivery is handed out once, until it is ended, retried or released. Claims live in memory: one process owns
 * the file, so after a restart everything in the queue is simply due again.
 *
 * Main thread only; the SQL runs on the store's threads. No caller sees it.
 */
#pragma once

#include "core/clock.h"
#include "store/store.h"
#include "webhooks/attempt.h"
#include "webhooks/endpoint.h"
#include "webhooks/event.h"

G_BEGIN_DECLS

#define ULAK_TYPE_WEBHOOK_STORE (ulak_webhook_store_get_type ())
G_DECLARE_FINAL_TYPE (UlakWebhookStore, ulak_webhook_store, ULAK, WEBHOOK_STORE, GObject)

typedef struct
{
  const char *path;       /* DATA_DIR/webhooks.db */
  gboolean migrate;       /* [ulak] auto_migrate_on_startup */
  gint64 event_max_bytes; /* the disk budget of the whole file */
} UlakWebhookStoreOptions;

void ulak_webhook_store_open_async (const UlakWebhookStoreOptions *options, UlakClock *clock, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
UlakWebhookStore *ulak_webhook_store_open_finish (GAsyncResult *result, GError **error);
void ulak_webhook_store_close_async (UlakWebhookStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_webhook_store_close_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);

const char *const *ulak_webhook_store_get_migrations (void);
UlakStore *ulak_webhook_store_get_engine (UlakWebhookStore *self); /* for backup and check */
void ulak_webhook_store_set_max_bytes (UlakWebhookStore *self, gint64 max_bytes);
void ulak_webhook_store_get_status (UlakWebhookStore *self, UlakStoreStatus *status_out);
gint64 ulak_webhook_store_get_last_sequence (UlakWebhookStore *self);
gint64 ulak_webhook_store_get_used_bytes (UlakWebhookStore *self); /* as of the last submit or retention step */
guint64 ulak_webhook_store_get_pending (UlakWebhookStore *self);
typedef void (*UlakPendingFunc) (const char *account, guint64 pending, gpointer user_data);
void ulak_webhook_store_foreach_pending (UlakWebhookStore *self, UlakPendingFunc func, gpointer user_data);

/* Signals, each before the callback of the call that did it: "due" (gint64 row): the queue of an endpoint changed, look at
 * it; "stored" (gint64 last_sequence): events were committed; "pending-changed": deliveries came or ended. */

/* events: (element-type UlakEvent) (transfer full). endpoints: (element-type UlakEndpoint) (transfer none), read only. */
void ulak_webhook_store_submit_async (UlakWebhookStore *self, GPtrArray *events, GPtrArray *endpoints, GAsyncReadyCallback callback, gpointer user_data);
gint64 ulak_webhook_store_submit_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error); /* 0 on error */

typedef struct
{
  GStrv accounts; /* (nullable): NULL or empty takes all */
  GStrv types;    /* (nullable): filters */
  char *chat;     /* (nullable) */
} UlakEventFilter;

typedef struct
{
  GPtrArray *events; /* (element-type UlakEvent) */
  gint64 searched_sequence;
  gint64 oldest_sequence;
} UlakEventPage;

void ulak_webhook_store_read_async (UlakWebhookStore *self, gint64 after_sequence, guint limit, const UlakEventFilter *filter, GAsyncReadyCallback callback, gpointer user_data);
const UlakEventPage *ulak_webhook_store_read_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);

/* An endpoint as it lies in the store: secrets and headers sealed. */
typedef struct
{
  gint64 row;
  char *id;
  char *document;
  gboolean is_enabled;
  gint64 created_us;
  GBytes *secret;     /* (nullable) */
  GBytes *old_secret; /* (nullable) */
  gint64 old_secret_until_us;
  GBytes *headers; /* (nullable) */
} UlakEndpointRow;

void ulak_endpoint_row_free (UlakEndpointRow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakEndpointRow, ulak_endpoint_row_free)

void ulak_webhook_store_list_endpoints_async (UlakWebhookStore *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *ulak_webhook_store_list_endpoints_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);
/* row 0 adds; (transfer full). Returns the row's number, 0 on error. */
void ulak_webhook_store_put_endpoint_async (UlakWebhookStore *self, UlakEndpointRow *row, GAsyncReadyCallback callback, gpointer user_data);
gint64 ulak_webhook_store_put_endpoint_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);
void ulak_webhook_store_remove_endpoint_async (UlakWebhookStore *self, gint64 row, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_webhook_store_remove_endpoint_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);

typedef struct
{
  gint64 number;
  gint64 endpoint; /* row */
  char *lane;
  gboolean is_late; /* earlier events of the lane were passed over */
  guint attempts;   /* requests that left so far */
  guint failures;   /* tries that failed so far */
  gint64 created_us;
  UlakEvent *event;
} UlakDelivery;

void ulak_delivery_free (UlakDelivery *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakDelivery, ulak_delivery_free)

/* The public id of a delivery: a UUIDv7 made of its time and number, so that no second index is needed to find it. */
char *ulak_delivery_id_new (gint64 number, gint64 created_us);
gboolean ulak_delivery_id_parse (const char *id, gint64 *number_out, gint64 *created_ms_out);

/* One claim at a time per endpoint. more_out: others may be due already. next_due_us_out: of those that are not, 0 for none. */
void ulak_webhook_store_claim_async (UlakWebhookStore *self, gint64 endpoint_row, guint limit, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *ulak_webhook_store_claim_finish (UlakWebhookStore *self, GAsyncResult *result, gboolean *more_out, gint64 *next_due_us_out, GError **error);
void ulak_webhook_store_release (UlakWebhookStore *self, const UlakDelivery *delivery);

typedef enum
{
  ULAK_DELIVERY_QUEUED = 0, /* in the database these numbers are promises */
  ULAK_DELIVERY_DELIVERED = 1,
  ULAK_DELIVERY_DEAD = 2,
  ULAK_DELIVERY_CANCELLED = 3,
} UlakDeliveryStatus;

/* Both end the claim once committed; on error the claim stays and the call may be made again. */
void ulak_webhook_store_end_async (UlakWebhookStore *self, const UlakDelivery *delivery, UlakDeliveryStatus status, const UlakAttempt *attempt, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_webhook_store_end_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);
void ulak_webhook_store_retry_async (UlakWebhookStore *self, const UlakDelivery *delivery, const UlakAttempt *attempt, gint64 due_us, gint64 unblock_us, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_webhook_store_retry_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);

/* Small steps of upkeep; each says whether there is more to do at once. */
void ulak_webhook_store_unblock_async (UlakWebhookStore *self, gint64 set_back_us, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_webhook_store_unblock_finish (UlakWebhookStore *self, GAsyncResult *result, gboolean *more_out, GError **error);

typedef struct
{
  gint64 event_max_age_us;
  gint64 delivery_max_age_us;
} UlakRetention;

/* Cancels the queue of removed endpoints, gives up deliveries and forgets log entries and events for their age, and keeps
 * the file within its budget. expired_types_out: (transfer full): the event type of each delivery given up. */
void ulak_webhook_store_retain_async (UlakWebhookStore *self, const UlakRetention *retention, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_webhook_store_retain_finish (UlakWebhookStore *self, GAsyncResult *result, gboolean *more_out, char ***expired_types_out, GError **error);

typedef struct
{
  gint64 number;
  char *id;
  UlakEvent *event; /* without data */
  UlakDeliveryStatus status;
  gint64 created_us;
  gint64 due_us; /* 0 unless it is queued and due or backing off */
  gint64 finished_us;
  GPtrArray *attempts; /* (element-type UlakAttempt) */
} UlakDeliveryRecord;

/* before: numbers below it; G_MAXINT64 for the newest. status: -1 for all. endpoint id: removed ones too, while they have a log. */
void ulak_webhook_store_list_async (UlakWebhookStore *self, const char *endpoint_id, gint64 before, guint limit, int status, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *ulak_webhook_store_list_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);

/* numbers: (element-type gint64) ended deliveries of the endpoint. Returns how many were queued, -1 on error. */
void ulak_webhook_store_replay_async (UlakWebhookStore *self, gint64 endpoint_row, GArray *numbers, GAsyncReadyCallback callback, gpointer user_data);
gint64 ulak_webhook_store_replay_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error);
/* One step of at most 1,000 events after after_sequence; more_out: call again with what searched_out says. */
void ulak_webhook_store_replay_since_async (UlakWebhookStore *self, UlakEndpoint *endpoint, gint64 since_us, gboolean only_failed, gint64 after_sequence, gint64 until_sequence, GAsyncReadyCallback callback, gpointer user_data);
gint64 ulak_webhook_store_replay_since_finish (UlakWebhookStore *self, GAsyncResult *result, gint64 *searched_out, gboolean *more_out, GError **error);

G_END_DECLS
