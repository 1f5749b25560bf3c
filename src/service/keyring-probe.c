/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/keyring-probe.h"

#include <libsecret/secret.h>
#include <string.h>

static const SecretSchema canary_schema = {
  "org.ulak.Canary",
  SECRET_SCHEMA_DONT_MATCH_NAME, /* secret-tool stores it under a schema of its own */
  { { ULAK_KEYRING_CANARY_ATTRIBUTE, SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

void
ulak_keyring_proof_clear (UlakKeyringProof *self)
{
  g_clear_pointer (&self->owner, g_free);
}

static void
proof_free (UlakKeyringProof *proof)
{
  ulak_keyring_proof_clear (proof);
  g_free (proof);
}

/* The task's data is the service that was asked. */
static void
return_state (GTask *task, UlakKeyringState state)
{
  UlakKeyringProof *proof = g_new0 (UlakKeyringProof, 1);

  proof->state = state;
  proof->owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (g_task_get_task_data (task)));
  g_task_return_pointer (task, proof, (GDestroyNotify) proof_free);
}

static void
got_collection_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretCollection) collection = secret_collection_for_alias_finish (result, &error);

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else if (collection != NULL && secret_collection_get_locked (collection))
    return_state (task, ULAK_KEYRING_LOCKED);
  else
    return_state (task, ULAK_KEYRING_DAMAGED);
}

static gboolean
is_canary (SecretItem *item)
{
  g_autoptr (SecretValue) value = secret_item_get_secret (item);
  const char *text = value != NULL ? secret_value_get_text (value) : NULL;

  return text != NULL && strcmp (text, ULAK_KEYRING_CANARY_VALUE) == 0;
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;
  g_autolist (SecretItem) items = secret_service_search_finish (SECRET_SERVICE (source), result, &error);
  gboolean is_locked = FALSE, is_ready = FALSE;

  for (GList *l = items; l != NULL; l = l->next)
    {
      is_ready |= is_canary (l->data);
      is_locked |= secret_item_get_locked (l->data);
    }

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else if (is_ready)
    return_state (task, ULAK_KEYRING_READY);
  else if (is_locked)
    return_state (task, ULAK_KEYRING_LOCKED);
  else
    secret_collection_for_alias (SECRET_SERVICE (source), SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
                                 cancellable, got_collection_cb, g_steal_pointer (&task));
}

static void
got_service_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretService) service = secret_service_get_finish (result, &error);
  g_autoptr (GHashTable) attributes = NULL;

  if (service == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_task_set_task_data (task, g_object_ref (service), g_object_unref);
  attributes = secret_attributes_build (&canary_schema, ULAK_KEYRING_CANARY_ATTRIBUTE, ULAK_KEYRING_CANARY_KEY, NULL);
  secret_service_search (service, &canary_schema, attributes, SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS,
                         cancellable, found_cb, g_steal_pointer (&task));
}

void
ulak_keyring_probe_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, ulak_keyring_probe_async);
  secret_service_get (SECRET_SERVICE_OPEN_SESSION, cancellable, got_service_cb, g_steal_pointer (&task));
}

/** ulak_keyring_probe_finish: Errors: libsecret's and GDBus's, worth another try */
gboolean
ulak_keyring_probe_finish (GAsyncResult *result, UlakKeyringProof *proof_out, GError **error)
{
  UlakKeyringProof *proof = g_task_propagate_pointer (G_TASK (result), error);

  if (proof == NULL)
    return FALSE;

  *proof_out = *proof;
  g_free (proof);
  return TRUE;
}
