/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The contact of an event is the one behind its chat or, in a group, the sender.
 */
#include "connector/events.h"

#include "connector/contact-book.h"
#include "connector/sql.h"
#include "connector/stored-message.h"
#include "core/clock.h"
#include "core/event-types.h"
#include "core/json-scan.h"
#include "core/json.h"

#include <string.h>

/* Fields left out of an event whose data would be too much, the largest first; GetMessage still shows them. */
static const char *const bulky_fields[] = { "raw", "contacts", "interactive", "template", "order", NULL };

/* What stays in any case: short, and enough to ask for the rest. */
static const char *const short_fields[]
    = { "id", "network_id", "chat", "from", "from_me", "type", "status", "timestamp", "field", "waba_id", NULL };

/* Presences and the like that may wait at once: they are worth little when they are old. */
#define PASSING_MAX 1000

#define TRUNCATED "{\"truncated\":true}"

static gboolean
fits (const char *text)
{
  return ulak_json_scan (text, strlen (text), &ULAK_JSON_LIMITS_EVENT, NULL);
}

static void
keep_short_fields (JsonObject *object)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *link = members; link != NULL; link = link->next)
    if (!g_strv_contains (short_fields, link->data))
      json_object_remove_member (object, link->data);
  json_object_set_boolean_member (object, "truncated", TRUE);
}

static char *
print_short (const char *data)
{
  static const UlakJsonLimits limits = { 8 * 1024 * 1024, 40, 200000, FALSE };
  g_autoptr (JsonObject) object = ulak_json_parse_object (data, strlen (data), &limits, NULL);
  g_autofree char *text = NULL;

  if (object != NULL)
    {
      keep_short_fields (object);
      text = ulak_json_print_object (object);
    }
  return text != NULL && fits (text) ? g_steal_pointer (&text) : g_strdup (TRUNCATED);
}

/* data: within ULAK_JSON_LIMITS_EVENT */
static gboolean
put (UlakDatabase *database,
     UlakLineWork *work,
     const char *id,
     const char *type,
     const char *chat,
     gint64 timestamp_us,
     const char *data,
     GError **error)
{
  gboolean has_lane = strlen (chat) <= ULAK_EVENT_CHAT_MAX_BYTES;

  if (!ulak_sql_run (database, ULAK_SQL ("outbox-add"),
                     ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_TEXT ("type", type),
                                    ULAK_TEXT ("chat", has_lane ? chat : ""),
                                    ULAK_INTEGER ("timestamp_us", timestamp_us), ULAK_TEXT ("data", data)),
                     error))
    return FALSE;
  work->events_change++;
  work->has_new_events = TRUE;
  return TRUE;
}

gboolean
ulak_events_put (UlakDatabase *database,
                 UlakLineWork *work,
                 const char *id,
                 const char *type,
                 const char *chat,
                 gint64 timestamp_us,
                 const char *data,
                 GError **error)
{
  g_autofree char *shortened = fits (data) ? NULL : print_short (data);

  return put (database, work, id, type, chat, timestamp_us, shortened != NULL ? shortened : data, error);
}

/** ulak_events_put_passing: see ulak_inbound_add_passing_event() */
gboolean
ulak_events_put_passing (UlakDatabase *database,
                         UlakLineWork *work,
                         const char *id,
                         const char *type,
                         const char *chat,
                         gint64 timestamp_us,
                         const char *data,
                         GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_run (database, ULAK_SQL ("outbox-pass"),
                     ULAK_BINDINGS (ULAK_TEXT ("type", type), ULAK_TEXT ("chat", chat)), error))
    return FALSE;
  work->events_change -= (gint) ulak_database_get_changes (database);
  if (!ulak_sql_find (database, ULAK_SQL ("outbox-count-passing"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  if (ulak_statement_get_integer (row, "n") >= PASSING_MAX)
    return TRUE;
  return ulak_events_put (database, work, id, type, chat, timestamp_us, data, error)
         && ulak_sql_run (database, ULAK_SQL ("outbox-mark-passing"),
                          ULAK_BINDINGS (ULAK_INTEGER ("sequence", ulak_database_get_last_rowid (database))), error);
}

static void
print_again (char **text, JsonObject *data)
{
  g_free (*text);
  *text = ulak_json_print_object (data);
}

static gboolean
leave_out (JsonObject *message, const char *field)
{
  if (!json_object_has_member (message, field))
    return FALSE;
  json_object_remove_member (message, field);
  json_object_set_boolean_member (message, "truncated", TRUE);
  return TRUE;
}

/* Returns: (transfer full): within the limits of an event */
static char *
print_within_limits (JsonObject *data, JsonObject *message)
{
  char *text = ulak_json_print_object (data);
  gboolean is_small = fits (text);

  for (guint i = 0; !is_small && bulky_fields[i] != NULL; i++)
    if (leave_out (message, bulky_fields[i]))
      {
        print_again (&text, data);
        is_small = fits (text);
      }
  if (is_small)
    return text;

  keep_short_fields (message);
  if (json_object_has_member (data, "contact"))
    json_object_remove_member (data, "contact");
  print_again (&text, data);
  if (fits (text))
    return text;
  g_free (text);
  return g_strdup (TRUNCATED);
}

static gboolean
find_contact (UlakDatabase *database, const char *chat, const char *sender, char **contact_out, GError **error)
{
  g_autofree char *contact = NULL;

  if (!ulak_sql_get_text (database, ULAK_SQL ("chat-find"), ULAK_BINDINGS (ULAK_TEXT ("id", chat)), "contact",
                          &contact, error))
    return FALSE;
  if (contact == NULL && sender != NULL)
    return ulak_contact_book_find (database, sender, contact_out, error);
  *contact_out = g_steal_pointer (&contact);
  return TRUE;
}

gboolean
ulak_events_put_message (UlakDatabase *database,
                         UlakLineWork *work,
                         const char *id,
                         const char *type,
                         gint64 sequence,
                         gint64 timestamp_us,
                         GError **error)
{
  g_autoptr (JsonObject) data = json_object_new ();
  g_autofree char *chat = NULL;
  g_autofree char *contact = NULL;
  g_autofree char *text = NULL;
  JsonObject *message;
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("message-by-sequence"),
                      ULAK_BINDINGS (ULAK_INTEGER ("sequence", sequence)), &row, error))
    return FALSE;
  g_return_val_if_fail (row != NULL, FALSE);
  chat = g_strdup (ulak_statement_get_text (row, "chat"));
  message = ulak_stored_message_show (database, row, error);
  if (message == NULL)
    return FALSE;
  json_object_set_object_member (data, "message", message);

  if (!find_contact (database, chat, ulak_json_peek_string (message, "from"), &contact, error))
    return FALSE;
  if (contact != NULL)
    {
      JsonObject *shown = ulak_contact_book_show (database, contact, error);
      if (shown == NULL)
        return FALSE;
      json_object_set_object_member (data, "contact", shown);
    }
  text = print_within_limits (data, message);
  return put (database, work, id, type, chat, timestamp_us, text, error);
}

