/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 *   parse ─▶ find the chat and its newest or oldest message (store's thread) ─▶ one record after the other, or one question
 */
#include "whatsapp/social/chat-changes.h"

#include "core/clock.h"
#include "core/error.h"
#include "core/issues.h"
#include "core/json.h"
#include "whatsapp/chat/content-write.h"
#include "whatsapp/social/chat-place.h"
#include "whatsapp/social/question.h"

#include <string.h>

#define FOR_EVER_MS (-1)
#define FOR_EVER "forever"

/* --- changes --- */

typedef struct
{
  UlakChat *chat;          /* (owned) */
  UlakAppState *app_state; /* (owned) */
  GArray *changes;         /* (owned) (element-type UlakAppStateChange): without chat and message */
  guint next;
  UlakChatPlace *place;            /* (owned) (nullable): until it is found */
} Changing;

static void
changing_free (gpointer data)
{
  Changing *self = data;

  g_clear_object (&self->chat);
  g_clear_object (&self->app_state);
  g_array_unref (self->changes);
  g_clear_pointer (&self->place, ulak_chat_place_free);
  g_free (self);
}

static void
add (GArray *changes, UlakAppStateChangeKind kind, gboolean is_on, gint64 until_ms)
{
  const UlakAppStateChange change = { .kind = kind, .is_on = is_on, .until_ms = until_ms };

  g_array_append_val (changes, change);
}

static void
read_flag (JsonObject *json, const char *name, UlakAppStateChangeKind kind, GArray *changes, UlakIssues *issues)
{
  if (ulak_question_gives (json, name))
    add (changes, kind, ulak_json_read_boolean (json, "", name, FALSE, issues), 0);
}

static void
read_mute (JsonObject *json, GArray *changes, UlakIssues *issues)
{
  JsonNode *node = json_object_get_member (json, "muted_until");
  const char *text = node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
                         ? json_node_get_string (node)
                         : NULL;
  gint64 until_us = 0;

  if (node == NULL)
    return;
  if (JSON_NODE_HOLDS_NULL (node))
    add (changes, ULAK_APP_STATE_MUTE, FALSE, 0);
  else if (g_strcmp0 (text, FOR_EVER) == 0)
    add (changes, ULAK_APP_STATE_MUTE, TRUE, FOR_EVER_MS);
  else if (text != NULL && ulak_parse_rfc3339 (text, &until_us))
    add (changes, ULAK_APP_STATE_MUTE, TRUE, until_us / 1000);
  else
    ulak_issues_add (issues, "muted_until", "must be a time as RFC 3339, \"" FOR_EVER "\" or null");
}

/* (transfer full): archiving takes a pin away, so it comes first. */
static GArray *
read_changes (JsonObject *json, GError **error)
{
  static const char *const known[] = { "archived", "pinned", "muted_until", "read", NULL };
  g_autoptr (GArray) changes = g_array_new (FALSE, TRUE, sizeof (UlakAppStateChange));
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  ulak_json_refuse_unknown (json, "", known, issues);
  read_flag (json, "archived", ULAK_APP_STATE_ARCHIVE, changes, issues);
  read_flag (json, "pinned", ULAK_APP_STATE_PIN, changes, issues);
  read_mute (json, changes, issues);
  read_flag (json, "read", ULAK_APP_STATE_MARK_READ, changes, issues);
  if (changes->len == 0 && ulak_issues_count (issues) == 0)
    ulak_issues_add (issues, "", "names no change; allowed: archived, pinned, muted_until, read");
  return ulak_issues_to_error (issues, error) ? g_steal_pointer (&changes) : NULL;
}

static void change_next (GTask *task /* (transfer full) */);

static void
changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (ulak_app_state_change_finish (ULAK_APP_STATE (source), result, &error))
    {
      change_next (task);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
change_next (GTask *task)
{
  Changing *self = g_task_get_task_data (task);
  const UlakChatPlace *place = self->place;
  const UlakAppStateMessage last = ulak_chat_place_get_message (place);
  UlakAppStateChange change;

  if (self->next == self->changes->len)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  change = g_array_index (self->changes, UlakAppStateChange, self->next++);
  change.chat = place->jid_text;
  change.last = place->network_id == NULL ? NULL : &last;
  ulak_app_state_change_async (self->app_state, &change, NULL, changed_cb, task);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Changing *self = g_task_get_task_data (task);
  GError *error = NULL;
  UlakChatPlace *found = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (found == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  self->place = ulak_chat_place_steal (found);
  change_next (task);
}

void
ulak_chat_changes_async (UlakChat *chat,
                         UlakAppState *app_state,
                         const char *id,
                         JsonObject *changes,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (chat, NULL, callback, user_data);
  Changing *self;
  GError *error = NULL;
  UlakChatPlace *place;
  GArray *list = read_changes (changes, &error);

  g_task_set_source_tag (task, ulak_chat_changes_async);
  place = list == NULL ? NULL : ulak_chat_place_new (chat, id, &error);
  if (place == NULL)
    {
      g_clear_pointer (&list, g_array_unref);
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  self = g_new0 (Changing, 1);
  self->chat = g_object_ref (chat);
  self->app_state = g_object_ref (app_state);
  self->changes = list;
  g_task_set_task_data (task, self, changing_free);
  ulak_store_read_async (ulak_line_get_store (ulak_chat_get_line (chat)), ulak_chat_place_find, place, ulak_chat_place_free,
                         found_cb, task);
}

/* --- a star --- */

typedef struct
{
  UlakAppState *app_state; /* (owned) */
  gboolean is_starred;
} Starring;

static void
starring_free (gpointer data)
{
  g_object_unref (((Starring *) data)->app_state);
  g_free (data);
}

static void
starred_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_app_state_change_finish (ULAK_APP_STATE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
message_found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Starring *self = g_task_get_task_data (task);
  GError *error = NULL;
  const UlakChatPlace *found = ulak_store_finish (ULAK_STORE (source), result, &error);
  UlakAppStateMessage message;

  if (found != NULL && found->network_id == NULL)
    error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no such message that WhatsApp knows");
  if (error != NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  message = ulak_chat_place_get_message (found);
  ulak_app_state_change_async (self->app_state,
                               &(const UlakAppStateChange){
                                   .kind = ULAK_APP_STATE_STAR,
                                   .chat = found->jid_text,
                                   .is_on = self->is_starred,
                                   .last = &message,
                               },
                               NULL, starred_cb, task);
}

void
ulak_chat_star_async (UlakChat *chat,
                      UlakAppState *app_state,
                      const char *message,
                      gboolean is_starred,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  GTask *task = g_task_new (chat, NULL, callback, user_data);
  Starring *starring = g_new0 (Starring, 1);
  UlakChatPlace *place = ulak_chat_place_new_for_message (chat, message);

  g_task_set_source_tag (task, ulak_chat_star_async);
  starring->app_state = g_object_ref (app_state);
  starring->is_starred = is_starred;
  g_task_set_task_data (task, starring, starring_free);
  ulak_store_read_async (ulak_line_get_store (ulak_chat_get_line (chat)), ulak_chat_place_find_message, place,
                         ulak_chat_place_free, message_found_cb, task);
}

gboolean
ulak_chat_changes_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- older messages --- */

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_chat_send_peer_finish (ULAK_CHAT (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
oldest_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakChat *chat = g_task_get_source_object (task);
  GError *error = NULL;
  const UlakChatPlace *found = ulak_store_finish (ULAK_STORE (source), result, &error);
  g_autoptr (GBytes) message = NULL;

  if (found != NULL && found->network_id == NULL)
    error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "No message of that chat is stored");
  if (error != NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  message = ulak_content_write_history_request (
      &(const UlakContentKey){
          .chat = found->jid_text, .id = found->network_id, .from_me = found->is_from_me, .participant = found->participant },
      found->timestamp_s, GPOINTER_TO_UINT (g_task_get_task_data (task)));
  ulak_chat_send_peer_async (chat, message, "high_force", asked_cb, task);
}

void
ulak_chat_history_async (UlakChat *chat, const char *id, guint count, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (chat, NULL, callback, user_data);
  GError *error = NULL;
  UlakChatPlace *place = NULL;

  g_task_set_source_tag (task, ulak_chat_history_async);
  g_task_set_task_data (task, GUINT_TO_POINTER (count), NULL);
  if (count < 1 || count > ULAK_CHAT_HISTORY_MAX)
    g_set_error (&error, ULAK_ERROR, ULAK_ERROR_INVALID, "count: must be 1 to %d", ULAK_CHAT_HISTORY_MAX);
  else
    place = ulak_chat_place_new (chat, id, &error);
  if (place == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  place->is_oldest = TRUE;
  ulak_store_read_async (ulak_line_get_store (ulak_chat_get_line (chat)), ulak_chat_place_find, place, ulak_chat_place_free,
                         oldest_cb, task);
}

gboolean
ulak_chat_history_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
