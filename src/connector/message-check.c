/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Each object of a send document is a table of fields; a table may name another for what lies inside. One walk over
 * the tables checks kinds, lengths, ranges and unknown fields; rules that span fields ("exactly one of link and
 * media_id") are a function at the table.
 *
 * Sources of the limits: docs/messages.md.
 */
#include "connector/message-check.h"

#include "core/clock.h"
#include "core/json.h"

#include <stdio.h>
#include <string.h>

#define URL_MAX 2048
#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15
#define PLAIN_CHAT_MIN 16
#define LIST_ROWS_MAX 10
#define MENTIONS_MAX 1024
#define RECIPIENTS_MAX 5000
#define FIELDS_MAX 32

typedef enum
{
  KIND_STRING, /* min to max characters */
  KIND_URL,    /* absolute, http or https */
  KIND_TIME,   /* RFC 3339 */
  KIND_CHAT,   /* a phone or a chat id */
  KIND_WORD,   /* one of words */
  KIND_BOOLEAN,
  KIND_INTEGER, /* min to max */
  KIND_NUMBER,  /* min to max */
  KIND_OBJECT,
  KIND_ARRAY, /* of objects; min to max of them */
  KIND_TEXTS, /* array of strings of 1 to length_max characters; min to max of them */
  KIND_CHATS, /* array of phones or chat ids; min to max of them */
  KIND_TEXT,  /* a string, or the object */
} Kind;

typedef struct _Shape Shape;

typedef struct
{
  const char *name;
  Kind kind;
  UlakJsonFlags flags;
  gint64 min;
  gint64 max;
  const Shape *shape;       /* OBJECT, ARRAY, TEXT */
  const char *const *words; /* WORD */
  guint length_max;         /* TEXTS */
} Field;

struct _Shape
{
  void (*check) (JsonObject *object,
                 const char *path,
                 UlakIssues *issues); /* (nullable): rules across fields */
  const Field *fields;                /* ended by a NULL name */
};

#define STRING(name, flags, min, max) \
  { \
    name, KIND_STRING, flags, min, max, NULL, NULL \
  }
#define OBJECT(name, flags, shape) \
  { \
    name, KIND_OBJECT, flags, 0, 0, shape, NULL \
  }
#define ARRAY(name, flags, min, max, shape) \
  { \
    name, KIND_ARRAY, flags, min, max, shape, NULL \
  }
#define WORD(name, flags, words) \
  { \
    name, KIND_WORD, flags, 0, 0, NULL, words \
  }
#define OF_KIND(name, kind, flags) \
  { \
    name, kind, flags, 0, 0, NULL, NULL \
  }
#define FIELDS(...) ((const Field[]){ __VA_ARGS__, { NULL, 0, 0, 0, 0, NULL, NULL, 0 } })
#define REQUIRED ULAK_JSON_REQUIRED
#define OPTIONAL ULAK_JSON_OPTIONAL
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static char *
path_of (const char *parent, const char *name)
{
  return *parent == '\0' ? g_strdup (name) : g_strdup_printf ("%s.%s", parent, name);
}

static gboolean
has (JsonObject *object, const char *name)
{
  return json_object_has_member (object, name) && !json_object_get_null_member (object, name);
}

static guint
count_of (JsonObject *object, const char *const *names)
{
  guint n = 0;

  for (guint i = 0; names[i] != NULL; i++)
    n += has (object, names[i]) ? 1 : 0;
  return n;
}

static gboolean
require_one_of (JsonObject *object, const char *path, const char *const *names, UlakIssues *issues)
{
  g_autofree char *list = NULL;
  guint n = count_of (object, names);

  if (n == 1)
    return TRUE;
  list = g_strjoinv (", ", (char **) names);
  ulak_issues_add (issues, path, "must have exactly one of %s; %s is there", list,
                   n == 0 ? "none" : "more than one");
  return FALSE;
}

/* Names of an object's members beyond those of its type's row, e.g. a template parameter of type text with a link. */
static void
refuse_others (JsonObject *object,
               const char *path,
               const char *type,
               const char *const *allowed,
               UlakIssues *issues)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *l = members; l != NULL; l = l->next)
    if (!g_strv_contains (allowed, l->data))
      {
        g_autofree char *where = path_of (path, l->data);
        ulak_issues_add (issues, where, "not allowed when type is %s", type);
      }
}

