/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/callback.h"

#include "core/error.h"
#include "core/event-types.h"
#include "core/json.h"
#include "whatsapp/cloud/graph-error.h"

#include <string.h>

/* Times before 2009, when WhatsApp began, or after 2100 are not times. */
#define TIME_MIN_S G_GINT64_CONSTANT (1230768000)
#define TIME_MAX_S G_GINT64_CONSTANT (4102444800)
#define ID_MAX_BYTES 256 /* of anybody or anything; Meta's have at most about 130 */

typedef struct
{
  const char *phone_number_id;
  gint64 received_us;
  UlakInbound *inbound; /* unowned */
  guint n_foreign;
  const char *waba_id;  /* (nullable): of the current entry */
  gint64 entry_time_us; /* of the current entry, which is the same when Meta repeats it */
  const char *field;    /* of the current change */
  JsonArray *contacts;  /* (nullable): of the current value */
} Parse;

typedef void (*ElementFunc) (Parse *parse, JsonObject *element);

static void
for_each_object (Parse *parse, JsonObject *parent, const char *name, ElementFunc func)
{
  JsonArray *array = ulak_json_peek_array (parent, name);

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_OBJECT (node))
        func (parse, json_node_get_object (node));
    }
}

/* Seconds, as text in messages and as a number elsewhere. */
static gint64
read_time_us (JsonObject *object, const char *name, gint64 fallback_us)
{
  const char *text = ulak_json_peek_string (object, name);
  gint64 seconds = 0;

  if (text == NULL)
    seconds = ulak_json_peek_integer (object, name, 0);
  else if (!g_ascii_string_to_signed (text, 10, TIME_MIN_S, TIME_MAX_S, &seconds, NULL))
    seconds = 0;
  if (seconds < TIME_MIN_S || seconds > TIME_MAX_S)
    return fallback_us;
  return seconds * G_USEC_PER_SEC;
}

static void
add_event (Parse *parse, const char *type, const char *chat, const char *member, JsonObject *value)
{
  g_autoptr (JsonObject) data = json_object_new ();

  json_object_set_string_member (data, "field", parse->field);
  if (parse->waba_id != NULL)
    json_object_set_string_member (data, "waba_id", parse->waba_id);
  json_object_set_object_member (data, member, json_object_ref (value));
  ulak_inbound_add_event (parse->inbound, type, chat, read_time_us (value, "timestamp", parse->entry_time_us), data);
}

static void
keep_whole (Parse *parse, JsonObject *value)
{
  add_event (parse, ULAK_EVENT_ACCOUNT_UPDATED, NULL, "value", value);
}

/* --- who wrote it --- */

static gboolean
is_contact_of (JsonObject *contact, const char *phone, const char *user_id)
{
  const char *wa_id = ulak_json_peek_string (contact, "wa_id");
  const char *id = ulak_json_peek_string (contact, "user_id");

  return (phone != NULL && g_strcmp0 (wa_id, phone) == 0) || (user_id != NULL && g_strcmp0 (id, user_id) == 0);
}

/* A person's wa_id may differ from the number that they write from, so a lone contact is the sender's in any case. */
static JsonObject *
find_contact (Parse *parse, const char *phone, const char *user_id)
{
  guint n = parse->contacts == NULL ? 0 : json_array_get_length (parse->contacts);

  for (guint i = 0; i < n; i++)
    {
      JsonNode *node = json_array_get_element (parse->contacts, i);

      if (JSON_NODE_HOLDS_OBJECT (node) && (n == 1 || is_contact_of (json_node_get_object (node), phone, user_id)))
        return json_node_get_object (node);
    }
  return NULL;
}

static void
set_if_there (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (object, name, text);
}

static JsonObject *
new_contact (Parse *parse, const char *phone, const char *user_id)
{
  JsonObject *contact = json_object_new ();
  JsonObject *given = find_contact (parse, phone, user_id);
  JsonObject *profile = given == NULL ? NULL : ulak_json_peek_object (given, "profile");

  set_if_there (contact, "id", phone != NULL ? phone : user_id);
  set_if_there (contact, "phone", phone);
  if (given != NULL)
    {
      set_if_there (contact, "wa_id", ulak_json_peek_string (given, "wa_id"));
      set_if_there (contact, "user_id", ulak_json_peek_string (given, "user_id"));
      set_if_there (contact, "parent_user_id", ulak_json_peek_string (given, "parent_user_id"));
    }
  set_if_there (contact, "user_id", user_id);
  if (profile != NULL)
    {
      set_if_there (contact, "name", ulak_json_peek_string (profile, "name"));
      set_if_there (contact, "username", ulak_json_peek_string (profile, "username"));
    }
  return contact;
}

/* --- messages and statuses --- */

static const char *
peek_word (JsonObject *object, const char *name)
{
  const char *text = ulak_json_peek_string (object, name);

  return text == NULL || *text == '\0' ? NULL : text;
}

static const char *
peek_id (JsonObject *object, const char *name)
{
  const char *text = peek_word (object, name);

  return text == NULL || strlen (text) > ID_MAX_BYTES ? NULL : text;
}

static void
add_message (Parse *parse, JsonObject *given)
{
  const char *phone = peek_id (given, "from");
  const char *user_id = peek_id (given, "from_user_id");
  const char *group = peek_id (given, "group_id");
  const char *from = phone != NULL ? phone : user_id;
  JsonObject *context = ulak_json_peek_object (given, "context");
  g_autoptr (JsonObject) content = NULL;
  g_autoptr (JsonObject) reference = NULL;
  g_autoptr (JsonObject) contact = NULL;
  UlakInboundMessage message = { .network_id = peek_id (given, "id"), .from = from };

  if (message.network_id == NULL || from == NULL)
    {
      keep_whole (parse, given);
      return;
    }

  content = ulak_callback_content_new (given, &reference);
  contact = new_contact (parse, phone, user_id);
  message.chat = group != NULL ? group : from;
  message.timestamp_us = read_time_us (given, "timestamp", parse->entry_time_us);
  message.quoted_network_id = context == NULL ? NULL : peek_id (context, "id");
  message.content = content;
  message.media_reference = reference;
  message.contact = contact;
  ulak_inbound_add_message (parse->inbound, &message);
}

