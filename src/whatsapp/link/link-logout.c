/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Logout: the server is told if it can be, the keys go in any case.
 */
#include "whatsapp/link/link-private.h"

#include "core/error.h"
#include "core/log.h"

#define LOGOUT_MS 10000

static void
wiped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLink *self = g_task_get_source_object (task);
  g_autoptr (UlakOutcome) outcome = ulak_outcome_new (ULAK_OUTCOME_LOGGED_OUT, NULL, "The line was unlinked by its owner");
  g_auto (UlakAccountState) state = { 0 };
  GError *error = NULL;

  self->is_logging_out = FALSE;
  if (!ulak_account_change_finish (ULAK_STORE (source), result, &state, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  ulak_link_take_credentials (self, &state);
  ulak_link_end (self, outcome);
  g_task_return_boolean (task, TRUE);
}

static void
wipe (UlakLink *self, GTask *task)
{
  UlakAccountChange *change = ulak_account_change_new ();

  change->wipes = TRUE;
  ulak_link_drop (self, "The line is being unlinked");
  ulak_link_change (self, change, wiped_cb, task);
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);

  if (answer == NULL)
    ulak_log_warning (NULL, NULL, "WhatsApp did not confirm that this device was removed; the phone may still list it: %s", error->message);
  wipe (self, user_data);
}

void
ulak_link_logout_async (UlakLink *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  UlakNodeBuilder *builder;

  g_task_set_source_tag (task, ulak_link_logout_async);
  if (self->is_logging_out)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The line is being unlinked already");
      g_object_unref (task);
      return;
    }
  self->is_logging_out = self->is_started = TRUE;
  if (self->login.online_us == 0)
    {
      wipe (self, task);
      return;
    }
  builder = ulak_link_begin_query (self, "set", "md", NULL);
  ulak_node_builder_open (builder, "remove-companion-device");
  ulak_node_builder_add_jid (builder, "jid", ulak_credentials_get_jid (self->credentials));
  ulak_node_builder_add_text (builder, "reason", "user_initiated");
  ulak_link_query_async (self, builder, LOGOUT_MS, NULL, removed_cb, task);
}

gboolean
ulak_link_logout_finish (UlakLink *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
