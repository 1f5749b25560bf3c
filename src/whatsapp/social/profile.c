/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/social.md, "Profiles".
 */
#include "whatsapp/social/profile.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/media/media-image.h"
#include "whatsapp/social/group-show.h"
#include "whatsapp/social/usync.h"

#define NOT_ALLOWED 401
#define FORBIDDEN 403
#define NOT_FOUND 404
#define PICTURES "w:profile:picture"

/* Ourselves without a device. */
static UlakJid
own_account (UlakQuestion *self)
{
  const UlakMe *me = ulak_chat_get_me (self->chat);

  return ulak_jid_get_account (&me->phone);
}

/* chat: "" leaves the question without a target, which means ourselves. */
static UlakQuestion *
new_about (UlakChat *chat, const UlakQuestionKind *kind, const char *whose, GError **error)
{
  g_autoptr (UlakQuestion) self = ulak_question_new (chat, kind);

  if (*whose != '\0' && !ulak_question_set_chat (self, whose, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* --- pictures --- */

static void
add_token (UlakNodeBuilder *builder, const UlakQuestion *self)
{
  const UlakPerson *person = self->people->len == 0 ? NULL : g_ptr_array_index (self->people, 0);
  const guint8 *token;
  gsize size_bytes;

  if (person == NULL || person->token == NULL)
    return;
  token = g_bytes_get_data (person->token, &size_bytes);
  ulak_node_builder_open (builder, "tctoken");
  ulak_node_builder_set_bytes (builder, token, size_bytes);
  ulak_node_builder_close (builder);
}

static UlakNodeBuilder *
build_picture (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "get", PICTURES, NULL);
  UlakJid own = own_account (self);
  const UlakJid *target = ulak_question_get_chat (self);

  ulak_node_builder_add_jid (builder, "target", target->user[0] != '\0' ? target : &own);
  ulak_node_builder_open (builder, "picture");
  ulak_node_builder_add_text (builder, "type", "image");
  ulak_node_builder_add_text (builder, "query", "url");
  add_token (builder, self);
  ulak_node_builder_close (builder);
  return builder;
}

static gboolean
read_picture (UlakDatabase *database G_GNUC_UNUSED,
              const UlakNode *answer,
              UlakQuestion *self G_GNUC_UNUSED,
              char **json_out,
              GError **error G_GNUC_UNUSED)
{
  const UlakNode *picture = answer == NULL ? NULL : ulak_node_get_child (answer, "picture");
  const char *url = picture == NULL ? NULL : ulak_node_get_attribute (picture, "url");
  g_autoptr (JsonObject) document = json_object_new ();

  if (url == NULL)
    {
      *json_out = g_strdup ("null");
      return TRUE;
    }
  if (ulak_node_get_attribute (picture, "id") != NULL)
    json_object_set_string_member (document, "id", ulak_node_get_attribute (picture, "id"));
  json_object_set_string_member (document, "url", url);
  *json_out = ulak_json_print_object (document);
  return TRUE;
}

static const UlakQuestionKind picture_kind = { build_picture, read_picture, { NOT_ALLOWED, FORBIDDEN, NOT_FOUND } };

UlakQuestion *
ulak_profile_question_picture (UlakChat *chat, const char *whose, GError **error)
{
  return new_about (chat, &picture_kind, whose, error);
}

static UlakNodeBuilder *
build_set_picture (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", PICTURES, NULL);

  if (self->target.user[0] != '\0')
    ulak_node_builder_add_jid (builder, "target", &self->target);
  if (self->bytes == NULL)
    return builder;
  ulak_node_builder_open (builder, "picture");
  ulak_node_builder_add_text (builder, "type", "image");
  ulak_node_builder_set_bytes (builder, g_bytes_get_data (self->bytes, NULL), g_bytes_get_size (self->bytes));
  ulak_node_builder_close (builder);
  return builder;
}

static gboolean
read_set_picture (UlakDatabase *database G_GNUC_UNUSED,
                  const UlakNode *answer,
                  UlakQuestion *self G_GNUC_UNUSED,
                  char **json_out,
                  GError **error G_GNUC_UNUSED)
{
  const UlakNode *picture = ulak_node_get_child (answer, "picture");

  *json_out = picture == NULL ? NULL : g_strdup (ulak_node_get_attribute (picture, "id"));
  return TRUE;
}

static const UlakQuestionKind set_picture_kind = { build_set_picture, read_set_picture, { 0 } };

/* Phones show pictures as circles: the server takes squares only. */
static gboolean
check_picture (GBytes *jpeg, GError **error)
{
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (jpeg, &size_bytes);
  guint width, height;

  if (size_bytes < 3 || bytes[0] != 0xff || bytes[1] != 0xd8 || !ulak_image_read_size (bytes, size_bytes, &width, &height))
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "content: must be a JPEG");
  else if (width != height || width > ULAK_PROFILE_PICTURE_MAX_PIXELS)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "content: has %u x %u pixels; must be square, at most %d x %d", width,
                 height, ULAK_PROFILE_PICTURE_MAX_PIXELS, ULAK_PROFILE_PICTURE_MAX_PIXELS);
  else
    return TRUE;
  return FALSE;
}

