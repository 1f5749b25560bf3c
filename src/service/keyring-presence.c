/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/keyring-presence.h"

#define SECRETS_NAME "org.freedesktop.secrets"
#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define ASK_TIMEOUT_MS 10000

static void
got_activatable_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autofree const char **names = NULL;

  if (reply == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_variant_get (reply, "(^a&s)", &names);
  g_task_return_boolean (task, g_strv_contains (names, SECRETS_NAME));
}

static void
got_owner_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  gboolean is_owned = FALSE;

  if (reply == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  g_variant_get (reply, "(b)", &is_owned);
  if (is_owned)
    g_task_return_boolean (task, TRUE);
  else
    g_dbus_connection_call (G_DBUS_CONNECTION (source), BUS_NAME, BUS_PATH, BUS_NAME, "ListActivatableNames", NULL,
                            G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, ASK_TIMEOUT_MS, cancellable,
                            got_activatable_cb, g_steal_pointer (&task));
}

static void
connected_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_bus_get_finish (result, &error);

  if (connection == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  /* GLib would end the process with this bus; a keyring is not worth that. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_dbus_connection_call (connection, BUS_NAME, BUS_PATH, BUS_NAME, "NameHasOwner",
                          g_variant_new ("(s)", SECRETS_NAME), G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE,
                          ASK_TIMEOUT_MS, cancellable, got_owner_cb, g_steal_pointer (&task));
}

void
ulak_keyring_presence_ask_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, ulak_keyring_presence_ask_async);
  if (g_getenv ("DBUS_SESSION_BUS_ADDRESS") == NULL)
    g_task_return_boolean (task, FALSE);
  else
    g_bus_get (G_BUS_TYPE_SESSION, cancellable, connected_cb, g_steal_pointer (&task));
}

/** ulak_keyring_presence_ask_finish: Errors: those of GDBus, when the bus is named and does not answer */
gboolean
ulak_keyring_presence_ask_finish (GAsyncResult *result, gboolean *is_present_out, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean is_present = g_task_propagate_boolean (G_TASK (result), &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  *is_present_out = is_present;
  return TRUE;
}