/* --- rules across fields --- */

static void
check_media (JsonObject *object, const char *path, UlakIssues *issues)
{
  require_one_of (object, path, WORDS ("link", "media_id"), issues);
}

static void
check_header (JsonObject *object, const char *path, UlakIssues *issues)
{
  require_one_of (object, path, WORDS ("text", "image", "video", "document"), issues);
}

static void
check_birthday (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *birthday = ulak_json_peek_string (object, "birthday");
  guint year = 0, month = 0, day = 0;
  char rest = '\0';

  if (birthday == NULL)
    return;
  if (strlen (birthday) == 10 && sscanf (birthday, "%4u-%2u-%2u%c", &year, &month, &day, &rest) == 3
      && g_date_valid_dmy ((GDateDay) day, (GDateMonth) month, (GDateYear) year))
    return;
  g_autofree char *where = path_of (path, "birthday");
  ulak_issues_add (issues, where, "must be a date as YYYY-MM-DD");
}

static void
check_unique_ids (JsonArray *array, const char *path, GHashTable *seen, UlakIssues *issues)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      const char *id
          = JSON_NODE_HOLDS_OBJECT (node) ? ulak_json_peek_string (json_node_get_object (node), "id") : NULL;

      if (id != NULL && !g_hash_table_add (seen, (gpointer) id))
        {
          g_autofree char *where = g_strdup_printf ("%s[%u].id", path, i);
          ulak_issues_add (issues, where, "is there twice; ids must differ");
        }
    }
}

static void
check_buttons (JsonObject *object, const char *path, UlakIssues *issues)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *where = path_of (path, "buttons");

  refuse_others (object, path, "button", WORDS ("type", "body", "header", "footer", "buttons"), issues);
  if (!has (object, "buttons"))
    ulak_issues_add (issues, where, "is required when type is button");
  check_unique_ids (ulak_json_peek_array (object, "buttons"), where, seen, issues);
}

static void
check_sections (JsonArray *sections, const char *path, UlakIssues *issues)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint n_sections = json_array_get_length (sections);
  guint n_rows = 0;

  for (guint i = 0; i < n_sections; i++)
    {
      JsonNode *node = json_array_get_element (sections, i);
      g_autofree char *rows_path = g_strdup_printf ("%s[%u].rows", path, i);
      g_autofree char *title_path = g_strdup_printf ("%s[%u].title", path, i);
      JsonArray *rows;

      if (!JSON_NODE_HOLDS_OBJECT (node))
        continue;
      rows = ulak_json_peek_array (json_node_get_object (node), "rows");
      n_rows += rows == NULL ? 0 : json_array_get_length (rows);
      check_unique_ids (rows, rows_path, seen, issues);
      if (n_sections > 1 && !has (json_node_get_object (node), "title"))
        ulak_issues_add (issues, title_path, "is required when there is more than one section");
    }
  if (n_rows > LIST_ROWS_MAX)
    ulak_issues_add (issues, path, "holds %u rows in all; allowed are up to %d", n_rows, LIST_ROWS_MAX);
}

static void
check_list (JsonObject *object, const char *path, UlakIssues *issues)
{
  JsonArray *sections = ulak_json_peek_array (object, "sections");
  JsonObject *header = ulak_json_peek_object (object, "header");

  refuse_others (object, path, "list", WORDS ("type", "body", "header", "footer", "button", "sections"),
                 issues);
  for (guint i = 0; i < 2; i++)
    {
      const char *name = i == 0 ? "button" : "sections";
      g_autofree char *where = path_of (path, name);
      if (!has (object, name))
        ulak_issues_add (issues, where, "is required when type is list");
    }
  if (header != NULL && !has (header, "text"))
    {
      g_autofree char *where = path_of (path, "header");
      ulak_issues_add (issues, where, "must be a text when type is list");
    }
  if (sections != NULL)
    {
      g_autofree char *where = path_of (path, "sections");
      check_sections (sections, where, issues);
    }
}

