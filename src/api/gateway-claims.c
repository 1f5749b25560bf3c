/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The gateway store's idempotency keys: which message a key stands for.
 */
#include "api/gateway-private.h"

#include <string.h>

typedef struct
{
  char *principal;
  char *key;
  char *message_id;
  char *answer;
  guint8 body_hash[ULAK_BODY_HASH_BYTES];
  gint64 now_us;
  UlakClaim *claim; /* (owned) (nullable): the result */
} Work;

static Work *
work_new (const char *principal, const char *key)
{
  Work *work = g_new0 (Work, 1);

  work->principal = g_strdup (principal);
  work->key = g_strdup (key);
  return work;
}

static void
work_free (Work *work)
{
  g_free (work->principal);
  g_free (work->key);
  g_free (work->message_id);
  g_free (work->answer);
  ulak_claim_free (work->claim);
  g_free (work);
}

void
ulak_claim_free (UlakClaim *self)
{
  if (self == NULL)
    return;

  g_free (self->message_id);
  g_free (self->answer);
  g_free (self);
}

static UlakStatement *
prepare (UlakDatabase *database, const char *sql, Work *work, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, sql, error);

  if (statement == NULL)
    return NULL;
  ulak_statement_bind_text (statement, "principal", work->principal);
  ulak_statement_bind_text (statement, "key", work->key);
  return statement;
}

/* Sets work->claim if there is one. */
static gboolean
find_claim (UlakDatabase *database, Work *work, GError **error)
{
  UlakStatement *statement = prepare (database, SQL ("claim-find"), work, error);
  gboolean has_row = FALSE;
  const void *hash;
  gsize size_bytes;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "after_us", work->now_us - ULAK_IDEMPOTENCY_US);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;

  hash = ulak_statement_get_bytes (statement, "body_hash", &size_bytes);
  work->claim = g_new0 (UlakClaim, 1);
  work->claim->is_same = size_bytes == ULAK_BODY_HASH_BYTES && memcmp (hash, work->body_hash, size_bytes) == 0;
  work->claim->message_id = g_strdup (ulak_statement_get_text (statement, "message_id"));
  work->claim->answer = g_strdup (ulak_statement_get_text (statement, "answer"));
  return TRUE;
}

static gboolean
claim_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement;
  Work *work = data;

  if (!find_claim (database, work, error))
    return FALSE;
  if (work->claim != NULL)
    return TRUE;

  statement = prepare (database, SQL ("claim-put"), work, error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_bytes (statement, "body_hash", work->body_hash, ULAK_BODY_HASH_BYTES);
  ulak_statement_bind_text (statement, "message_id", work->message_id);
  ulak_statement_bind_integer (statement, "created_us", work->now_us);
  if (!ulak_statement_run (statement, error))
    return FALSE;

  work->claim = g_new0 (UlakClaim, 1);
  work->claim->is_same = TRUE;
  work->claim->message_id = g_strdup (work->message_id);
  return TRUE;
}

/**
 * ulak_gateway_store_claim_async:
 * @principal: who asks
 * @key: the Idempotency-Key
 * @body_hash: ULAK_BODY_HASH_BYTES
 * @message_id: what the message shall be called if the key is new
 *
 * Commits the id with the key before the message goes anywhere: after a crash a repeat sends the same id again.
 */
void
ulak_gateway_store_claim_async (UlakGatewayStore *self,
                                const char *principal,
                                const char *key,
                                const guint8 *body_hash,
                                const char *message_id,
                                gint64 now_us,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  Work *work = work_new (principal, key);

  memcpy (work->body_hash, body_hash, ULAK_BODY_HASH_BYTES);
  work->message_id = g_strdup (message_id);
  work->now_us = now_us;
  ulak_gateway_store_start (self, TRUE, claim_work, work, (GDestroyNotify) work_free, callback, user_data);
}

UlakClaim *
ulak_gateway_store_claim_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  Work *work = ulak_gateway_store_end (self, result, error);

  return work == NULL ? NULL : g_steal_pointer (&work->claim);
}

static gboolean
answer_work (UlakDatabase *database, gpointer data, GError **error)
{
  Work *work = data;
  UlakStatement *statement = prepare (database, SQL ("claim-answer"), work, error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "message_id", work->message_id);
  ulak_statement_bind_text (statement, "answer", work->answer);
  return ulak_statement_run (statement, error);
}

void
ulak_gateway_store_answer_claim_async (UlakGatewayStore *self,
                                       const char *principal,
                                       const char *key,
                                       const char *message_id,
                                       const char *answer,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  Work *work = work_new (principal, key);

  work->message_id = g_strdup (message_id);
  work->answer = g_strdup (answer);
  ulak_gateway_store_start (self, TRUE, answer_work, work, (GDestroyNotify) work_free, callback, user_data);
}

static gboolean
release_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = prepare (database, SQL ("claim-release"), data, error);
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "message_id", work->message_id);
  return ulak_statement_run (statement, error);
}

/** ulak_gateway_store_release_claim_async: for a message that was refused: the key may be used for a better one */
void
ulak_gateway_store_release_claim_async (UlakGatewayStore *self,
                                        const char *principal,
                                        const char *key,
                                        const char *message_id,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  Work *work = work_new (principal, key);

  work->message_id = g_strdup (message_id);
  ulak_gateway_store_start (self, TRUE, release_work, work, (GDestroyNotify) work_free, callback, user_data);
}

static gboolean
expire_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("claim-expire"), error);
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "before_us", work->now_us);
  return ulak_statement_run (statement, error);
}

void
ulak_gateway_store_expire_claims_async (UlakGatewayStore *self,
                                        gint64 before_us,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  Work *work = work_new (NULL, NULL);

  work->now_us = before_us;
  ulak_gateway_store_start (self, TRUE, expire_work, work, (GDestroyNotify) work_free, callback, user_data);
}
