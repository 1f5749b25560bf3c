/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the server says to a message, and what that leads to: an end, or one more try in another form.
 */
#include "whatsapp/chat/send-private.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/chat/own-acts.h"
#include "whatsapp/chat/tokens.h"
#include "whatsapp/chat/verdicts.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/privacy-tokens.h"

/* --- after it was taken --- */

typedef struct
{
  char *group; /* (owned) */
  guint32 key_id;
  GArray *holders; /* (owned) */
  gint64 now_us;
} Marking;

static void
marking_free (gpointer data)
{
  Marking *self = data;

  g_free (self->group);
  g_array_unref (self->holders);
  g_free (self);
}

static gboolean
mark_run (UlakDatabase *database, gpointer data, GError **error)
{
  Marking *self = data;

  return ulak_group_mark_holders (database, self->group, self->key_id,
                                  (const UlakPeerDevice *) (void *) self->holders->data, self->holders->len,
                                  self->now_us, error);
}

/* Who is not marked gets the key again: a waste, and no loss. */
static void
note_failed_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  ulak_store_finish (ULAK_STORE (source), result, &error);
  if (error != NULL)
    ulak_log_info (NULL, "What came of a send was not kept: %s", error->message);
}

static void
mark_holders (UlakChat *chat, const UlakPlan *plan)
{
  Marking *marking;

  if (plan->holders->len == 0)
    return;
  marking = g_new0 (Marking, 1);
  marking->group = ulak_jid_print (&plan->chat_jid);
  marking->key_id = plan->key_id;
  marking->holders = g_array_copy (plan->holders);
  marking->now_us = ulak_clock_get_wall_us (chat->clock);
  ulak_store_write_async (ulak_line_get_store (chat->line), mark_run, marking, marking_free, note_failed_cb, NULL);
}

/* --- what is old --- */

typedef struct
{
  GPtrArray *users; /* (owned) (element-type utf8) */
  char *group;      /* (owned) (nullable) */
  gboolean drops_sessions, drops_token, forgets_mapping;
  UlakJid chat;
} Refreshing;

static void
refreshing_free (gpointer data)
{
  Refreshing *self = data;

  g_ptr_array_unref (self->users);
  g_free (self->group);
  g_free (self);
}

static gboolean
refresh_user (UlakDatabase *database, const Refreshing *self, const char *text, GError **error)
{
  UlakPeer peer;
  UlakJid jid;

  if (!ulak_jid_parse (text, &jid, NULL))
    return TRUE;
  if (!ulak_peers_find (database, &jid, &peer, error))
    return FALSE;
  return peer.id == 0
         || (ulak_devices_forget (database, peer.id, error)
             && (!self->drops_sessions || ulak_device_delete_sessions (database, peer.id, error)));
}

static gboolean
refresh_run (UlakDatabase *database, gpointer data, GError **error)
{
  const Refreshing *self = data;
  UlakPeer peer;

  for (guint i = 0; i < self->users->len; i++)
    if (!refresh_user (database, self, g_ptr_array_index (self->users, i), error))
      return FALSE;
  if (self->group != NULL && !ulak_group_cache_make_stale (database, self->group, error))
    return FALSE;
  if (self->drops_token)
    {
      if (!ulak_peers_find (database, &self->chat, &peer, error)
          || (peer.id != 0 && !ulak_privacy_tokens_drop (database, peer.id, error)))
        return FALSE;
    }
  return !self->forgets_mapping || ulak_peers_forget_mapping (database, &self->chat, error);
}

static Refreshing *
refreshing_new (const UlakPlan *plan)
{
  Refreshing *self = g_new0 (Refreshing, 1);

  self->users = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < plan->users->len; i++)
    g_ptr_array_add (self->users, g_strdup (g_ptr_array_index (plan->users, i)));
  self->group = plan->kind == ULAK_PLAN_GROUP ? ulak_jid_print (&plan->chat_jid) : NULL;
  self->chat = plan->chat_jid;
  return self;
}

static void
refreshed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChatSend *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  ulak_store_finish (ULAK_STORE (source), result, &error);
  if (error != NULL)
    {
      ulak_chat_send_end_for_error (task, error);
      return;
    }
  self->plan->has_asked_devices = self->plan->has_asked_bundles = self->plan->has_asked_group = FALSE;
  self->rounds = 0;
  ulak_chat_send_plan (task);
}

static void
refresh_and_retry (GTask *task, Refreshing *refreshing)
{
  ulak_store_write_async (ulak_line_get_store (ulak_chat_of_send (task)->line), refresh_run, refreshing, refreshing_free,
                          refreshed_cb, task);
}

/* Nothing waits for it: the next send sees it. */
static void
refresh_later (UlakChat *chat, const UlakPlan *plan, gboolean forgets_mapping)
{
  Refreshing *refreshing = refreshing_new (plan);

  refreshing->forgets_mapping = forgets_mapping;
  ulak_store_write_async (ulak_line_get_store (chat->line), refresh_run, refreshing, refreshing_free, note_failed_cb,
                          NULL);
}

/* --- the server's answer --- */

