/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/app-state-store.h"

#include "connector/sql.h"
#include "whatsapp/chat/app-state.h"

#define SQL(name) "/org/ulak/sql/whatsapp/" name ".sql"
#define KEY_DATA_MAX 1024 /* bytes; real ones have 32 */
#define KEYS_MAX 4096     /* of one share */

static gboolean
step (UlakStatement *statement, gboolean *has_row_out, GError **error)
{
  return ulak_statement_step (statement, has_row_out, error);
}

gboolean
ulak_app_state_sum_get (UlakDatabase *database, const char *collection, UlakAppStateSum *sum_out, GError **error)
{
  UlakStatement *row;
  const void *hash;
  gsize size;

  *sum_out = (UlakAppStateSum){ 0 };
  if (!ulak_sql_find (database, SQL ("app-state-collection-find"), ULAK_BINDINGS (ULAK_TEXT ("name", collection)), &row,
                      error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  hash = ulak_statement_get_bytes (row, "hash", &size);
  if (size != sizeof sum_out->hash.bytes)
    return TRUE; /* as if nothing were here: it is fetched anew */
  memcpy (sum_out->hash.bytes, hash, size);
  sum_out->version = (guint64) ulak_statement_get_integer (row, "version");
  return TRUE;
}

gboolean
ulak_app_state_sum_put (UlakDatabase *database, const char *collection, const UlakAppStateSum *sum, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("app-state-collection-put"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "name", collection);
  ulak_statement_bind_integer (statement, "version", (gint64) sum->version);
  ulak_statement_bind_bytes (statement, "hash", sum->hash.bytes, sizeof sum->hash.bytes);
  return ulak_statement_run (statement, error);
}

gboolean
ulak_app_state_drop (UlakDatabase *database, const char *collection, GError **error)
{
  return ulak_sql_run (database, SQL ("app-state-records-clear"), ULAK_BINDINGS (ULAK_TEXT ("collection", collection)),
                       error)
         && ulak_sql_run (database, SQL ("app-state-collection-remove"), ULAK_BINDINGS (ULAK_TEXT ("name", collection)),
                          error);
}

static UlakStatement *
record_statement (UlakDatabase *database, const char *path, const char *collection, const guint8 *index_mac, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, path, error);

  if (statement == NULL)
    return NULL;
  ulak_statement_bind_text (statement, "collection", collection);
  ulak_statement_bind_bytes (statement, "index_mac", index_mac, ULAK_APP_STATE_MAC_BYTES);
  return statement;
}

gboolean
ulak_app_state_record_get (UlakDatabase *database,
                           const char *collection,
                           const guint8 index_mac[ULAK_APP_STATE_MAC_BYTES],
                           guint8 mac_out[ULAK_APP_STATE_MAC_BYTES],
                           gboolean *is_found_out,
                           GError **error)
{
  UlakStatement *row = record_statement (database, SQL ("app-state-record-find"), collection, index_mac, error);
  gboolean has_row;
  const void *mac;
  gsize size;

  if (row == NULL || !step (row, &has_row, error))
    return FALSE;
  *is_found_out = FALSE;
  if (!has_row)
    return TRUE;
  mac = ulak_statement_get_bytes (row, "value_mac", &size);
  if (size != ULAK_APP_STATE_MAC_BYTES)
    return TRUE;
  memcpy (mac_out, mac, size);
  *is_found_out = TRUE;
  return TRUE;
}

gboolean
ulak_app_state_record_put (UlakDatabase *database,
                           const char *collection,
                           const guint8 index_mac[ULAK_APP_STATE_MAC_BYTES],
                           const guint8 *value_mac,
                           GError **error)
{
  UlakStatement *statement
      = record_statement (database, value_mac == NULL ? SQL ("app-state-record-remove") : SQL ("app-state-record-put"),
                          collection, index_mac, error);

  if (statement == NULL)
    return FALSE;
  if (value_mac != NULL)
    ulak_statement_bind_bytes (statement, "value_mac", value_mac, ULAK_APP_STATE_MAC_BYTES);
  return ulak_statement_run (statement, error);
}

/* --- keys --- */

static UlakStatement *
key_statement (UlakDatabase *database, const char *path, UlakSpan key_id, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, path, error);

  if (statement != NULL)
    ulak_statement_bind_bytes (statement, "key_id", key_id.bytes, key_id.size_bytes);
  return statement;
}

