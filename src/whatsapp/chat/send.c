/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Send: one message of ours, from the queue to the server's answer.
 *
 *   upload? ─▶ plan ◀─▶ fetch what it lacks ─▶ (durable) ─▶ deliver ─▶ judge the ack ─▶ result
 *                ▲───────────── once more, for another form, group, devices or token ◀──┘
 *
 * Sends run beside each other; the store's one writer keeps the ratchets in order. Whatever fails before the first byte left is
 * a retry; after that the outcome is unknown, and the same id goes out again.
 */
#include "whatsapp/chat/chat-private.h"

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "whatsapp/chat/own-acts.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/plan.h"
#include "whatsapp/chat/tokens.h"
#include "whatsapp/chat/verdicts.h"
#include "whatsapp/media/media-image.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/network-id.h"
#include "whatsapp/session/privacy-tokens.h"

#include <string.h>

#define ROUNDS_MAX 6 /* of planning and fetching; three are needed at most */

typedef struct
{
  UlakPlan *plan;     /* (owned) */
  char *media_id;     /* (owned) (nullable) */
  UlakMediaKind media_kind;
  char *media_path;   /* (owned) (nullable) */
  guint rounds;
  gboolean has_tried_form, has_tried_group, has_tried_devices, has_tried_token;
  UlakAck ack;        /* the last one's, while it is judged */
  gboolean is_act;    /* an edit or a deletion: what it names changes here, too */
  UlakSendResult *accepted; /* (owned) (nullable): while that is written */
} Send;

static void plan_next (GTask *task /* (transfer full) */);

static void
send_free (gpointer data)
{
  Send *self = data;

  ulak_plan_unref (self->plan);
  g_clear_pointer (&self->accepted, ulak_send_result_free);
  g_free (self->media_id);
  g_free (self->media_path);
  g_free (self);
}

static UlakChat *
chat_of (GTask *task)
{
  return ULAK_CHAT (g_task_get_source_object (task));
}

static void
end (GTask *task /* (transfer full) */, UlakSendResult *result /* (transfer full) */)
{
  UlakChat *chat = chat_of (task);

  chat->sending--;
  g_task_return_pointer (task, result, (GDestroyNotify) ulak_send_result_free);
  ulak_chat_check_stopped (chat);
  g_object_unref (task);
}

/* Before anything left. */
static void
end_for_error (GTask *task, const GError *error)
{
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE))
    end (task, ulak_send_result_refuse ("E_TOO_LARGE", error->message));
  else if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE)
           || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE))
    end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_LINE, 1000, "E_WA_DISCONNECTED", error->message));
  else
    end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_MESSAGE, 0, "E_WA_NOT_SENT", error->message));
}

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
  Send *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  ulak_store_finish (ULAK_STORE (source), result, &error);
  if (error != NULL)
    {
      end_for_error (task, error);
      return;
    }
  self->plan->has_asked_devices = self->plan->has_asked_bundles = self->plan->has_asked_group = FALSE;
  self->rounds = 0;
  plan_next (task);
}

static void
refresh_and_retry (GTask *task, Refreshing *refreshing)
{
  ulak_store_write_async (ulak_line_get_store (chat_of (task)->line), refresh_run, refreshing, refreshing_free,
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
  Send *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  UlakSendResult *outcome;

  if (ulak_own_acts_apply_finish (result, &error))
    {
      end (task, g_steal_pointer (&self->accepted));
      return;
    }
  outcome = ulak_send_result_new (ULAK_SEND_UNKNOWN);
  outcome->error_code = g_strdup ("E_UNAVAILABLE");
  outcome->error_message = g_strdup (error->message);
  end (task, outcome);
}

static void
accept (GTask *task, const UlakAck *ack)
{
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);
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
      end (task, result);
      return;
    }
  self->accepted = result;
  ulak_own_acts_apply_async (chat, plan, applied_cb, task);
}

static gboolean
may_try_other_form (const UlakChat *chat, const Send *self)
{
  return self->plan->kind == ULAK_PLAN_DIRECT && self->plan->has_both_forms && !self->has_tried_form
         && chat->migration == ULAK_LID_MIGRATION_UNKNOWN;
}

static void
locked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = ULAK_CHAT (source);
  Send *self = g_task_get_task_data (task);
  gint64 until_us = ulak_tokens_ask_lock_finish (chat, result);
  UlakSendResult *outcome = ulak_ack_to_result (&self->ack, until_us, ulak_clock_get_wall_us (chat->clock));

  if (self->has_tried_token && until_us == 0)
    {
      g_free (outcome->error_code);
      outcome->error_code = g_strdup ("E_WA_BAD_TOKEN");
    }
  end (task, outcome);
}

