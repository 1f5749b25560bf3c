/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Send: one message of ours, from the queue to the server's answer.
 *
 *   upload? ─▶ plan ◀─▶ fetch what it lacks ─▶ (durable) ─▶ deliver ─▶ judge the ack ─▶ result
 *                ▲───────────── once more, for another form, group, devices or token ◀──┘
 *
 * What came packed (chat-parcel.c) begins at `deliver`.
 *
 * Sends run beside each other; the store's one writer keeps the ratchets in order. Whatever fails before the first byte left is
 * a retry; after that the outcome is unknown, and the same id goes out again.
 */
#include "whatsapp/chat/send-private.h"

#include "core/error.h"
#include "whatsapp/chat/chat-parcel.h"
#include "whatsapp/chat/plan-outbound.h"
#include "whatsapp/chat/verdicts.h"

#define ROUNDS_MAX 6 /* of planning and fetching; three are needed at most */

void
ulak_chat_send_free (gpointer data)
{
  UlakChatSend *self = data;

  g_clear_pointer (&self->plan, ulak_plan_unref);
  g_clear_pointer (&self->accepted, ulak_send_result_free);
  g_free (self->media_id);
  g_free (self->media_path);
  g_free (self);
}

UlakChat *
ulak_chat_of_send (GTask *task)
{
  return ULAK_CHAT (g_task_get_source_object (task));
}

void
ulak_chat_send_end (GTask *task /* (transfer full) */, UlakSendResult *result /* (transfer full) */)
{
  UlakChat *chat = ulak_chat_of_send (task);

  chat->sending--;
  g_task_return_pointer (task, result, (GDestroyNotify) ulak_send_result_free);
  ulak_chat_check_stopped (chat);
  g_object_unref (task);
}

/* Before anything left. */
void
ulak_chat_send_end_for_error (GTask *task, const GError *error)
{
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE))
    ulak_chat_send_end (task, ulak_send_result_refuse ("E_TOO_LARGE", error->message));
  else if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE)
           || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE))
    ulak_chat_send_end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_LINE, 1000, "E_WA_DISCONNECTED", error->message));
  else
    ulak_chat_send_end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_MESSAGE, 0, "E_WA_NOT_SENT", error->message));
}

/* --- plan and fetch --- */

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = ULAK_CHAT (source);
  g_autoptr (GError) error = NULL;
  guint code = 0;

  /* What the server has refused to tell is missing in the next plan, which judges what that means. */
  if (!ulak_fetch_finish (chat->fetch, result, &code, &error)
      && !(g_error_matches (error, ULAK_ERROR, ULAK_ERROR_REMOTE) && code >= 400 && code < 500 && code != 429))
    {
      ulak_chat_send_end_for_error (task, error);
      return;
    }
  ulak_chat_send_plan (task);
}

static void
fetch (GTask *task, UlakFetchKind kind, GPtrArray *keys)
{
  UlakChat *chat = ulak_chat_of_send (task);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  for (guint i = 0; i < keys->len; i++)
    g_ptr_array_add (list, g_ptr_array_index (keys, i));
  g_ptr_array_add (list, NULL);
  ulak_fetch_async (chat->fetch, kind, (const char *const *) list->pdata, fetched_cb, task);
}

static void
fetch_what_lacks (GTask *task, UlakPlan *plan)
{
  if (plan->lacks_group)
    {
      g_autofree char *group = ulak_jid_print (&plan->chat_jid);
      const char *const keys[] = { group, NULL };

      plan->has_asked_group = TRUE;
      ulak_fetch_async (ulak_chat_of_send (task)->fetch, ULAK_FETCH_GROUP, keys, fetched_cb, task);
    }
  else if (plan->lacks_devices->len > 0)
    {
      plan->has_asked_devices = TRUE;
      fetch (task, ULAK_FETCH_DEVICES, plan->lacks_devices);
    }
  else
    {
      plan->has_asked_bundles = TRUE;
      fetch (task, ULAK_FETCH_BUNDLES, plan->lacks_bundles);
    }
}