static void
check_interactive (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *type = ulak_json_peek_string (object, "type");

  if (g_strcmp0 (type, "button") == 0)
    check_buttons (object, path, issues);
  if (g_strcmp0 (type, "list") == 0)
    check_list (object, path, issues);
}

static void
check_parameter (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *type = ulak_json_peek_string (object, "type");
  g_autofree char *where = NULL;

  if (type == NULL)
    return;
  refuse_others (object, path, type, WORDS ("type", "parameter_name", type), issues);
  if (has (object, type))
    return;
  where = path_of (path, type);
  ulak_issues_add (issues, where, "is required when type is %s", type);
}

static void
check_component (JsonObject *object, const char *path, UlakIssues *issues)
{
  const char *type = ulak_json_peek_string (object, "type");
  gboolean is_button = g_strcmp0 (type, "button") == 0;

  if (type == NULL)
    return;
  if (!is_button)
    refuse_others (object, path, type, WORDS ("type", "parameters"), issues);
  for (guint i = 0; is_button && i < 2; i++)
    {
      const char *name = i == 0 ? "sub_type" : "index";
      g_autofree char *where = path_of (path, name);
      if (!has (object, name))
        ulak_issues_add (issues, where, "is required when type is button");
    }
}

static void
check_poll (JsonObject *object, const char *path, UlakIssues *issues)
{
  JsonArray *options = ulak_json_peek_array (object, "options");
  gint64 count = ulak_json_peek_integer (object, "selectable_count", 1);
  g_autofree char *where = path_of (path, "selectable_count");
  g_autofree char *options_path = path_of (path, "options");
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  if (options == NULL)
    return;
  if (count > json_array_get_length (options))
    ulak_issues_add (issues, where, "is more than there are options");
  for (guint i = 0; i < json_array_get_length (options); i++)
    {
      JsonNode *node = json_array_get_element (options, i);

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
          && !g_hash_table_add (seen, (gpointer) json_node_get_string (node)))
        ulak_issues_add (issues, options_path, "holds an option twice; options must differ");
    }
}

static const char *const message_kinds[]
    = { "text", "image", "video", "audio", "document", "sticker", "location",
        "contacts", "reaction", "interactive", "template", "poll", "poll_vote", "live_location",
        "group_invite", "forward", "edit", "revoke", "pin", NULL };

static void
check_one_content (JsonObject *object, const char *path, UlakIssues *issues)
{
  require_one_of (object, path, message_kinds, issues);
}

/* --- the shapes --- */

#define THUMBNAIL STRING ("thumbnail", OPTIONAL, 1, 24576) /* base64 */

static const Shape preview_shape = { NULL, FIELDS (OF_KIND ("url", KIND_URL, REQUIRED), STRING ("title", OPTIONAL, 1, 1024), STRING ("description", OPTIONAL, 1, 4096), THUMBNAIL) };
static const Shape text_shape = { NULL, FIELDS (STRING ("body", REQUIRED, 1, 4096), OF_KIND ("preview_url", KIND_BOOLEAN, OPTIONAL), OBJECT ("link_preview", OPTIONAL, &preview_shape)) };

#define MEDIA_SOURCE OF_KIND ("link", KIND_URL, OPTIONAL), STRING ("media_id", OPTIONAL, 1, 128)
#define CAPTION STRING ("caption", OPTIONAL, 1, 1024)
#define FILE_NAME STRING ("file_name", OPTIONAL, 1, 240)

