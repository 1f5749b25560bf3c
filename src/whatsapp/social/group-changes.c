/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What of a group can be changed, as a table: each row is a field of the changes and the query that makes it.
 * Source: docs/protocol/social.md, "Groups".
 */
#include "core/error.h"
#include "core/json.h"
#include "whatsapp/social/group-questions.h"

#include <string.h>

#define SUBJECT_MAX 100
#define DESCRIPTION_MAX 2048

static UlakNodeBuilder *
begin (UlakQuestion *self)
{
  return ulak_question_begin (self, "set", "w:g2", &self->target);
}

static UlakNodeBuilder *
build_subject (UlakQuestion *self)
{
  UlakNodeBuilder *builder = begin (self);

  ulak_node_builder_open (builder, "subject");
  ulak_node_builder_set_text (builder, ulak_json_peek_string (self->input, "subject"));
  ulak_node_builder_close (builder);
  return builder;
}

/* The server wants to know which description we saw; a stale one is refused with 409. */
static UlakNodeBuilder *
build_description (UlakQuestion *self)
{
  const char *text = ulak_json_peek_string (self->input, "description");
  UlakNodeBuilder *builder = begin (self);
  g_autofree char *id = ulak_wire_make_id (ulak_chat_get_wire (self->chat));

  ulak_node_builder_open (builder, "description");
  if (*text != '\0')
    ulak_node_builder_add_text (builder, "id", id);
  else
    ulak_node_builder_add_text (builder, "delete", "true");
  if (self->group != NULL)
    ulak_node_builder_add_text (builder, "prev", ulak_json_peek_string (self->group, "description_id"));
  if (*text != '\0')
    {
      ulak_node_builder_open (builder, "body");
      ulak_node_builder_set_text (builder, text);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  return builder;
}

static UlakNodeBuilder *
build_mark (UlakQuestion *self)
{
  UlakNodeBuilder *builder = begin (self);

  ulak_node_builder_open (builder, self->word);
  ulak_node_builder_close (builder);
  return builder;
}

static UlakNodeBuilder *
build_timer (UlakQuestion *self)
{
  gint64 timer_s = ulak_json_peek_integer (self->input, "timer_s", 0);
  UlakNodeBuilder *builder = begin (self);

  ulak_node_builder_open (builder, timer_s > 0 ? "ephemeral" : "not_ephemeral");
  if (timer_s > 0)
    ulak_node_builder_add_number (builder, "expiration", (guint64) timer_s);
  ulak_node_builder_close (builder);
  return builder;
}

static UlakNodeBuilder *
build_add_mode (UlakQuestion *self)
{
  UlakNodeBuilder *builder = begin (self);

  ulak_node_builder_open (builder, "member_add_mode");
  ulak_node_builder_set_text (builder, ulak_json_peek_string (self->input, "member_add_mode"));
  ulak_node_builder_close (builder);
  return builder;
}

static UlakNodeBuilder *
build_approval (UlakQuestion *self)
{
  UlakNodeBuilder *builder = begin (self);

  ulak_node_builder_open (builder, "membership_approval_mode");
  ulak_node_builder_open (builder, "group_join");
  ulak_node_builder_add_text (builder, "state", self->flag ? "on" : "off");
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  return builder;
}

static const struct
{
  const char *field;
  const char *on, *off; /* marks of a boolean field, or NULL */
  UlakQuestionKind kind;
} changes_table[] = {
  { "subject", NULL, NULL, { build_subject, NULL, { 0 } } },
  { "description", NULL, NULL, { build_description, NULL, { 0 } } },
  { "announcement", "announcement", "not_announcement", { build_mark, NULL, { 0 } } },
  { "locked", "locked", "unlocked", { build_mark, NULL, { 0 } } },
  { "timer_s", NULL, NULL, { build_timer, NULL, { 0 } } },
  { "member_add_mode", NULL, NULL, { build_add_mode, NULL, { 0 } } },
  { "approval", NULL, NULL, { build_approval, NULL, { 0 } } },
};

static void
check_changes (JsonObject *changes, UlakIssues *issues)
{
  static const char *const known[] = { "subject", "description",     "announcement", "locked",
                                       "timer_s", "member_add_mode", "approval",     NULL };
  const char *mode = ulak_json_read_string (changes, "", "member_add_mode", ULAK_JSON_OPTIONAL, 1, 32, issues);

  ulak_question_check_changes (changes, known, issues);
  ulak_json_read_string (changes, "", "subject", ULAK_JSON_OPTIONAL, 1, SUBJECT_MAX, issues);
  ulak_json_read_string (changes, "", "description", ULAK_JSON_OPTIONAL, 0, DESCRIPTION_MAX, issues);
  ulak_json_read_boolean (changes, "", "announcement", FALSE, issues);
  ulak_json_read_boolean (changes, "", "locked", FALSE, issues);
  ulak_json_read_boolean (changes, "", "approval", FALSE, issues);
  ulak_question_read_timer (changes, "timer_s", 0, issues);
  if (mode != NULL && strcmp (mode, "all_member_add") != 0 && strcmp (mode, "admin_add") != 0)
    ulak_issues_add (issues, "member_add_mode", "must be all_member_add or admin_add");
}

GPtrArray *
ulak_group_questions_update (UlakChat *chat, const char *group, JsonObject *changes, GError **error)
{
  g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_question_free);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  check_changes (changes, issues);
  if (!ulak_issues_to_error (issues, error))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (changes_table); i++)
    {
      UlakQuestion *question;

      if (!ulak_question_gives (changes, changes_table[i].field))
        continue;
      question = ulak_question_new (chat, &changes_table[i].kind);
      g_ptr_array_add (questions, question);
      if (!ulak_question_set_group (question, group, error))
        return NULL;
      question->input = json_object_ref (changes);
      question->flag = ulak_json_peek_boolean (changes, changes_table[i].field, FALSE);
      question->word = question->flag ? changes_table[i].on : changes_table[i].off;
    }
  return g_steal_pointer (&questions);
}