/* Errors with which a message certainly did not leave, link.h. */
static gboolean
has_stayed (const GError *error)
{
  static const UlakError codes[] = { ULAK_ERROR_WRONG_STATE, ULAK_ERROR_FULL, ULAK_ERROR_TOO_LARGE, ULAK_ERROR_INVALID,
                                     ULAK_ERROR_EXISTS };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, ULAK_ERROR, (gint) codes[i]))
      return TRUE;
  return FALSE;
}

static void
delivered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) node = ulak_wire_deliver_finish (ULAK_WIRE (source), result, &error);
  UlakSendResult *outcome;
  UlakAck ack;

  if (node != NULL)
    {
      ulak_ack_read (node, &ack);
      ulak_chat_send_judge (task, &ack);
      return;
    }
  if (has_stayed (error))
    {
      ulak_chat_send_end_for_error (task, error);
      return;
    }
  outcome = ulak_send_result_new (ULAK_SEND_UNKNOWN);
  outcome->error_code = g_strdup ("E_WA_NO_ANSWER");
  outcome->error_message = g_strdup (error->message);
  ulak_chat_send_end (task, outcome);
}

static void
deliver (GTask *task)
{
  UlakChatSend *self = g_task_get_task_data (task);

  ulak_wire_deliver_async (ulak_chat_of_send (task)->wire, self->plan->stanza, NULL, delivered_cb, task);
}

static void
planned_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChatSend *self = g_task_get_task_data (task);
  UlakPlan *plan = self->plan;
  g_autoptr (GError) error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    ulak_chat_send_end_for_error (task, error);
  else if (plan->failure != NULL)
    ulak_chat_send_end (task, ulak_send_result_refuse (plan->failure, plan->failure_message));
  else if (ulak_plan_lacks_something (plan))
    fetch_what_lacks (task, plan);
  else
    deliver (task);
}

static void
unref_plan (gpointer data)
{
  ulak_plan_unref (data);
}

void
ulak_chat_send_plan (GTask *task)
{
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);

  if (!chat->is_online || self->rounds++ >= ROUNDS_MAX)
    {
      ulak_chat_send_end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_LINE, 1000, "E_WA_DISCONNECTED",
                                            "The line is not connected"));
      return;
    }
  ulak_chat_view_clear (&self->plan->view);
  ulak_chat_view_init (&self->plan->view, chat);
  ulak_store_write_async (ulak_line_get_store (chat->line), ulak_plan_run, ulak_plan_ref (self->plan), unref_plan,
                          planned_cb, task);
}

/* --- the door --- */

/* Asking, encrypting and writing it down were done with the acceptance; or all of it is still to do. */
static UlakPlan *
take_plan (UlakChat *self, const UlakOutbound *outbound)
{
  return outbound->parcel != NULL ? ulak_chat_parcel_take_plan (outbound->parcel)
                                  : ulak_plan_new_for (outbound, &self->me, ulak_chat_is_lid (self));
}

static gboolean
is_act (JsonObject *document)
{
  return json_object_has_member (document, "edit") || json_object_has_member (document, "revoke");
}

/** ulak_chat_send_async: finishes with what became of this try; never with an error */
void
ulak_chat_send_async (UlakChat *self,
                      const UlakOutbound *outbound,
                      GCancellable *cancellable G_GNUC_UNUSED,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  UlakChatSend *send = g_new0 (UlakChatSend, 1);

  g_task_set_source_tag (task, ulak_chat_send_async);
  g_task_set_task_data (task, send, ulak_chat_send_free);
  self->sending++;
  if (self->session == NULL || self->stopping != NULL)
    {
      ulak_chat_send_end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_LINE, 1000, "E_WA_DISCONNECTED",
                                            "The line is not connected"));
      return;
    }
  send->is_act = is_act (outbound->message);
  send->plan = take_plan (self, outbound);
  if (send->plan == NULL)
    ulak_chat_send_end (task, ulak_send_result_refuse ("E_WA_RECIPIENT", "Only people, groups and the status can be written to"));
  else if (outbound->parcel != NULL)
    deliver (task);
  else
    ulak_chat_send_begin (task, outbound->message);
}

UlakSendResult *
ulak_chat_send_finish (UlakChat *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
