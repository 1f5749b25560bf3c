/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/social.md, "Presence".
 */
#include "whatsapp/social/presence.h"

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/social/question.h"

#include <string.h>

/* --- in --- */

typedef struct
{
  UlakNode *stanza; /* (owned) */
  gint64 now_us;
} Sight;

static void
sight_free (gpointer data)
{
  Sight *self = data;

  ulak_node_unref (self->stanza);
  g_free (self);
}

static const char *
read_state (const UlakNode *stanza)
{
  const UlakNode *child = ulak_node_get_first (stanza);

  if (ulak_node_is (stanza, "presence"))
    return g_strcmp0 (ulak_node_get_attribute (stanza, "type"), "unavailable") == 0 ? "unavailable" : "available";
  if (child == NULL || ulak_node_is (child, "paused"))
    return child == NULL ? NULL : "paused";
  if (!ulak_node_is (child, "composing"))
    return NULL;
  return g_strcmp0 (ulak_node_get_attribute (child, "media"), "audio") == 0 ? "recording" : "composing";
}

static void
set_last_seen (JsonObject *presence, const UlakNode *stanza)
{
  g_autofree char *text = NULL;
  guint64 last_s = 0;

  if (!ulak_node_read_number (stanza, "last", G_MAXINT32, &last_s, NULL) || last_s == 0)
    {
      json_object_set_null_member (presence, "last_seen");
      return;
    }
  text = ulak_format_rfc3339 ((gint64) last_s * G_USEC_PER_SEC);
  json_object_set_string_member (presence, "last_seen", text);
}

static gboolean
sight_run (UlakDatabase *database, UlakInbound *inbound, gpointer data, GError **error)
{
  Sight *self = data;
  const char *state = read_state (self->stanza);
  g_autoptr (JsonObject) event = json_object_new ();
  JsonObject *presence = json_object_new ();
  g_autofree char *chat = NULL, *from = NULL;
  UlakJid jid, person;

  json_object_set_object_member (event, "presence", presence);
  if (state == NULL || !ulak_node_read_jid (self->stanza, "from", &jid, NULL) || jid.user[0] == '\0')
    return TRUE;
  if (!ulak_node_read_jid (self->stanza, "participant", &person, NULL))
    person = jid;
  if (!ulak_people_name (database, &jid, &chat, error) || !ulak_people_name (database, &person, &from, error))
    return FALSE;
  json_object_set_string_member (presence, "chat", chat);
  json_object_set_string_member (presence, "from", from);
  json_object_set_string_member (presence, "state", state);
  set_last_seen (presence, self->stanza);
  ulak_inbound_add_passing_event (inbound, "presence.updated", chat, self->now_us, event);
  return TRUE;
}

static void
told_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  if (!ulak_line_commit_inbound_finish (ULAK_LINE (source), result, &error))
    ulak_log_debug (NULL, "A presence was not told: %s", error->message);
}

void
ulak_presence_take (UlakChat *chat, const UlakNode *stanza)
{
  UlakInbound *inbound = ulak_inbound_new ();
  Sight *sight = g_new0 (Sight, 1);

  sight->stanza = ulak_node_ref (stanza);
  sight->now_us = ulak_clock_get_wall_us (ulak_chat_get_clock (chat));
  ulak_inbound_set_prepare (inbound, sight_run, sight, sight_free);
  ulak_line_commit_inbound_async (ulak_chat_get_line (chat), inbound, told_cb, NULL);
}

/* --- out --- */

static const struct
{
  const char *state, *tag, *media;
} states[] = { { "composing", "composing", NULL }, { "recording", "composing", "audio" }, { "paused", "paused", NULL } };

static void
build_typing (UlakNodeBuilder *builder, const char *state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (strcmp (states[i].state, state) == 0)
      {
        ulak_node_builder_open (builder, states[i].tag);
        ulak_node_builder_add_text (builder, "media", states[i].media);
        ulak_node_builder_close (builder);
      }
}

static void
build_subscription (UlakNodeBuilder *builder, const UlakQuestion *question)
{
  const UlakPerson *person = question->people->len == 0 ? NULL : g_ptr_array_index (question->people, 0);

  if (person == NULL || person->token == NULL)
    return;
  ulak_node_builder_open (builder, "tctoken");
  ulak_node_builder_set_bytes (builder, g_bytes_get_data (person->token, NULL), g_bytes_get_size (person->token));
  ulak_node_builder_close (builder);
}

static UlakNode *
make_stanza (const UlakQuestion *question, GError **error)
{
  const char *state = question->text;
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new (state != NULL ? "chatstate" : "presence");

  if (state == NULL)
    ulak_node_builder_add_text (builder, "type", "subscribe");
  ulak_node_builder_add_jid (builder, "to", ulak_question_get_chat (question));
  if (state != NULL)
    build_typing (builder, state);
  else
    build_subscription (builder, question);
  return ulak_node_builder_end (builder, error);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  UlakQuestion *question = ulak_question_find_finish (result, &error);
  g_autoptr (UlakNode) node = question == NULL ? NULL : make_stanza (question, &error);

  if (node != NULL && ulak_wire_send (ulak_chat_get_wire (ULAK_CHAT (source)), node, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
check_state (const char *state, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (state == NULL || strcmp (states[i].state, state) == 0)
      return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "state: must be composing, recording or paused");
  return FALSE;
}

void
ulak_presence_send_async (UlakChat *chat, const char *whom, const char *state, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (chat, NULL, callback, user_data);
  UlakQuestion *question = ulak_question_new (chat, NULL);
  GError *error = NULL;

  g_task_set_source_tag (task, ulak_presence_send_async);
  question->text = g_strdup (state);
  if (check_state (state, &error) && ulak_question_set_chat (question, whom, &error))
    {
      ulak_question_find_async (question, found_cb, task);
      return;
    }
  ulak_question_free (question);
  g_task_return_error (task, error);
  g_object_unref (task);
}

gboolean
ulak_presence_send_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
