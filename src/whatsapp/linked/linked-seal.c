/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-seal.h"

#include "core/names.h"
#include "whatsapp/session/credentials.h"

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
