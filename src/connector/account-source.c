/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Ask, keep the answer; without one, take what was kept.
 */
#include "connector/account-source.h"

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/names.h"

#define ASK_TIMEOUT_MS 5000

typedef struct
{
  char *account;        /* (owned) */
  JsonObject *document; /* (owned) (nullable) */
  char *reason;         /* (owned) (nullable): why the API did not answer */
} Load;

static void
load_free (gpointer data)
{
  Load *self = data;

  g_free (self->account);
  g_free (self->reason);
  g_clear_pointer (&self->document, json_object_unref);
  g_free (self);
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Load *load = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  JsonObject *document = ulak_line_store_get_account_finish (ULAK_LINE_STORE (source), result, &error);

  if (document != NULL)
    {
      ulak_log_warning (NULL, NULL,
                        "ulak-api does not answer (%s): starting with the account as it was known last",
                        load->reason);
      g_task_return_pointer (task, document, (GDestroyNotify) json_object_unref);
      return;
    }
  g_task_return_new_error (
      task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE,
      "The account ‘%s’ is not known: ulak-api does not answer (%s) and nothing was stored before; "
      "start ulak-api.service, then this line again",
      load->account, load->reason);
}

static void
kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Load *load = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    g_task_return_pointer (task, g_steal_pointer (&load->document), (GDestroyNotify) json_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static JsonObject *
parse_answer (GVariant *reply, GError **error)
{
  const char *text;

  g_variant_get (reply, "(&s)", &text);
  return ulak_json_parse_text (text, error);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLineStore *store = g_task_get_source_object (task);
  Load *load = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply != NULL)
    load->document = parse_answer (reply, &error);
  if (load->document != NULL)
    {
      ulak_line_store_keep_account_async (store, load->document, kept_cb, g_steal_pointer (&task));
      return;
    }
  ulak_error_strip_remote (error);
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
                               "There is no account ‘%s’: add it with ‘ulakctl account add’", load->account);
      return;
    }
  load->reason = g_strdup (error->message);
  ulak_line_store_get_account_async (store, stored_cb, g_steal_pointer (&task));
}

void
ulak_account_source_load_async (UlakLineStore *store,
                                GDBusConnection *connection,
                                const char *account,
                                GVariant *options,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task = g_task_new (store, NULL, callback, user_data);
  Load *load = g_new0 (Load, 1);

  load->account = g_strdup (account);
  g_task_set_source_tag (task, ulak_account_source_load_async);
  g_task_set_task_data (task, load, load_free);
  g_dbus_connection_call (connection, ULAK_BUS_NAME_API, ULAK_OBJECT_PATH_API, ULAK_BUS_NAME_API, "GetAccount",
                          g_variant_new ("(s@a{sv})", account, options), G_VARIANT_TYPE ("(s)"),
                          G_DBUS_CALL_FLAGS_NONE, ASK_TIMEOUT_MS, NULL, answered_cb, task);
}

JsonObject *
ulak_account_source_load_finish (UlakLineStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
