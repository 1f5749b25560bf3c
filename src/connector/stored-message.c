/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound rows hold the fields as a backend made them; rows of ours hold the send document, which is turned into the same
 * fields each time, so that what was asked for is kept once.
 */
#include "connector/stored-message.h"

#include "connector/chat-id.h"
#include "connector/message-check.h"
#include "connector/sql.h"
#include "core/clock.h"
#include "core/json.h"

#include <string.h>

/* Our own rows: made from documents that passed a stricter limit. */
static const UlakJsonLimits row_limits = { 8 * 1024 * 1024, 40, 200000, FALSE };

/* What a row says itself, whatever its content says. */
static const char *const own_fields[] = { "id", "network_id", "chat", "from", "from_me", "type",
                                          "timestamp", "status", "quoted", "error", "hold", "edited_at",
                                          "revoked_by", "receipts", "starred", NULL };
static const char *const media_kinds[] = { "image", "video", "audio", "document", "sticker", NULL };
static const char *const media_fields[] = { "media_id", "link", "caption", "voice", "file_name",
                                            "gif", "video_note", "duration_s", "waveform", "thumbnail", NULL };
/* Contents of ours whose words are the message's text, and the member that has them. */
static const struct
{
  const char *kind;
  const char *member;
} texts[] = {
  { "interactive", "body" },
  { "poll", "name" },
  { "edit", "text" },
  { "live_location", "caption" },
  { "group_invite", "caption" },
};

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text == NULL)
    json_object_set_null_member (object, name);
  else
    json_object_set_string_member (object, name, text);
}

static void
copy_member (JsonObject *from, JsonObject *to, const char *name)
{
  JsonNode *node = json_object_get_member (from, name);

  if (node != NULL)
    json_object_set_member (to, name, json_node_copy (node));
}

/** ulak_stored_message_type: Returns: the type of the message that @send_document asks for */
const char *
ulak_stored_message_type (JsonObject *send_document)
{
  const char *kind = ulak_message_get_kind (send_document);
  JsonObject *audio = ulak_json_peek_object (send_document, "audio");

  if (audio != NULL && ulak_json_peek_boolean (audio, "voice", FALSE))
    return "voice";
  return kind != NULL ? kind : "unsupported";
}

