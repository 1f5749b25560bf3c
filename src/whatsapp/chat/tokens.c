/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/sending.md, "Tokens".
 */
#include "whatsapp/chat/tokens.h"

#include "core/json.h"
#include "core/log.h"
#include "whatsapp/chat/chat-private.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/privacy-tokens.h"

#include <string.h>

#define LOCK_QUERY "23983697327930364"
#define LOCK_PATH "xwa2_fetch_account_reachout_timelock"
#define LOCK_DEFAULT_S 60 /* locked, and no end was told */

/* --- given --- */

typedef struct
{
  UlakChat *chat; /* (owned) */
  UlakJid user;
  gint64 now_s;
} Giving;

static void
giving_free (gpointer data)
{
  Giving *self = data;

  g_object_unref (self->chat);
  g_free (self);
}

static gboolean
mark_run (UlakDatabase *database, gpointer data, GError **error)
{
  const Giving *self = data;
  UlakPeer peer;

  return ulak_peers_find (database, &self->user, &peer, error)
         && (peer.id == 0 || ulak_privacy_tokens_mark_ours (database, peer.id, self->now_s, error));
}

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  ulak_store_finish (ULAK_STORE (source), result, &error);
  if (error != NULL)
    ulak_log_info (NULL, "That a token was given was not kept: %s", error->message);
}

static void
given_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Giving *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_wire_query_finish (ULAK_WIRE (source), result, NULL, &error);

  if (answer == NULL)
    {
      ulak_log_info (NULL, "A token was not given: %s", error->message);
      giving_free (self);
      return;
    }
  ulak_store_write_async (ulak_line_get_store (self->chat->line), mark_run, self, giving_free, marked_cb, NULL);
}

void
ulak_tokens_give (UlakChat *chat, const UlakJid *user)
{
  UlakNodeBuilder *query;
  Giving *self;

  if (!chat->is_online)
    return;
  self = g_new0 (Giving, 1);
  self->chat = g_object_ref (chat);
  self->user = *user;
  self->now_s = ulak_clock_get_wall_us (chat->clock) / G_USEC_PER_SEC;
  query = ulak_wire_begin_query (chat->wire, "set", "privacy", NULL);
  ulak_node_builder_open (query, "tokens");
  ulak_node_builder_open (query, "token");
  ulak_node_builder_add_jid (query, "jid", user);
  ulak_node_builder_add_number (query, "t", (guint64) self->now_s);
  ulak_node_builder_add_text (query, "type", "trusted_contact");
  ulak_node_builder_close (query);
  ulak_node_builder_close (query);
  ulak_wire_query_async (chat->wire, query, NULL, given_cb, self);
}

/* --- the lock --- */

static gint64
read_number (JsonObject *object, const char *name)
{
  const char *text = ulak_json_peek_string (object, name);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : ulak_json_peek_integer (object, name, 0);
}

static gint64
read_lock (const UlakNode *answer, gint64 now_us)
{
  const UlakNode *node = ulak_node_get_child (answer, "result");
  g_autofree char *text = node == NULL ? NULL : ulak_node_dup_text (node);
  g_autoptr (JsonObject) document = NULL;
  JsonObject *lock;
  gint64 until_s;

  if (text != NULL)
    document = ulak_json_parse_object (text, strlen (text), &ULAK_JSON_LIMITS_ANSWER, NULL);
  lock = document == NULL ? NULL : ulak_json_peek_object (document, "data");
  lock = lock == NULL ? NULL : ulak_json_peek_object (lock, LOCK_PATH);
  if (lock == NULL || !ulak_json_peek_boolean (lock, "is_active", FALSE))
    return 0;
  until_s = read_number (lock, "time_enforcement_ends");
  if (until_s <= 0 || until_s > G_MAXINT64 / G_USEC_PER_SEC)
    until_s = now_us / G_USEC_PER_SEC + LOCK_DEFAULT_S;
  return until_s * G_USEC_PER_SEC;
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakChat *chat = ULAK_CHAT (g_task_get_source_object (task));
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_wire_query_finish (ULAK_WIRE (source), result, NULL, &error);
  gint64 *until_us = g_new0 (gint64, 1);

  if (answer != NULL)
    *until_us = read_lock (answer, ulak_clock_get_wall_us (chat->clock));
  else
    ulak_log_info (NULL, "Whether this account may start chats is not known: %s", error->message);
  g_task_return_pointer (task, until_us, g_free);
}

void
ulak_tokens_ask_lock_async (UlakChat *chat, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (chat, NULL, callback, user_data);
  UlakNodeBuilder *query = ulak_wire_begin_query (chat->wire, "get", "w:mex", NULL);

  g_task_set_source_tag (task, ulak_tokens_ask_lock_async);
  ulak_node_builder_open (query, "query");
  ulak_node_builder_add_text (query, "query_id", LOCK_QUERY);
  ulak_node_builder_set_text (query, "{\"variables\":{}}");
  ulak_node_builder_close (query);
  ulak_wire_query_async (chat->wire, query, NULL, asked_cb, task);
}

gint64
ulak_tokens_ask_lock_finish (UlakChat *chat, GAsyncResult *result)
{
  g_autofree gint64 *until_us = NULL;

  g_return_val_if_fail (g_task_is_valid (result, chat), 0);
  until_us = g_task_propagate_pointer (G_TASK (result), NULL);
  return *until_us;
}

/* --- taken --- */

static gboolean
take_token (UlakDatabase *database, UlakEntry *entry, const UlakPeer *peer, const UlakNode *token, GError **error)
{
  gsize size_bytes = 0;
  const guint8 *bytes = ulak_node_get_bytes (token, &size_bytes);
  gboolean is_news = FALSE;
  guint64 t = 0;

  if (!ulak_node_is (token, "token") || bytes == NULL
      || g_strcmp0 (ulak_node_get_attribute (token, "type"), "trusted_contact") != 0
      || !ulak_node_read_number (token, "t", G_MAXINT64 / G_USEC_PER_SEC, &t, NULL))
    return TRUE;
  if (!ulak_privacy_tokens_put (database, peer->id, ULAK_SPAN (bytes, size_bytes), (gint64) t, &is_news, error))
    return FALSE;
  entry->verdict.has_new_token |= is_news;
  return TRUE;
}

gboolean
ulak_tokens_take (UlakDatabase *database, UlakEntry *entry, GError **error)
{
  const UlakNode *tokens = ulak_node_get_child (entry->stanza, "tokens");
  const char *other = ulak_node_get_attribute (entry->stanza, "sender_lid");
  UlakJid from, lid = { 0 };
  UlakPeer peer;

  if (tokens == NULL || !ulak_node_read_jid (entry->stanza, "from", &from, NULL) || !ulak_jid_is_user (&from))
    return TRUE;
  if (other != NULL && (!ulak_jid_parse (other, &lid, NULL) || !ulak_jid_is_lid (&lid) || ulak_jid_is_lid (&from)))
    lid = (UlakJid){ 0 };
  if (!ulak_people_meet (database, &from, &lid, entry->view.now_us, &peer, error))
    return FALSE;
  for (const UlakNode *token = ulak_node_get_first (tokens); token != NULL; token = ulak_node_get_next (token))
    if (!take_token (database, entry, &peer, token, error))
      return FALSE;
  return TRUE;
}