#define VIEW_ONCE OF_KIND ("view_once", KIND_BOOLEAN, OPTIONAL)
#define DURATION \
  { \
    "duration_s", KIND_INTEGER, OPTIONAL, 0, 86400, NULL, NULL \
  }

static const Shape image_shape = { check_media, FIELDS (MEDIA_SOURCE, CAPTION, VIEW_ONCE, THUMBNAIL) };
static const Shape video_shape = { check_media, FIELDS (MEDIA_SOURCE, CAPTION, VIEW_ONCE, THUMBNAIL, DURATION, OF_KIND ("gif", KIND_BOOLEAN, OPTIONAL), OF_KIND ("video_note", KIND_BOOLEAN, OPTIONAL)) };
static const Shape audio_shape = { check_media, FIELDS (MEDIA_SOURCE, OF_KIND ("voice", KIND_BOOLEAN, OPTIONAL), VIEW_ONCE, DURATION, STRING ("waveform", OPTIONAL, 1, 512)) };
static const Shape document_shape = { check_media, FIELDS (MEDIA_SOURCE, CAPTION, FILE_NAME, THUMBNAIL) };
static const Shape bare_media_shape = { check_media, FIELDS (MEDIA_SOURCE) };
static const Shape bare_document_shape = { check_media, FIELDS (MEDIA_SOURCE, FILE_NAME) };

static const Shape location_shape = { NULL, FIELDS ({ "latitude", KIND_NUMBER, REQUIRED, -90, 90, NULL, NULL }, { "longitude", KIND_NUMBER, REQUIRED, -180, 180, NULL, NULL }, STRING ("name", OPTIONAL, 1, 1000), STRING ("address", OPTIONAL, 1, 1000)) };

#define LABEL(name) STRING (name, OPTIONAL, 1, 256)

static const Shape name_shape = { NULL, FIELDS (STRING ("formatted_name", REQUIRED, 1, 256), LABEL ("first_name"), LABEL ("last_name"), LABEL ("middle_name"), LABEL ("prefix"), LABEL ("suffix")) };
static const Shape phone_shape = { NULL, FIELDS (LABEL ("phone"), LABEL ("type"), LABEL ("wa_id")) };
static const Shape email_shape = { NULL, FIELDS (LABEL ("email"), LABEL ("type")) };
static const Shape org_shape = { NULL, FIELDS (LABEL ("company"), LABEL ("department"), LABEL ("title")) };
static const Shape url_shape = { NULL, FIELDS (STRING ("url", OPTIONAL, 1, URL_MAX), LABEL ("type")) };
static const Shape address_shape = { NULL, FIELDS (LABEL ("street"), LABEL ("city"), LABEL ("state"), LABEL ("zip"), LABEL ("country"), LABEL ("country_code"), LABEL ("type")) };
static const Shape contact_shape = { check_birthday, FIELDS (OBJECT ("name", REQUIRED, &name_shape), ARRAY ("phones", OPTIONAL, 0, 20, &phone_shape), ARRAY ("emails", OPTIONAL, 0, 20, &email_shape), OBJECT ("org", OPTIONAL, &org_shape), ARRAY ("urls", OPTIONAL, 0, 20, &url_shape), ARRAY ("addresses", OPTIONAL, 0, 20, &address_shape), STRING ("birthday", OPTIONAL, 10, 10)) };

static const Shape live_location_shape = { NULL, FIELDS ({ "latitude", KIND_NUMBER, REQUIRED, -90, 90, NULL, NULL }, { "longitude", KIND_NUMBER, REQUIRED, -180, 180, NULL, NULL }, { "accuracy_m", KIND_INTEGER, OPTIONAL, 0, 100000, NULL, NULL }, { "speed_mps", KIND_NUMBER, OPTIONAL, 0, 1000, NULL, NULL }, { "bearing_deg", KIND_INTEGER, OPTIONAL, 0, 359, NULL, NULL }, { "sequence", KIND_INTEGER, OPTIONAL, 1, G_MAXINT32, NULL, NULL }, CAPTION) };

