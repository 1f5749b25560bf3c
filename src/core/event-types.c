/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Names are promises: append, never rename. docs/webhooks.md lists the same rows and a test compares them.
 */
#include "core/event-types.h"

#include <string.h>

static const UlakEventType types[] = {
  { "message.received", "message, contact", "A message came in." },
  { "message.sent", "message", "The network took a message of ours." },
  { "message.delivered", "message", "A message of ours reached the recipient's device." },
  { "message.read", "message", "A message of ours was read." },
  { "message.played", "message", "A voice message of ours was played." },
  { "message.failed", "message", "A message of ours will not be sent; message.error says why." },
  { "message.held", "message", "A message of ours waits; message.hold says why and until when." },
  { "message.edited", "message", "A message was edited." },
  { "message.revoked", "message", "A message was deleted for everyone." },
  { "message.reaction", "message, contact", "Somebody reacted to a message." },
  { "message.undecryptable", "message", "A message came in that could not be decrypted." },
  { "message.replaced", "message", "A message that could not be read before is there now." },
  { ULAK_EVENT_ACCOUNT_STATE, "state, previous, error", "A line changed its state." },
  { ULAK_EVENT_ACCOUNT_LINK, "method, expires_at", "A QR or pairing code is there to be fetched; it is not in the event." },
  { ULAK_EVENT_ACCOUNT_UPDATED, "field, waba_id, value", "The network said something about the account, whole: a review, a limit, a template." },
  { "group.updated", "group", "A group or its members changed." },
  { "presence.updated", "presence", "A contact came online, left, or types." },
  { "call.received", "call", "Somebody calls the line." },
  { "contact.updated", "contact", "What is known of a contact changed." },
  { "schedule.fired", "schedule", "A schedule was due." },
  { ULAK_EVENT_ENDPOINT_DISABLED, "endpoint, url, reason", "A webhook endpoint was switched off." },
  { ULAK_EVENT_WEBHOOK_TEST, "message", "A test that somebody asked for; not in the log." },
};

/**
 * ulak_event_types_get:
 * @n_types_out: (out): how many
 *
 * Returns: (transfer none): the table
 */
const UlakEventType *
ulak_event_types_get (gsize *n_types_out)
{
  *n_types_out = G_N_ELEMENTS (types);
  return types;
}

/**
 * ulak_event_type_is_known:
 * @type: a type
 *
 * Returns: whether the table has it
 */
gboolean
ulak_event_type_is_known (const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (types[i].type, type))
      return TRUE;
  return FALSE;
}

/**
 * ulak_event_type_is_well_formed:
 * @type: text from outside
 *
 * Returns: whether it is two or more words of a-z and _ joined by dots, at most %ULAK_EVENT_TYPE_MAX characters
 */
gboolean
ulak_event_type_is_well_formed (const char *type)
{
  gboolean has_dot = FALSE;
  char previous = '.';
  gsize length = 0;

  for (const char *p = type; *p != '\0'; previous = *p++)
    {
      if (++length > ULAK_EVENT_TYPE_MAX)
        return FALSE;
      if (*p == '.' && previous == '.')
        return FALSE;
      if (*p != '.' && *p != '_' && !g_ascii_islower (*p))
        return FALSE;
      has_dot = has_dot || *p == '.';
    }
  return has_dot && previous != '.';
}

static gboolean
is_prefix (const char *filter)
{
  return g_str_has_suffix (filter, ".*");
}

/**
 * ulak_event_filter_is_valid:
 * @filter: a type, or a prefix ending in ".*"
 *
 * Returns: whether it can match an event of the table
 */
gboolean
ulak_event_filter_is_valid (const char *filter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (ulak_event_filter_matches (filter, types[i].type))
      return TRUE;
  return FALSE;
}

/**
 * ulak_event_filter_matches:
 * @filter: a type, or a prefix ending in ".*"
 * @type: an event's type
 *
 * Returns: whether the filter takes it
 */
gboolean
ulak_event_filter_matches (const char *filter, const char *type)
{
  if (is_prefix (filter))
    return strlen (filter) > 2 && strncmp (filter, type, strlen (filter) - 1) == 0;
  return g_str_equal (filter, type);
}