static gboolean
add_medium (UlakDatabase *database, JsonObject *media, GError **error)
{
  const char *id = ulak_json_peek_string (media, "media_id");
  UlakStatement *row;

  if (id == NULL)
    return TRUE;
  if (!ulak_sql_find (database, ULAK_SQL ("media-find"), ULAK_BINDINGS (ULAK_TEXT ("id", id)), &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  set_text (media, "mime_type", ulak_statement_get_text (row, "mime_type"));
  json_object_set_int_member (media, "size_bytes", ulak_statement_get_integer (row, "size_bytes"));
  set_text (media, "sha256", ulak_statement_get_text (row, "sha256"));
  if (!json_object_has_member (media, "file_name"))
    set_text (media, "file_name", ulak_statement_get_text (row, "file_name"));
  return TRUE;
}

static gboolean
show_media (UlakDatabase *database, JsonObject *content, JsonObject *message, GError **error)
{
  JsonObject *media = json_object_new ();

  json_object_set_object_member (message, "media", media);
  for (guint i = 0; media_fields[i] != NULL; i++)
    copy_member (content, media, media_fields[i]);
  copy_member (content, message, "caption");
  if (json_object_has_member (message, "caption"))
    {
      set_text (message, "text", ulak_json_peek_string (content, "caption"));
      json_object_remove_member (message, "caption");
    }
  return add_medium (database, media, error);
}

/* As inbound messages have them: who is mentioned, and by which word of the text. */
static void
show_mentions (JsonArray *people, JsonObject *message)
{
  JsonArray *mentions;

  if (people == NULL)
    return;
  mentions = json_array_new ();
  for (guint i = 0; i < json_array_get_length (people); i++)
    {
      const char *person = json_array_get_string_element (people, i);
      g_autofree char *id = ulak_chat_id_parse (person);
      g_autofree char *text = id == NULL ? NULL : g_strdup_printf ("@%.*s", (int) strcspn (id, "@"), id);
      JsonObject *mention = json_object_new ();

      set_text (mention, "id", id);
      set_text (mention, "text", text);
      json_array_add_object_element (mentions, mention);
    }
  json_object_set_array_member (message, "mentions", mentions);
}

static void
show_options (JsonObject *request, JsonObject *content, JsonObject *message)
{
  show_mentions (ulak_json_peek_array (request, "mentions"), message);
  copy_member (request, message, "disappears_after_s");
  if (content != NULL)
    copy_member (content, message, "view_once");
}

static gboolean
show_request (UlakDatabase *database, JsonObject *request, JsonObject *message, GError **error)
{
  const char *kind = ulak_message_get_kind (request);
  JsonObject *content = kind == NULL ? NULL : ulak_json_peek_object (request, kind);

  if (kind == NULL)
    return TRUE;
  show_options (request, content, message);
  if (g_str_equal (kind, "text"))
    {
      set_text (message, "text",
                content == NULL ? ulak_json_peek_string (request, "text")
                                : ulak_json_peek_string (content, "body"));
      if (content != NULL)
        copy_member (content, message, "link_preview");
      return TRUE;
    }
  if (g_strv_contains (media_kinds, kind))
    return show_media (database, content, message, error);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (texts[i].kind, kind))
      set_text (message, "text", ulak_json_peek_string (content, texts[i].member));
  copy_member (request, message, kind);
  return TRUE;
}

static void
show_content (JsonObject *content, JsonObject *message)
{
  g_autoptr (GList) members = json_object_get_members (content);

  for (GList *l = members; l != NULL; l = l->next)
    if (!g_strv_contains (own_fields, l->data))
      copy_member (content, message, l->data);
}

static void
show_quoted (UlakStatement *row, JsonObject *message)
{
  const char *id = ulak_statement_get_text (row, "quoted_id");
  const char *network_id = ulak_statement_get_text (row, "quoted_network_id");
  JsonObject *quoted;

  if (id == NULL && network_id == NULL)
    {
      json_object_set_null_member (message, "quoted");
      return;
    }
  quoted = json_object_new ();
  set_text (quoted, "id", id);
  set_text (quoted, "network_id", network_id);
  json_object_set_object_member (message, "quoted", quoted);
}

static void
show_error (UlakStatement *row, JsonObject *message)
{
  JsonObject *error = json_object_new ();

  set_text (error, "code", ulak_statement_get_text (row, "error_code"));
  set_text (error, "message", ulak_statement_get_text (row, "error_message"));
  if (!ulak_statement_is_null (row, "original_code"))
    json_object_set_int_member (error, "original_code", ulak_statement_get_integer (row, "original_code"));
  if (!ulak_statement_is_null (row, "original_subcode"))
    json_object_set_int_member (error, "original_subcode",
                                ulak_statement_get_integer (row, "original_subcode"));
  if (!ulak_statement_is_null (row, "original_details"))
    set_text (error, "original_details", ulak_statement_get_text (row, "original_details"));
  json_object_set_object_member (message, "error", error);
}

static void
show_hold (UlakStatement *row, JsonObject *message)
{
  JsonObject *hold = json_object_new ();
  g_autofree char *until = NULL;

  if (!ulak_statement_is_null (row, "hold_until_us"))
    until = ulak_format_rfc3339 (ulak_statement_get_integer (row, "hold_until_us"));
  set_text (hold, "reason", ulak_statement_get_text (row, "hold_reason"));
  set_text (hold, "until", until);
  json_object_set_object_member (message, "hold", hold);
}

/* What happened to it afterwards; absent where nothing did. */
static void
show_changes (UlakStatement *row, JsonObject *message)
{
  g_autofree char *edited_at = NULL;

  if (!ulak_statement_is_null (row, "edited_us"))
    {
      edited_at = ulak_format_rfc3339 (ulak_statement_get_integer (row, "edited_us"));
      set_text (message, "edited_at", edited_at);
    }
  if (!ulak_statement_is_null (row, "revoked_by"))
    set_text (message, "revoked_by", ulak_statement_get_text (row, "revoked_by"));
  if (ulak_statement_get_integer (row, "starred") != 0)
    json_object_set_boolean_member (message, "starred", TRUE);
}

/* Of a message to several people: how many have it. */
static gboolean
show_receipts (UlakDatabase *database, gint64 sequence, gint64 recipients, JsonObject *message, GError **error)
{
  static const char *const counts[] = { "delivered", "read", "played" };
  JsonObject *receipts;
  UlakStatement *row;

  if (recipients == 0)
    return TRUE;
  if (!ulak_sql_find (database, ULAK_SQL ("receipts-show"), ULAK_BINDINGS (ULAK_INTEGER ("message", sequence)), &row,
                      error))
    return FALSE;
  receipts = json_object_new ();
  json_object_set_int_member (receipts, "recipients", recipients);
  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    json_object_set_int_member (receipts, counts[i], ulak_statement_get_integer (row, counts[i]));
  json_object_set_object_member (message, "receipts", receipts);
  return TRUE;
}

/** ulak_stored_message_show: Returns: (transfer full) (nullable): the document */
JsonObject *
ulak_stored_message_show (UlakDatabase *database, UlakStatement *row, GError **error)
{
  g_autoptr (JsonObject) message = json_object_new ();
  g_autoptr (JsonObject) content = NULL;
  const char *text = ulak_statement_get_text (row, "content");
  const char *status = ulak_statement_get_text (row, "status");
  g_autofree char *timestamp = ulak_format_rfc3339 (ulak_statement_get_integer (row, "timestamp_us"));

  content = ulak_json_parse_object (text, strlen (text), &row_limits, error);
  if (content == NULL)
    return NULL;
  set_text (message, "id", ulak_statement_get_text (row, "id"));
  set_text (message, "network_id", ulak_statement_get_text (row, "network_id"));
  set_text (message, "chat", ulak_statement_get_text (row, "chat"));
  set_text (message, "from", ulak_statement_get_text (row, "sender"));
  json_object_set_boolean_member (message, "from_me", ulak_statement_is_null (row, "sender"));
  set_text (message, "type", ulak_statement_get_text (row, "type"));
  json_object_set_null_member (message, "text");
  set_text (message, "timestamp", timestamp);
  set_text (message, "status", g_str_equal (status, "sending") ? "pending" : status);
  json_object_set_null_member (message, "media");
  show_quoted (row, message);
  show_changes (row, message);

  if (ulak_statement_get_integer (row, "is_request") == 0)
    show_content (content, message);
  else if (!show_request (database, content, message, error))
    return NULL;
  if (g_str_equal (status, "failed"))
    show_error (row, message);
  if (!ulak_statement_is_null (row, "hold_reason"))
    show_hold (row, message);
  return show_receipts (database, ulak_statement_get_integer (row, "sequence"),
                        ulak_statement_get_integer (row, "recipients"), message, error)
             ? g_steal_pointer (&message)
             : NULL;
}
