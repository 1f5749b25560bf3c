/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/event.h"

#include "core/clock.h"
#include "core/error.h"
#include "core/event-types.h"
#include "core/id.h"
#include "core/json.h"

#include <string.h>

/**
 * ulak_event_new:
 * @id: UUIDv7
 * @account: "" for none
 * @type: a type
 * @chat: "" for none
 * @timestamp_us: when it happened, microseconds since 1970 UTC
 * @data: a JSON object
 * @data_bytes: its size, -1 when @data ends in NUL
 *
 * Returns: (transfer full): an event that is not in the log yet
 */
UlakEvent *
ulak_event_new (const char *id,
                const char *account,
                const char *type,
                const char *chat,
                gint64 timestamp_us,
                const char *data,
                gssize data_bytes)
{
  UlakEvent *self = g_new0 (UlakEvent, 1);

  self->id = g_strdup (id);
  self->account = g_strdup (account);
  self->type = g_strdup (type);
  self->chat = g_strdup (chat);
  self->timestamp_us = timestamp_us;
  self->data = g_strndup (data, data_bytes < 0 ? strlen (data) : (gsize) data_bytes);
  return self;
}

void
ulak_event_free (UlakEvent *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->account);
  g_free (self->type);
  g_free (self->chat);
  g_free (self->data);
  g_free (self);
}

static gboolean
check_data (const UlakEvent *self, GError **error)
{
  g_autoptr (JsonObject) object = NULL;

  object = ulak_json_parse_object (self->data, strlen (self->data), &ULAK_JSON_LIMITS_EVENT, error);
  if (object != NULL)
    return TRUE;
  g_prefix_error (error, "data of event %s: ", self->id);
  return FALSE;
}

/**
 * ulak_event_check:
 * @self: an event as somebody submitted it
 *
 * Any thread.
 *
 * Returns: whether it may be stored; else %ULAK_ERROR_INVALID or %ULAK_ERROR_TOO_LARGE, naming the event
 */
gboolean
ulak_event_check (const UlakEvent *self, GError **error)
{
  if (!ulak_id_is_valid (self->id))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "id: \"%.64s\" is not a UUIDv7", self->id);
      return FALSE;
    }
  if (!ulak_event_type_is_well_formed (self->type))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "type: \"%.64s\" of event %s is not words of a-z and _ joined by dots, at most %d characters",
                   self->type, self->id, ULAK_EVENT_TYPE_MAX);
      return FALSE;
    }
  if (strlen (self->chat) > ULAK_EVENT_CHAT_MAX_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "chat: of event %s has %zu bytes; allowed are %d", self->id,
                   strlen (self->chat), ULAK_EVENT_CHAT_MAX_BYTES);
      return FALSE;
    }
  if (strlen (self->data) > ULAK_EVENT_DATA_MAX_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "data of event %s has %zu bytes; allowed are %d", self->id,
                   strlen (self->data), ULAK_EVENT_DATA_MAX_BYTES);
      return FALSE;
    }
  return check_data (self, error);
}

/**
 * ulak_event_get_lane:
 * @account: "" for none
 * @type: a type
 * @chat: "" for none
 *
 * What is delivered in order at one endpoint: the events of one chat, and apart from chats the events of one type and
 * account (so that two states of a line never overtake each other and wait for no chat).
 *
 * Returns: (transfer full): the lane's name
 */
char *
ulak_event_get_lane (const char *account, const char *type, const char *chat)
{
  if (*chat != '\0')
    return g_strconcat (account, "/", chat, NULL);
  return g_strconcat (account, "//", type, NULL);
}

static void
append_member (GString *out, const char *name, const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);
  g_autofree char *quoted = ulak_json_print (node);

  g_string_append_printf (out, "%s\"%s\":%s", out->len > 1 ? "," : "", name, quoted);
}

/**
 * ulak_event_print:
 * @self: an event
 *
 * Returns: (transfer full): the event document of docs/webhooks.md; "sequence" and "account" are null when there is none
 */
char *
ulak_event_print (const UlakEvent *self)
{
  g_autofree char *timestamp = ulak_format_rfc3339 (self->timestamp_us);
  GString *out = g_string_sized_new (strlen (self->data) + 256);

  g_string_append_c (out, '{');
  append_member (out, "id", self->id);
  append_member (out, "type", self->type);
  if (*self->account != '\0')
    append_member (out, "account", self->account);
  else
    g_string_append (out, ",\"account\":null");
  append_member (out, "timestamp", timestamp);
  if (self->sequence > 0)
    g_string_append_printf (out, ",\"sequence\":%" G_GINT64_FORMAT, self->sequence);
  else
    g_string_append (out, ",\"sequence\":null");
  g_string_append_printf (out, ",\"data\":%s}", self->data);
  return g_string_free (out, FALSE);
}
