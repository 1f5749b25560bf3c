/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Each object of a send document is a shape (shape.h): a table of fields, and a rule across them (message-rules.h) where
 * there is one.
 *
 * Sources of the limits: docs/messages.md.
 */
#include "connector/message-check.h"

#include "connector/message-rules.h"
#include "connector/shape.h"
#include "core/json.h"
#include "core/mime.h"

#define MENTIONS_MAX 1024
#define RECIPIENTS_MAX 5000

#define FIELDS(...) ((const UlakField[]){ __VA_ARGS__, { NULL } })
#define STRING(name, flags, min, max) { name, ULAK_FIELD_KIND_STRING, flags, min, max }
#define INTEGER(name, flags, min, max) { name, ULAK_FIELD_KIND_INTEGER, flags, min, max }
#define NUMBER(name, flags, min, max) { name, ULAK_FIELD_KIND_NUMBER, flags, min, max }
#define BOOLEAN(name) { name, ULAK_FIELD_KIND_BOOLEAN, OPTIONAL }
#define URL(name, flags) { name, ULAK_FIELD_KIND_URL, flags }
#define TIME(name, flags) { name, ULAK_FIELD_KIND_TIME, flags }
#define CHAT(name, flags) { name, ULAK_FIELD_KIND_CHAT, flags }
#define CHATS(name, flags, min, max) { name, ULAK_FIELD_KIND_CHATS, flags, min, max }
#define WORD(name, flags, words) { name, ULAK_FIELD_KIND_WORD, flags, 0, 0, NULL, words }
#define OBJECT(name, flags, shape) { name, ULAK_FIELD_KIND_OBJECT, flags, 0, 0, shape }
#define ARRAY(name, flags, min, max, shape) { name, ULAK_FIELD_KIND_ARRAY, flags, min, max, shape }
#define TEXTS(name, min, max, length_max) { name, ULAK_FIELD_KIND_TEXTS, REQUIRED, min, max, NULL, NULL, length_max }
#define REQUIRED ULAK_JSON_REQUIRED
#define OPTIONAL ULAK_JSON_OPTIONAL

static const char *const message_kinds[]
    = { "text", "image", "video", "audio", "document", "sticker", "location",
        "contacts", "reaction", "interactive", "template", "poll", "poll_vote", "live_location",
        "group_invite", "forward", "edit", "revoke", "pin", NULL };

static void
check_one_content (JsonObject *object, const char *path, UlakIssues *issues)
{
  ulak_message_require_one_of (object, path, message_kinds, issues);
}

/* --- the shapes --- */

#define THUMBNAIL STRING ("thumbnail", OPTIONAL, 1, 24576) /* base64 */

static const UlakShape preview_shape = {
  NULL,
  FIELDS (URL ("url", REQUIRED),
          STRING ("title", OPTIONAL, 1, 1024),
          STRING ("description", OPTIONAL, 1, 4096),
          THUMBNAIL)
};
static const UlakShape text_shape = {
  NULL,
  FIELDS (STRING ("body", REQUIRED, 1, 4096),
          BOOLEAN ("preview_url"),
          OBJECT ("link_preview", OPTIONAL, &preview_shape))
};

#define MEDIA_SOURCE URL ("link", OPTIONAL), STRING ("media_id", OPTIONAL, 1, 128)
#define CAPTION STRING ("caption", OPTIONAL, 1, 1024)
#define FILE_NAME STRING ("file_name", OPTIONAL, 1, ULAK_FILE_NAME_MAX)

#define VIEW_ONCE BOOLEAN ("view_once")
#define DURATION INTEGER ("duration_s", OPTIONAL, 0, 86400)

static const UlakShape image_shape = {
  ulak_message_check_media,
  FIELDS (MEDIA_SOURCE,
          CAPTION,
          VIEW_ONCE,
          THUMBNAIL)
};
static const UlakShape video_shape = {
  ulak_message_check_media,
  FIELDS (MEDIA_SOURCE,
          CAPTION,
          VIEW_ONCE,
          THUMBNAIL,
          DURATION,
          BOOLEAN ("gif"),
          BOOLEAN ("video_note"))
};
static const UlakShape audio_shape = {
  ulak_message_check_media,
  FIELDS (MEDIA_SOURCE,
          BOOLEAN ("voice"),
          VIEW_ONCE,
          DURATION,
          STRING ("waveform", OPTIONAL, 1, 512))
};
static const UlakShape document_shape = {
  ulak_message_check_media,
  FIELDS (MEDIA_SOURCE,
          CAPTION,
          FILE_NAME,
          THUMBNAIL)
};
static const UlakShape bare_media_shape = { ulak_message_check_media, FIELDS (MEDIA_SOURCE) };
static const UlakShape bare_document_shape = { ulak_message_check_media, FIELDS (MEDIA_SOURCE, FILE_NAME) };

static const UlakShape location_shape = {
  NULL,
  FIELDS (NUMBER ("latitude", REQUIRED, -90, 90),
          NUMBER ("longitude", REQUIRED, -180, 180),
          STRING ("name", OPTIONAL, 1, 1000),
          STRING ("address", OPTIONAL, 1, 1000))
};

