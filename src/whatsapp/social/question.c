/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/social/question.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/chat/groups.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/privacy-tokens.h"

#include <string.h>

#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15 /* E.164 */

/* --- a question --- */

static void
ulak_person_free (gpointer data)
{
  UlakPerson *self = data;

  g_free (self->id);
  g_clear_pointer (&self->token, g_bytes_unref);
  g_free (self);
}

UlakQuestion *
ulak_question_new (UlakChat *chat, const UlakQuestionKind *kind)
{
  UlakQuestion *self = g_new0 (UlakQuestion, 1);

  self->kind = kind;
  self->chat = g_object_ref (chat);
  self->people = g_ptr_array_new_with_free_func (ulak_person_free);
  self->now_us = ulak_clock_get_wall_us (ulak_chat_get_clock (chat));
  return self;
}

void
ulak_question_free (UlakQuestion *self)
{
  if (self == NULL)
    return;
  g_object_unref (self->chat);
  g_clear_pointer (&self->group, json_object_unref);
  g_ptr_array_unref (self->people);
  g_clear_pointer (&self->input, json_object_unref);
  g_free (self->text);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

static gboolean
is_phone_number (const char *text)
{
  gsize n_digits = strspn (text, "0123456789");

  return text[n_digits] == '\0' && text[0] != '0' && n_digits >= PHONE_DIGITS_MIN && n_digits <= PHONE_DIGITS_MAX;
}

static gboolean
parse_person (const char *id, UlakJid *jid_out)
{
  const char *text = id[0] == '+' ? id + 1 : id;
  UlakJid jid;

  if (is_phone_number (text))
    return ulak_people_parse_chat (text, jid_out);
  if (!ulak_jid_parse (id, &jid, NULL) || !ulak_jid_is_user (&jid) || jid.user[0] == '\0')
    return FALSE;
  *jid_out = ulak_jid_get_account (&jid);
  return TRUE;
}

void
ulak_question_add_person (UlakQuestion *self, const char *id, const char *path, UlakIssues *issues)
{
  UlakPerson *person;
  UlakJid jid;

  if (!parse_person (id, &jid))
    {
      ulak_issues_add (issues, path, "must be a phone number with its country code, %d to %d digits and no 0 first, or LIDUSER@lid", PHONE_DIGITS_MIN,
                       PHONE_DIGITS_MAX);
      return;
    }
  if (self->people->len >= ULAK_QUESTION_PEOPLE_MAX)
    {
      ulak_issues_add (issues, path, "only %d people may be named", ULAK_QUESTION_PEOPLE_MAX);
      return;
    }
  person = g_new0 (UlakPerson, 1);
  person->id = g_strdup (id);
  person->jid = jid;
  g_ptr_array_add (self->people, person);
}

void
ulak_question_add_people (UlakQuestion *self, const char *const *ids, const char *path, UlakIssues *issues)
{
  if (ids[0] == NULL)
    ulak_issues_add (issues, path, "must name 1 to %d people", ULAK_QUESTION_PEOPLE_MAX);
  for (guint i = 0; ids[i] != NULL && i <= ULAK_QUESTION_PEOPLE_MAX; i++)
    {
      g_autofree char *element = g_strdup_printf ("%s[%u]", path, i);

      ulak_question_add_person (self, ids[i], element, issues);
    }
}

gboolean
ulak_question_set_group (UlakQuestion *self, const char *group, GError **error)
{
  if (ulak_jid_parse (group, &self->target, NULL) && self->target.server == ULAK_JID_SERVER_GROUP
      && self->target.user[0] != '\0')
    return TRUE;
  self->target = (UlakJid){ 0 };
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "group: must be the id of a group, ...@g.us");
  return FALSE;
}

gboolean
ulak_question_set_chat (UlakQuestion *self, const char *chat, GError **error)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  if (g_str_has_suffix (chat, "@g.us"))
    return ulak_question_set_group (self, chat, error);
  ulak_question_add_person (self, chat, "chat", issues);
  return ulak_issues_to_error (issues, error);
}

const UlakJid *
ulak_question_get_chat (const UlakQuestion *self)
{
  if (self->target.user[0] != '\0' || self->people->len == 0)
    return &self->target;
  return &((UlakPerson *) g_ptr_array_index (self->people, 0))->jid;
}

