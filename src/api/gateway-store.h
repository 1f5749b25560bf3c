/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Gateway store: what ulak-api must not forget, in its own nouns.
 *
 * Accounts, API keys, idempotency keys, the inbox of callbacks and the audit trail. This process is the only writer. An operation that finished without an error has survived power loss. SQLite stands behind it (gateway-sqlite-*.c over
 * data/sql/api); no caller sees SQL. Times are wall clock, microseconds.
 *
 * Errors of every operation: FULL (too much is waiting, or the disk is), UNAVAILABLE (a disk fault).
 */
#pragma once

#include "service/audit.h"
#include "store/store.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_GATEWAY_STORE (ulak_gateway_store_get_type ())
G_DECLARE_FINAL_TYPE (UlakGatewayStore, ulak_gateway_store, ULAK, GATEWAY_STORE, GObject)

void ulak_gateway_store_open_async (const char *path, gboolean migrate, GAsyncReadyCallback callback, gpointer user_data);
UlakGatewayStore *ulak_gateway_store_open_finish (GAsyncResult *result, GError **error);
void ulak_gateway_store_close_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_gateway_store_close_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);
UlakStore *ulak_gateway_store_get_engine (UlakGatewayStore *self); /* for backup and check */
const char *const *ulak_gateway_store_migrations (void);
void ulak_gateway_store_get_status (UlakGatewayStore *self, UlakStoreStatus *status_out);

/* For operations without a result. */
gboolean ulak_gateway_store_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);

/* Accounts. */
typedef struct
{
  char *id;
  char *network;
  char *backend;
  char *name;
  gboolean wanted;
  char *settings; /* a JSON object */
  gint64 created_us;
  gint64 updated_us;
} UlakAccountRow;

UlakAccountRow *ulak_account_row_copy (const UlakAccountRow *row);
void ulak_account_row_free (UlakAccountRow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakAccountRow, ulak_account_row_free)

void ulak_gateway_store_load_accounts_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *ulak_gateway_store_load_accounts_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);
/* Inserts or replaces. row: copied. */
void ulak_gateway_store_put_account_async (UlakGatewayStore *self,
                                           const UlakAccountRow *row,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
/* Its inbox goes too. */
void ulak_gateway_store_remove_account_async (UlakGatewayStore *self,
                                              const char *id,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data);

/* API keys. */
#define ULAK_KEY_HASH_BYTES 32

typedef struct
{
  char *id;
  char *name;
  char *scopes; /* "*" today */
  guint8 hash[ULAK_KEY_HASH_BYTES];
  gint64 created_us;
  gint64 last_used_us; /* 0: never */
} UlakKeyRow;

void ulak_key_row_free (UlakKeyRow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakKeyRow, ulak_key_row_free)

void ulak_gateway_store_load_keys_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *ulak_gateway_store_load_keys_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);
void ulak_gateway_store_put_key_async (UlakGatewayStore *self,
                                       const UlakKeyRow *row,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
void ulak_gateway_store_remove_key_async (UlakGatewayStore *self,
                                          const char *id,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);

/* Idempotency. A key belongs to a principal; it stands for one body for 24 hours. */
#define ULAK_BODY_HASH_BYTES 32
#define ULAK_IDEMPOTENCY_US (24 * G_GINT64_CONSTANT (3600000000))

typedef struct
{
  char *message_id; /* of the first request with this key */
  char *answer;     /* (nullable): what it was answered, once that is known */
  gboolean is_same; /* FALSE: the key stands for another body */
} UlakClaim;

void ulak_claim_free (UlakClaim *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakClaim, ulak_claim_free)

void ulak_gateway_store_claim_async (UlakGatewayStore *self,
                                     const char *principal,
                                     const char *key,
                                     const guint8 *body_hash,
                                     const char *message_id,
                                     gint64 now_us,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
UlakClaim *ulak_gateway_store_claim_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);
void ulak_gateway_store_answer_claim_async (UlakGatewayStore *self,
                                            const char *principal,
                                            const char *key,
                                            const char *message_id,
                                            const char *answer,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
void ulak_gateway_store_release_claim_async (UlakGatewayStore *self,
                                             const char *principal,
                                             const char *key,
                                             const char *message_id,
                                             GAsyncReadyCallback callback,
                                             gpointer user_data);
void ulak_gateway_store_expire_claims_async (UlakGatewayStore *self,
                                             gint64 before_us,
                                             GAsyncReadyCallback callback,
                                             gpointer user_data);

/* Inbox: callback bodies that a line has not taken yet, in the order in which they came. */
typedef struct
{
  gint64 sequence;
  GBytes *body;
  gint64 received_us;
} UlakInboxRow;

void ulak_inbox_row_free (UlakInboxRow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakInboxRow, ulak_inbox_row_free)

/* A copy for each account, all or none. FULL when the inbox would pass max_bytes. */
void ulak_gateway_store_add_inbox_async (UlakGatewayStore *self,
                                         const char *const *accounts,
                                         GBytes *body,
                                         gint64 received_us,
                                         gint64 max_bytes,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
void ulak_gateway_store_read_inbox_async (UlakGatewayStore *self,
                                          const char *account,
                                          gint64 after_sequence,
                                          guint limit,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
GPtrArray *ulak_gateway_store_read_inbox_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);
void ulak_gateway_store_remove_inbox_async (UlakGatewayStore *self,
                                            gint64 sequence,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
/* A body that the line calls invalid is kept for people, out of the way of the next. */
void ulak_gateway_store_set_inbox_aside_async (UlakGatewayStore *self,
                                               gint64 sequence,
                                               const char *reason,
                                               gint64 now_us,
                                               GAsyncReadyCallback callback,
                                               gpointer user_data);

/* How many rows each account has, for those that have any. */
typedef struct
{
  char *account;
  gint64 rows;
} UlakInboxCount;

void ulak_inbox_count_free (UlakInboxCount *self);

void ulak_gateway_store_count_inbox_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *ulak_gateway_store_count_inbox_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);

typedef struct
{
  gint64 rows;
  gint64 bytes;
  gint64 aside;
} UlakInboxSize;

void ulak_gateway_store_measure_inbox_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_gateway_store_measure_inbox_finish (UlakGatewayStore *self,
                                                  GAsyncResult *result,
                                                  UlakInboxSize *size_out,
                                                  GError **error);

/* Audit trail: entries are added, never changed; the oldest go above either bound. */
#define ULAK_AUDIT_ROWS_MAX 100000
#define ULAK_AUDIT_AGE_US (400 * 24 * G_GINT64_CONSTANT (3600000000))

/* entry: copied. */
void ulak_gateway_store_add_audit_async (UlakGatewayStore *self,
                                         const UlakAuditEntry *entry,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
/* The newest entries, up to limit. */
void ulak_gateway_store_load_audit_async (UlakGatewayStore *self,
                                          guint limit,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
GPtrArray *ulak_gateway_store_load_audit_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error);
void ulak_gateway_store_trim_audit_async (UlakGatewayStore *self,
                                          gint64 before_us,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
gboolean ulak_gateway_store_trim_audit_finish (UlakGatewayStore *self,
                                               GAsyncResult *result,
                                               gboolean *is_done_out,
                                               GError **error);

G_END_DECLS
