/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages to our own phone about no chat: requests, and what else only a companion says.
 */
#include "whatsapp/chat/send-private.h"

#include "core/error.h"
#include "whatsapp/session/network-id.h"

/* --- to our own phone --- */

static char *
make_peer_id (UlakChat *self)
{
  g_autofree char *unique = ulak_wire_make_id (self->wire);
  UlakNetworkId id;
  guint8 salt[16];
  GString *text = g_string_new (unique);

  ulak_random_fill (self->random, salt, sizeof salt);
  for (gsize i = 0; i < sizeof salt; i++)
    g_string_append_printf (text, "%02x", salt[i]);
  ulak_network_id_make (&id, self->me.phone.user, text->str);
  g_string_free (text, TRUE);
  return g_strdup (id.text);
}

void
ulak_chat_send_peer_async (UlakChat *self,
                           GBytes *message,
                           const char *priority,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  UlakChatSend *send = g_new0 (UlakChatSend, 1);

  g_task_set_source_tag (task, ulak_chat_send_peer_async);
  send->plan = ulak_plan_new ();
  send->plan->kind = ULAK_PLAN_PEER;
  send->plan->message = g_bytes_ref (message);
  send->plan->priority = g_intern_string (priority);
  send->plan->network_id = make_peer_id (self);
  send->plan->as_lid = ulak_chat_is_lid (self);
  g_task_set_task_data (task, send, ulak_chat_send_free);
  self->sending++;
  ulak_chat_send_plan (task);
}

gboolean
ulak_chat_send_peer_finish (UlakChat *self, GAsyncResult *result, GError **error)
{
  g_autoptr (UlakSendResult) outcome = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  outcome = g_task_propagate_pointer (G_TASK (result), NULL);
  if (outcome->outcome == ULAK_SEND_ACCEPTED)
    return TRUE;
  g_set_error (error, ULAK_ERROR,
               outcome->outcome == ULAK_SEND_UNKNOWN ? ULAK_ERROR_TIMED_OUT
               : outcome->outcome == ULAK_SEND_RETRY ? ULAK_ERROR_UNAVAILABLE
                                                     : ULAK_ERROR_REMOTE,
               "Our phone was not reached: %s", outcome->error_message != NULL ? outcome->error_message : "no answer");
  return FALSE;
}
