/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A key is a row before anybody sees it; where it is with the server is its state.
 */
#include "whatsapp/session/pre-keys.h"

#include "whatsapp/session/pre-key-record.h"
#include "whatsapp/session/query.h"
#include "whatsapp/session/signal-visit.h"

#include "core/error.h"

enum
{
  STATE_NEW = 0,
  STATE_UPLOADED = 1,
  STATE_BY_HAND = 2,
};

static gboolean
copy_span (UlakStatement *row, const char *column, guint8 *bytes_out, gsize size_bytes, GError **error)
{
  UlakSpan span = ulak_query_get_span (row, column);

  if (span.size_bytes != size_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED,
                   "The column %s of a pre-key has %" G_GSIZE_FORMAT " bytes, not %" G_GSIZE_FORMAT, column,
                   span.size_bytes, size_bytes);
      return FALSE;
    }
  memcpy (bytes_out, span.bytes, size_bytes);
  return TRUE;
}

static gboolean
take_id (UlakDatabase *database, guint32 *id_out, GError **error)
{
  UlakStatement *row;
  guint32 id;

  if (!ulak_sql_find (database, ULAK_QUERY ("next-pre-key-id"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  if (row == NULL)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "There are no credentials to make pre-keys for");
      return FALSE;
    }

  id = (guint32) ulak_statement_get_integer (row, "next_pre_key_id");
  *id_out = id >= 1 && id <= ULAK_PRE_KEYS_ID_MAX ? id : 1;
  return ulak_sql_run (database, ULAK_QUERY ("next-pre-key-id-set"),
                       ULAK_BINDINGS (ULAK_INTEGER ("id", *id_out == ULAK_PRE_KEYS_ID_MAX ? 1 : *id_out + 1)), error);
}

static gboolean
make_key (UlakSession *session, UlakDatabase *database, int state, gint64 now_us, UlakPreKey *key_out, GError **error)
{
  g_auto (UlakKeyPair) pair = { 0 };
  g_autoptr (GBytes) record = NULL;
  UlakStatement *statement;

  if (!take_id (database, &key_out->id, error))
    return FALSE;

  ulak_key_pair_generate (&pair, ulak_session_get_random (session));
  memcpy (key_out->public_key, pair.public_key, sizeof key_out->public_key);
  record = ulak_pre_key_record_new (key_out->id, &pair);
  statement = ulak_sql_query (
      database, ULAK_QUERY ("pre-key-put"),
      ULAK_BINDINGS (ULAK_INTEGER ("id", key_out->id), ULAK_INTEGER ("state", state), ULAK_INTEGER ("now_us", now_us)),
      error);
  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "record", ulak_span_of (record));
  ulak_query_bind_span (statement, "public_key", ULAK_SPAN_ARRAY (key_out->public_key));
  return ulak_statement_run (statement, error);
}

static gboolean
read_waiting (UlakDatabase *database, guint n, GArray *keys, GError **error)
{
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_QUERY ("pre-keys-waiting"), ULAK_BINDINGS (ULAK_INTEGER ("limit", n)), error);
  gboolean has_row;

  if (rows == NULL)
    return FALSE;
  while (ulak_statement_step (rows, &has_row, error))
    {
      UlakPreKey key;

      if (!has_row)
        return TRUE;
      key.id = (guint32) ulak_statement_get_integer (rows, "id");
      if (!copy_span (rows, "public_key", key.public_key, sizeof key.public_key, error))
        return FALSE;
      g_array_append_val (keys, key);
    }
  return FALSE;
}

/**
 * ulak_pre_keys_prepare:
 *
 * Errors: WRONG_STATE without credentials.
 */
gboolean
ulak_pre_keys_prepare (UlakSession *session,
                       UlakDatabase *database,
                       guint n,
                       gint64 now_us,
                       GArray **keys_out,
                       GError **error)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (UlakPreKey));

  g_return_val_if_fail (n >= 1 && n <= ULAK_PRE_KEYS_UPLOAD_MAX, FALSE);

  if (!read_waiting (database, n, keys, error))
    return FALSE;
  while (keys->len < n)
    {
      UlakPreKey key;

      if (!make_key (session, database, STATE_NEW, now_us, &key, error))
        return FALSE;
      g_array_append_val (keys, key);
    }
  *keys_out = g_steal_pointer (&keys);
  return TRUE;
}

gboolean
ulak_pre_keys_mark_uploaded (UlakDatabase *database, const UlakPreKey *keys, gsize n_keys, GError **error)
{
  for (gsize i = 0; i < n_keys; i++)
    if (!ulak_sql_run (database, ULAK_QUERY ("pre-key-uploaded"), ULAK_BINDINGS (ULAK_INTEGER ("id", keys[i].id)),
                       error))
      return FALSE;
  return TRUE;
}

