/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/service1.h"

#include "core/names.h"
#include "service/call.h"
#include "service/database-calls.h"
#include "service/service-private.h"

#include "ulak-bus.h"

#define INTERFACE_VERSION 1

struct _UlakService1
{
  GObject parent_instance;

  UlakService *service;      /* unowned, outlives us */
  UlakBusService1 *skeleton; /* (owned) */
};

G_DEFINE_FINAL_TYPE (UlakService1, ulak_service1, G_TYPE_OBJECT)

static void
ulak_service1_dispose (GObject *object)
{
  UlakService1 *self = ULAK_SERVICE1 (object);

  if (self->skeleton != NULL)
    {
      ulak_service1_unexport (self);
      g_signal_handlers_disconnect_by_data (self->skeleton, self);
    }
  g_clear_object (&self->skeleton);
  G_OBJECT_CLASS (ulak_service1_parent_class)->dispose (object);
}

static void
ulak_service1_class_init (UlakService1Class *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_service1_dispose;
}

static void
ulak_service1_init (UlakService1 *self G_GNUC_UNUSED)
{
}

/* A secret that stands in clear, an old spelling: it works, and somebody should look. */
static void
check_configuration (UlakService *service, UlakHealth *health)
{
  GPtrArray *warnings = ulak_config_get_warnings (ulak_service_get_config (service));

  if (warnings == NULL || warnings->len == 0)
    ulak_health_add (health, "configuration", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "configuration", ULAK_HEALTH_DEGRADED, "%s (%u in all, see 'ulakctl config check')",
                     (const char *) g_ptr_array_index (warnings, 0), warnings->len);
}

static void
health_called (UlakCall *call, gpointer user_data)
{
  UlakService1 *self = user_data;
  UlakDaemon *daemon = ulak_service_get_daemon (self->service);
  g_autoptr (UlakHealth) health = ulak_health_new ();

  if (ULAK_DAEMON_GET_CLASS (daemon)->check_health != NULL)
    ULAK_DAEMON_GET_CLASS (daemon)->check_health (daemon, health);
  check_configuration (self->service, health);
  ulak_call_return (call,
                    g_variant_new ("(s@a(sss))", ulak_health_status_to_string (ulak_health_get_overall (health)),
                                   ulak_health_to_variant (health)));
}

static void
metrics_called (UlakCall *call, gpointer user_data)
{
  UlakService1 *self = user_data;
  g_autofree char *text = NULL;

  ulak_service_refresh_metrics (self->service);
  text = ulak_metrics_print (ulak_service_get_metrics (self->service));
  ulak_call_return (call, g_variant_new ("(s)", text));
}

static void
audit_called (UlakCall *call, gpointer user_data)
{
  UlakService1 *self = user_data;
  gint64 since_us;

  g_variant_get_child (ulak_call_get_parameters (call), 0, "x", &since_us);
  ulak_call_return (
      call, g_variant_new ("(@a(xssss))", ulak_audit_to_variant (ulak_service_get_audit (self->service), since_us)));
}

static void
backup_called (UlakCall *call, gpointer user_data)
{
  ulak_database_call_backup (call, ULAK_SERVICE1 (user_data)->service);
}

static void
check_called (UlakCall *call, gpointer user_data)
{
  ulak_database_call_check (call, ULAK_SERVICE1 (user_data)->service);
}

static gboolean
handle_health (UlakBusService1 *skeleton G_GNUC_UNUSED,
               GDBusMethodInvocation *invocation,
               GVariant *options G_GNUC_UNUSED,
               UlakService1 *self)
{
  ulak_call_begin (self->service, invocation, ULAK_ACTION_ANYONE, 0, ULAK_CALL_NO_OPTIONS, health_called,
                   G_OBJECT (self));
  return TRUE;
}

static gboolean
handle_metrics (UlakBusService1 *skeleton G_GNUC_UNUSED,
                GDBusMethodInvocation *invocation,
                GVariant *options G_GNUC_UNUSED,
                UlakService1 *self)
{
  ulak_call_begin (self->service, invocation, ULAK_ACTION_MESSAGE_READ, 0, ULAK_CALL_NO_OPTIONS, metrics_called,
                   G_OBJECT (self));
  return TRUE;
}

static gboolean
handle_audit (UlakBusService1 *skeleton G_GNUC_UNUSED,
              GDBusMethodInvocation *invocation,
              gint64 since_us G_GNUC_UNUSED,
              GVariant *options G_GNUC_UNUSED,
              UlakService1 *self)
{
  ulak_call_begin (self->service, invocation, ULAK_ACTION_ACCOUNT_MANAGE, 1, ULAK_CALL_NO_OPTIONS, audit_called,
                   G_OBJECT (self));
  return TRUE;
}

static gboolean
handle_backup_database (UlakBusService1 *skeleton G_GNUC_UNUSED,
                        GDBusMethodInvocation *invocation,
                        GUnixFDList *fds G_GNUC_UNUSED,
                        GVariant *options G_GNUC_UNUSED,
                        UlakService1 *self)
{
  ulak_call_begin (self->service, invocation, ULAK_ACTION_ACCOUNT_MANAGE, 0, ULAK_CALL_NO_OPTIONS, backup_called,
                   G_OBJECT (self));
  return TRUE;
}

static gboolean
handle_check_database (UlakBusService1 *skeleton G_GNUC_UNUSED,
                       GDBusMethodInvocation *invocation,
                       GVariant *options G_GNUC_UNUSED,
                       UlakService1 *self)
{
  ulak_call_begin (self->service, invocation, ULAK_ACTION_ACCOUNT_MANAGE, 0, ULAK_CALL_NO_OPTIONS, check_called,
                   G_OBJECT (self));
  return TRUE;
}

UlakService1 *
ulak_service1_new (UlakService *service)
{
  UlakService1 *self = g_object_new (ULAK_TYPE_SERVICE1, NULL);

  self->service = service;
  self->skeleton = ulak_bus_service1_skeleton_new ();
  ulak_bus_service1_set_version (self->skeleton, INTERFACE_VERSION);
  ulak_bus_service1_set_release (self->skeleton, ULAK_VERSION);
  g_signal_connect (self->skeleton, "handle-health", G_CALLBACK (handle_health), self);
  g_signal_connect (self->skeleton, "handle-metrics", G_CALLBACK (handle_metrics), self);
  g_signal_connect (self->skeleton, "handle-audit", G_CALLBACK (handle_audit), self);
  g_signal_connect (self->skeleton, "handle-backup-database", G_CALLBACK (handle_backup_database), self);
  g_signal_connect (self->skeleton, "handle-check-database", G_CALLBACK (handle_check_database), self);
  return self;
}

gboolean
ulak_service1_export (UlakService1 *self, GDBusConnection *connection, const char *path, GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection, path, error);
}

void
ulak_service1_unexport (UlakService1 *self)
{
  GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON (self->skeleton);

  if (g_dbus_interface_skeleton_get_connection (skeleton) != NULL)
    g_dbus_interface_skeleton_unexport (skeleton);
}