gboolean
ulak_question_gives (JsonObject *input, const char *name)
{
  JsonNode *node = json_object_get_member (input, name);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node);
}

void
ulak_question_check_changes (JsonObject *changes, const char *const *known, UlakIssues *issues)
{
  g_autofree char *allowed = g_strjoinv (", ", (GStrv) known);

  ulak_json_refuse_unknown (changes, "", known, issues);
  for (gsize i = 0; known[i] != NULL; i++)
    if (ulak_question_gives (changes, known[i]))
      return;
  if (ulak_issues_count (issues) == 0)
    ulak_issues_add (issues, "", "names no change; allowed: %s", allowed);
}

gint64
ulak_question_read_timer (JsonObject *input, const char *name, gint64 fallback, UlakIssues *issues)
{
  static const gint64 timers_s[] = { 0, 86400, 604800, 7776000 };
  gint64 timer_s = ulak_json_read_integer (input, "", name, ULAK_JSON_OPTIONAL, G_MININT64, G_MAXINT64, fallback, issues);

  for (gsize i = 0; i < G_N_ELEMENTS (timers_s); i++)
    if (timers_s[i] == timer_s)
      return timer_s;
  if (timer_s != fallback)
    ulak_issues_add (issues, name, "must be 0, 86400, 604800 or 7776000");
  return fallback;
}

UlakNodeBuilder *
ulak_question_begin (UlakQuestion *self, const char *type, const char *xmlns, const UlakJid *to)
{
  return ulak_wire_begin_query (ulak_chat_get_wire (self->chat), type, xmlns, to);
}

/* --- who is meant: store's thread --- */

/* A group has one form for all its members; the server refuses the other. */
static gboolean
find_form (UlakDatabase *database, UlakQuestion *self, gboolean *as_lid_out, GError **error)
{
  g_autoptr (UlakGroup) group = NULL;
  g_autofree char *name = NULL;

  *as_lid_out = TRUE;
  if (self->target.server != ULAK_JID_SERVER_GROUP || self->target.user[0] == '\0')
    return TRUE;
  name = ulak_jid_print (&self->target);
  if (!ulak_group_cache_get (database, name, &group, error))
    return FALSE;
  *as_lid_out = group == NULL || group->uses_lid;
  g_clear_pointer (&self->group, json_object_unref);
  self->group = group == NULL ? NULL : ulak_groups_parse_document (group);
  return TRUE;
}

static gboolean
find_person (UlakDatabase *database, UlakQuestion *self, UlakPerson *person, gboolean as_lid, GError **error)
{
  UlakPeer peer;

  g_clear_pointer (&person->token, g_bytes_unref);
  if (!ulak_peers_find (database, &person->jid, &peer, error))
    return FALSE;
  if (peer.id == 0)
    {
      *(ulak_jid_is_lid (&person->jid) ? &person->lid : &person->phone) = person->jid;
      return TRUE;
    }
  ulak_peer_get_lid_jid (&peer, 0, &person->lid);
  ulak_peer_get_phone_jid (&peer, 0, &person->phone);
  ulak_people_get_jid (&peer, as_lid, 0, &person->jid);
  return ulak_privacy_tokens_get (database, peer.id, self->now_us / G_USEC_PER_SEC, &person->token, error);
}

static gboolean
find_people_run (UlakDatabase *database, gpointer data, GError **error)
{
  UlakQuestion *self = data;
  gboolean as_lid;

  if (!find_form (database, self, &as_lid, error))
    return FALSE;
  for (guint i = 0; i < self->people->len; i++)
    if (!find_person (database, self, g_ptr_array_index (self->people, i), as_lid, error))
      return FALSE;
  return TRUE;
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
ulak_question_find_async (UlakQuestion *question, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (question->chat, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_question_find_async);
  g_task_set_task_data (task, question, (GDestroyNotify) ulak_question_free);
  ulak_store_read_async (ulak_line_get_store (ulak_chat_get_line (question->chat)), find_people_run, question, NULL,
                         found_cb, task);
}

/** ulak_question_find_finish: Returns: (transfer none) (nullable): lives as long as @result */
UlakQuestion *
ulak_question_find_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error) ? g_task_get_task_data (G_TASK (result)) : NULL;
}