#define LABEL(name) STRING (name, OPTIONAL, 1, 256)

static const UlakShape name_shape = {
  NULL,
  FIELDS (STRING ("formatted_name", REQUIRED, 1, 256),
          LABEL ("first_name"),
          LABEL ("last_name"),
          LABEL ("middle_name"),
          LABEL ("prefix"),
          LABEL ("suffix"))
};
static const UlakShape phone_shape = { NULL, FIELDS (LABEL ("phone"), LABEL ("type"), LABEL ("wa_id")) };
static const UlakShape email_shape = { NULL, FIELDS (LABEL ("email"), LABEL ("type")) };
static const UlakShape org_shape = { NULL, FIELDS (LABEL ("company"), LABEL ("department"), LABEL ("title")) };
static const UlakShape url_shape = {
  NULL,
  FIELDS (STRING ("url", OPTIONAL, 1, ULAK_SHAPE_URL_MAX),
          LABEL ("type"))
};
static const UlakShape address_shape = {
  NULL,
  FIELDS (LABEL ("street"),
          LABEL ("city"),
          LABEL ("state"),
          LABEL ("zip"),
          LABEL ("country"),
          LABEL ("country_code"),
          LABEL ("type"))
};
static const UlakShape contact_shape = {
  ulak_message_check_birthday,
  FIELDS (OBJECT ("name", REQUIRED, &name_shape),
          ARRAY ("phones", OPTIONAL, 0, 20, &phone_shape),
          ARRAY ("emails", OPTIONAL, 0, 20, &email_shape),
          OBJECT ("org", OPTIONAL, &org_shape),
          ARRAY ("urls", OPTIONAL, 0, 20, &url_shape),
          ARRAY ("addresses", OPTIONAL, 0, 20, &address_shape),
          STRING ("birthday", OPTIONAL, 10, 10))
};

static const UlakShape live_location_shape = {
  NULL,
  FIELDS (NUMBER ("latitude", REQUIRED, -90, 90),
          NUMBER ("longitude", REQUIRED, -180, 180),
          INTEGER ("accuracy_m", OPTIONAL, 0, 100000),
          NUMBER ("speed_mps", OPTIONAL, 0, 1000),
          INTEGER ("bearing_deg", OPTIONAL, 0, 359),
          INTEGER ("sequence", OPTIONAL, 1, G_MAXINT32),
          CAPTION)
};

#define OPTIONS_MAX 12
#define OPTION_LENGTH_MAX 100

static const UlakShape poll_shape = {
  ulak_message_check_poll,
  FIELDS (STRING ("name", REQUIRED, 1, 255),
          TEXTS ("options", 2, OPTIONS_MAX, OPTION_LENGTH_MAX),
          INTEGER ("selectable_count", OPTIONAL, 0, OPTIONS_MAX))
};
static const UlakShape poll_vote_shape = {
  NULL,
  FIELDS (STRING ("message_id", REQUIRED, 1, 256),
          TEXTS ("options", 0, OPTIONS_MAX, OPTION_LENGTH_MAX))
};
static const UlakShape group_invite_shape = {
  NULL,
  FIELDS (CHAT ("group", REQUIRED),
          STRING ("code", REQUIRED, 1, 64),
          STRING ("name", OPTIONAL, 1, 256),
          TIME ("expires_at", OPTIONAL),
          CAPTION)
};
static const UlakShape edit_shape = {
  NULL,
  FIELDS (STRING ("message_id", REQUIRED, 1, 256),
          STRING ("text", REQUIRED, 1, 4096))
};
static const UlakShape message_id_shape = { NULL, FIELDS (STRING ("message_id", REQUIRED, 1, 256)) };
static const UlakShape pin_shape = {
  NULL,
  FIELDS (STRING ("message_id", REQUIRED, 1, 256),
          INTEGER ("duration_s", REQUIRED, 0, 2592000))
};

static const UlakShape reaction_shape = {
  NULL,
  FIELDS (STRING ("message_id", REQUIRED, 1, 256),
          STRING ("emoji", REQUIRED, 0, 32))
};

static const UlakShape header_shape = {
  ulak_message_check_header,
  FIELDS (STRING ("text", OPTIONAL, 1, 60),
          OBJECT ("image", OPTIONAL, &bare_media_shape),
          OBJECT ("video", OPTIONAL, &bare_media_shape),
          OBJECT ("document", OPTIONAL, &bare_document_shape))
};
static const UlakShape button_shape = {
  NULL,
  FIELDS (STRING ("id", REQUIRED, 1, 256),
          STRING ("title", REQUIRED, 1, 20))
};
static const UlakShape row_shape = {
  NULL,
  FIELDS (STRING ("id", REQUIRED, 1, 200),
          STRING ("title", REQUIRED, 1, 24),
          STRING ("description", OPTIONAL, 1, 72))
};
static const UlakShape section_shape = {
  NULL,
  FIELDS (STRING ("title", OPTIONAL, 1, 24),
          ARRAY ("rows", REQUIRED, 1, ULAK_MESSAGE_LIST_ROWS_MAX, &row_shape))
};