#define OPTIONS_MAX 12
#define OPTION_LENGTH_MAX 100

static const Shape poll_shape = { check_poll, FIELDS (STRING ("name", REQUIRED, 1, 255), { "options", KIND_TEXTS, REQUIRED, 2, OPTIONS_MAX, NULL, NULL, OPTION_LENGTH_MAX }, { "selectable_count", KIND_INTEGER, OPTIONAL, 0, OPTIONS_MAX, NULL, NULL }) };
static const Shape poll_vote_shape = { NULL, FIELDS (STRING ("message_id", REQUIRED, 1, 256), { "options", KIND_TEXTS, REQUIRED, 0, OPTIONS_MAX, NULL, NULL, OPTION_LENGTH_MAX }) };
static const Shape group_invite_shape = { NULL, FIELDS (OF_KIND ("group", KIND_CHAT, REQUIRED), STRING ("code", REQUIRED, 1, 64), STRING ("name", OPTIONAL, 1, 256), OF_KIND ("expires_at", KIND_TIME, OPTIONAL), CAPTION) };
static const Shape edit_shape = { NULL, FIELDS (STRING ("message_id", REQUIRED, 1, 256), STRING ("text", REQUIRED, 1, 4096)) };
static const Shape message_id_shape = { NULL, FIELDS (STRING ("message_id", REQUIRED, 1, 256)) };
static const Shape pin_shape = { NULL, FIELDS (STRING ("message_id", REQUIRED, 1, 256), { "duration_s", KIND_INTEGER, REQUIRED, 0, 2592000, NULL, NULL }) };

static const Shape reaction_shape = { NULL, FIELDS (STRING ("message_id", REQUIRED, 1, 256), STRING ("emoji", REQUIRED, 0, 32)) };

static const Shape header_shape = { check_header, FIELDS (STRING ("text", OPTIONAL, 1, 60), OBJECT ("image", OPTIONAL, &bare_media_shape), OBJECT ("video", OPTIONAL, &bare_media_shape), OBJECT ("document", OPTIONAL, &bare_document_shape)) };
static const Shape button_shape = { NULL, FIELDS (STRING ("id", REQUIRED, 1, 256), STRING ("title", REQUIRED, 1, 20)) };
static const Shape row_shape = { NULL, FIELDS (STRING ("id", REQUIRED, 1, 200), STRING ("title", REQUIRED, 1, 24), STRING ("description", OPTIONAL, 1, 72)) };
static const Shape section_shape = { NULL, FIELDS (STRING ("title", OPTIONAL, 1, 24), ARRAY ("rows", REQUIRED, 1, LIST_ROWS_MAX, &row_shape)) };

static const char *const interactive_types[] = { "button", "list", NULL };

static const Shape interactive_shape = { check_interactive, FIELDS (WORD ("type", REQUIRED, interactive_types), STRING ("body", REQUIRED, 1, 4096), OBJECT ("header", OPTIONAL, &header_shape), STRING ("footer", OPTIONAL, 1, 60), ARRAY ("buttons", OPTIONAL, 1, 3, &button_shape), STRING ("button", OPTIONAL, 1, 20), ARRAY ("sections", OPTIONAL, 1, 10, &section_shape)) };

static const Shape currency_shape = { NULL, FIELDS (STRING ("fallback_value", REQUIRED, 1, 256), STRING ("code", REQUIRED, 3, 3), { "amount_1000", KIND_INTEGER, REQUIRED, G_MININT64, G_MAXINT64, NULL, NULL }) };
static const Shape date_time_shape = { NULL, FIELDS (STRING ("fallback_value", REQUIRED, 1, 256)) };

static const char *const parameter_types[]
    = { "text", "currency", "date_time", "image", "video", "document", "location", "payload", NULL };
static const char *const component_types[] = { "header", "body", "button", NULL };

