/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table says for each method who may call it and what handles it.
 */
#include "connector/account-adapter.h"

#include "connector/account-methods.h"
#include "connector/line-parts.h"
#include "core/names.h"
#include "service/call-methods.h"

#include "ulak-bus.h"

#define INTERFACE_VERSION 1

struct _UlakAccountAdapter
{
  GObject parent_instance;

  UlakLine *line;            /* unowned, outlives us */
  UlakBusAccount1 *skeleton; /* (owned) */
};

G_DEFINE_FINAL_TYPE (UlakAccountAdapter, ulak_account_adapter, G_TYPE_OBJECT)

/* --- the table --- */

static const UlakCallOption mark_read_options[] = { { "played", "b" }, { NULL, NULL } };

static const UlakCallMethod methods[] = {
  { "handle-send", ULAK_ACTION_MESSAGE_SEND, 2, ulak_account_send },
  { "handle-get-message", ULAK_ACTION_MESSAGE_READ, 1, ulak_account_get_message },
  { "handle-list-chats", ULAK_ACTION_MESSAGE_READ, 2, ulak_account_list_chats },
  { "handle-list-messages", ULAK_ACTION_MESSAGE_READ, 3, ulak_account_list_messages },
  { "handle-mark-read", ULAK_ACTION_MESSAGE_SEND, 2, ulak_account_mark_read, mark_read_options },
  { "handle-upload-media", ULAK_ACTION_MESSAGE_SEND, 3, ulak_account_upload_media },
  { "handle-open-media", ULAK_ACTION_MESSAGE_READ, 1, ulak_account_open_media },
  { "handle-get-link", ULAK_ACTION_ACCOUNT_LINK, 0, ulak_account_get_link },
  { "handle-link", ULAK_ACTION_ACCOUNT_LINK, 2, ulak_account_link },
  { "handle-logout", ULAK_ACTION_ACCOUNT_LINK, 0, ulak_account_logout },
  { "handle-get-settings", ULAK_ACTION_MESSAGE_READ, 0, ulak_account_get_settings },
  { "handle-set-settings", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_account_set_settings },
  { "handle-reconfigure", ULAK_ACTION_SUITE_ONLY, 1, ulak_account_reconfigure },
};

/* --- the object --- */

static void
ulak_account_adapter_dispose (GObject *object)
{
  UlakAccountAdapter *self = ULAK_ACCOUNT_ADAPTER (object);

  if (self->skeleton != NULL)
    ulak_account_adapter_unexport (self);
  g_clear_object (&self->skeleton);
  G_OBJECT_CLASS (ulak_account_adapter_parent_class)->dispose (object);
}

static void
ulak_account_adapter_class_init (UlakAccountAdapterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_account_adapter_dispose;
}

static void
ulak_account_adapter_init (UlakAccountAdapter *self G_GNUC_UNUSED)
{
}

UlakAccountAdapter *
ulak_account_adapter_new (UlakLine *line)
{
  UlakAccountAdapter *self = g_object_new (ULAK_TYPE_ACCOUNT_ADAPTER, NULL);

  self->line = line;
  self->skeleton = ulak_bus_account1_skeleton_new ();
  ulak_bus_account1_set_version (self->skeleton, INTERFACE_VERSION);
  ulak_bus_account1_set_account (self->skeleton, ulak_line_get_account (line));
  ulak_bus_account1_set_network (self->skeleton, line->network);
  ulak_bus_account1_set_backend (self->skeleton, ULAK_BACKEND_GET_CLASS (line->backend)->get_name (line->backend));
  ulak_call_methods_connect (G_DBUS_INTERFACE_SKELETON (self->skeleton), line->service, methods, G_N_ELEMENTS (methods),
                             G_OBJECT (line));
  ulak_account_adapter_refresh (self);
  return self;
}

gboolean
ulak_account_adapter_export (UlakAccountAdapter *self,
                             GDBusConnection *connection,
                             const char *path,
                             GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection, path, error);
}

void
ulak_account_adapter_unexport (UlakAccountAdapter *self)
{
  if (g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton)) != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}

/**
 * ulak_account_adapter_refresh:
 *
 * A changed state is told at once, so that nobody who gets a later reply reads an older one; counts change with every
 * message and are told together, once in a turn of the main loop.
 */
void
ulak_account_adapter_refresh (UlakAccountAdapter *self)
{
  UlakLine *line = self->line;
  const char *state = ulak_line_state_to_string (line->state);
  gboolean is_moved = g_strcmp0 (state, ulak_bus_account1_get_state (self->skeleton)) != 0;

  ulak_bus_account1_set_state (self->skeleton, state);
  ulak_bus_account1_set_last_error (self->skeleton, line->error_code != NULL ? line->error_code : "");
  ulak_bus_account1_set_queue_depth (self->skeleton, ulak_line_store_get_depth (line->store));
  ulak_bus_account1_set_held_count (self->skeleton, ulak_line_store_get_held (line->store));
  if (is_moved)
    g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}
