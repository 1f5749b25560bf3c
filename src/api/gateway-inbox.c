/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The gateway store's inbox of callback bodies.
 */
#include "api/gateway-private.h"

#include "core/error.h"

#define ASIDE_MAX 1000 /* bodies kept for people; the inbox's budget of bytes bounds them too */

typedef struct
{
  GStrv accounts;
  char *reason;
  GBytes *body;
  GPtrArray *rows;
  UlakInboxSize size;
  gint64 sequence;
  gint64 at_us;
  gint64 max_bytes;
  guint limit;
} Work;

static void
work_free (Work *work)
{
  g_strfreev (work->accounts);
  g_free (work->reason);
  g_clear_pointer (&work->body, g_bytes_unref);
  g_clear_pointer (&work->rows, g_ptr_array_unref);
  g_free (work);
}

void
ulak_inbox_row_free (UlakInboxRow *self)
{
  if (self == NULL)
    return;

  g_bytes_unref (self->body);
  g_free (self);
}

static gboolean
measure_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("inbox-size"), error);
  gboolean has_row = FALSE;
  Work *work = data;

  if (statement == NULL || !ulak_statement_step (statement, &has_row, error))
    return FALSE;
  work->size.rows = ulak_statement_get_integer (statement, "n_rows");
  work->size.bytes = ulak_statement_get_integer (statement, "n_bytes");
  work->size.aside = ulak_statement_get_integer (statement, "n_aside");
  return TRUE;
}

static gboolean
add_copy (UlakDatabase *database, Work *work, const char *account, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("inbox-add"), error);
  gsize size_bytes;
  const void *bytes = g_bytes_get_data (work->body, &size_bytes);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "account", account);
  ulak_statement_bind_integer (statement, "received_us", work->at_us);
  ulak_statement_bind_bytes (statement, "body", bytes, size_bytes);
  return ulak_statement_run (statement, error);
}

static gboolean
add_work (UlakDatabase *database, gpointer data, GError **error)
{
  Work *work = data;
  gint64 more_bytes = (gint64) (g_bytes_get_size (work->body) * g_strv_length (work->accounts));

  if (!measure_work (database, work, error))
    return FALSE;
  if (work->size.bytes + more_bytes > work->max_bytes)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL,
                   "The inbox holds %" G_GINT64_FORMAT " bytes; allowed are %" G_GINT64_FORMAT, work->size.bytes,
                   work->max_bytes);
      return FALSE;
    }
  for (guint i = 0; work->accounts[i] != NULL; i++)
    if (!add_copy (database, work, work->accounts[i], error))
      return FALSE;
  return TRUE;
}

void
ulak_gateway_store_add_inbox_async (UlakGatewayStore *self,
                                    const char *const *accounts,
                                    GBytes *body,
                                    gint64 received_us,
                                    gint64 max_bytes,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->accounts = g_strdupv ((GStrv) accounts);
  work->body = g_bytes_ref (body);
  work->at_us = received_us;
  work->max_bytes = max_bytes;
  ulak_gateway_store_start (self, TRUE, add_work, work, (GDestroyNotify) work_free, callback, user_data);
}

static UlakInboxRow *
read_row (UlakStatement *statement)
{
  UlakInboxRow *row = g_new0 (UlakInboxRow, 1);
  gsize size_bytes;
  const void *bytes = ulak_statement_get_bytes (statement, "body", &size_bytes);

  row->body = g_bytes_new (bytes, size_bytes);
  row->sequence = ulak_statement_get_integer (statement, "sequence");
  row->received_us = ulak_statement_get_integer (statement, "received_us");
  return row;
}

static gboolean
read_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("inbox-read"), error);
  gboolean has_row = FALSE;
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "account", work->accounts[0]);
  ulak_statement_bind_integer (statement, "after", work->sequence);
  ulak_statement_bind_integer (statement, "limit", work->limit);
  while (ulak_statement_step (statement, &has_row, error))
    {
      if (!has_row)
        return TRUE;
      g_ptr_array_add (work->rows, read_row (statement));
    }
  return FALSE;
}

