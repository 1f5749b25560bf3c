/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-keys.h"

#include "core/names.h"

/* --- the seal --- */

static void
keys_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (UlakSecret) keys = ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (source), result, &error);
  UlakSeal *seal = keys == NULL ? NULL : ulak_seal_new_for_keys (keys, ULAK_CREDENTIALS_SEAL_PURPOSE, &error);

  if (seal == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, seal, (GDestroyNotify) ulak_seal_free);
}

void
ulak_linked_seal_load_async (UlakSecretSource *secrets, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (secrets, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_linked_seal_load_async);
  ulak_secret_source_lookup_async (secrets, ULAK_SECRET_LINE_SEAL, NULL, keys_cb, task);
}

UlakSeal *
ulak_linked_seal_load_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- the account --- */

typedef struct
{
  UlakSeal *seal;               /* unowned */
  UlakCredentials *credentials; /* (owned) (nullable): out */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *self = data;

  g_clear_pointer (&self->credentials, ulak_credentials_unref);
  g_free (self);
}

static gboolean
read_run (UlakDatabase *database, gpointer data, GError **error)
{
  Reading *self = data;

  g_clear_pointer (&self->credentials, ulak_credentials_unref);
  return ulak_credentials_load (database, self->seal, &self->credentials, error);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  Reading *reading = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (reading == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (reading->credentials != NULL && ulak_credentials_is_linked (reading->credentials))
    g_task_set_task_data (task, ulak_credentials_ref (reading->credentials), (GDestroyNotify) ulak_credentials_unref);
  g_task_return_boolean (task, TRUE);
}

void
ulak_linked_account_load_async (UlakStore *store, UlakSeal *seal, GAsyncReadyCallback callback, gpointer user_data)
{
  Reading *reading = g_new0 (Reading, 1);
  GTask *task = g_task_new (store, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_linked_account_load_async);
  reading->seal = seal;
  ulak_store_read_async (store, read_run, reading, reading_free, read_cb, task);
}

gboolean
ulak_linked_account_load_finish (GAsyncResult *result, UlakCredentials **credentials_out, GError **error)
{
  UlakCredentials *credentials = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *credentials_out = credentials == NULL ? NULL : ulak_credentials_ref (credentials);
  return TRUE;
}
