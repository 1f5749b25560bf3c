/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/peers.h"

#include "core/error.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define ASK_TIMEOUT_MS 10000 /* the bus daemon itself answers; more than this and it hangs */

struct _UlakPeers
{
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  GHashTable *uids;            /* (owned) (element-type utf8 uid_t): unique name -> uid */
  guint subscription;
};

G_DEFINE_FINAL_TYPE (UlakPeers, ulak_peers, G_TYPE_OBJECT)

static void
ulak_peers_dispose (GObject *object)
{
  UlakPeers *self = ULAK_PEERS (object);

  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  self->subscription = 0;
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (ulak_peers_parent_class)->dispose (object);
}

static void
ulak_peers_finalize (GObject *object)
{
  UlakPeers *self = ULAK_PEERS (object);

  g_hash_table_unref (self->uids);
  G_OBJECT_CLASS (ulak_peers_parent_class)->finalize (object);
}

static void
ulak_peers_class_init (UlakPeersClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_peers_dispose;
  G_OBJECT_CLASS (klass)->finalize = ulak_peers_finalize;
}

static void
ulak_peers_init (UlakPeers *self)
{
  self->uids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
name_owner_changed_cb (GDBusConnection *connection G_GNUC_UNUSED,
                       const char *sender G_GNUC_UNUSED,
                       const char *path G_GNUC_UNUSED,
                       const char *interface G_GNUC_UNUSED,
                       const char *signal G_GNUC_UNUSED,
                       GVariant *parameters,
                       gpointer user_data)
{
  UlakPeers *self = user_data;
  const char *name, *new_owner;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;

  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  if (name[0] == ':' && new_owner[0] == '\0')
    g_hash_table_remove (self->uids, name);
}

UlakPeers *
ulak_peers_new (GDBusConnection *connection)
{
  UlakPeers *self = g_object_new (ULAK_TYPE_PEERS, NULL);

  self->connection = g_object_ref (connection);
  self->subscription
      = g_dbus_connection_signal_subscribe (connection, BUS_NAME, BUS_NAME, "NameOwnerChanged", BUS_PATH, NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE, name_owner_changed_cb, self, NULL);
  return self;
}

/** ulak_peers_peek_uid: Returns: %TRUE and the uid if it is known already */
gboolean
ulak_peers_peek_uid (UlakPeers *self, const char *sender, uid_t *uid_out)
{
  gpointer value;

  if (sender == NULL || !g_hash_table_lookup_extended (self->uids, sender, NULL, &value))
    return FALSE;

  if (uid_out != NULL)
    *uid_out = GPOINTER_TO_UINT (value);
  return TRUE;
}

guint
ulak_peers_count (UlakPeers *self)
{
  return g_hash_table_size (self->uids);
}

static void
remember (UlakPeers *self, const char *sender, uid_t uid)
{
  if (g_hash_table_size (self->uids) >= ULAK_PEERS_MAX)
    g_hash_table_remove_all (self->uids);
  g_hash_table_replace (self->uids, g_strdup (sender), GUINT_TO_POINTER (uid));
}

static void
got_uid_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakPeers *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint32 uid;

  if (reply == NULL)
    {
      ulak_error_strip_remote (error);
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "Cannot tell who is calling: %s",
                               error->message);
      return;
    }

  g_variant_get (reply, "(u)", &uid);
  remember (self, g_task_get_task_data (task), uid);
  g_task_return_boolean (task, TRUE);
}

/**
 * ulak_peers_lookup_uid_async:
 * @sender: (nullable): a unique bus name; %NULL (no bus between us) is refused
 */
void
ulak_peers_lookup_uid_async (UlakPeers *self, const char *sender, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_peers_lookup_uid_async);
  g_task_set_task_data (task, g_strdup (sender), g_free);
  if (sender == NULL)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "The call has no sender");
  else if (ulak_peers_peek_uid (self, sender, NULL))
    g_task_return_boolean (task, TRUE);
  else
    g_dbus_connection_call (self->connection, BUS_NAME, BUS_PATH, BUS_NAME, "GetConnectionUnixUser",
                            g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE,
                            ASK_TIMEOUT_MS, NULL, got_uid_cb, g_steal_pointer (&task));
}

/** ulak_peers_lookup_uid_finish: Errors: NOT_ALLOWED when the bus does not know the sender (any more) */
gboolean
ulak_peers_lookup_uid_finish (UlakPeers *self, GAsyncResult *result, uid_t *uid_out, GError **error)
{
  GTask *task = G_TASK (result);

  if (!g_task_propagate_boolean (task, error))
    return FALSE;
  if (ulak_peers_peek_uid (self, g_task_get_task_data (task), uid_out))
    return TRUE;

  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED, "The caller has left the bus");
  return FALSE;
}
