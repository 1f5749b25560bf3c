/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Groups: looking, making, members, invites. Source: docs/protocol/social.md, "Groups".
 */
#include "whatsapp/social/group-questions.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/social/group-show.h"

#include <string.h>

#define XMLNS "w:g2"
#define INVITE_PREFIX "https://chat.whatsapp.com/"
#define INVITE_MAX 64
#define SUBJECT_MAX 100
#define DESCRIPTION_MAX 2048

static const UlakJid groups_server = { .server = ULAK_JID_SERVER_GROUP, .server_name = "g.us" };

static gboolean
lacks (const char *what, GError **error)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "WhatsApp's answer has no <%s>", what);
  return FALSE;
}

static void
add_mark (UlakNodeBuilder *builder, const char *tag)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_close (builder);
}

static void
add_text (UlakNodeBuilder *builder, const char *tag, const char *text)
{
  ulak_node_builder_open (builder, tag);
  ulak_node_builder_set_text (builder, text);
  ulak_node_builder_close (builder);
}

/* with_tokens: people who are new to the group let themselves be added by a proof that they know us. */
static void
add_participants (UlakNodeBuilder *builder, const UlakQuestion *self, gboolean with_tokens)
{
  for (guint i = 0; i < self->people->len; i++)
    {
      const UlakPerson *person = g_ptr_array_index (self->people, i);
      gsize size_bytes;

      ulak_node_builder_open (builder, "participant");
      ulak_node_builder_add_jid (builder, "jid", &person->jid);
      if (with_tokens && ulak_jid_is_lid (&person->jid) && person->phone.user[0] != '\0')
        ulak_node_builder_add_jid (builder, "phone_number", &person->phone);
      if (with_tokens && person->token != NULL)
        {
          const guint8 *token = g_bytes_get_data (person->token, &size_bytes);

          ulak_node_builder_open (builder, "privacy");
          ulak_node_builder_set_bytes (builder, token, size_bytes);
          ulak_node_builder_close (builder);
        }
      ulak_node_builder_close (builder);
    }
}

/* --- looking --- */

static UlakNodeBuilder *
build_list (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "get", XMLNS, &groups_server);

  ulak_node_builder_open (builder, "participating");
  add_mark (builder, "participants");
  add_mark (builder, "description");
  ulak_node_builder_close (builder);
  return builder;
}

static gboolean
read_list (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error)
{
  const UlakNode *groups = ulak_node_get_child (answer, "groups");
  g_autoptr (JsonArray) array = json_array_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);

  if (groups == NULL)
    return lacks ("groups", error);
  for (const UlakNode *node = ulak_node_get_first (groups); node != NULL; node = ulak_node_get_next (node))
    {
      JsonObject *document;

      if (!ulak_node_is (node, "group"))
        continue;
      if (!ulak_group_show (database, node, self->now_us, &document, error))
        return FALSE;
      json_array_add_object_element (array, document);
    }
  json_node_set_array (root, array);
  *json_out = ulak_json_print (root);
  return TRUE;
}

static const UlakQuestionKind list_kind = { build_list, read_list, { 0 } };

UlakQuestion *
ulak_group_question_list (UlakChat *chat)
{
  return ulak_question_new (chat, &list_kind);
}

static UlakQuestion *
new_about (UlakChat *chat, const UlakQuestionKind *kind, const char *group, GError **error)
{
  g_autoptr (UlakQuestion) self = ulak_question_new (chat, kind);

  return ulak_question_set_group (self, group, error) ? g_steal_pointer (&self) : NULL;
}

static UlakNodeBuilder *
build_get (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "get", XMLNS, &self->target);

  ulak_node_builder_open (builder, "query");
  ulak_node_builder_add_text (builder, "request", "interactive");
  ulak_node_builder_close (builder);
  return builder;
}

static gboolean
read_group (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error)
{
  const UlakNode *group = ulak_node_get_child (answer, "group");
  g_autoptr (JsonObject) document = NULL;

  if (group == NULL)
    return lacks ("group", error);
  if (!ulak_group_show (database, group, self->now_us, &document, error))
    return FALSE;
  *json_out = ulak_json_print_object (document);
  return TRUE;
}

static const UlakQuestionKind get_kind = { build_get, read_group, { 0 } };

