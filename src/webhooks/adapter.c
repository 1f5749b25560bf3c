/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/adapter.h"

#include "bus/ulak-bus.h"
#include "core/names.h"
#include "service/call-methods.h"
#include "webhooks/adapter-calls.h"

#define INTERFACE_VERSION 1
#define SIGNAL_EVERY_US (20 * 1000)

struct _UlakAdapter
{
  GObject parent_instance;

  UlakAdapterParts parts;     /* (owned), but for the service, which outlives us */
  UlakBusWebhooks1 *skeleton; /* (owned) */
  guint signal_timer;
  gint64 announced_sequence;
};

G_DEFINE_FINAL_TYPE (UlakAdapter, ulak_adapter, G_TYPE_OBJECT)

static void
ulak_adapter_dispose (GObject *object)
{
  UlakAdapter *self = ULAK_ADAPTER (object);

  if (self->skeleton != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  if (self->parts.store != NULL)
    g_signal_handlers_disconnect_by_data (self->parts.store, self);
  if (self->signal_timer != 0)
    ulak_clock_clear_timer (ulak_service_get_clock (self->parts.service), &self->signal_timer);
  g_clear_object (&self->skeleton);
  g_clear_object (&self->parts.store);
  g_clear_object (&self->parts.endpoints);
  g_clear_object (&self->parts.dispatcher);
  g_clear_object (&self->parts.sender);
  g_clear_object (&self->parts.upkeep);
  G_OBJECT_CLASS (ulak_adapter_parent_class)->dispose (object);
}

static void
ulak_adapter_class_init (UlakAdapterClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ulak_adapter_dispose;
}

static void
ulak_adapter_init (UlakAdapter *self G_GNUC_UNUSED)
{
}

const UlakAdapterParts *
ulak_adapter_get_parts (gpointer adapter)
{
  return &ULAK_ADAPTER (adapter)->parts;
}

static const UlakCallOption read_options[] = { { "accounts", "as" }, { "types", "as" }, { "chat", "s" }, { NULL, NULL } };
static const UlakCallOption list_options[] = { { "status", "s" }, { NULL, NULL } };
static const UlakCallOption replay_options[] = { { "only-failed", "b" }, { NULL, NULL } };

static const UlakCallMethod methods[] = {
  { "handle-submit", ULAK_ACTION_OR_LINE (ULAK_ACTION_SUITE_ONLY), 2, ulak_adapter_submit },
  { "handle-read-events", ULAK_ACTION_MESSAGE_READ, 2, ulak_adapter_read_events, read_options },
  { "handle-add-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 1, ulak_adapter_add_endpoint },
  { "handle-update-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 2, ulak_adapter_update_endpoint },
  { "handle-remove-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 1, ulak_adapter_remove_endpoint },
  { "handle-get-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 1, ulak_adapter_get_endpoint },
  { "handle-list-endpoints", ULAK_ACTION_WEBHOOK_MANAGE, 2, ulak_adapter_list_endpoints },
  { "handle-rotate-secret", ULAK_ACTION_WEBHOOK_MANAGE, 2, ulak_adapter_rotate_secret },
  { "handle-list-deliveries", ULAK_ACTION_MESSAGE_READ, 3, ulak_adapter_list_deliveries, list_options },
  { "handle-replay", ULAK_ACTION_WEBHOOK_MANAGE, 2, ulak_adapter_replay },
  { "handle-replay-since", ULAK_ACTION_WEBHOOK_MANAGE, 2, ulak_adapter_replay_since, replay_options },
  { "handle-test", ULAK_ACTION_WEBHOOK_MANAGE, 1, ulak_adapter_test_endpoint },
};

static void announce (UlakAdapter *self);

static void
signal_timer_cb (gpointer user_data)
{
  UlakAdapter *self = user_data;

  self->signal_timer = 0;
  if (ulak_webhook_store_get_last_sequence (self->parts.store) > self->announced_sequence)
    announce (self);
}

static void
announce (UlakAdapter *self)
{
  self->announced_sequence = ulak_webhook_store_get_last_sequence (self->parts.store);
  ulak_bus_webhooks1_emit_events_stored (self->skeleton, (guint64) self->announced_sequence);
  self->signal_timer = ulak_clock_add_timer (ulak_service_get_clock (self->parts.service), SIGNAL_EVERY_US, signal_timer_cb, self);
}

static void
stored_cb (UlakWebhookStore *store G_GNUC_UNUSED, gint64 last_sequence, gpointer user_data)
{
  UlakAdapter *self = user_data;

  ulak_bus_webhooks1_set_last_sequence (self->skeleton, (guint64) last_sequence);
  if (self->signal_timer == 0)
    announce (self);
}

static void
pending_changed_cb (UlakWebhookStore *store, gpointer user_data)
{
  UlakAdapter *self = user_data;
  guint64 pending = ulak_webhook_store_get_pending (store);

  ulak_bus_webhooks1_set_pending (self->skeleton, (guint) MIN (pending, (guint64) G_MAXUINT));
}

/**
 * ulak_adapter_new:
 * @parts: what it speaks for; referenced, except the service
 *
 * Returns: (transfer full): an adapter that is not on the bus yet
 */
UlakAdapter *
ulak_adapter_new (const UlakAdapterParts *parts)
{
  UlakAdapter *self = g_object_new (ULAK_TYPE_ADAPTER, NULL);

  self->parts.service = parts->service;
  self->parts.store = g_object_ref (parts->store);
  self->parts.endpoints = g_object_ref (parts->endpoints);
  self->parts.dispatcher = g_object_ref (parts->dispatcher);
  self->parts.sender = g_object_ref (parts->sender);
  self->parts.upkeep = g_object_ref (parts->upkeep);
  self->skeleton = ulak_bus_webhooks1_skeleton_new ();
  ulak_bus_webhooks1_set_version (self->skeleton, INTERFACE_VERSION);
  ulak_bus_webhooks1_set_last_sequence (self->skeleton, (guint64) ulak_webhook_store_get_last_sequence (self->parts.store));
  pending_changed_cb (self->parts.store, self);
  self->announced_sequence = ulak_webhook_store_get_last_sequence (self->parts.store);
  ulak_call_methods_connect (G_DBUS_INTERFACE_SKELETON (self->skeleton), self->parts.service, methods, G_N_ELEMENTS (methods),
                             G_OBJECT (self));
  g_signal_connect (self->parts.store, "stored", G_CALLBACK (stored_cb), self);
  g_signal_connect (self->parts.store, "pending-changed", G_CALLBACK (pending_changed_cb), self);
  return self;
}

gboolean
ulak_adapter_export (UlakAdapter *self, GDBusConnection *connection, GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                                           ULAK_OBJECT_PATH_WEBHOOKS, error);
}
