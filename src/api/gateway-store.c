/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/gateway-private.h"

struct _UlakGatewayStore
{
  GObject parent_instance;

  UlakStore *store; /* (owned) */
};

G_DEFINE_FINAL_TYPE (UlakGatewayStore, ulak_gateway_store, G_TYPE_OBJECT)

static const char *const migrations[] = { SQL ("migrations/0001-gateway"), SQL ("migrations/0002-audit"), NULL };

static void
opened_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (UlakGatewayStore) self = g_object_new (ULAK_TYPE_GATEWAY_STORE, NULL);
  GError *error = NULL;

  self->store = ulak_store_open_finish (result, &error);
  if (self->store == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&self), g_object_unref);
}

/**
 * ulak_gateway_store_open_async:
 * @path: gateway.db
 * @migrate: whether an older schema may be moved
 */
void
ulak_gateway_store_open_async (const char *path, gboolean migrate, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  const UlakStoreOptions options = { .path = path, .migrations = migrations, .migrate = migrate };

  g_task_set_source_tag (task, ulak_gateway_store_open_async);
  ulak_store_open_async (&options, NULL, opened_cb, g_steal_pointer (&task));
}

UlakGatewayStore *
ulak_gateway_store_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;

  if (ulak_store_close_finish (ULAK_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
ulak_gateway_store_close_async (UlakGatewayStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_gateway_store_close_async);
  ulak_store_close_async (self->store, closed_cb, g_steal_pointer (&task));
}

gboolean
ulak_gateway_store_close_finish (G_GNUC_UNUSED UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

UlakStore *
ulak_gateway_store_get_engine (UlakGatewayStore *self)
{
  return self->store;
}

const char *const *
ulak_gateway_store_migrations (void)
{
  return migrations;
}

void
ulak_gateway_store_get_status (UlakGatewayStore *self, UlakStoreStatus *status_out)
{
  ulak_store_get_status (self->store, status_out);
}

static void
done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
ulak_gateway_store_start (UlakGatewayStore *self,
                          gboolean writes,
                          UlakStoreWork work,
                          gpointer data,
                          GDestroyNotify data_free,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_gateway_store_start);
  g_task_set_task_data (task, data, data_free);
  if (writes)
    ulak_store_write_async (self->store, work, data, NULL, done_cb, g_steal_pointer (&task));
  else
    ulak_store_read_async (self->store, work, data, NULL, done_cb, g_steal_pointer (&task));
}

gpointer
ulak_gateway_store_end (G_GNUC_UNUSED UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return g_task_get_task_data (G_TASK (result));
}

gboolean
ulak_gateway_store_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  return ulak_gateway_store_end (self, result, error) != NULL;
}

static void
ulak_gateway_store_finalize (GObject *object)
{
  UlakGatewayStore *self = ULAK_GATEWAY_STORE (object);

  g_clear_object (&self->store);
  G_OBJECT_CLASS (ulak_gateway_store_parent_class)->finalize (object);
}

static void
ulak_gateway_store_class_init (UlakGatewayStoreClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_gateway_store_finalize;
}

static void
ulak_gateway_store_init (G_GNUC_UNUSED UlakGatewayStore *self)
{
}
