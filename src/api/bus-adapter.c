/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/bus-adapter.h"

#include "api/bus-private.h"
#include "core/names.h"
#include "service/call-methods.h"

#include "ulak-bus.h"

struct _UlakBusAdapter
{
  GObject parent_instance;

  UlakApi *api;           /* unowned, outlives us */
  UlakBusApi1 *skeleton;  /* (owned) */
};

G_DEFINE_FINAL_TYPE (UlakBusAdapter, ulak_bus_adapter, G_TYPE_OBJECT)

static const UlakCallMethod methods[] = {
  { "handle-add-account", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_add_account },
  { "handle-get-account", ULAK_ACTION_OR_LINE (ULAK_ACTION_MESSAGE_READ), 1, ulak_bus_get_account },
  { "handle-list-accounts", ULAK_ACTION_MESSAGE_READ, 2, ulak_bus_list_accounts },
  { "handle-update-account", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_bus_update_account },
  { "handle-remove-account", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_remove_account },
  { "handle-start-account", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_start_account },
  { "handle-stop-account", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_stop_account },
  { "handle-start-wanted", ULAK_ACTION_ACCOUNT_MANAGE, 0, ulak_bus_start_wanted },
  { "handle-list-secrets", ULAK_ACTION_SECRET_WRITE, 0, ulak_bus_list_secrets },
  { "handle-set-secret", ULAK_ACTION_SECRET_WRITE, 2, ulak_bus_set_secret },
  { "handle-remove-secret", ULAK_ACTION_SECRET_WRITE, 1, ulak_bus_remove_secret },
  { "handle-read-secret", ULAK_ACTION_OR_LINE (ULAK_ACTION_SUITE_ONLY), 2, ulak_bus_read_secret },
  { "handle-add-key", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_add_key },
  { "handle-list-keys", ULAK_ACTION_ACCOUNT_MANAGE, 0, ulak_bus_list_keys },
  { "handle-remove-key", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_remove_key },
  { "handle-status", ULAK_ACTION_ANYONE, 0, ulak_bus_status },
};

UlakApi *
ulak_bus_adapter_get_api (gpointer self)
{
  return ULAK_BUS_ADAPTER (self)->api;
}

static void
secret_changed_cb (G_GNUC_UNUSED UlakSecretSource *source, const char *name, gpointer user_data)
{
  UlakBusAdapter *self = user_data;

  ulak_bus_api1_emit_secret_changed (self->skeleton, name);
}

UlakBusAdapter *
ulak_bus_adapter_new (UlakApi *api, GError **error)
{
  g_autoptr (UlakBusAdapter) self = g_object_new (ULAK_TYPE_BUS_ADAPTER, NULL);

  self->api = api;
  self->skeleton = ulak_bus_api1_skeleton_new ();
  ulak_bus_api1_set_version (self->skeleton, 1);
  ulak_call_methods_connect (G_DBUS_INTERFACE_SKELETON (self->skeleton), api->service, methods, G_N_ELEMENTS (methods),
                             G_OBJECT (self));
  g_signal_connect_object (api->secrets, "changed", G_CALLBACK (secret_changed_cb), self, 0);
  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), api->connection, ULAK_OBJECT_PATH_API,
                                         error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ulak_bus_adapter_unexport (UlakBusAdapter *self)
{
  if (g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton)) != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}

static void
ulak_bus_adapter_finalize (GObject *object)
{
  UlakBusAdapter *self = ULAK_BUS_ADAPTER (object);

  if (self->skeleton != NULL)
    ulak_bus_adapter_unexport (self);
  g_clear_object (&self->skeleton);
  G_OBJECT_CLASS (ulak_bus_adapter_parent_class)->finalize (object);
}

static void
ulak_bus_adapter_class_init (UlakBusAdapterClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_bus_adapter_finalize;
}

static void
ulak_bus_adapter_init (G_GNUC_UNUSED UlakBusAdapter *self)
{
}
