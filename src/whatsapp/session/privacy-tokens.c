/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One row a peer: their token, and when they got ours.
 */
#include "whatsapp/session/privacy-tokens.h"

#include "whatsapp/crypto/digest.h"
#include "whatsapp/session/query.h"

G_STATIC_ASSERT (ULAK_CS_TOKEN_BYTES == ULAK_SHA256_BYTES);

static gint64
bucket_of (gint64 time_s)
{
  return time_s / ULAK_PRIVACY_TOKEN_BUCKET_S;
}

gboolean
ulak_privacy_tokens_put (UlakDatabase *database,
                         gint64 peer,
                         UlakSpan token,
                         gint64 token_time_s,
                         gboolean *is_news_out,
                         GError **error)
{
  UlakStatement *statement;
  gboolean is_news = FALSE;

  if (token.size_bytes >= 1 && token.size_bytes <= ULAK_PRIVACY_TOKEN_MAX_BYTES)
    {
      statement = ulak_sql_query (
          database, ULAK_QUERY ("token-put"),
          ULAK_BINDINGS (ULAK_INTEGER ("peer", peer), ULAK_INTEGER ("token_time_s", token_time_s)), error);
      if (statement == NULL)
        return FALSE;
      ulak_query_bind_span (statement, "token", token);
      if (!ulak_statement_run (statement, error))
        return FALSE;
      is_news = ulak_database_get_changes (database) > 0;
    }
  if (is_news_out != NULL)
    *is_news_out = is_news;
  return TRUE;
}

static gboolean
find_row (UlakDatabase *database, gint64 peer, UlakStatement **row_out, GError **error)
{
  return ulak_sql_find (database, ULAK_QUERY ("token-find"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), row_out,
                        error);
}

gboolean
ulak_privacy_tokens_get (UlakDatabase *database, gint64 peer, gint64 now_s, GBytes **token_out, GError **error)
{
  UlakStatement *row;

  if (!find_row (database, peer, &row, error))
    return FALSE;
  *token_out = NULL;
  if (row != NULL
      && bucket_of (ulak_statement_get_integer (row, "token_time_s")) >= bucket_of (now_s) - ULAK_PRIVACY_TOKEN_BUCKETS)
    *token_out = ulak_query_get_bytes (row, "token");
  return TRUE;
}

gboolean
ulak_privacy_tokens_drop (UlakDatabase *database, gint64 peer, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("token-drop"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), error);
}

gboolean
ulak_privacy_tokens_is_ours_due (UlakDatabase *database,
                                 gint64 peer,
                                 gint64 now_s,
                                 gboolean *is_due_out,
                                 GError **error)
{
  UlakStatement *row;

  if (!find_row (database, peer, &row, error))
    return FALSE;
  *is_due_out = row == NULL || bucket_of (now_s) > bucket_of (ulak_statement_get_integer (row, "sender_time_s"));
  return TRUE;
}

gboolean
ulak_privacy_tokens_mark_ours (UlakDatabase *database, gint64 peer, gint64 sender_time_s, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("token-mark-ours"),
                       ULAK_BINDINGS (ULAK_INTEGER ("peer", peer), ULAK_INTEGER ("sender_time_s", sender_time_s)),
                       error);
}

gboolean
ulak_privacy_tokens_put_salt (UlakDatabase *database, UlakSpan salt, GError **error)
{
  UlakStatement *statement;

  if (salt.size_bytes != ULAK_KEY_BYTES)
    return TRUE;
  statement = ulak_sql_query (database, ULAK_QUERY ("credentials-set-salt"), ULAK_BINDINGS (), error);
  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "salt", salt);
  return ulak_statement_run (statement, error);
}

gboolean
ulak_privacy_tokens_make_cs (UlakDatabase *database,
                             const UlakPeer *peer,
                             guint8 token_out[ULAK_CS_TOKEN_BYTES],
                             gboolean *has_token_out,
                             GError **error)
{
  const UlakSpan spans[] = { ULAK_SPAN_TEXT (peer->lid), ULAK_SPAN_TEXT ("@lid") };
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("credentials-salt"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  *has_token_out = row != NULL && peer->lid[0] != '\0';
  if (*has_token_out)
    ulak_hmac (ULAK_HMAC_SHA256, ulak_query_get_span (row, "nct_salt"), spans, G_N_ELEMENTS (spans), token_out);
  return TRUE;
}
