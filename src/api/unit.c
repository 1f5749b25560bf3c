/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/unit.h"

#include "core/error.h"

#include <string.h>

#define VERB_TIMEOUT_MS 20000

typedef struct
{
  GDBusConnection *connection; /* (owned) */
  const char *verb;            /* (static): a method of systemd's manager */
  char *unit;                  /* (owned) */
} Verb;

static void
verb_free (Verb *work)
{
  g_object_unref (work->connection);
  g_free (work->unit);
  g_free (work);
}

static gboolean
is_stop (Verb *work)
{
  return strcmp (work->verb, "StopUnit") == 0;
}

/* systemd knows no unit that never ran: it is as stopped as can be. */
static gboolean
is_no_such_unit (const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  return g_strcmp0 (name, "org.freedesktop.systemd1.NoSuchUnit") == 0;
}

static void
verb_done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Verb *work = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply != NULL || (is_stop (work) && is_no_such_unit (error)))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  g_dbus_error_strip_remote_error (error);
  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "systemd did not take %s of %s: %s", work->verb,
                           work->unit, error->message);
}

static void
call_verb (GTask *task)
{
  Verb *work = g_task_get_task_data (task);

  g_dbus_connection_call (work->connection, ULAK_SYSTEMD_NAME, ULAK_SYSTEMD_PATH, ULAK_SYSTEMD_MANAGER, work->verb,
                          g_variant_new ("(ss)", work->unit, "replace"), G_VARIANT_TYPE ("(o)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, VERB_TIMEOUT_MS, NULL, verb_done_cb, task);
}

/* Whatever the reset says: a unit that never ran has nothing to be reset. */
static void
reset_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  call_verb (user_data);
}

static GTask *
new_verb (GDBusConnection *connection, gpointer source, const char *verb, const char *unit, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (source, NULL, callback, user_data);
  Verb *work = g_new0 (Verb, 1);

  work->connection = g_object_ref (connection);
  work->verb = verb;
  work->unit = g_strdup (unit);
  g_task_set_source_tag (task, new_verb);
  g_task_set_task_data (task, work, (GDestroyNotify) verb_free);
  return task;
}

/** ulak_unit_start_async: a unit that had failed too often is forgiven first; replies when the job is queued */
void
ulak_unit_start_async (GDBusConnection *connection,
                       gpointer source,
                       const char *unit,
                       gboolean anew,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = new_verb (connection, source, anew ? "RestartUnit" : "StartUnit", unit, callback, user_data);

  g_dbus_connection_call (connection, ULAK_SYSTEMD_NAME, ULAK_SYSTEMD_PATH, ULAK_SYSTEMD_MANAGER, "ResetFailedUnit",
                          g_variant_new ("(s)", unit), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, VERB_TIMEOUT_MS, NULL,
                          reset_cb, task);
}

void
ulak_unit_stop_async (GDBusConnection *connection, gpointer source, const char *unit, GAsyncReadyCallback callback, gpointer user_data)
{
  call_verb (new_verb (connection, source, "StopUnit", unit, callback, user_data));
}

gboolean
ulak_unit_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