UlakQuestion *
ulak_group_question_get (UlakChat *chat, const char *group, GError **error)
{
  return new_about (chat, &get_kind, group, error);
}

/* --- making --- */

static UlakNodeBuilder *
build_create (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", XMLNS, &groups_server);
  gint64 timer_s = ulak_json_peek_integer (self->input, "timer_s", 0);
  const char *description = ulak_json_peek_string (self->input, "description");

  ulak_node_builder_open (builder, "create");
  ulak_node_builder_add_text (builder, "subject", ulak_json_peek_string (self->input, "subject"));
  ulak_node_builder_add_text (builder, "key", self->text);
  add_participants (builder, self, TRUE);
  if (description != NULL && *description != '\0')
    {
      ulak_node_builder_open (builder, "description");
      ulak_node_builder_add_text (builder, "id", self->text);
      add_text (builder, "body", description);
      ulak_node_builder_close (builder);
    }
  if (timer_s > 0)
    {
      ulak_node_builder_open (builder, "ephemeral");
      ulak_node_builder_add_number (builder, "expiration", (guint64) timer_s);
      ulak_node_builder_close (builder);
    }
  if (ulak_json_peek_boolean (self->input, "announcement", FALSE))
    add_mark (builder, "announcement");
  if (ulak_json_peek_boolean (self->input, "locked", FALSE))
    add_mark (builder, "locked");
  ulak_node_builder_close (builder);
  return builder;
}

static gboolean
read_create (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error)
{
  const UlakNode *group = ulak_node_get_child (answer, "group");
  g_autoptr (JsonObject) document = NULL;
  JsonArray *refused;

  if (group == NULL)
    return lacks ("group", error);
  if (!ulak_group_show (database, group, self->now_us, &document, error)
      || !ulak_member_results_show (database, group, TRUE, self->now_us, &refused, error))
    return FALSE;
  json_object_set_array_member (document, "refused", refused);
  *json_out = ulak_json_print_object (document);
  return TRUE;
}

static const UlakQuestionKind create_kind = { build_create, read_create, { 0 } };

static void
read_members (UlakQuestion *self, UlakIssues *issues)
{
  JsonArray *members = ulak_json_read_array (self->input, "", "members", ULAK_JSON_REQUIRED, 1,
                                             ULAK_QUESTION_PEOPLE_MAX, issues);

  for (guint i = 0; members != NULL && i < json_array_get_length (members); i++)
    {
      JsonNode *node = json_array_get_element (members, i);
      g_autofree char *path = g_strdup_printf ("members[%u]", i);
      const char *id = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
                           ? json_node_get_string (node)
                           : "";

      ulak_question_add_person (self, id, path, issues);
    }
}

UlakQuestion *
ulak_group_question_create (UlakChat *chat, JsonObject *request, GError **error)
{
  static const char *const known[]
      = { "subject", "members", "description", "timer_s", "announcement", "locked", NULL };
  g_autoptr (UlakQuestion) self = ulak_question_new (chat, &create_kind);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  self->input = json_object_ref (request);
  self->text = ulak_wire_make_id (ulak_chat_get_wire (chat));
  ulak_json_refuse_unknown (request, "", known, issues);
  ulak_json_read_string (request, "", "subject", ULAK_JSON_REQUIRED, 1, SUBJECT_MAX, issues);
  ulak_json_read_string (request, "", "description", ULAK_JSON_OPTIONAL, 0, DESCRIPTION_MAX, issues);
  ulak_question_read_timer (request, "timer_s", 0, issues);
  ulak_json_read_boolean (request, "", "announcement", FALSE, issues);
  ulak_json_read_boolean (request, "", "locked", FALSE, issues);
  read_members (self, issues);
  return ulak_issues_to_error (issues, error) ? g_steal_pointer (&self) : NULL;
}

/* --- members --- */

static const struct
{
  const char *word;
  gboolean is_request; /* it answers a request to join */
  gboolean with_tokens;
} member_actions[] = {
  { "add", FALSE, TRUE },     { "remove", FALSE, FALSE }, { "promote", FALSE, FALSE },
  { "demote", FALSE, FALSE }, { "approve", TRUE, FALSE }, { "reject", TRUE, FALSE },
};