static const char *const interactive_types[] = { "button", "list", NULL };

static const UlakShape interactive_shape = {
  ulak_message_check_interactive,
  FIELDS (WORD ("type", REQUIRED, interactive_types),
          STRING ("body", REQUIRED, 1, 4096),
          OBJECT ("header", OPTIONAL, &header_shape),
          STRING ("footer", OPTIONAL, 1, 60),
          ARRAY ("buttons", OPTIONAL, 1, 3, &button_shape),
          STRING ("button", OPTIONAL, 1, 20),
          ARRAY ("sections", OPTIONAL, 1, 10, &section_shape))
};

static const UlakShape currency_shape = {
  NULL,
  FIELDS (STRING ("fallback_value", REQUIRED, 1, 256),
          STRING ("code", REQUIRED, 3, 3),
          INTEGER ("amount_1000", REQUIRED, G_MININT64, G_MAXINT64))
};
static const UlakShape date_time_shape = { NULL, FIELDS (STRING ("fallback_value", REQUIRED, 1, 256)) };

static const char *const parameter_types[]
    = { "text", "currency", "date_time", "image", "video", "document", "location", "payload", NULL };
static const char *const component_types[] = { "header", "body", "button", NULL };

static const UlakShape parameter_shape = {
  ulak_message_check_parameter,
  FIELDS (WORD ("type", REQUIRED, parameter_types),
          STRING ("parameter_name", OPTIONAL, 1, 64),
          STRING ("text", OPTIONAL, 1, 32768),
          OBJECT ("currency", OPTIONAL, &currency_shape),
          OBJECT ("date_time", OPTIONAL, &date_time_shape),
          OBJECT ("image", OPTIONAL, &bare_media_shape),
          OBJECT ("video", OPTIONAL, &bare_media_shape),
          OBJECT ("document", OPTIONAL, &bare_document_shape),
          OBJECT ("location", OPTIONAL, &location_shape),
          STRING ("payload", OPTIONAL, 1, 256))
};
static const UlakShape component_shape = {
  ulak_message_check_component,
  FIELDS (WORD ("type", REQUIRED, component_types),
          STRING ("sub_type", OPTIONAL, 1, 32),
          INTEGER ("index", OPTIONAL, 0, 9),
          ARRAY ("parameters", OPTIONAL, 0, 32, &parameter_shape))
};
static const UlakShape template_shape = {
  NULL,
  FIELDS (STRING ("name", REQUIRED, 1, 512),
          STRING ("language", REQUIRED, 2, 20),
          ARRAY ("components", OPTIONAL, 0, 16, &component_shape))
};

static const UlakShape message_shape = {
  check_one_content,
  FIELDS (CHAT ("to", REQUIRED),
          STRING ("reply_to", OPTIONAL, 1, 256),
          TIME ("expires_at", OPTIONAL),
          { "text", ULAK_FIELD_KIND_TEXT, OPTIONAL, 1, 4096, &text_shape },
          CHATS ("mentions", OPTIONAL, 1, MENTIONS_MAX),
          CHATS ("recipients", OPTIONAL, 1, RECIPIENTS_MAX),
          INTEGER ("disappears_after_s", OPTIONAL, 0, 7776000),
          OBJECT ("image", OPTIONAL, &image_shape),
          OBJECT ("video", OPTIONAL, &video_shape),
          OBJECT ("audio", OPTIONAL, &audio_shape),
          OBJECT ("document", OPTIONAL, &document_shape),
          OBJECT ("sticker", OPTIONAL, &bare_media_shape),
          OBJECT ("location", OPTIONAL, &location_shape),
          OBJECT ("live_location", OPTIONAL, &live_location_shape),
          OBJECT ("poll", OPTIONAL, &poll_shape),
          OBJECT ("poll_vote", OPTIONAL, &poll_vote_shape),
          OBJECT ("group_invite", OPTIONAL, &group_invite_shape),
          OBJECT ("forward", OPTIONAL, &message_id_shape),
          OBJECT ("edit", OPTIONAL, &edit_shape),
          OBJECT ("revoke", OPTIONAL, &message_id_shape),
          OBJECT ("pin", OPTIONAL, &pin_shape),
          ARRAY ("contacts", OPTIONAL, 1, 10, &contact_shape),
          OBJECT ("reaction", OPTIONAL, &reaction_shape),
          OBJECT ("interactive", OPTIONAL, &interactive_shape),
          OBJECT ("template", OPTIONAL, &template_shape))
};

/* --- the document --- */

/**
 * ulak_message_check:
 * @message: a send document
 * @issues: where every fault is added
 */
void
ulak_message_check (JsonObject *message, UlakIssues *issues)
{
  ulak_shape_check (&message_shape, message, "", issues);
}

/** ulak_message_get_kind: Returns: (nullable): "text", "image", ..., by the member that is there */
const char *
ulak_message_get_kind (JsonObject *message)
{
  for (guint i = 0; message_kinds[i] != NULL; i++)
    if (ulak_shape_has (message, message_kinds[i]))
      return message_kinds[i];
  return NULL;
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