/* --- a message that was just stored --- */

/* What a row says itself, whatever its content says; see stored-message.c. */
static const char *const row_fields[] = { "id", "network_id", "chat", "from", "from_me", "type",
                                          "timestamp", "status", "quoted", "error", "hold", "edited_at",
                                          "revoked_by", "receipts", "starred", "text", "media", NULL };

static void
append_text (GString *text, const char *before, const char *value)
{
  g_string_append (text, before);
  ulak_json_append_string (text, value);
}

static void
append_node (GString *text, const char *before, JsonObject *content, const char *name)
{
  JsonNode *node = json_object_get_member (content, name);

  g_string_append (text, before);
  if (node == NULL)
    g_string_append (text, "null");
  else
    ulak_json_append (text, node);
}

static void
append_quoted (GString *text, const UlakNewMessage *message)
{
  if (message->quoted_id == NULL && message->quoted_network_id == NULL)
    {
      g_string_append (text, ",\"quoted\":null");
      return;
    }
  append_text (text, ",\"quoted\":{\"id\":", message->quoted_id);
  append_text (text, ",\"network_id\":", message->quoted_network_id);
  g_string_append_c (text, '}');
}

static void
append_rest (GString *text, JsonObject *content)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, content);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (!g_strv_contains (row_fields, name))
      {
        append_text (text, ",", name);
        g_string_append_c (text, ':');
        ulak_json_append (text, node);
      }
}

/* As ulak_stored_message_show() shows the row. */
static void
append_message (GString *text, const UlakNewMessage *message)
{
  g_autofree char *timestamp = ulak_format_rfc3339 (message->timestamp_us);

  append_text (text, "{\"message\":{\"id\":", message->id);
  append_text (text, ",\"network_id\":", message->network_id);
  append_text (text, ",\"chat\":", message->chat);
  append_text (text, ",\"from\":", message->from);
  g_string_append_printf (text, ",\"from_me\":%s", message->from == NULL ? "true" : "false");
  append_text (text, ",\"type\":", message->type);
  append_node (text, ",\"text\":", message->content, "text");
  append_text (text, ",\"timestamp\":", timestamp);
  append_text (text, ",\"status\":", message->status);
  append_node (text, ",\"media\":", message->content, "media");
  append_quoted (text, message);
  append_rest (text, message->content);
  g_string_append_c (text, '}');
}

static gboolean
append_contact (UlakDatabase *database, GString *text, const UlakNewMessage *message, GError **error)
{
  g_autofree char *found = NULL;
  const char *person = message->person;

  if (person == NULL && !find_contact (database, message->chat, message->from, &found, error))
    return FALSE;
  if (person == NULL)
    person = found;
  if (person == NULL)
    return TRUE;
  g_string_append (text, ",\"contact\":");
  return ulak_contact_book_append (database, person, text, error);
}

/* The document is put together from what was stored: reading the row back and making a tree of it costs half as much as all
 * the rest that is stored of a message. What is too much for an event takes the long way, which knows what to leave out. */
gboolean
ulak_events_put_new_message (UlakDatabase *database,
                             UlakLineWork *work,
                             const char *id,
                             const char *type,
                             const UlakNewMessage *message,
                             GError **error)
{
  g_autoptr (GString) text = g_string_sized_new (1024);

  append_message (text, message);
  if (!append_contact (database, text, message, error))
    return FALSE;
  g_string_append_c (text, '}');
  if (g_str_equal (message->status, "failed") || !fits (text->str))
    return ulak_events_put_message (database, work, id, type, message->sequence, work->now_us, error);
  return put (database, work, id, type, message->chat, work->now_us, text->str, error);
}