/* A stranger without a token, a token that is none, a wrong form, or an account that may not start chats: 463 says them all. */
static void
judge_stranger (GTask *task)
{
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);
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
  Send *self = g_task_get_task_data (task);

  self->has_tried_form = TRUE;
  self->plan->as_lid = !self->plan->is_lid;
  self->rounds = 0;
  plan_next (task);
}

static void
try_refreshed (GTask *task, gboolean *has_tried, gboolean drops_sessions)
{
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);
  Refreshing *refreshing;

  if (*has_tried)
    {
      end (task, ulak_ack_to_result (&self->ack, 0, ulak_clock_get_wall_us (chat->clock)));
      return;
    }
  *has_tried = TRUE;
  refreshing = refreshing_new (self->plan);
  refreshing->drops_sessions = drops_sessions;
  refresh_and_retry (task, refreshing);
}

static void
judge (GTask *task, const UlakAck *ack)
{
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);

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
        end (task, ulak_ack_to_result (ack, 0, ulak_clock_get_wall_us (chat->clock)));
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
      end (task, ulak_ack_to_result (ack, 0, ulak_clock_get_wall_us (chat->clock)));
      return;
    }
  g_return_if_reached ();
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
      judge (task, &ack);
      return;
    }
  if (has_stayed (error))
    {
      end_for_error (task, error);
      return;
    }
  outcome = ulak_send_result_new (ULAK_SEND_UNKNOWN);
  outcome->error_code = g_strdup ("E_WA_NO_ANSWER");
  outcome->error_message = g_strdup (error->message);
  end (task, outcome);
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
      end_for_error (task, error);
      return;
    }
  plan_next (task);
}

static void
fetch (GTask *task, UlakFetchKind kind, GPtrArray *keys)
{
  UlakChat *chat = chat_of (task);
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
      ulak_fetch_async (chat_of (task)->fetch, ULAK_FETCH_GROUP, keys, fetched_cb, task);
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

static void
planned_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);
  UlakPlan *plan = self->plan;
  g_autoptr (GError) error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    end_for_error (task, error);
  else if (plan->failure != NULL)
    end (task, ulak_send_result_refuse (plan->failure, plan->failure_message));
  else if (ulak_plan_lacks_something (plan))
    fetch_what_lacks (task, plan);
  else
    ulak_wire_deliver_async (chat->wire, plan->stanza, NULL, delivered_cb, task);
}

static void
unref_plan (gpointer data)
{
  ulak_plan_unref (data);
}

static void
plan_next (GTask *task)
{
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);

  if (!chat->is_online || self->rounds++ >= ROUNDS_MAX)
    {
      end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_LINE, 1000, "E_WA_DISCONNECTED",
                                            "The line is not connected"));
      return;
    }
  ulak_chat_view_clear (&self->plan->view);
  ulak_chat_view_init (&self->plan->view, chat);
  ulak_store_write_async (ulak_line_get_store (chat->line), ulak_plan_run, ulak_plan_ref (self->plan), unref_plan,
                          planned_cb, task);
}

/* --- files --- */

static void
measured_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *self = g_task_get_task_data (task);

  ulak_image_measure_finish (result, &self->plan->width, &self->plan->height);
  plan_next (task);
}

static void
upload_is_there (GTask *task)
{
  Send *self = g_task_get_task_data (task);

  if (self->media_kind == ULAK_MEDIA_KIND_IMAGE)
    ulak_image_measure_async (self->media_path, measured_cb, task);
  else
    plan_next (task);
}

static void
end_for_media (GTask *task, const GError *error)
{
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND) || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID))
    end (task, ulak_send_result_refuse ("E_WA_MEDIA", error->message));
  else
    end_for_error (task, error);
}

static void
uploaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *handle = NULL;

  self->plan->upload = ulak_media_client_upload_finish (ULAK_MEDIA_CLIENT (source), result, &error);
  if (self->plan->upload == NULL)
    {
      end_for_media (task, error);
      return;
    }
  handle = ulak_media_upload_to_handle (self->plan->upload);
  ulak_line_keep_media_handle (chat->line, self->media_id, handle,
                               ulak_clock_get_wall_us (chat->clock) + ULAK_MEDIA_HANDLE_DAYS * G_TIME_SPAN_DAY);
  upload_is_there (task);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakMediaFile) file = ulak_line_find_media_finish (ULAK_LINE (source), result, &error);

  if (file == NULL)
    {
      end_for_media (task, error);
      return;
    }
  self->plan->mime_type = g_strdup (file->mime_type);
  self->plan->file_name = g_strdup (file->file_name);
  self->media_path = g_strdup (file->path);
  if (file->network_handle != NULL)
    self->plan->upload = ulak_media_upload_from_handle (file->network_handle, self->media_kind);
  if (self->plan->upload != NULL)
    upload_is_there (task);
  else
    ulak_media_client_upload_async (chat->media, self->media_kind, TRUE, file->path, NULL, uploaded_cb, task);
}