/* What could not be written is written after the next try, which is the same message to the network. */
static void
applied_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChatSend *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  UlakSendResult *outcome;

  if (ulak_own_acts_apply_finish (result, &error))
    {
      ulak_chat_send_end (task, g_steal_pointer (&self->accepted));
      return;
    }
  outcome = ulak_send_result_new (ULAK_SEND_UNKNOWN);
  outcome->error_code = g_strdup ("E_UNAVAILABLE");
  outcome->error_message = g_strdup (error->message);
  ulak_chat_send_end (task, outcome);
}

static void
accept (GTask *task, const UlakAck *ack)
{
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);
  UlakPlan *plan = self->plan;
  UlakSendResult *result = ulak_ack_to_result (ack, 0, 0);

  result->network_id = g_strdup (plan->network_id);
  result->n_recipients = plan->kind == ULAK_PLAN_GROUP || plan->kind == ULAK_PLAN_STATUS ? plan->n_recipients : 0;
  mark_holders (chat, plan);
  if (plan->kind == ULAK_PLAN_DIRECT && plan->has_both_forms)
    ulak_chat_found_migration (chat, plan->is_lid ? ULAK_LID_MIGRATION_YES : ULAK_LID_MIGRATION_NO);
  if (ack->refreshes_lid || (ack->phash != NULL && plan->phash != NULL && !g_str_equal (ack->phash, plan->phash)))
    refresh_later (chat, plan, ack->refreshes_lid && plan->kind == ULAK_PLAN_DIRECT);
  if (plan->kind == ULAK_PLAN_DIRECT && plan->owes_token)
    ulak_tokens_give (chat, &plan->peer_jid);
  if (!self->is_act)
    {
      ulak_chat_send_end (task, result);
      return;
    }
  self->accepted = result;
  ulak_own_acts_apply_async (chat, plan, applied_cb, task);
}

static gboolean
may_try_other_form (const UlakChat *chat, const UlakChatSend *self)
{
  return self->plan->kind == ULAK_PLAN_DIRECT && self->plan->has_both_forms && !self->has_tried_form
         && chat->migration == ULAK_LID_MIGRATION_UNKNOWN;
}

static void
locked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = ULAK_CHAT (source);
  UlakChatSend *self = g_task_get_task_data (task);
  gint64 until_us = ulak_tokens_ask_lock_finish (chat, result);
  UlakSendResult *outcome = ulak_ack_to_result (&self->ack, until_us, ulak_clock_get_wall_us (chat->clock));

  if (self->has_tried_token && until_us == 0)
    {
      g_free (outcome->error_code);
      outcome->error_code = g_strdup ("E_WA_BAD_TOKEN");
    }
  ulak_chat_send_end (task, outcome);
}

/* A stranger without a token, a token that is none, a wrong form, or an account that may not start chats: 463 says them all. */
static void
judge_stranger (GTask *task)
{
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);
  Refreshing *refreshing;

  if (!self->plan->has_token || self->has_tried_token)
    {
      ulak_tokens_ask_lock_async (chat, locked_cb, task);
      return;
    }
  self->has_tried_token = TRUE;
  ulak_tokens_give (chat, &self->plan->peer_jid);
  refreshing = refreshing_new (self->plan);
  refreshing->drops_token = TRUE;
  refresh_and_retry (task, refreshing);
}

static void
try_other_form (GTask *task)
{
  UlakChatSend *self = g_task_get_task_data (task);

  self->has_tried_form = TRUE;
  self->plan->as_lid = !self->plan->is_lid;
  self->rounds = 0;
  ulak_chat_send_plan (task);
}

static void
try_refreshed (GTask *task, gboolean *has_tried, gboolean drops_sessions)
{
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);
  Refreshing *refreshing;

  if (*has_tried)
    {
      ulak_chat_send_end (task, ulak_ack_to_result (&self->ack, 0, ulak_clock_get_wall_us (chat->clock)));
      return;
    }
  *has_tried = TRUE;
  refreshing = refreshing_new (self->plan);
  refreshing->drops_sessions = drops_sessions;
  refresh_and_retry (task, refreshing);
}

void
ulak_chat_send_judge (GTask *task, const UlakAck *ack)
{
  UlakChat *chat = ulak_chat_of_send (task);
  UlakChatSend *self = g_task_get_task_data (task);

  self->ack = *ack;
  self->ack.phash = NULL;
  switch (ack->meaning)
    {
    case ULAK_ACK_ACCEPTED:
      accept (task, ack);
      return;
    case ULAK_ACK_OTHER_FORM:
    case ULAK_ACK_STRANGER:
      if (may_try_other_form (chat, self))
        try_other_form (task);
      else if (ack->meaning == ULAK_ACK_STRANGER && self->plan->kind == ULAK_PLAN_DIRECT)
        judge_stranger (task);
      else
        ulak_chat_send_end (task, ulak_ack_to_result (ack, 0, ulak_clock_get_wall_us (chat->clock)));
      return;
    case ULAK_ACK_NEW_GROUP:
      try_refreshed (task, &self->has_tried_group, FALSE);
      return;
    case ULAK_ACK_NEW_DEVICES:
      try_refreshed (task, &self->has_tried_devices, self->plan->kind == ULAK_PLAN_DIRECT);
      return;
    case ULAK_ACK_LIMITED:
    case ULAK_ACK_LATER:
    case ULAK_ACK_REFUSED:
      ulak_chat_send_end (task, ulak_ack_to_result (ack, 0, ulak_clock_get_wall_us (chat->clock)));
      return;
    }
  g_return_if_reached ();
}
