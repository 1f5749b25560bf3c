/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * GET /events: live events, from a cursor or from now on, filtered by account, type and chat.
 */
#include "api/routes.h"

#include "api/event-streams.h"
#include "core/id.h"

#include <string.h>

#define LIST_MAX 50
#define CHAT_MAX 128

/* -1: from now on. FALSE: it is no sequence. */
static gboolean
parse_after (UlakRequest *request, gint64 *after_out)
{
  const char *text = ulak_request_get_header (request, "Last-Event-ID");
  guint64 after;

  if (text == NULL || *text == '\0')
    text = ulak_request_get_query (request, "after");
  if (text == NULL || *text == '\0')
    {
      *after_out = -1;
      return TRUE;
    }
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &after, NULL))
    return FALSE;
  *after_out = (gint64) after;
  return TRUE;
}

/* "a,b" into the filter; FALSE if it has too many entries or a bad one. */
static gboolean
put_list (GVariantDict *filter, const char *key, const char *text, gboolean (*is_valid) (const char *))
{
  g_auto (GStrv) entries = text == NULL ? NULL : g_strsplit (text, ",", LIST_MAX + 1);

  if (entries == NULL)
    return TRUE;
  if (g_strv_length (entries) > LIST_MAX)
    return FALSE;
  for (guint i = 0; entries[i] != NULL; i++)
    if (!is_valid (entries[i]))
      return FALSE;
  g_variant_dict_insert_value (filter, key, g_variant_new_strv ((const char *const *) entries, -1));
  return TRUE;
}

static gboolean
type_is_valid (const char *text)
{
  return *text != '\0' && strlen (text) <= 64
         && text[strspn (text, "abcdefghijklmnopqrstuvwxyz_.*")] == '\0';
}

static gboolean
put_chat (GVariantDict *filter, const char *chat)
{
  if (chat == NULL)
    return TRUE;
  if (*chat == '\0' || strlen (chat) > CHAT_MAX || !g_utf8_validate (chat, -1, NULL))
    return FALSE;
  g_variant_dict_insert (filter, "chat", "s", chat);
  return TRUE;
}

void
ulak_route_events (UlakRequest *request)
{
  const char *fault = NULL;
  GVariantDict filter;
  gint64 after;

  g_variant_dict_init (&filter, NULL);
  if (!parse_after (request, &after))
    fault = "after: must be the sequence of an event; so must Last-Event-ID";
  else if (!put_list (&filter, "accounts", ulak_request_get_query (request, "account"), ulak_account_id_is_valid))
    fault = "account: must be up to 50 account ids, separated by commas";
  else if (!put_list (&filter, "types", ulak_request_get_query (request, "type"), type_is_valid))
    fault = "type: must be up to 50 event types, separated by commas, such as message.received or message.*";
  else if (!put_chat (&filter, ulak_request_get_query (request, "chat")))
    fault = "chat: must be a chat id";
  if (fault != NULL)
    {
      g_variant_dict_clear (&filter);
      ulak_request_answer_fault (request, 400, "E_INVALID", fault);
      return;
    }
  ulak_event_streams_add (ulak_request_get_api (request)->streams, request, after, g_variant_dict_end (&filter));
}
