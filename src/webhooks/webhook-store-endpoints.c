/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Endpoints as rows; webhooks/endpoints.c gives them a meaning.
 */
#include "webhooks/webhook-store-private.h"

#include "core/error.h"

void
ulak_endpoint_row_free (UlakEndpointRow *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->document);
  g_clear_pointer (&self->secret, g_bytes_unref);
  g_clear_pointer (&self->old_secret, g_bytes_unref);
  g_clear_pointer (&self->headers, g_bytes_unref);
  g_free (self);
}

typedef struct
{
  UlakStoreOp op;
  UlakEndpointRow *row; /* (owned) */
  GPtrArray *rows;      /* (owned) (element-type UlakEndpointRow) */
  gint64 removed;
} EndpointOp;

static void
endpoint_op_free (gpointer data)
{
  EndpointOp *op = data;

  ulak_store_op_clear (&op->op);
  ulak_endpoint_row_free (op->row);
  g_clear_pointer (&op->rows, g_ptr_array_unref);
  g_free (op);
}

static GBytes *
get_blob (UlakStatement *statement, const char *column)
{
  gsize size;
  const void *bytes;

  if (ulak_statement_is_null (statement, column))
    return NULL;
  bytes = ulak_statement_get_bytes (statement, column, &size);
  return g_bytes_new (bytes, size);
}

static void
bind_blob (UlakStatement *statement, const char *name, GBytes *bytes)
{
  gsize size = 0;
  const void *memory = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  ulak_statement_bind_bytes (statement, name, memory, size);
}

static UlakEndpointRow *
read_row (UlakStatement *statement)
{
  UlakEndpointRow *row = g_new0 (UlakEndpointRow, 1);

  row->row = ulak_statement_get_integer (statement, "row");
  row->id = g_strdup (ulak_statement_get_text (statement, "id"));
  row->document = g_strdup (ulak_statement_get_text (statement, "document"));
  row->is_enabled = ulak_statement_get_integer (statement, "is_enabled") != 0;
  row->created_us = ulak_statement_get_integer (statement, "created_us");
  row->secret = get_blob (statement, "secret");
  row->old_secret = get_blob (statement, "old_secret");
  if (!ulak_statement_is_null (statement, "old_secret_until_us"))
    row->old_secret_until_us = ulak_statement_get_integer (statement, "old_secret_until_us");
  row->headers = get_blob (statement, "headers");
  return row;
}

static gboolean
list_work (UlakDatabase *database, gpointer data, GError **error)
{
  EndpointOp *op = data;
  UlakStatement *statement = ulak_database_statement (database, SQL ("endpoint-list"), error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    g_ptr_array_add (op->rows, read_row (statement));
  return !has_row;
}

void
ulak_webhook_store_list_endpoints_async (UlakWebhookStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  EndpointOp *op = g_new0 (EndpointOp, 1);

  op->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_endpoint_row_free);
  ulak_webhook_store_run (self, ULAK_STORE_READ, list_work, op, endpoint_op_free, list_work, callback, user_data);
}

/**
 * ulak_webhook_store_list_endpoints_finish:
 *
 * Returns: (transfer none) (element-type UlakEndpointRow): all that are not removed, alive while @result is
 */
GPtrArray *
ulak_webhook_store_list_endpoints_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  EndpointOp *op = ulak_webhook_store_take (self, result, list_work, error);

  return op != NULL ? op->rows : NULL;
}

static gboolean
insert_row (UlakDatabase *database, UlakEndpointRow *row, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("endpoint-insert"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", row->id);
  ulak_statement_bind_text (statement, "document", row->document);
  ulak_statement_bind_integer (statement, "is_enabled", row->is_enabled);
  ulak_statement_bind_integer (statement, "created_us", row->created_us);
  bind_blob (statement, "secret", row->secret);
  bind_blob (statement, "headers", row->headers);
  if (!ulak_statement_run (statement, error))
    return FALSE;
  row->row = ulak_database_get_last_rowid (database);
  return TRUE;
}

static gboolean
check_changed (UlakDatabase *database, GError **error)
{
  if (ulak_database_get_changes (database) > 0)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no such endpoint");
  return FALSE;
}

static gboolean
update_row (UlakDatabase *database, const UlakEndpointRow *row, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("endpoint-update"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "row", row->row);
  ulak_statement_bind_text (statement, "document", row->document);
  ulak_statement_bind_integer (statement, "is_enabled", row->is_enabled);
  bind_blob (statement, "secret", row->secret);
  bind_blob (statement, "old_secret", row->old_secret);
  bind_blob (statement, "headers", row->headers);
  if (row->old_secret != NULL)
    ulak_statement_bind_integer (statement, "old_secret_until_us", row->old_secret_until_us);
  else
    ulak_statement_bind_null (statement, "old_secret_until_us");
  return ulak_statement_run (statement, error) && check_changed (database, error);
}

static gboolean
put_work (UlakDatabase *database, gpointer data, GError **error)
{
  EndpointOp *op = data;

  if (op->row->row == 0)
    return insert_row (database, op->row, error);
  ulak_store_op_add_due (&op->op, op->row->row);
  return update_row (database, op->row, error);
}

void
ulak_webhook_store_put_endpoint_async (UlakWebhookStore *self,
                                       UlakEndpointRow *row,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  EndpointOp *op = g_new0 (EndpointOp, 1);

  op->row = row;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, put_work, op, endpoint_op_free, put_work, callback, user_data);
}

gint64
ulak_webhook_store_put_endpoint_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  EndpointOp *op = ulak_webhook_store_take (self, result, put_work, error);

  return op != NULL ? op->row->row : 0;
}

static gboolean
remove_work (UlakDatabase *database, gpointer data, GError **error)
{
  EndpointOp *op = data;
  UlakStatement *statement = ulak_database_statement (database, SQL ("endpoint-remove"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "row", op->removed);
  ulak_statement_bind_integer (statement, "now", op->op.now_us);
  return ulak_statement_run (statement, error) && check_changed (database, error);
}

/**
 * ulak_webhook_store_remove_endpoint_async:
 * @self: a store
 * @row: the endpoint's
 *
 * Wipes its secrets and takes it out of all lists. Its queue is cancelled in steps (ulak_webhook_store_retain_async()), since
 * it may be long; its log stays as long as it would have.
 */
void
ulak_webhook_store_remove_endpoint_async (UlakWebhookStore *self,
                                          gint64 row,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data)
{
  EndpointOp *op = g_new0 (EndpointOp, 1);

  op->removed = row;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, remove_work, op, endpoint_op_free, remove_work, callback, user_data);
}

gboolean
ulak_webhook_store_remove_endpoint_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  return ulak_webhook_store_take (self, result, remove_work, error) != NULL;
}
