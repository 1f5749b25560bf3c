/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/bus-adapter.h"

#include "api/bus-private.h"
#include "core/names.h"

#include "ulak-bus.h"

struct _UlakBusAdapter
{
  GObject parent_instance;

  UlakApi *api;           /* unowned, outlives us */
  UlakBusApi1 *skeleton;  /* (owned) */
};

G_DEFINE_FINAL_TYPE (UlakBusAdapter, ulak_bus_adapter, G_TYPE_OBJECT)

typedef struct
{
  const char *method;
  const char *action;
  guint options_index;
  UlakCallHandler handler;
} Entry;

static const Entry entries[] = {
  { "AddAccount", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_add_account },
  { "GetAccount", ULAK_ACTION_OR_LINE (ULAK_ACTION_MESSAGE_READ), 1, ulak_bus_get_account },
  { "ListAccounts", ULAK_ACTION_MESSAGE_READ, 2, ulak_bus_list_accounts },
  { "UpdateAccount", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_bus_update_account },
  { "RemoveAccount", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_remove_account },
  { "StartAccount", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_start_account },
  { "StopAccount", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_stop_account },
  { "StartWanted", ULAK_ACTION_ACCOUNT_MANAGE, 0, ulak_bus_start_wanted },
  { "ListSecrets", ULAK_ACTION_SECRET_WRITE, 0, ulak_bus_list_secrets },
  { "SetSecret", ULAK_ACTION_SECRET_WRITE, 2, ulak_bus_set_secret },
  { "RemoveSecret", ULAK_ACTION_SECRET_WRITE, 1, ulak_bus_remove_secret },
  { "ReadSecret", ULAK_ACTION_OR_LINE (ULAK_ACTION_SUITE_ONLY), 2, ulak_bus_read_secret },
  { "AddKey", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_add_key },
  { "ListKeys", ULAK_ACTION_ACCOUNT_MANAGE, 0, ulak_bus_list_keys },
  { "RemoveKey", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_bus_remove_key },
  { "Status", ULAK_ACTION_ANYONE, 0, ulak_bus_status },
};

UlakApi *
ulak_bus_adapter_get_api (gpointer self)
{
  return ULAK_BUS_ADAPTER (self)->api;
}

/* One way in for all methods: the generated skeleton would have a signal each, with the arguments taken apart. */
static gboolean
method_called_cb (GDBusInterfaceSkeleton *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  UlakBusAdapter *self = user_data;
  const char *method = g_dbus_method_invocation_get_method_name (invocation);

  (void) skeleton;
  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++)
    if (g_str_equal (entries[i].method, method))
      {
        ulak_call_begin (self->api->service, invocation, entries[i].action, entries[i].options_index,
                         ULAK_CALL_NO_OPTIONS, entries[i].handler, G_OBJECT (self));
        return FALSE;
      }
  return TRUE;
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
  g_signal_connect (self->skeleton, "g-authorize-method", G_CALLBACK (method_called_cb), self);
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
