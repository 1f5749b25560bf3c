/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The contact of an event is the one behind its chat or, in a group, the sender.
 */
#include "connector/events.h"

#include "connector/contact-book.h"
#include "connector/sql.h"
#include "connector/stored-message.h"
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
  return text != NULL && fits (text) ? g_steal_pointer (&text) : g_strdup ("{\"truncated\":true}");
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
  gboolean has_lane = strlen (chat) <= ULAK_EVENT_CHAT_MAX_BYTES;

  if (!ulak_sql_run (database, ULAK_SQL ("outbox-add"),
                     ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_TEXT ("type", type),
                                    ULAK_TEXT ("chat", has_lane ? chat : ""),
                                    ULAK_INTEGER ("timestamp_us", timestamp_us),
                                    ULAK_TEXT ("data", shortened != NULL ? shortened : data)),
                     error))
    return FALSE;
  work->events_change++;
  return TRUE;
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

static char *
print_within_limits (JsonObject *data, JsonObject *message)
{
  char *text = ulak_json_print_object (data);

  for (guint i = 0; bulky_fields[i] != NULL && !fits (text); i++)
    {
      if (!json_object_has_member (message, bulky_fields[i]))
        continue;
      json_object_remove_member (message, bulky_fields[i]);
      json_object_set_boolean_member (message, "truncated", TRUE);
      g_free (text);
      text = ulak_json_print_object (data);
    }
  if (fits (text))
    return text;

  g_free (text);
  keep_short_fields (message);
  if (json_object_has_member (data, "contact"))
    json_object_remove_member (data, "contact");
  return ulak_json_print_object (data);
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
  return ulak_events_put (database, work, id, type, chat, timestamp_us, text, error);
}