gboolean
ulak_pre_keys_make_one (UlakSession *session,
                        UlakDatabase *database,
                        gint64 now_us,
                        UlakPreKey *key_out,
                        GError **error)
{
  return make_key (session, database, STATE_BY_HAND, now_us, key_out, error);
}

gboolean
ulak_pre_keys_count (UlakDatabase *database, guint *n_uploaded_out, GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("pre-keys-count"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  *n_uploaded_out = (guint) ulak_statement_get_integer (row, "n");
  return TRUE;
}

static gboolean
find_signed (UlakDatabase *database,
             gboolean is_uploaded,
             UlakSignedPreKey *key_out,
             gint64 *created_us_out,
             gboolean *is_found_out,
             GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("signed-pre-key-newest"),
                      ULAK_BINDINGS (ULAK_INTEGER ("is_uploaded", is_uploaded)), &row, error))
    return FALSE;
  *is_found_out = row != NULL;
  if (row == NULL)
    return TRUE;
  key_out->id = (guint32) ulak_statement_get_integer (row, "id");
  *created_us_out = ulak_statement_get_integer (row, "created_us");
  return copy_span (row, "public_key", key_out->public_key, sizeof key_out->public_key, error)
         && copy_span (row, "signature", key_out->signature, sizeof key_out->signature, error);
}

/**
 * ulak_signed_pre_keys_get_current:
 *
 * Errors: WRONG_STATE when there is none, which only a database without credentials has.
 */
gboolean
ulak_signed_pre_keys_get_current (UlakDatabase *database, UlakSignedPreKey *key_out, GError **error)
{
  gboolean is_found;
  gint64 created_us;

  if (!find_signed (database, TRUE, key_out, &created_us, &is_found, error))
    return FALSE;
  if (!is_found)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "There is no signed pre-key");
  return is_found;
}

/** ulak_signed_pre_key_store: @is_uploaded: the server knows it, or will with the registration */
gboolean
ulak_signed_pre_key_store (UlakDatabase *database,
                           const UlakSignedPreKey *key,
                           const UlakKeyPair *pair,
                           gboolean is_uploaded,
                           gint64 now_us,
                           GError **error)
{
  g_autoptr (GBytes) record = ulak_signed_pre_key_record_new (key->id, pair, key->signature, now_us);
  UlakStatement *statement
      = ulak_sql_query (database, ULAK_QUERY ("signed-pre-key-insert"),
                        ULAK_BINDINGS (ULAK_INTEGER ("id", key->id), ULAK_INTEGER ("is_uploaded", is_uploaded),
                                       ULAK_INTEGER ("now_us", now_us)),
                        error);

  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "record", ulak_span_of (record));
  ulak_query_bind_span (statement, "public_key", ULAK_SPAN_ARRAY (key->public_key));
  ulak_query_bind_span (statement, "signature", ULAK_SPAN_ARRAY (key->signature));
  return ulak_statement_run (statement, error);
}

static gboolean
make_signed (UlakSession *session,
             UlakDatabase *database,
             guint32 id,
             gint64 now_us,
             UlakSignedPreKey *key_out,
             GError **error)
{
  const UlakKeyPair *identity = ulak_credentials_get_identity (ulak_session_get_credentials (session));
  g_auto (UlakKeyPair) pair = { 0 };

  ulak_key_pair_generate (&pair, ulak_session_get_random (session));
  key_out->id = id;
  memcpy (key_out->public_key, pair.public_key, sizeof key_out->public_key);
  ulak_curve_sign_pre_key (&identity->private_key, ulak_session_get_random (session), pair.public_key,
                           key_out->signature);
  return ulak_signed_pre_key_store (database, key_out, &pair, FALSE, now_us, error);
}

gboolean
ulak_signed_pre_keys_prepare_rotation (UlakSession *session,
                                       UlakDatabase *database,
                                       gint64 now_us,
                                       UlakSignedPreKey *key_out,
                                       gboolean *is_due_out,
                                       GError **error)
{
  UlakSignedPreKey current;
  gint64 created_us = 0;
  gboolean is_found;

  if (!find_signed (database, FALSE, key_out, &created_us, is_due_out, error))
    return FALSE;
  if (*is_due_out)
    return TRUE;
  if (!find_signed (database, TRUE, &current, &created_us, &is_found, error))
    return FALSE;

  *is_due_out = is_found && now_us - created_us >= ULAK_SIGNED_PRE_KEY_AGE_US;
  return !*is_due_out
         || make_signed (session, database, current.id >= ULAK_PRE_KEYS_ID_MAX ? 1 : current.id + 1, now_us, key_out,
                         error);
}

gboolean
ulak_signed_pre_keys_mark_uploaded (UlakDatabase *database, guint32 id, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("signed-pre-key-uploaded"), ULAK_BINDINGS (ULAK_INTEGER ("id", id)),
                       error);
}
