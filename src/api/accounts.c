/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/accounts.h"

#include "core/error.h"
#include "core/json.h"

#include <string.h>

typedef struct
{
  UlakAccountRow *row;  /* (owned) */
  JsonObject *settings; /* (owned): the row's, parsed */
} Account;

struct _UlakAccounts
{
  GObject parent_instance;

  UlakGatewayStore *store; /* (owned) */
  GHashTable *accounts;    /* (owned) (element-type utf8 Account): by the row's own id */
};

G_DEFINE_FINAL_TYPE (UlakAccounts, ulak_accounts, G_TYPE_OBJECT)

static void
account_free (Account *account)
{
  ulak_account_row_free (account->row);
  g_clear_pointer (&account->settings, json_object_unref);
  g_free (account);
}

UlakAccounts *
ulak_accounts_new (UlakGatewayStore *store)
{
  UlakAccounts *self = g_object_new (ULAK_TYPE_ACCOUNTS, NULL);

  self->store = g_object_ref (store);
  return self;
}

/* row: (transfer full). Settings that do not parse count as none: the row was checked when it came in. */
static void
keep (UlakAccounts *self, UlakAccountRow *row)
{
  Account *account = g_new0 (Account, 1);

  account->row = row;
  account->settings
      = ulak_json_parse_text (row->settings, NULL);
  if (account->settings == NULL)
    account->settings = json_object_new ();
  g_hash_table_replace (self->accounts, row->id, account);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakAccounts *self = g_task_get_source_object (task);
  g_autoptr (GPtrArray) rows = NULL;
  GError *error = NULL;

  rows = ulak_gateway_store_load_accounts_finish (ULAK_GATEWAY_STORE (source), result, &error);
  if (rows == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  while (rows->len > 0)
    keep (self, g_ptr_array_steal_index (rows, rows->len - 1));
  g_task_return_boolean (task, TRUE);
}

void
ulak_accounts_load_async (UlakAccounts *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_accounts_load_async);
  ulak_gateway_store_load_accounts_async (self->store, loaded_cb, task);
}

gboolean
ulak_accounts_load_finish (G_GNUC_UNUSED UlakAccounts *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

const UlakAccountRow *
ulak_accounts_find (UlakAccounts *self, const char *id)
{
  Account *account = g_hash_table_lookup (self->accounts, id);

  return account == NULL ? NULL : account->row;
}

JsonObject *
ulak_accounts_get_settings (UlakAccounts *self, const char *id)
{
  Account *account = g_hash_table_lookup (self->accounts, id);

  return account == NULL ? NULL : account->settings;
}

/** ulak_accounts_get_setting: Returns: (nullable): a setting that is a string */
const char *
ulak_accounts_get_setting (UlakAccounts *self, const char *id, const char *name)
{
  JsonObject *settings = ulak_accounts_get_settings (self, id);

  return settings == NULL ? NULL : ulak_json_peek_string (settings, name);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  const UlakAccountRow *left = *(const UlakAccountRow *const *) a, *right = *(const UlakAccountRow *const *) b;

  return strcmp (left->id, right->id);
}

GPtrArray *
ulak_accounts_list (UlakAccounts *self)
{
  GPtrArray *rows = g_ptr_array_sized_new (g_hash_table_size (self->accounts));
  GHashTableIter iter;
  Account *account;

  g_hash_table_iter_init (&iter, self->accounts);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &account))
    g_ptr_array_add (rows, account->row);
  g_ptr_array_sort (rows, compare_ids);
  return rows;
}

guint
ulak_accounts_count (UlakAccounts *self)
{
  return g_hash_table_size (self->accounts);
}

typedef struct
{
  char *id;                 /* (owned) */
  UlakAccountRow *previous; /* (owned) (nullable): to go back to */
} Change;

static void
change_free (Change *change)
{
  g_free (change->id);
  ulak_account_row_free (change->previous);
  g_free (change);
}

static void
changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakAccounts *self = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);
  GError *error = NULL;

  if (ulak_gateway_store_finish (ULAK_GATEWAY_STORE (source), result, &error))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (change->previous != NULL)
    keep (self, g_steal_pointer (&change->previous));
  else
    g_hash_table_remove (self->accounts, change->id);
  g_task_return_error (task, error);
}

static GTask *
begin_change (UlakAccounts *self, const char *id, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  const UlakAccountRow *row = ulak_accounts_find (self, id);
  Change *change = g_new0 (Change, 1);

  change->id = g_strdup (id);
  change->previous = row == NULL ? NULL : ulak_account_row_copy (row);
  g_task_set_source_tag (task, begin_change);
  g_task_set_task_data (task, change, (GDestroyNotify) change_free);
  return task;
}

void
ulak_accounts_put_async (UlakAccounts *self, UlakAccountRow *row, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin_change (self, row->id, callback, user_data);

  ulak_gateway_store_put_account_async (self->store, row, changed_cb, task);
  keep (self, row);
}

void
ulak_accounts_remove_async (UlakAccounts *self, const char *id, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin_change (self, id, callback, user_data);

  ulak_gateway_store_remove_account_async (self->store, id, changed_cb, task);
  g_hash_table_remove (self->accounts, id);
}

gboolean
ulak_accounts_change_finish (G_GNUC_UNUSED UlakAccounts *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
ulak_accounts_finalize (GObject *object)
{
  UlakAccounts *self = ULAK_ACCOUNTS (object);

  g_hash_table_unref (self->accounts);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ulak_accounts_parent_class)->finalize (object);
}

static void
ulak_accounts_class_init (UlakAccountsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_accounts_finalize;
}

static void
ulak_accounts_init (UlakAccounts *self)
{
  self->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) account_free);
}