static GBytes *
dup_column (UlakStatement *row, const char *column)
{
  gsize size;
  const void *bytes = ulak_statement_get_bytes (row, column, &size);

  return g_bytes_new (bytes, size);
}

gboolean
ulak_app_state_key_get (UlakDatabase *database, UlakSpan key_id, GBytes **data_out, GError **error)
{
  UlakStatement *row = key_statement (database, SQL ("app-state-key-find"), key_id, error);
  gboolean has_row;

  if (row == NULL || !step (row, &has_row, error))
    return FALSE;
  *data_out = has_row ? dup_column (row, "key_data") : NULL;
  return TRUE;
}

gboolean
ulak_app_state_key_get_newest (UlakDatabase *database, GBytes **id_out, GBytes **data_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, SQL ("app-state-key-newest"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  *id_out = row == NULL ? NULL : dup_column (row, "key_id");
  *data_out = row == NULL ? NULL : dup_column (row, "key_data");
  return TRUE;
}

gboolean
ulak_app_state_key_ask (UlakDatabase *database, UlakSpan key_id, gint64 now_us, gboolean *is_due_out, GError **error)
{
  UlakStatement *row = key_statement (database, SQL ("app-state-missing-find"), key_id, error);
  UlakStatement *statement;
  gboolean has_row;

  if (row == NULL || !step (row, &has_row, error))
    return FALSE;
  *is_due_out = !has_row
                || now_us - ulak_statement_get_integer (row, "asked_us")
                       >= ULAK_APP_STATE_KEY_REQUEST_S * G_USEC_PER_SEC;
  if (!*is_due_out)
    return TRUE;
  statement = key_statement (database, SQL ("app-state-missing-put"), key_id, error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "now_us", now_us);
  return ulak_statement_run (statement, error);
}

static gboolean
keep_key (UlakDatabase *database, UlakSpan id, const Wa__AppStateSyncKeyData *data, gint64 now_us, GError **error)
{
  UlakStatement *statement = key_statement (database, SQL ("app-state-key-put"), id, error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_bytes (statement, "key_data", data->key_data.data, data->key_data.len);
  ulak_statement_bind_integer (statement, "timestamp_ms", data->timestamp);
  ulak_statement_bind_integer (statement, "now_us", now_us);
  if (!ulak_statement_run (statement, error))
    return FALSE;
  statement = key_statement (database, SQL ("app-state-missing-remove"), id, error);
  return statement != NULL && ulak_statement_run (statement, error);
}

/** ulak_app_state_keep_keys: a key that the phone does not have comes without data and is passed over */
gboolean
ulak_app_state_keep_keys (UlakDatabase *database, const Wa__AppStateSyncKeyShare *share, gint64 now_us, GError **error)
{
  for (gsize i = 0; i < MIN (share->n_keys, (gsize) KEYS_MAX); i++)
    {
      const Wa__AppStateSyncKey *key = share->keys[i];
      UlakSpan id = ULAK_SPAN_NONE;

      if (key->key_id != NULL && key->key_id->has_key_id)
        id = ULAK_SPAN (key->key_id->key_id.data, key->key_id->key_id.len);
      if (id.size_bytes == 0 || id.size_bytes > ULAK_APP_STATE_KEY_ID_MAX || key->key_data == NULL
          || !key->key_data->has_key_data || key->key_data->key_data.len == 0
          || key->key_data->key_data.len > KEY_DATA_MAX)
        continue;
      if (!keep_key (database, id, key->key_data, now_us, error))
        return FALSE;
    }
  return TRUE;
}

static const char *const wiped[] = {
  SQL ("app-state-wipe-keys"), SQL ("app-state-wipe-missing"), SQL ("app-state-wipe-collections"),
  SQL ("app-state-wipe-records"), SQL ("history-wipe"),
};

/** ulak_app_state_wipe: keys, collections and what is to come of the history; of a device that is no longer linked */
gboolean
ulak_app_state_wipe (UlakDatabase *database, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wiped); i++)
    if (!ulak_sql_run (database, wiped[i], ULAK_BINDINGS (), error))
      return FALSE;
  return TRUE;
}
