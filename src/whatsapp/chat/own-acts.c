/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The act is read out of the plaintext that was sent, so that a caption that was edited keeps its file.
 */
#include "whatsapp/chat/own-acts.h"

#include "core/clock.h"
#include "whatsapp/chat/content.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/sent.h"

typedef struct
{
  UlakJid chat_jid;
  char *chat;              /* (owned) */
  char *network_id;        /* (owned): of the act */
  char *target_id;         /* (owned) */
  char *target_from;       /* (owned) (nullable): NULL: we */
  char *by;                /* (owned): ourselves as a sender's id */
  gint64 now_us;
} Act;

static void
act_free (gpointer data)
{
  Act *self = data;

  g_free (self->chat);
  g_free (self->network_id);
  g_free (self->target_id);
  g_free (self->target_from);
  g_free (self->by);
  g_free (self);
}

static void
add_revoke (const Act *self, UlakInbound *inbound)
{
  const UlakInboundRevoke revoke = {
    .chat = self->chat,
    .network_id = self->target_id,
    .from = self->target_from,
    .by = self->target_from == NULL ? NULL : self->by,
    .timestamp_us = self->now_us,
  };

  ulak_inbound_add_revoke (inbound, &revoke);
}

static void
add_edit (const Act *self, UlakInbound *inbound, const UlakContent *content)
{
  const UlakInboundEdit edit = {
    .chat = self->chat,
    .network_id = self->target_id,
    .timestamp_us = content->sent_ms > 0 ? content->sent_ms * 1000 : self->now_us,
    .content = content->document,
  };

  if (content->document != NULL)
    ulak_inbound_add_edit (inbound, &edit);
}

static gboolean
act_run (UlakDatabase *database, UlakInbound *inbound, gpointer data, GError **error)
{
  Act *self = data;
  const UlakContentNames names = { ulak_people_name_text, database };
  g_autoptr (UlakSentMessage) sent = NULL;
  g_autoptr (UlakContent) content = NULL;
  gsize size_bytes;
  const guint8 *bytes;

  if (!ulak_sent_find (database, &self->chat_jid, self->network_id, &sent, error))
    return FALSE;
  if (sent == NULL)
    return TRUE;
  bytes = g_bytes_get_data (sent->plain, &size_bytes);
  content = ulak_content_read (bytes, size_bytes, &names);
  if (content->kind == ULAK_CONTENT_REVOKE)
    add_revoke (self, inbound);
  else if (content->kind == ULAK_CONTENT_EDIT && self->target_from == NULL)
    add_edit (self, inbound, content);
  return TRUE;
}

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_line_commit_inbound_finish (ULAK_LINE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
ulak_own_acts_apply_async (UlakChat *chat, const UlakPlan *plan, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (chat, NULL, callback, user_data);
  UlakInbound *inbound = ulak_inbound_new ();
  Act *act = g_new0 (Act, 1);

  g_task_set_source_tag (task, ulak_own_acts_apply_async);
  act->chat_jid = plan->chat_jid;
  act->chat = g_strdup (plan->chat);
  act->network_id = g_strdup (plan->network_id);
  act->target_id = g_strdup (plan->target.network_id);
  act->target_from = g_strdup (plan->target.from);
  act->by = g_strdup (ulak_chat_get_me (chat)->phone.user);
  act->now_us = ulak_clock_get_wall_us (ulak_chat_get_clock (chat));
  ulak_inbound_set_prepare (inbound, act_run, act, act_free);
  ulak_line_commit_inbound_async (ulak_chat_get_line (chat), inbound, committed_cb, task);
}

gboolean
ulak_own_acts_apply_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