static const char *const status_words[] = { "sent", "delivered", "read", "played", "failed", NULL };

static void
add_status (Parse *parse, JsonObject *given)
{
  g_autoptr (UlakGraphError) error = NULL;
  UlakInboundStatus status = {
    .network_id = peek_id (given, "id"),
    .opaque_id = peek_id (given, "biz_opaque_callback_data"),
    .status = peek_word (given, "status"),
    .timestamp_us = read_time_us (given, "timestamp", parse->entry_time_us),
  };

  if (status.network_id == NULL || status.status == NULL || !g_strv_contains (status_words, status.status))
    {
      keep_whole (parse, given);
      return;
    }
  if (strcmp (status.status, "failed") == 0)
    {
      error = ulak_graph_error_new (0, ulak_json_peek_first (given, "errors"), NULL, parse->received_us);
      status.error_code = error->rule->code;
      status.error_message = error->rule->message;
      status.original_code = error->code;
      status.original_details = error->details;
    }
  ulak_inbound_add_status (parse->inbound, &status);
}

/* --- changes --- */

static void
parse_messages (Parse *parse, JsonObject *value)
{
  parse->contacts = ulak_json_peek_array (value, "contacts");
  for_each_object (parse, value, "messages", add_message);
  for_each_object (parse, value, "statuses", add_status);
  for_each_object (parse, value, "errors", keep_whole);
}

static void
add_group (Parse *parse, JsonObject *group)
{
  add_event (parse, "group.updated", peek_word (group, "group_id"), "group", group);
}

static void
add_call (Parse *parse, JsonObject *call)
{
  add_event (parse, "call.received", peek_word (call, "from"), "call", call);
}

static void
add_person (Parse *parse, JsonObject *contact)
{
  add_event (parse, "contact.updated", peek_word (contact, "wa_id"), "contact", contact);
}

/* Fields that have an event type of their own; member: the list in the value. */
static const struct
{
  const char *field;
  const char *member;
  ElementFunc add;
} lists[] = {
  { "group_lifecycle_update", "groups", add_group },
  { "group_settings_update", "groups", add_group },
  { "group_participant_update", "groups", add_group },
  { "group_participants_update", "groups", add_group },
  { "group_status_update", "groups", add_group },
  { "calls", "calls", add_call },
  { "user_id_update", "user_id_update", add_person },
  { "user_preferences", "user_preferences", add_person },
};

static void
parse_other (Parse *parse, JsonObject *value)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    if (strcmp (lists[i].field, parse->field) == 0 && ulak_json_peek_array (value, lists[i].member) != NULL)
      {
        for_each_object (parse, value, lists[i].member, lists[i].add);
        return;
      }
  keep_whole (parse, value);
}

static void
parse_change (Parse *parse, JsonObject *change)
{
  JsonObject *value = ulak_json_peek_object (change, "value");
  JsonObject *metadata = value == NULL ? NULL : ulak_json_peek_object (value, "metadata");
  const char *number = metadata == NULL ? NULL : peek_word (metadata, "phone_number_id");

  parse->field = peek_word (change, "field");
  if (value == NULL || parse->field == NULL)
    return;
  if (number != NULL && strcmp (number, parse->phone_number_id) != 0)
    {
      parse->n_foreign++;
      return;
    }
  if (strcmp (parse->field, "messages") == 0 && number != NULL)
    parse_messages (parse, value);
  else
    parse_other (parse, value);
}

static void
parse_entry (Parse *parse, JsonObject *entry)
{
  parse->waba_id = peek_word (entry, "id");
  parse->entry_time_us = read_time_us (entry, "time", parse->received_us);
  for_each_object (parse, entry, "changes", parse_change);
}

/**
 * ulak_callback_parse:
 * @body: as Meta sent it
 * @phone_number_id: this line's
 * @received_us: when it came, wall clock; stands in for times that are missing or absurd
 * @inbound: takes what is in it
 * @n_foreign_out: (out) (optional): changes that were for other numbers
 *
 * Returns: %TRUE, also if nothing in it was for us; %FALSE with %ULAK_ERROR_INVALID or %ULAK_ERROR_TOO_LARGE if @body is not a
 *   JSON object inside the limits, or not of a WhatsApp business account
 */
gboolean
ulak_callback_parse (const char *body,
                     gsize size_bytes,
                     const char *phone_number_id,
                     gint64 received_us,
                     UlakInbound *inbound,
                     guint *n_foreign_out,
                     GError **error)
{
  g_autoptr (JsonObject) root = ulak_json_parse_object (body, size_bytes, &ULAK_JSON_LIMITS_CALLBACK, error);
  Parse parse = { .phone_number_id = phone_number_id, .received_us = received_us, .inbound = inbound };

  if (root == NULL)
    return FALSE;
  if (g_strcmp0 (ulak_json_peek_string (root, "object"), "whatsapp_business_account") != 0)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "object: Must be whatsapp_business_account");
      return FALSE;
    }

  for_each_object (&parse, root, "entry", parse_entry);
  if (n_foreign_out != NULL)
    *n_foreign_out = parse.n_foreign;
  return TRUE;
}
