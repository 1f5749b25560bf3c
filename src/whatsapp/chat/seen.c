/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Seen: read receipts and typing. Nothing of it leaves in ghost mode.
 *
 * The receipts name chat and author in the form in which the chat is addressed, one receipt for each author.
 */
#include "whatsapp/chat/chat-private.h"

#include "core/error.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/group-cache.h"

/* What was read of one author. */
typedef struct
{
  char *from;     /* (owned): sender's id */
  GPtrArray *ids; /* (owned) (element-type utf8) */
  UlakJid author; /* out */
  gboolean has_author;
} Share;

typedef struct
{
  UlakJid chat;
  UlakJid chat_jid; /* out */
  gboolean as_lid;
  GPtrArray *shares; /* (owned) (element-type Share) */
  GPtrArray *played; /* (owned) (element-type Share) */
  gboolean typing;
} Marking;

static void
share_free (gpointer data)
{
  Share *self = data;

  g_free (self->from);
  g_ptr_array_unref (self->ids);
  g_free (self);
}

static void
marking_free (gpointer data)
{
  Marking *self = data;

  g_ptr_array_unref (self->shares);
  g_ptr_array_unref (self->played);
  g_free (self);
}

/* --- store's thread --- */

static gboolean
find_jid (UlakDatabase *database, const char *id, gboolean as_lid, UlakJid *jid_out, GError **error)
{
  UlakPeer peer;
  UlakJid jid;

  if (!ulak_people_parse_chat (id, &jid))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "‘%s’ is no person of WhatsApp", id);
      return FALSE;
    }
  *jid_out = jid;
  if (!ulak_jid_is_user (&jid))
    return TRUE;
  if (!ulak_peers_find (database, &jid, &peer, error))
    return FALSE;
  if (peer.id != 0)
    ulak_people_get_jid (&peer, as_lid, 0, jid_out);
  return TRUE;
}

static gboolean
find_authors (UlakDatabase *database, const Marking *self, GPtrArray *shares, gboolean as_lid, GError **error)
{
  for (guint i = 0; i < shares->len; i++)
    {
      Share *share = g_ptr_array_index (shares, i);

      share->has_author = !ulak_jid_is_user (&self->chat);
      if (share->has_author && !find_jid (database, share->from, as_lid, &share->author, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
find_run (UlakDatabase *database, gpointer data, GError **error)
{
  Marking *self = data;
  g_autofree char *name = ulak_jid_print (&self->chat);
  g_autoptr (UlakGroup) group = NULL;
  gboolean as_lid = self->as_lid;

  if (!ulak_jid_is_user (&self->chat) && !ulak_group_cache_get (database, name, &group, error))
    return FALSE;
  if (group != NULL)
    as_lid = group->uses_lid;
  return find_jid (database, name, as_lid, &self->chat_jid, error)
         && find_authors (database, self, self->shares, as_lid, error)
         && find_authors (database, self, self->played, as_lid, error);
}

/* --- main thread --- */

static void
send_typing (UlakChat *self, const UlakJid *to)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("chatstate");
  g_autoptr (UlakNode) node = NULL;

  ulak_node_builder_add_jid (builder, "to", to);
  ulak_node_builder_open (builder, "composing");
  ulak_node_builder_close (builder);
  node = ulak_node_builder_end (builder, NULL);
  ulak_wire_send (self->wire, node, NULL);
}

/* type: of the receipt; ours alone see one that ends in -self */
static gboolean
send_share (UlakChat *self, const Marking *marking, Share *share, const char *type, GError **error)
{
  g_autoptr (UlakNode) node = NULL;

  g_ptr_array_add (share->ids, NULL);
  node = ulak_answer_seen (type, &marking->chat_jid, share->has_author ? &share->author : NULL,
                           (const char *const *) share->ids->pdata,
                           ulak_clock_get_wall_us (self->clock) / G_USEC_PER_SEC);
  return ulak_wire_send (self->wire, node, error);
}

static gboolean
is_hidden (UlakChat *self, const Marking *marking)
{
  return self->hides_reading || marking->chat.server == ULAK_JID_SERVER_NEWSLETTER;
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakChat *self = ULAK_CHAT (g_task_get_source_object (task));
  GError *error = NULL;
  Marking *marking = ulak_store_finish (ULAK_STORE (source), result, &error);

  for (guint i = 0; error == NULL && i < marking->shares->len; i++)
    send_share (self, marking, g_ptr_array_index (marking->shares, i), is_hidden (self, marking) ? "read-self" : "read",
                &error);
  for (guint i = 0; error == NULL && i < marking->played->len; i++)
    send_share (self, marking, g_ptr_array_index (marking->played, i), is_hidden (self, marking) ? "played-self" : "played",
                &error);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (marking->typing)
    send_typing (self, &marking->chat_jid);
  g_task_return_boolean (task, TRUE);
}

static Share *
find_share (GPtrArray *shares, const char *from)
{
  Share *share;

  for (guint i = 0; i < shares->len; i++)
    {
      share = g_ptr_array_index (shares, i);
      if (g_str_equal (share->from, from) && share->ids->len < ULAK_RECEIPT_IDS_MAX)
        return share;
    }
  share = g_new0 (Share, 1);
  share->from = g_strdup (from);
  share->ids = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (shares, share);
  return share;
}

static gboolean
is_recording (const UlakReadMessage *message)
{
  static const char *const types[] = { "voice", "audio", NULL };

  return message->type != NULL && g_strv_contains (types, message->type);
}

static void
add_message (Marking *self, const UlakReadMessage *message, gboolean is_played)
{
  if (message->from == NULL)
    return;
  g_ptr_array_add (find_share (self->shares, message->from)->ids, g_strdup (message->network_id));
  if (is_played && is_recording (message))
    g_ptr_array_add (find_share (self->played, message->from)->ids, g_strdup (message->network_id));
}

void
ulak_chat_mark_messages_async (UlakChat *self,
                               const UlakReadMark *mark,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Marking *marking = g_new0 (Marking, 1);

  g_task_set_source_tag (task, ulak_chat_mark_messages_async);
  marking->shares = g_ptr_array_new_with_free_func (share_free);
  marking->played = g_ptr_array_new_with_free_func (share_free);
  marking->typing = mark->typing;
  marking->as_lid = ulak_chat_is_lid (self);
  if (self->is_ghost || !ulak_people_parse_chat (mark->chat, &marking->chat))
    {
      marking_free (marking);
      if (self->is_ghost)
        g_task_return_boolean (task, TRUE);
      else
        g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_INVALID, "‘%s’ is no chat of WhatsApp", mark->chat);
      g_object_unref (task);
      return;
    }
  for (guint i = 0; i < mark->n_messages; i++)
    add_message (marking, &mark->messages[i], mark->played);
  ulak_store_read_async (ulak_line_get_store (self->line), find_run, marking, marking_free, found_cb, task);
}

gboolean
ulak_chat_mark_messages_finish (UlakChat *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