UlakQuestion *
ulak_profile_question_set_picture (UlakChat *chat, const char *whose, GBytes *jpeg, GError **error)
{
  UlakQuestion *self;

  if (*whose != '\0' && !g_str_has_suffix (whose, "@g.us"))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "chat: must be \"\" or a group, ...@g.us");
      return NULL;
    }
  if (jpeg != NULL && !check_picture (jpeg, error))
    return NULL;
  self = new_about (chat, &set_picture_kind, whose, error);
  if (self != NULL && jpeg != NULL)
    self->bytes = g_bytes_ref (jpeg);
  return self;
}

/* --- about --- */

static UlakNodeBuilder *
build_about (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_usync_begin (self, "interactive");
  const UlakJid *target = ulak_question_get_chat (self);
  UlakJid own = own_account (self);

  ulak_node_builder_open (builder, "status");
  ulak_node_builder_close (builder);
  ulak_usync_open_list (builder);
  ulak_node_builder_open (builder, "user");
  ulak_node_builder_add_jid (builder, "jid", target->user[0] != '\0' ? target : &own);
  add_token (builder, self);
  return builder;
}

static gboolean
read_about (UlakDatabase *database G_GNUC_UNUSED,
            const UlakNode *answer,
            UlakQuestion *self G_GNUC_UNUSED,
            char **json_out,
            GError **error)
{
  const UlakNode *user = answer == NULL ? NULL : ulak_usync_get_first (answer, error);
  const UlakNode *status = user == NULL ? NULL : ulak_node_get_child (user, "status");
  g_autofree char *text = status == NULL ? NULL : ulak_node_dup_text (status);
  g_autoptr (JsonNode) root = json_node_new (text == NULL || *text == '\0' ? JSON_NODE_NULL : JSON_NODE_VALUE);

  if (answer != NULL && user == NULL)
    return FALSE;
  if (text != NULL && *text != '\0')
    json_node_set_string (root, text);
  *json_out = ulak_json_print (root);
  return TRUE;
}

static const UlakQuestionKind about_kind = { build_about, read_about, { NOT_ALLOWED, FORBIDDEN, NOT_FOUND } };

UlakQuestion *
ulak_profile_question_about (UlakChat *chat, const char *whose, GError **error)
{
  return new_about (chat, &about_kind, whose, error);
}

static UlakNodeBuilder *
build_set_about (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", "status", NULL);

  ulak_node_builder_open (builder, "status");
  ulak_node_builder_set_text (builder, self->text);
  ulak_node_builder_close (builder);
  return builder;
}

static const UlakQuestionKind set_about_kind = { build_set_about, NULL, { 0 } };

UlakQuestion *
ulak_profile_question_set_about (UlakChat *chat, const char *about)
{
  UlakQuestion *self = ulak_question_new (chat, &set_about_kind);

  self->text = g_strdup (about);
  return self;
}

static UlakNodeBuilder *
build_set_timer (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", "disappearing_mode", NULL);

  ulak_node_builder_open (builder, "disappearing_mode");
  ulak_node_builder_add_text (builder, "duration", self->text);
  ulak_node_builder_close (builder);
  return builder;
}

static const UlakQuestionKind set_timer_kind = { build_set_timer, NULL, { 0 } };

UlakQuestion *
ulak_profile_question_set_timer (UlakChat *chat, guint timer_s)
{
  UlakQuestion *self = ulak_question_new (chat, &set_timer_kind);

  self->text = g_strdup_printf ("%u", timer_s);
  return self;
}

/* --- privacy --- */

static const char *const categories[] = { "last",    "online",   "profile",  "status",  "readreceipts",
                                          "groupadd", "calladd", "messages", "defense", "stickers", NULL };
static const char *const values[] = { "all",   "contacts", "contact_blacklist", "none", "match_last_seen",
                                      "known", "off",      "on_standard",       NULL };

static UlakNodeBuilder *
build_privacy (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "get", "privacy", NULL);

  ulak_node_builder_open (builder, "privacy");
  ulak_node_builder_close (builder);
  return builder;
}