static const struct
{
  const char *name; /* of the content */
  UlakMediaKind kind;
} files[] = {
  { "image", ULAK_MEDIA_KIND_IMAGE },       { "video", ULAK_MEDIA_KIND_VIDEO },   { "audio", ULAK_MEDIA_KIND_AUDIO },
  { "document", ULAK_MEDIA_KIND_DOCUMENT }, { "sticker", ULAK_MEDIA_KIND_IMAGE },
};

static void
begin (GTask *task, JsonObject *document)
{
  UlakChat *chat = chat_of (task);
  Send *self = g_task_get_task_data (task);

  self->is_act = json_object_has_member (document, "edit") || json_object_has_member (document, "revoke");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      JsonObject *file = ulak_json_peek_object (document, files[i].name);

      if (file == NULL)
        continue;
      self->media_id = g_strdup (ulak_json_peek_string (file, "media_id"));
      self->media_kind = files[i].kind;
      break;
    }
  if (self->media_id == NULL)
    plan_next (task);
  else if (chat->media == NULL)
    end (task, ulak_send_result_refuse ("E_WA_MEDIA", "This line sends no files"));
  else
    ulak_line_find_media_async (chat->line, self->media_id, found_cb, task);
}

/* --- the door --- */

static void
copy_target (UlakPlanTarget *to, const UlakOutboundTarget *from)
{
  if (from == NULL)
    return;
  to->network_id = g_strdup (from->network_id);
  to->chat = g_strdup (from->chat);
  to->from = g_strdup (from->from);
  to->message = from->message == NULL ? NULL : ulak_json_print_object (from->message);
}

static void
read_alternate (UlakPlan *plan, JsonObject *contact)
{
  const char *other = contact == NULL ? NULL
                                      : ulak_json_peek_string (contact, ulak_jid_is_lid (&plan->chat_jid) ? "phone" : "lid");

  if (other != NULL && (!ulak_people_parse_chat (other, &plan->alternate) || !ulak_jid_is_user (&plan->alternate)))
    plan->alternate = (UlakJid){ 0 };
}

static gboolean
choose_kind (UlakPlan *plan)
{
  if (ulak_jid_is_user (&plan->chat_jid))
    plan->kind = ULAK_PLAN_DIRECT;
  else if (plan->chat_jid.server == ULAK_JID_SERVER_GROUP)
    plan->kind = ULAK_PLAN_GROUP;
  else if (ulak_jid_is_status (&plan->chat_jid))
    plan->kind = ULAK_PLAN_STATUS;
  else
    return FALSE;
  return TRUE;
}

static void
fill (UlakChat *self, UlakPlan *plan, const UlakOutbound *outbound)
{
  UlakNetworkId id;

  ulak_network_id_make (&id, self->me.phone.user, outbound->id);
  plan->network_id = g_strdup (id.text);
  plan->document = ulak_json_print_object (outbound->message);
  plan->as_lid = ulak_chat_is_lid (self);
  copy_target (&plan->reply_to, outbound->reply_to);
  copy_target (&plan->target, outbound->target);
  if (plan->reply_to.network_id == NULL && outbound->reply_to_network_id != NULL)
    {
      plan->reply_to.network_id = g_strdup (outbound->reply_to_network_id);
      plan->reply_to.from = g_strdup (plan->chat);
    }
  read_alternate (plan, outbound->contact);
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
  Send *send = g_new0 (Send, 1);

  g_task_set_source_tag (task, ulak_chat_send_async);
  send->plan = ulak_plan_new ();
  send->plan->chat = g_strdup (outbound->chat);
  g_task_set_task_data (task, send, send_free);
  self->sending++;
  if (!ulak_people_parse_chat (outbound->chat, &send->plan->chat_jid) || !choose_kind (send->plan))
    {
      end (task, ulak_send_result_refuse ("E_WA_RECIPIENT", "Only people, groups and the status can be written to"));
      return;
    }
  if (self->session == NULL || self->stopping != NULL)
    {
      end (task, ulak_send_result_postpone (ULAK_SEND_SCOPE_LINE, 1000, "E_WA_DISCONNECTED",
                                            "The line is not connected"));
      return;
    }
  fill (self, send->plan, outbound);
  begin (task, outbound->message);
}

UlakSendResult *
ulak_chat_send_finish (UlakChat *self, GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

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
  Send *send = g_new0 (Send, 1);

  g_task_set_source_tag (task, ulak_chat_send_peer_async);
  send->plan = ulak_plan_new ();
  send->plan->kind = ULAK_PLAN_PEER;
  send->plan->message = g_bytes_ref (message);
  send->plan->priority = g_intern_string (priority);
  send->plan->network_id = make_peer_id (self);
  send->plan->as_lid = ulak_chat_is_lid (self);
  g_task_set_task_data (task, send, send_free);
  self->sending++;
  plan_next (task);
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