/* --- one after the other --- */

typedef struct
{
  GPtrArray *questions; /* (owned) (element-type UlakQuestion) */
  GStrvBuilder *texts;  /* (owned) */
  guint current;
  UlakNode *answer; /* (owned) (nullable): to the current one */
  char *json;       /* (owned) (nullable): out of it */
} Asking;

static void
asking_free (gpointer data)
{
  Asking *self = data;

  g_ptr_array_unref (self->questions);
  g_strv_builder_unref (self->texts);
  g_clear_pointer (&self->answer, ulak_node_unref);
  g_free (self->json);
  g_free (self);
}

static void ask_next (GTask *task);

static UlakQuestion *
current_of (Asking *self)
{
  return g_ptr_array_index (self->questions, self->current);
}

static void
answered (GTask *task)
{
  Asking *self = g_task_get_task_data (task);

  g_strv_builder_add (self->texts, self->json != NULL ? self->json : "");
  g_clear_pointer (&self->json, g_free);
  g_clear_pointer (&self->answer, ulak_node_unref);
  self->current++;
  ask_next (task);
}

static gboolean
read_run (UlakDatabase *database, gpointer data, GError **error)
{
  Asking *self = data;
  UlakQuestion *question = current_of (self);

  g_clear_pointer (&self->json, g_free);
  return question->kind->read (database, self->answer, question, &self->json, error);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    g_task_return_error (task, error);
  else
    answered (g_steal_pointer (&task));
}

static gboolean
means_absent (const UlakQuestionKind *kind, guint code)
{
  for (gsize i = 0; i < ULAK_QUESTION_ABSENT_MAX; i++)
    if (code != 0 && kind->absent[i] == code)
      return TRUE;
  return FALSE;
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Asking *self = g_task_get_task_data (task);
  UlakQuestion *question = current_of (self);
  g_autoptr (GError) error = NULL;
  guint code = 0;

  self->answer = ulak_wire_query_finish (ULAK_WIRE (source), result, &code, &error);
  if (self->answer == NULL && !means_absent (question->kind, code))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      g_object_unref (task);
    }
  else if (question->kind->read == NULL)
    answered (task);
  else
    ulak_store_write_async (ulak_line_get_store (ulak_chat_get_line (question->chat)), read_run, self, NULL, read_cb, task);
}

static void
found_people_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  UlakQuestion *question = current_of (g_task_get_task_data (task));
  GError *error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  ulak_wire_query_async (ulak_chat_get_wire (question->chat), question->kind->build (question), NULL, asked_cb, task);
}

/* task: (transfer full) */
static void
ask_next (GTask *task)
{
  Asking *self = g_task_get_task_data (task);
  UlakQuestion *question;

  if (self->current == self->questions->len)
    {
      g_task_return_pointer (task, g_strv_builder_end (self->texts), (GDestroyNotify) g_strfreev);
      g_object_unref (task);
      return;
    }
  question = current_of (self);
  ulak_store_read_async (ulak_line_get_store (ulak_chat_get_line (question->chat)), find_people_run, question, NULL,
                         found_people_cb, task);
}

void
ulak_question_ask_all_async (GPtrArray *questions, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakQuestion *first = g_ptr_array_index (questions, 0);
  GTask *task = g_task_new (first->chat, NULL, callback, user_data);
  Asking *asking = g_new0 (Asking, 1);

  g_task_set_source_tag (task, ulak_question_ask_all_async);
  asking->questions = questions;
  asking->texts = g_strv_builder_new ();
  g_task_set_task_data (task, asking, asking_free);
  ask_next (task);
}

GStrv
ulak_question_ask_all_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ulak_question_ask_async (UlakQuestion *question, GAsyncReadyCallback callback, gpointer user_data)
{
  GPtrArray *questions = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_question_free);

  g_ptr_array_add (questions, question);
  ulak_question_ask_all_async (questions, callback, user_data);
}

char *
ulak_question_ask_finish (GAsyncResult *result, GError **error)
{
  g_auto (GStrv) texts = ulak_question_ask_all_finish (result, error);

  return texts == NULL ? NULL : g_strdup (texts[0]);
}