static gboolean
read_privacy (UlakDatabase *database G_GNUC_UNUSED,
              const UlakNode *answer,
              UlakQuestion *self G_GNUC_UNUSED,
              char **json_out,
              GError **error)
{
  const UlakNode *privacy = ulak_node_read_child (answer, "privacy", error);
  g_autoptr (JsonObject) document = json_object_new ();

  if (privacy == NULL)
    return FALSE;
  for (const UlakNode *node = ulak_node_get_first (privacy); node != NULL; node = ulak_node_get_next (node))
    if (ulak_node_get_attribute (node, "name") != NULL && ulak_node_get_attribute (node, "value") != NULL)
      json_object_set_string_member (document, ulak_node_get_attribute (node, "name"),
                                     ulak_node_get_attribute (node, "value"));
  *json_out = ulak_json_print_object (document);
  return TRUE;
}

static const UlakQuestionKind privacy_kind = { build_privacy, read_privacy, { 0 } };

UlakQuestion *
ulak_profile_question_privacy (UlakChat *chat)
{
  return ulak_question_new (chat, &privacy_kind);
}

static UlakNodeBuilder *
build_set_privacy (UlakQuestion *self)
{
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", "privacy", NULL);

  ulak_node_builder_open (builder, "privacy");
  for (gsize i = 0; categories[i] != NULL; i++)
    {
      const char *value = ulak_json_peek_string (self->input, categories[i]);

      if (value == NULL)
        continue;
      ulak_node_builder_open (builder, "category");
      ulak_node_builder_add_text (builder, "name", categories[i]);
      ulak_node_builder_add_text (builder, "value", value);
      ulak_node_builder_close (builder);
    }
  ulak_node_builder_close (builder);
  return builder;
}

static const UlakQuestionKind set_privacy_kind = { build_set_privacy, NULL, { 0 } };

UlakQuestion *
ulak_profile_question_set_privacy (UlakChat *chat, JsonObject *changes, GError **error)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autofree char *allowed = g_strjoinv (", ", (GStrv) values);
  UlakQuestion *self;

  ulak_question_check_changes (changes, categories, issues);
  for (gsize i = 0; categories[i] != NULL; i++)
    {
      const char *value = ulak_json_read_string (changes, "", categories[i], ULAK_JSON_OPTIONAL, 1, 32, issues);

      if (value != NULL && !g_strv_contains (values, value))
        ulak_issues_add (issues, categories[i], "must be one of %s", allowed);
    }
  if (!ulak_issues_to_error (issues, error))
    return NULL;
  self = ulak_question_new (chat, &set_privacy_kind);
  self->input = json_object_ref (changes);
  return self;
}

/* --- blocks --- */

static UlakNodeBuilder *
build_blocked (UlakQuestion *self)
{
  return ulak_question_begin (self, "get", "blocklist", NULL);
}

static gboolean
read_blocked (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error)
{
  const UlakNode *list = ulak_node_get_child (answer, "list");
  g_autoptr (JsonArray) people = json_array_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);

  for (const UlakNode *node = list == NULL ? NULL : ulak_node_get_first (list); node != NULL;
       node = ulak_node_get_next (node))
    {
      JsonObject *person;

      if (!ulak_member_show (database, node, self->now_us, &person, error))
        return FALSE;
      if (person != NULL)
        json_array_add_object_element (people, person);
    }
  json_node_set_array (root, people);
  *json_out = ulak_json_print (root);
  return TRUE;
}

static const UlakQuestionKind blocked_kind = { build_blocked, read_blocked, { 0 } };

UlakQuestion *
ulak_profile_question_blocked (UlakChat *chat)
{
  return ulak_question_new (chat, &blocked_kind);
}

/* The list is one of LIDs; the number goes along where it is known. */
static UlakNodeBuilder *
build_set_blocked (UlakQuestion *self)
{
  const UlakPerson *person = g_ptr_array_index (self->people, 0);
  UlakNodeBuilder *builder = ulak_question_begin (self, "set", "blocklist", NULL);

  ulak_node_builder_open (builder, "item");
  ulak_node_builder_add_text (builder, "action", self->flag ? "block" : "unblock");
  ulak_node_builder_add_jid (builder, "jid", &person->jid);
  if (self->flag && person->lid.user[0] != '\0' && person->phone.user[0] != '\0')
    ulak_node_builder_add_jid (builder, "pn_jid", &person->phone);
  ulak_node_builder_close (builder);
  return builder;
}

static const UlakQuestionKind set_blocked_kind = { build_set_blocked, NULL, { 0 } };

UlakQuestion *
ulak_profile_question_set_blocked (UlakChat *chat, const char *whom, gboolean blocked, GError **error)
{
  g_autoptr (UlakQuestion) self = ulak_question_new (chat, &set_blocked_kind);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  self->flag = blocked;
  ulak_question_add_person (self, whom, "chat", issues);
  return ulak_issues_to_error (issues, error) ? g_steal_pointer (&self) : NULL;
}
