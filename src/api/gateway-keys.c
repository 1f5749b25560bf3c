/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The gateway store's API keys.
 */
#include "api/gateway-private.h"

#include <string.h>

void
ulak_key_row_free (UlakKeyRow *self)
{
  if (self == NULL)
    return;

  g_free (self->id);
  g_free (self->name);
  g_free (self->scopes);
  g_free (self);
}

static UlakKeyRow *
copy_row (const UlakKeyRow *row)
{
  UlakKeyRow *copy = g_memdup2 (row, sizeof *row);

  copy->id = g_strdup (row->id);
  copy->name = g_strdup (row->name);
  copy->scopes = g_strdup (row->scopes);
  return copy;
}

/* A hash of another size matches no secret. */
static UlakKeyRow *
read_row (UlakStatement *statement)
{
  UlakKeyRow *row = g_new0 (UlakKeyRow, 1);
  gsize size_bytes = 0;
  const void *hash = ulak_statement_get_bytes (statement, "hash", &size_bytes);

  row->id = g_strdup (ulak_statement_get_text (statement, "id"));
  row->name = g_strdup (ulak_statement_get_text (statement, "name"));
  row->scopes = g_strdup (ulak_statement_get_text (statement, "scopes"));
  if (size_bytes == ULAK_KEY_HASH_BYTES)
    memcpy (row->hash, hash, size_bytes);
  row->created_us = ulak_statement_get_integer (statement, "created_us");
  row->last_used_us = ulak_statement_get_integer (statement, "last_used_us");
  return row;
}

static gboolean
load_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("key-list"), error);
  gboolean has_row = FALSE;

  if (statement == NULL)
    return FALSE;
  while (ulak_statement_step (statement, &has_row, error))
    {
      if (!has_row)
        return TRUE;
      g_ptr_array_add (data, read_row (statement));
    }
  return FALSE;
}

void
ulak_gateway_store_load_keys_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_key_row_free);

  ulak_gateway_store_start (self, FALSE, load_work, rows, (GDestroyNotify) g_ptr_array_unref, callback, user_data);
}

/** ulak_gateway_store_load_keys_finish: Returns: (transfer full) (element-type UlakKeyRow): the oldest first */
GPtrArray *
ulak_gateway_store_load_keys_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  GPtrArray *rows = ulak_gateway_store_end (self, result, error);

  return rows == NULL ? NULL : g_ptr_array_ref (rows);
}

static gboolean
put_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakKeyRow *row = data;
  UlakStatement *statement = ulak_database_statement (database, SQL ("key-put"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", row->id);
  ulak_statement_bind_text (statement, "name", row->name);
  ulak_statement_bind_text (statement, "scopes", row->scopes);
  ulak_statement_bind_bytes (statement, "hash", row->hash, ULAK_KEY_HASH_BYTES);
  ulak_statement_bind_integer (statement, "created_us", row->created_us);
  ulak_statement_bind_integer (statement, "last_used_us", row->last_used_us);
  return ulak_statement_run (statement, error);
}

void
ulak_gateway_store_put_key_async (UlakGatewayStore *self,
                                  const UlakKeyRow *row,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  ulak_gateway_store_start (self, TRUE, put_work, copy_row (row), (GDestroyNotify) ulak_key_row_free, callback,
                            user_data);
}

static gboolean
remove_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("key-remove"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", data);
  return ulak_statement_run (statement, error);
}

void
ulak_gateway_store_remove_key_async (UlakGatewayStore *self,
                                     const char *id,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  ulak_gateway_store_start (self, TRUE, remove_work, g_strdup (id), g_free, callback, user_data);
}