/** ulak_gateway_store_read_inbox_async: @after_sequence: 0 for the oldest; @limit: rows, 1 or more */
void
ulak_gateway_store_read_inbox_async (UlakGatewayStore *self,
                                     const char *account,
                                     gint64 after_sequence,
                                     guint limit,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  const char *const accounts[] = { account, NULL };
  Work *work = g_new0 (Work, 1);

  work->accounts = g_strdupv ((GStrv) accounts);
  work->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_inbox_row_free);
  work->sequence = after_sequence;
  work->limit = limit;
  ulak_gateway_store_start (self, FALSE, read_work, work, (GDestroyNotify) work_free, callback, user_data);
}

/** ulak_gateway_store_read_inbox_finish: Returns: (transfer full) (element-type UlakInboxRow): in order */
GPtrArray *
ulak_gateway_store_read_inbox_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  Work *work = ulak_gateway_store_end (self, result, error);

  return work == NULL ? NULL : g_steal_pointer (&work->rows);
}

static gboolean
remove_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("inbox-remove"), error);
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "sequence", work->sequence);
  return ulak_statement_run (statement, error);
}

void
ulak_gateway_store_remove_inbox_async (UlakGatewayStore *self,
                                       gint64 sequence,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->sequence = sequence;
  ulak_gateway_store_start (self, TRUE, remove_work, work, (GDestroyNotify) work_free, callback, user_data);
}

static gboolean
trim_aside (UlakDatabase *database, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("inbox-trim-aside"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "keep", ASIDE_MAX);
  return ulak_statement_run (statement, error);
}

static gboolean
aside_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("inbox-copy-aside"), error);
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "sequence", work->sequence);
  ulak_statement_bind_integer (statement, "aside_us", work->at_us);
  ulak_statement_bind_text (statement, "reason", work->reason);
  return ulak_statement_run (statement, error) && remove_work (database, data, error) && trim_aside (database, error);
}

void
ulak_gateway_store_set_inbox_aside_async (UlakGatewayStore *self,
                                          gint64 sequence,
                                          const char *reason,
                                          gint64 now_us,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->sequence = sequence;
  work->reason = g_strdup (reason);
  work->at_us = now_us;
  ulak_gateway_store_start (self, TRUE, aside_work, work, (GDestroyNotify) work_free, callback, user_data);
}

void
ulak_gateway_store_measure_inbox_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  ulak_gateway_store_start (self, FALSE, measure_work, g_new0 (Work, 1), (GDestroyNotify) work_free, callback,
                            user_data);
}

gboolean
ulak_gateway_store_measure_inbox_finish (UlakGatewayStore *self,
                                         GAsyncResult *result,
                                         UlakInboxSize *size_out,
                                         GError **error)
{
  Work *work = ulak_gateway_store_end (self, result, error);

  if (work != NULL)
    *size_out = work->size;
  return work != NULL;
}

void
ulak_inbox_count_free (UlakInboxCount *self)
{
  g_free (self->account);
  g_free (self);
}

static gboolean
count_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("inbox-count"), error);
  gboolean has_row = FALSE;
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  while (ulak_statement_step (statement, &has_row, error))
    {
      UlakInboxCount *count;

      if (!has_row)
        return TRUE;
      count = g_new0 (UlakInboxCount, 1);
      count->account = g_strdup (ulak_statement_get_text (statement, "account"));
      count->rows = ulak_statement_get_integer (statement, "n_rows");
      g_ptr_array_add (work->rows, count);
    }
  return FALSE;
}

void
ulak_gateway_store_count_inbox_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_inbox_count_free);
  ulak_gateway_store_start (self, FALSE, count_work, work, (GDestroyNotify) work_free, callback, user_data);
}

/** ulak_gateway_store_count_inbox_finish: Returns: (transfer full) (element-type UlakInboxCount) */
GPtrArray *
ulak_gateway_store_count_inbox_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  Work *work = ulak_gateway_store_end (self, result, error);

  return work == NULL ? NULL : g_ptr_array_ref (work->rows);
}