static const Shape parameter_shape = { check_parameter, FIELDS (WORD ("type", REQUIRED, parameter_types), STRING ("parameter_name", OPTIONAL, 1, 64), STRING ("text", OPTIONAL, 1, 32768), OBJECT ("currency", OPTIONAL, &currency_shape), OBJECT ("date_time", OPTIONAL, &date_time_shape), OBJECT ("image", OPTIONAL, &bare_media_shape), OBJECT ("video", OPTIONAL, &bare_media_shape), OBJECT ("document", OPTIONAL, &bare_document_shape), OBJECT ("location", OPTIONAL, &location_shape), STRING ("payload", OPTIONAL, 1, 256)) };
static const Shape component_shape = { check_component, FIELDS (WORD ("type", REQUIRED, component_types), STRING ("sub_type", OPTIONAL, 1, 32), { "index", KIND_INTEGER, OPTIONAL, 0, 9, NULL, NULL }, ARRAY ("parameters", OPTIONAL, 0, 32, &parameter_shape)) };
static const Shape template_shape = { NULL, FIELDS (STRING ("name", REQUIRED, 1, 512), STRING ("language", REQUIRED, 2, 20), ARRAY ("components", OPTIONAL, 0, 16, &component_shape)) };

static const Shape message_shape = { check_one_content, FIELDS (OF_KIND ("to", KIND_CHAT, REQUIRED), STRING ("reply_to", OPTIONAL, 1, 256), OF_KIND ("expires_at", KIND_TIME, OPTIONAL), { "text", KIND_TEXT, OPTIONAL, 1, 4096, &text_shape, NULL }, { "mentions", KIND_CHATS, OPTIONAL, 1, MENTIONS_MAX, NULL, NULL }, { "recipients", KIND_CHATS, OPTIONAL, 1, RECIPIENTS_MAX, NULL, NULL }, { "disappears_after_s", KIND_INTEGER, OPTIONAL, 0, 7776000, NULL, NULL }, OBJECT ("image", OPTIONAL, &image_shape), OBJECT ("video", OPTIONAL, &video_shape), OBJECT ("audio", OPTIONAL, &audio_shape), OBJECT ("document", OPTIONAL, &document_shape), OBJECT ("sticker", OPTIONAL, &bare_media_shape), OBJECT ("location", OPTIONAL, &location_shape), OBJECT ("live_location", OPTIONAL, &live_location_shape), OBJECT ("poll", OPTIONAL, &poll_shape), OBJECT ("poll_vote", OPTIONAL, &poll_vote_shape), OBJECT ("group_invite", OPTIONAL, &group_invite_shape), OBJECT ("forward", OPTIONAL, &message_id_shape), OBJECT ("edit", OPTIONAL, &edit_shape), OBJECT ("revoke", OPTIONAL, &message_id_shape), OBJECT ("pin", OPTIONAL, &pin_shape), ARRAY ("contacts", OPTIONAL, 1, 10, &contact_shape), OBJECT ("reaction", OPTIONAL, &reaction_shape), OBJECT ("interactive", OPTIONAL, &interactive_shape), OBJECT ("template", OPTIONAL, &template_shape)) };

/* --- the walk --- */

static gboolean
is_web_url (const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return FALSE;
  return g_str_equal (g_uri_get_scheme (uri), "https") || g_str_equal (g_uri_get_scheme (uri), "http");
}

static void
check_string_kind (JsonObject *object, const char *path, const Field *field, UlakIssues *issues)
{
  const char *text = ulak_json_read_string (object, path, field->name, field->flags, 1, URL_MAX, issues);
  g_autofree char *where = path_of (path, field->name);
  g_autofree char *chat = NULL;
  gint64 time_us;

  if (text == NULL)
    return;
  if (field->kind == KIND_URL && !is_web_url (text))
    ulak_issues_add (issues, where, "must be an absolute http or https URL");
  if (field->kind == KIND_TIME && !ulak_parse_rfc3339 (text, &time_us))
    ulak_issues_add (issues, where, "must be a time as RFC 3339, such as 2026-11-25T08:30:00Z");
  if (field->kind == KIND_CHAT && (chat = ulak_message_to_chat (text)) == NULL)
    ulak_issues_add (issues, where,
                     "must be a phone number in E.164 (7 to 15 digits, with or without +) or a chat id");
}