static UlakNodeBuilder *
build_members (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", XMLNS, &self->target);

  if (self->flag)
    ulak_node_builder_open (builder, "membership_requests_action");
  ulak_node_builder_open (builder, self->word);
  add_participants (builder, self, strcmp (self->word, "add") == 0);
  ulak_node_builder_close (builder);
  if (self->flag)
    ulak_node_builder_close (builder);
  return builder;
}

static gboolean
read_results (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error)
{
  const UlakNode *parent = self->flag ? ulak_node_get_child (answer, "membership_requests_action") : answer;
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);
  JsonArray *results;

  parent = parent == NULL ? NULL : ulak_node_get_child (parent, self->word);
  if (parent == NULL)
    return lacks (self->word, error);
  if (!ulak_member_results_show (database, parent, FALSE, self->now_us, &results, error))
    return FALSE;
  json_node_take_array (root, results);
  *json_out = ulak_json_print (root);
  return TRUE;
}

static const UlakQuestionKind members_kind = { build_members, read_results, { 0 } };

UlakQuestion *
ulak_group_question_change_members (UlakChat *chat,
                                    const char *group,
                                    const char *action,
                                    const char *const *members,
                                    GError **error)
{
  g_autoptr (UlakQuestion) self = new_about (chat, &members_kind, group, error);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  if (self == NULL)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (member_actions); i++)
    if (strcmp (action, member_actions[i].word) == 0)
      {
        self->word = member_actions[i].word;
        self->flag = member_actions[i].is_request;
      }
  if (self->word == NULL)
    ulak_issues_add (issues, "action", "must be add, remove, promote, demote, approve or reject");
  ulak_question_add_people (self, members, "members", issues);
  return ulak_issues_to_error (issues, error) ? g_steal_pointer (&self) : NULL;
}

static UlakNodeBuilder *
build_requests (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "get", XMLNS, &self->target);

  add_mark (builder, "membership_approval_requests");
  return builder;
}

static gboolean
read_requests (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error)
{
  const UlakNode *parent = ulak_node_get_child (answer, "membership_approval_requests");
  g_autoptr (JsonArray) people = json_array_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);

  if (parent == NULL)
    return lacks ("membership_approval_requests", error);
  for (const UlakNode *node = ulak_node_get_first (parent); node != NULL; node = ulak_node_get_next (node))
    {
      guint64 time_s = 0;
      JsonObject *person;

      if (!ulak_member_show (database, node, self->now_us, &person, error))
        return FALSE;
      if (person == NULL)
        continue;
      if (ulak_node_read_number (node, "request_time", G_MAXINT32, &time_s, NULL))
        {
          g_autofree char *time = ulak_format_rfc3339 ((gint64) time_s * G_USEC_PER_SEC);

          json_object_set_string_member (person, "requested_at", time);
        }
      json_array_add_object_element (people, person);
    }
  json_node_set_array (root, people);
  *json_out = ulak_json_print (root);
  return TRUE;
}

static const UlakQuestionKind requests_kind = { build_requests, read_requests, { 0 } };

UlakQuestion *
ulak_group_question_list_requests (UlakChat *chat, const char *group, GError **error)
{
  return new_about (chat, &requests_kind, group, error);
}

static UlakNodeBuilder *
build_leave (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", XMLNS, &groups_server);

  ulak_node_builder_open (builder, "leave");
  ulak_node_builder_open (builder, "group");
  ulak_node_builder_add_jid (builder, "id", &self->target);
  ulak_node_builder_close (builder);
  ulak_node_builder_close (builder);
  return builder;
}

/* The answer is one for all groups that were named: what was refused stands in it. */
static gboolean
read_leave (UlakDatabase *database G_GNUC_UNUSED,
            const UlakNode *answer,
            UlakQuestion *self G_GNUC_UNUSED,
            char **json_out G_GNUC_UNUSED,
            GError **error)
{
  const UlakNode *leave = ulak_node_get_child (answer, "leave");
  const UlakNode *group = leave == NULL ? NULL : ulak_node_get_child (leave, "group");
  guint64 code;

  if (group == NULL || !ulak_node_read_number (group, "error", G_MAXUINT16, &code, NULL))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "WhatsApp refused this: %" G_GUINT64_FORMAT, code);
  return FALSE;
}

static const UlakQuestionKind leave_kind = { build_leave, read_leave, { 0 } };

