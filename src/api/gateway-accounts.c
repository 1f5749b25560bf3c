/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The gateway store's accounts.
 */
#include "api/gateway-private.h"

void
ulak_account_row_free (UlakAccountRow *self)
{
  if (self == NULL)
    return;

  g_free (self->id);
  g_free (self->network);
  g_free (self->backend);
  g_free (self->name);
  g_free (self->settings);
  g_free (self);
}

UlakAccountRow *
ulak_account_row_copy (const UlakAccountRow *row)
{
  UlakAccountRow *copy = g_memdup2 (row, sizeof *row);

  copy->id = g_strdup (row->id);
  copy->network = g_strdup (row->network);
  copy->backend = g_strdup (row->backend);
  copy->name = g_strdup (row->name);
  copy->settings = g_strdup (row->settings);
  return copy;
}

static UlakAccountRow *
read_row (UlakStatement *statement)
{
  UlakAccountRow *row = g_new0 (UlakAccountRow, 1);

  row->id = g_strdup (ulak_statement_get_text (statement, "id"));
  row->network = g_strdup (ulak_statement_get_text (statement, "network"));
  row->backend = g_strdup (ulak_statement_get_text (statement, "backend"));
  row->name = g_strdup (ulak_statement_get_text (statement, "name"));
  row->wanted = ulak_statement_get_integer (statement, "wanted") != 0;
  row->settings = g_strdup (ulak_statement_get_text (statement, "settings"));
  row->created_us = ulak_statement_get_integer (statement, "created_us");
  row->updated_us = ulak_statement_get_integer (statement, "updated_us");
  return row;
}

static gboolean
load_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("account-list"), error);
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
ulak_gateway_store_load_accounts_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_account_row_free);

  ulak_gateway_store_start (self, FALSE, load_work, rows, (GDestroyNotify) g_ptr_array_unref, callback, user_data);
}

/** ulak_gateway_store_load_accounts_finish: Returns: (transfer full) (element-type UlakAccountRow): by id */
GPtrArray *
ulak_gateway_store_load_accounts_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  GPtrArray *rows = ulak_gateway_store_end (self, result, error);

  return rows == NULL ? NULL : g_ptr_array_ref (rows);
}

static gboolean
put_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakAccountRow *row = data;
  UlakStatement *statement = ulak_database_statement (database, SQL ("account-put"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", row->id);
  ulak_statement_bind_text (statement, "network", row->network);
  ulak_statement_bind_text (statement, "backend", row->backend);
  ulak_statement_bind_text (statement, "name", row->name);
  ulak_statement_bind_integer (statement, "wanted", row->wanted);
  ulak_statement_bind_text (statement, "settings", row->settings);
  ulak_statement_bind_integer (statement, "created_us", row->created_us);
  ulak_statement_bind_integer (statement, "updated_us", row->updated_us);
  return ulak_statement_run (statement, error);
}

void
ulak_gateway_store_put_account_async (UlakGatewayStore *self,
                                      const UlakAccountRow *row,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  ulak_gateway_store_start (self, TRUE, put_work, ulak_account_row_copy (row), (GDestroyNotify) ulak_account_row_free, callback,
                            user_data);
}

static gboolean
remove_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("account-remove"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", data);
  if (!ulak_statement_run (statement, error))
    return FALSE;

  statement = ulak_database_statement (database, SQL ("inbox-forget-account"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "account", data);
  return ulak_statement_run (statement, error);
}

void
ulak_gateway_store_remove_account_async (UlakGatewayStore *self,
                                         const char *id,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  ulak_gateway_store_start (self, TRUE, remove_work, g_strdup (id), g_free, callback, user_data);
}