static void
check_word (JsonObject *object, const char *path, const Field *field, UlakIssues *issues)
{
  const char *text = ulak_json_read_string (object, path, field->name, field->flags, 1, 64, issues);
  g_autofree char *list = NULL;
  g_autofree char *where = NULL;

  if (text == NULL || g_strv_contains (field->words, text))
    return;
  where = path_of (path, field->name);
  list = g_strjoinv (", ", (char **) field->words);
  ulak_issues_add (issues, where, "is not one of: %s", list);
}

static void check_object (JsonObject *object, const char *path, const Shape *shape, UlakIssues *issues);

static void
check_array (JsonObject *object, const char *path, const Field *field, UlakIssues *issues)
{
  JsonArray *array = ulak_json_read_array (object, path, field->name, field->flags, (guint) field->min,
                                           (guint) field->max, issues);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      g_autofree char *name = g_strdup_printf ("%s[%u]", field->name, i);
      g_autofree char *where = path_of (path, name);

      if (JSON_NODE_HOLDS_OBJECT (node))
        check_object (json_node_get_object (node), where, field->shape, issues);
      else
        ulak_issues_add (issues, where, "must be an object");
    }
}

static void
check_one_text (const Field *field, const char *where, const char *text, UlakIssues *issues)
{
  g_autofree char *chat = field->kind == KIND_CHATS && text != NULL ? ulak_message_to_chat (text) : NULL;

  if (text == NULL)
    ulak_issues_add (issues, where, "must be a string");
  else if (field->kind == KIND_CHATS && chat == NULL)
    ulak_issues_add (issues, where, "must be a phone number in E.164 (7 to 15 digits, with or without +) or a chat id");
  else if (field->kind == KIND_TEXTS && (*text == '\0' || g_utf8_strlen (text, -1) > field->length_max))
    ulak_issues_add (issues, where, "must have 1 to %u characters", field->length_max);
}

static void
check_texts (JsonObject *object, const char *path, const Field *field, UlakIssues *issues)
{
  JsonArray *array = ulak_json_read_array (object, path, field->name, field->flags, (guint) field->min,
                                           (guint) field->max, issues);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      g_autofree char *name = g_strdup_printf ("%s[%u]", field->name, i);
      g_autofree char *where = path_of (path, name);
      gboolean is_text = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;

      check_one_text (field, where, is_text ? json_node_get_string (node) : NULL, issues);
    }
}

static void
check_inner (JsonObject *object, const char *path, const Field *field, UlakIssues *issues)
{
  JsonObject *inner = ulak_json_read_object (object, path, field->name, field->flags, issues);
  g_autofree char *where = path_of (path, field->name);

  if (inner != NULL)
    check_object (inner, where, field->shape, issues);
}

static void
check_text (JsonObject *object, const char *path, const Field *field, UlakIssues *issues)
{
  JsonNode *node = json_object_get_member (object, field->name);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    check_inner (object, path, field, issues);
  else
    ulak_json_read_string (object, path, field->name, field->flags, (gsize) field->min, (gsize) field->max,
                           issues);
}