UlakQuestion *
ulak_group_question_leave (UlakChat *chat, const char *group, GError **error)
{
  return new_about (chat, &leave_kind, group, error);
}

/* --- invites --- */

static UlakNodeBuilder *
build_invite (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, self->flag ? "set" : "get", XMLNS, &self->target);

  add_mark (builder, "invite");
  return builder;
}

static gboolean
read_invite (UlakDatabase *database G_GNUC_UNUSED,
             const UlakNode *answer,
             UlakQuestion *self G_GNUC_UNUSED,
             char **json_out,
             GError **error)
{
  const UlakNode *invite = ulak_node_get_child (answer, "invite");
  const char *code = invite == NULL ? NULL : ulak_node_get_attribute (invite, "code");

  if (code == NULL)
    return lacks ("invite", error);
  *json_out = g_strconcat (INVITE_PREFIX, code, NULL);
  return TRUE;
}

static const UlakQuestionKind invite_kind = { build_invite, read_invite, { 0 } };

UlakQuestion *
ulak_group_question_invite (UlakChat *chat, const char *group, gboolean renew, GError **error)
{
  UlakQuestion *self = new_about (chat, &invite_kind, group, error);

  if (self != NULL)
    self->flag = renew;
  return self;
}

static UlakNodeBuilder *
build_join (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, self->flag ? "get" : "set", XMLNS, &groups_server);

  ulak_node_builder_open (builder, "invite");
  ulak_node_builder_add_text (builder, "code", self->text);
  ulak_node_builder_close (builder);
  return builder;
}

/* A group that we are not in does not belong into the cache: it is only shown. */
static gboolean
read_join (UlakDatabase *database G_GNUC_UNUSED,
           const UlakNode *answer,
           UlakQuestion *self G_GNUC_UNUSED,
           char **json_out,
           GError **error)
{
  const UlakNode *approval = ulak_node_get_child (answer, "membership_approval_request");
  const UlakNode *group = approval != NULL ? approval : ulak_node_get_child (answer, "group");
  const char *id = group == NULL ? NULL : ulak_node_get_attribute (group, approval != NULL ? "jid" : "id");
  const char *jid = id != NULL || group == NULL ? id : ulak_node_get_attribute (group, "jid");
  g_autoptr (JsonObject) document = json_object_new ();
  g_autofree char *name = NULL;

  if (jid == NULL)
    return lacks ("group", error);
  name = strchr (jid, '@') != NULL ? g_strdup (jid) : g_strconcat (jid, "@g.us", NULL);
  json_object_set_string_member (document, "id", name);
  if (ulak_node_get_attribute (group, "subject") != NULL)
    json_object_set_string_member (document, "subject", ulak_node_get_attribute (group, "subject"));
  if (approval != NULL)
    json_object_set_boolean_member (document, "awaits_approval", TRUE);
  *json_out = ulak_json_print_object (document);
  return TRUE;
}

static const UlakQuestionKind join_kind = { build_join, read_join, { 0 } };

/* Phones share links with a query behind them, and people leave the scheme off. (transfer full) (nullable) */
static char *
read_code (const char *invite)
{
  static const char *const beginnings[] = {
    "https://chat.whatsapp.com/invite/", "https://chat.whatsapp.com/", "http://chat.whatsapp.com/", "chat.whatsapp.com/",
  };
  const char *end;

  for (gsize i = 0; i < G_N_ELEMENTS (beginnings); i++)
    if (g_str_has_prefix (invite, beginnings[i]))
      {
        invite += strlen (beginnings[i]);
        break;
      }
  end = invite + strspn (invite, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-");
  if (end == invite || end - invite > INVITE_MAX || (end[*end == '/'] != '\0' && end[*end == '/'] != '?'))
    return NULL;
  return g_strndup (invite, (gsize) (end - invite));
}

UlakQuestion *
ulak_group_question_join (UlakChat *chat, const char *invite, gboolean look_only, GError **error)
{
  g_autofree char *code = read_code (invite);
  UlakQuestion *self;

  if (code == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "invite: must be %sCODE or the code", INVITE_PREFIX);
      return NULL;
    }
  self = ulak_question_new (chat, &join_kind);
  self->text = g_steal_pointer (&code);
  self->flag = look_only;
  return self;
}
