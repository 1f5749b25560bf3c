/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/audit-trail.h"

#include "core/log.h"
#include "core/messages.h"

static void
warn (const char *what, const GError *error)
{
  ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL, "database error: %s: %s", what, error->message);
}

static void
added_cb (GObject *source, GAsyncResult *result, G_GNUC_UNUSED gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ulak_gateway_store_finish (ULAK_GATEWAY_STORE (source), result, &error))
    warn ("an entry of the audit trail is only in the journal", error);
}

static void
keep (const UlakAuditEntry *entry, gpointer user_data)
{
  UlakApi *api = user_data;

  ulak_gateway_store_add_audit_async (api->store, entry, added_cb, NULL);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakApi *api = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) entries = ulak_gateway_store_load_audit_finish (ULAK_GATEWAY_STORE (source), result, &error);

  if (entries == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  for (guint i = 0; i < entries->len; i++)
    ulak_service_restore_audit (api->service, entries->pdata[i]);
  ulak_service_set_audit_func (api->service, keep, api);
  g_task_return_boolean (task, TRUE);
}

void
ulak_audit_trail_start_async (UlakApi *api, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_audit_trail_start_async);
  g_task_set_task_data (task, api, NULL);
  ulak_gateway_store_load_audit_async (api->store, ULAK_AUDIT_MAX, loaded_cb, task);
}

gboolean
ulak_audit_trail_start_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
trimmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakApi *api = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_done;

  if (!ulak_gateway_store_trim_audit_finish (ULAK_GATEWAY_STORE (source), result, &is_done, &error))
    warn ("old entries of the audit trail stay", error);
  else if (!is_done && !api->is_draining)
    ulak_audit_trail_trim (api);
}

void
ulak_audit_trail_trim (UlakApi *api)
{
  ulak_gateway_store_trim_audit_async (api->store, ulak_clock_get_wall_us (api->clock) - ULAK_AUDIT_AGE_US, trimmed_cb, api);
}