static void
check_field (JsonObject *object, const char *path, const Field *field, UlakIssues *issues)
{
  switch (field->kind)
    {
    case KIND_STRING:
      ulak_json_read_string (object, path, field->name, field->flags, (gsize) field->min, (gsize) field->max,
                             issues);
      break;
    case KIND_URL:
    case KIND_TIME:
    case KIND_CHAT:
      check_string_kind (object, path, field, issues);
      break;
    case KIND_WORD:
      check_word (object, path, field, issues);
      break;
    case KIND_BOOLEAN:
      ulak_json_read_boolean (object, path, field->name, FALSE, issues);
      break;
    case KIND_INTEGER:
      ulak_json_read_integer (object, path, field->name, field->flags, field->min, field->max, 0, issues);
      break;
    case KIND_NUMBER:
      ulak_json_read_number (object, path, field->name, field->flags, (double) field->min, (double) field->max,
                             issues);
      break;
    case KIND_OBJECT:
      check_inner (object, path, field, issues);
      break;
    case KIND_ARRAY:
      check_array (object, path, field, issues);
      break;
    case KIND_TEXTS:
    case KIND_CHATS:
      check_texts (object, path, field, issues);
      break;
    case KIND_TEXT:
      check_text (object, path, field, issues);
      break;
    }
}

static void
check_object (JsonObject *object, const char *path, const Shape *shape, UlakIssues *issues)
{
  const char *known[FIELDS_MAX + 1] = { NULL };

  for (guint i = 0; i < FIELDS_MAX && shape->fields[i].name != NULL; i++)
    {
      known[i] = shape->fields[i].name;
      check_field (object, path, &shape->fields[i], issues);
    }
  ulak_json_refuse_unknown (object, path, known, issues);
  if (shape->check != NULL)
    shape->check (object, path, issues);
}

/**
 * ulak_message_check:
 * @message: a send document
 * @issues: where every fault is added
 */
void
ulak_message_check (JsonObject *message, UlakIssues *issues)
{
  check_object (message, "", &message_shape, issues);
}

/** ulak_message_get_kind: Returns: (nullable): "text", "image", ..., by the member that is there */
const char *
ulak_message_get_kind (JsonObject *message)
{
  for (guint i = 0; message_kinds[i] != NULL; i++)
    if (has (message, message_kinds[i]))
      return message_kinds[i];
  return NULL;
}

/**
 * ulak_message_to_chat:
 * @to: what a client wrote
 *
 * A phone number becomes its digits; anything else must be a chat id: up to %ULAK_MESSAGE_CHAT_MAX of letters, digits
 * and ._:@- with at least one that is no digit. Ids of people have a dot, a colon or an @ in them, ids of groups are long:
 * a short plain word is a slip of the pen, not an id.
 *
 * Returns: (transfer full) (nullable): the chat id
 */
char *
ulak_message_to_chat (const char *to)
{
  const char *digits = *to == '+' ? to + 1 : to;
  gsize n_digits = strspn (digits, "0123456789");
  gsize length;

  if (digits[n_digits] == '\0')
    return n_digits >= PHONE_DIGITS_MIN && n_digits <= PHONE_DIGITS_MAX && *digits != '0' ? g_strdup (digits)
                                                                                          : NULL;

  length = strspn (to, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._:@-");
  if (to[length] != '\0' || length > ULAK_MESSAGE_CHAT_MAX
      || (length < PLAIN_CHAT_MIN && strpbrk (to, ".:@") == NULL))
    return NULL;
  return g_strdup (to);
}

static const char *find_media_id (JsonNode *node);

static const char *
find_media_id_in_object (JsonObject *object)
{
  const char *found = ulak_json_peek_string (object, "media_id");
  g_autoptr (GList) values = json_object_get_values (object);

  for (GList *l = values; found == NULL && l != NULL; l = l->next)
    found = find_media_id (l->data);
  return found;
}

static const char *
find_media_id (JsonNode *node)
{
  const char *found = NULL;
  JsonArray *array;

  if (JSON_NODE_HOLDS_OBJECT (node))
    return find_media_id_in_object (json_node_get_object (node));
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  array = json_node_get_array (node);
  for (guint i = 0; found == NULL && i < json_array_get_length (array); i++)
    found = find_media_id (json_array_get_element (array, i));
  return found;
}

/** ulak_message_get_media_id: Returns: (nullable): the first uploaded medium that @message names, headers included */
const char *
ulak_message_get_media_id (JsonObject *message)
{
  return find_media_id_in_object (message);
}
