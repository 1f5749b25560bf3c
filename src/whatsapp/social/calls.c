/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/social.md, "Calls".
 */
#include "whatsapp/social/calls.h"

#include "whatsapp/chat/people.h"
#include "whatsapp/social/question.h"

#include <string.h>

/* --- in --- */

static const struct
{
  const char *tag, *status;
} steps[] = {
  { "offer", "offer" },        { "offer_notice", "offer" },  { "accept", "accepted" },
  { "reject", "rejected" },    { "terminate", "ended" },     { "timeout", "ended" },
};

static const char *
status_of (const UlakNode *step)
{
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    if (ulak_node_is (step, steps[i].tag))
      return steps[i].status;
  return NULL;
}

static gint64
time_of (const UlakNode *stanza)
{
  guint64 t = 0;

  ulak_node_read_number (stanza, "t", G_MAXINT64 / G_USEC_PER_SEC, &t, NULL);
  return (gint64) t * G_USEC_PER_SEC;
}

static gboolean
name_caller (UlakDatabase *database, const UlakNode *stanza, const UlakNode *step, char **name_out, GError **error)
{
  UlakJid caller, phone;
  UlakPeer peer;

  *name_out = NULL;
  if (!ulak_node_read_jid (step, "call-creator", &caller, NULL) && !ulak_node_read_jid (stanza, "from", &caller, NULL))
    return TRUE;
  if (!ulak_jid_is_user (&caller))
    return TRUE;
  if (!ulak_jid_is_lid (&caller) || !ulak_node_read_jid (step, "caller_pn", &phone, NULL) || !ulak_jid_is_phone (&phone))
    phone = (UlakJid){ 0 };
  if (!ulak_people_meet (database, &caller, &phone, time_of (stanza), &peer, error))
    return FALSE;
  *name_out = ulak_people_name_peer (&peer, &caller);
  return TRUE;
}

static JsonObject *
make_event (const UlakNode *step, const char *id, const char *from, const char *status)
{
  const char *group = ulak_node_get_attribute (step, "group-jid");
  JsonObject *data = json_object_new ();
  JsonObject *call = json_object_new ();

  json_object_set_string_member (call, "id", id);
  json_object_set_string_member (call, "from", from);
  json_object_set_string_member (call, "status", status);
  json_object_set_boolean_member (call, "video", ulak_node_get_child (step, "video") != NULL);
  if (group != NULL)
    json_object_set_string_member (call, "group", group);
  else
    json_object_set_null_member (call, "group");
  json_object_set_object_member (data, "call", call);
  return data;
}

static gboolean
take_call (UlakDatabase *database,
           UlakInbound *inbound,
           const UlakNode *stanza,
           gpointer data G_GNUC_UNUSED,
           GError **error)
{
  for (const UlakNode *step = ulak_node_get_first (stanza); step != NULL; step = ulak_node_get_next (step))
    {
      const char *status = status_of (step);
      const char *id = ulak_node_get_attribute (step, "call-id");
      g_autoptr (JsonObject) event = NULL;
      g_autofree char *from = NULL;

      if (status == NULL || id == NULL || strlen (id) > ULAK_CALL_ID_MAX)
        continue;
      if (!name_caller (database, stanza, step, &from, error))
        return FALSE;
      if (from == NULL)
        continue;
      event = make_event (step, id, from, status);
      ulak_inbound_add_event (inbound, "call.received", from, time_of (stanza), event);
    }
  return TRUE;
}

void
ulak_calls_watch (UlakChat *chat)
{
  ulak_chat_handle (chat, "call", "", take_call, NULL, NULL);
}

/* --- out --- */

static UlakNode *
make_reject (UlakChat *chat, const char *call_id, const UlakJid *caller, GError **error)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("call");
  g_autofree char *id = ulak_wire_make_id (ulak_chat_get_wire (chat));

  ulak_node_builder_add_jid (builder, "to", caller);
  ulak_node_builder_add_text (builder, "id", id);
  ulak_node_builder_open (builder, "reject");
  ulak_node_builder_add_text (builder, "call-id", call_id);
  ulak_node_builder_add_jid (builder, "call-creator", caller);
  ulak_node_builder_add_text (builder, "count", "0");
  return ulak_node_builder_end (builder, error);
}

static void
found_caller_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakChat *chat = ULAK_CHAT (source);
  GError *error = NULL;
  UlakQuestion *question = ulak_question_find_finish (result, &error);
  g_autoptr (UlakNode) node
      = question == NULL ? NULL : make_reject (chat, question->text, ulak_question_get_chat (question), &error);

  if (node != NULL && ulak_wire_send (ulak_chat_get_wire (chat), node, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
ulak_calls_reject_async (UlakChat *chat, const char *id, const char *from, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (chat, NULL, callback, user_data);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  UlakQuestion *question = ulak_question_new (chat, NULL);
  GError *error = NULL;

  g_task_set_source_tag (task, ulak_calls_reject_async);
  question->text = g_strdup (id);
  if (*id == '\0' || strlen (id) > ULAK_CALL_ID_MAX)
    ulak_issues_add (issues, "call_id", "must have 1 to %d characters", ULAK_CALL_ID_MAX);
  ulak_question_add_person (question, from, "from", issues);
  if (ulak_issues_to_error (issues, &error))
    {
      ulak_question_find_async (question, found_caller_cb, task);
      return;
    }
  ulak_question_free (question);
  g_task_return_error (task, error);
  g_object_unref (task);
}

gboolean
ulak_calls_reject_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
