/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-state.h"

#include "core/clock.h"
#include "core/json.h"

void
ulak_linked_state_clear (UlakLinkedState *self)
{
  g_clear_pointer (&self->link, json_object_unref);
}

static const UlakLineState ends[] = {
  [ULAK_OUTCOME_RETRY] = ULAK_LINE_STATE_DISCONNECTED,
  [ULAK_OUTCOME_RESTART] = ULAK_LINE_STATE_DISCONNECTED,
  [ULAK_OUTCOME_SLOW_RETRY] = ULAK_LINE_STATE_DISCONNECTED,
  [ULAK_OUTCOME_ACK_MISSING] = ULAK_LINE_STATE_DISCONNECTED,
  [ULAK_OUTCOME_LOGGED_OUT] = ULAK_LINE_STATE_LOGGED_OUT,
  [ULAK_OUTCOME_LOCKED] = ULAK_LINE_STATE_LOGGED_OUT,
  [ULAK_OUTCOME_REPLACED] = ULAK_LINE_STATE_FAILED,
  [ULAK_OUTCOME_OUTDATED] = ULAK_LINE_STATE_OUTDATED,
  [ULAK_OUTCOME_BANNED] = ULAK_LINE_STATE_BANNED,
  [ULAK_OUTCOME_REFUSED] = ULAK_LINE_STATE_FAILED,
  [ULAK_OUTCOME_CERTIFICATE] = ULAK_LINE_STATE_FAILED,
  [ULAK_OUTCOME_UNPAIRED] = ULAK_LINE_STATE_LOGGED_OUT,
  [ULAK_OUTCOME_LOCAL] = ULAK_LINE_STATE_FAILED,
};

G_STATIC_ASSERT (G_N_ELEMENTS (ends) == ULAK_N_OUTCOMES);

/* method: as people asked for it; name: of the member that text is. */
static JsonObject *
show (const char *method, const char *name, const UlakLinkState *link_state)
{
  JsonObject *link = json_object_new ();
  g_autofree char *expires_at = link_state->expires_us == 0 ? NULL : ulak_format_rfc3339 (link_state->expires_us);

  json_object_set_string_member (link, "method", method);
  if (link_state->text != NULL)
    json_object_set_string_member (link, name, link_state->text);
  if (expires_at != NULL)
    json_object_set_string_member (link, "expires_at", expires_at);
  else
    json_object_set_null_member (link, "expires_at");
  return link;
}

/* The options of a passkey are JSON and shown as such; a code to compare is text. */
static JsonObject *
show_passkey (const UlakLinkState *link_state)
{
  JsonObject *link = show ("passkey", "code", link_state);
  g_autoptr (JsonObject) challenge = NULL;

  if (link_state->needs_confirmation)
    {
      json_object_set_boolean_member (link, "confirm", TRUE);
      json_object_set_boolean_member (link, "phone_shows_code", !link_state->may_skip_confirmation);
      return link;
    }
  json_object_remove_member (link, "code");
  challenge = link_state->text == NULL ? NULL : ulak_json_parse_text (link_state->text, NULL);
  if (challenge != NULL)
    json_object_set_object_member (link, "challenge", g_steal_pointer (&challenge));
  return link;
}

static void
say (UlakLinkedState *self, UlakLineState state, const char *why)
{
  self->is_said = TRUE;
  self->state = state;
  self->why = why;
}

static void
say_outcome (UlakLinkedState *self, UlakLineState state, const UlakOutcome *outcome)
{
  say (self, state, outcome == NULL ? NULL : outcome->message);
  self->error_code = outcome == NULL ? NULL : outcome->error_code;
}

/* A line that had come to an end begins anew; one that lost its connection shows that until it has another. */
static void
read_connecting (UlakLinkedState *self, UlakLineState current)
{
  if (current != ULAK_LINE_STATE_DISCONNECTED && current != ULAK_LINE_STATE_STARTING
      && ulak_line_state_may_move (current, ULAK_LINE_STATE_STARTING))
    say (self, ULAK_LINE_STATE_STARTING, NULL);
}

void
ulak_linked_state_read (UlakLinkedState *self, const UlakLinkState *link_state, UlakLineState current)
{
  const UlakOutcome *outcome = link_state->outcome;

  *self = (UlakLinkedState){ 0 };
  switch (link_state->phase)
    {
    case ULAK_LINK_STOPPED:
    case ULAK_LINK_ONLINE:
      return;
    case ULAK_LINK_CONNECTING:
      read_connecting (self, current);
      return;
    case ULAK_LINK_QR:
      say_outcome (self, ULAK_LINE_STATE_QR, outcome);
      self->link = show ("qr", "qr", link_state);
      return;
    case ULAK_LINK_CODE:
      say (self, ULAK_LINE_STATE_QR, NULL);
      self->link = show ("code", "code", link_state);
      return;
    case ULAK_LINK_PASSKEY:
      say (self, ULAK_LINE_STATE_PASSKEY, NULL);
      self->link = show_passkey (link_state);
      return;
    case ULAK_LINK_PAIRED:
      say (self, ULAK_LINE_STATE_STARTING, "The phone has linked the line");
      return;
    case ULAK_LINK_READY:
      say (self, ULAK_LINE_STATE_READY, NULL);
      return;
    case ULAK_LINK_DISCONNECTED:
      say_outcome (self, ULAK_LINE_STATE_DISCONNECTED, outcome);
      return;
    case ULAK_LINK_ENDED:
      say_outcome (self, outcome == NULL ? ULAK_LINE_STATE_FAILED : ends[outcome->kind], outcome);
      return;
    }
}
