/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/outcome.h"

#include "core/error.h"

#include <string.h>

#define ANY_CODE 0
#define TEXT_MAX 300 /* characters of a text of the server that go into ours */
#define BAN_MAX_S (10 * 365 * 24 * 3600)

typedef struct
{
  const char *tag;
  guint code;        /* attribute code of a stream error, reason of a failure; ANY_CODE: the rest of its hundred or all */
  guint hundred;     /* with ANY_CODE: 5 is 500 to 599; 0: all that no row before took */
  const char *child; /* (nullable): a child of this tag decides instead of the code */
  const char *type;  /* (nullable): with @child: its attribute type */
  UlakOutcomeKind kind;
  const char *error_code;
  const char *message;
} Row;

#define UNLINKED "This device was removed from the account's linked devices; link the line again"
#define REPLACED "The same device is connected from elsewhere; start the line again when that one is gone"
#define RESTARTING "WhatsApp's server is not ready"
#define REFUSED "WhatsApp's server refuses this client"

/* The first row that fits counts. */
static const Row rows[] = {
  { "stream:error", 0, 0, "conflict", "device_removed", ULAK_OUTCOME_LOGGED_OUT, "E_WA_LOGGED_OUT", UNLINKED },
  { "stream:error", 0, 0, "conflict", "replaced", ULAK_OUTCOME_REPLACED, "E_WA_REPLACED", REPLACED },
  { "stream:error", 0, 0, "ack", NULL, ULAK_OUTCOME_ACK_MISSING, "E_WA_UNAVAILABLE", "WhatsApp's server misses an acknowledgement" },
  { "stream:error", 0, 0, "xml-not-well-formed", NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE", "WhatsApp's server could not read what this line sent" },
  { "stream:error", 515, 0, NULL, NULL, ULAK_OUTCOME_RESTART, NULL, "WhatsApp's server asks for a new connection" },
  { "stream:error", 516, 0, NULL, NULL, ULAK_OUTCOME_LOGGED_OUT, "E_WA_LOGGED_OUT", UNLINKED },
  { "stream:error", 401, 0, NULL, NULL, ULAK_OUTCOME_LOGGED_OUT, "E_WA_LOGGED_OUT", UNLINKED },
  { "stream:error", 409, 0, NULL, NULL, ULAK_OUTCOME_REPLACED, "E_WA_REPLACED", REPLACED },
  { "stream:error", 440, 0, NULL, NULL, ULAK_OUTCOME_REPLACED, "E_WA_REPLACED", REPLACED },
  { "stream:error", 413, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED },
  { "stream:error", 414, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED },
  { "stream:error", 429, 0, NULL, NULL, ULAK_OUTCOME_SLOW_RETRY, "E_WA_UNAVAILABLE", "WhatsApp's server had too many connections of this device" },
  { "stream:error", ANY_CODE, 5, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE", RESTARTING },
  { "stream:error", ANY_CODE, 0, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE", "WhatsApp's server ended the connection" },

  { "failure", 400, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED ": what it says of itself is wrong" },
  { "failure", 401, 0, NULL, NULL, ULAK_OUTCOME_LOGGED_OUT, "E_WA_LOGGED_OUT", UNLINKED },
  { "failure", 402, 0, NULL, NULL, ULAK_OUTCOME_BANNED, "E_WA_BANNED", "WhatsApp has banned this account for some time" },
  { "failure", 403, 0, NULL, NULL, ULAK_OUTCOME_LOCKED, "E_WA_LOCKED", "WhatsApp has locked this account, or its phone is gone" },
  { "failure", 405, 0, NULL, NULL, ULAK_OUTCOME_OUTDATED, "E_WA_OUTDATED", "This client's version is too old for WhatsApp: set [whatsapp] client_version to the current one" },
  { "failure", 406, 0, NULL, NULL, ULAK_OUTCOME_LOGGED_OUT, "E_WA_LOGGED_OUT", UNLINKED },
  { "failure", 409, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED ": it does not like its kind" },
  { "failure", 411, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED ": the account has no linked devices yet" },
  { "failure", 413, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED },
  { "failure", 414, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED },
  { "failure", 415, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED ": it does not know the account" },
  { "failure", 418, 0, NULL, NULL, ULAK_OUTCOME_REFUSED, "E_WA_REFUSED", REFUSED ": it does not know this client" },
  { "failure", 429, 0, NULL, NULL, ULAK_OUTCOME_SLOW_RETRY, "E_WA_UNAVAILABLE", "WhatsApp's server had too many connections of this device" },
  { "failure", ANY_CODE, 5, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE", RESTARTING },
  { "failure", ANY_CODE, 0, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE", "WhatsApp's server refuses the login" },

  { "xmlstreamend", ANY_CODE, 0, NULL, NULL, ULAK_OUTCOME_RETRY, "E_WA_UNAVAILABLE", "WhatsApp's server ended the connection" },
};

static const struct
{
  guint reason;
  const char *why;
} bans[] = {
  { 101, "it wrote to too many people who do not know it" },
  { 102, "too many people blocked it" },
  { 103, "it made too many groups with people who do not know it" },
  { 104, "it sent the same message too often" },
  { 106, "it sent too much to broadcast lists" },
};

/** ulak_outcome_new: Returns: (transfer full): an outcome of our own making; @error_code is a literal */
UlakOutcome *
ulak_outcome_new (UlakOutcomeKind kind, const char *error_code, const char *message)
{
  UlakOutcome *self = g_new0 (UlakOutcome, 1);

  self->kind = kind;
  self->error_code = error_code;
  self->message = g_strdup (message);
  return self;
}

void
ulak_outcome_free (UlakOutcome *self)
{
  g_free (self->message);
  g_clear_pointer (&self->ack, ulak_node_unref);
  g_free (self);
}

static guint
read_code (const UlakNode *node)
{
  guint64 code;

  if (ulak_node_read_number (node, ulak_node_is (node, "failure") ? "reason" : "code", G_MAXUINT16, &code, NULL))
    return (guint) code;
  return 0;
}

static gboolean
fits_child (const Row *row, const UlakNode *node)
{
  const UlakNode *child = ulak_node_get_child (node, row->child);

  return child != NULL && (row->type == NULL || g_strcmp0 (ulak_node_get_attribute (child, "type"), row->type) == 0);
}

static gboolean
fits (const Row *row, const UlakNode *node, guint code)
{
  if (!ulak_node_is (node, row->tag))
    return FALSE;
  if (row->child != NULL)
    return fits_child (row, node);
  if (row->code != ANY_CODE)
    return row->code == code;
  return row->hundred == 0 || row->hundred == code / 100;
}

/* Texts of the server are for people, who get no more than a sentence or two of them. */
static void
append_text (GString *message, const UlakNode *node, const char *attribute)
{
  const char *text = ulak_node_get_attribute (node, attribute);
  guint left = TEXT_MAX;

  if (text == NULL)
    return;
  g_string_append (message, message->len == 0 ? "" : ": ");
  for (; *text != '\0' && left > 0; text = g_utf8_next_char (text), left--)
    if (!g_unichar_iscntrl (g_utf8_get_char (text)))
      g_string_append_unichar (message, g_utf8_get_char (text));
}

static void
read_ban (UlakOutcome *self, const UlakNode *node)
{
  g_autoptr (GString) message = g_string_new (self->message);
  guint64 reason = 0, expire_s = 0;

  if (ulak_node_read_number (node, "code", G_MAXUINT16, &reason, NULL))
    self->original_detail = (gint64) reason;
  if (ulak_node_read_number (node, "expire", BAN_MAX_S, &expire_s, NULL))
    self->wait_s = (gint64) expire_s;
  for (gsize i = 0; i < G_N_ELEMENTS (bans); i++)
    if (bans[i].reason == reason)
      g_string_append_printf (message, ": %s", bans[i].why);
  g_free (self->message);
  self->message = g_string_free (g_steal_pointer (&message), FALSE);
}

static void
read_lock (UlakOutcome *self, const UlakNode *node)
{
  g_autoptr (GString) message = g_string_new (self->message);

  append_text (message, node, "logout_message_header");
  append_text (message, node, "logout_message_subtext");
  g_free (self->message);
  self->message = g_string_free (g_steal_pointer (&message), FALSE);
}

/**
 * ulak_outcome_from_node:
 * @node: <stream:error>, <failure> or <xmlstreamend>
 *
 * Returns: (transfer full): what it means
 */
UlakOutcome *
ulak_outcome_from_node (const UlakNode *node)
{
  guint code = read_code (node);
  const Row *row = rows;
  UlakOutcome *self;

  g_return_val_if_fail (ulak_node_is (node, "stream:error") || ulak_node_is (node, "failure") || ulak_node_is (node, "xmlstreamend"),
                        NULL);
  while (!fits (row, node, code))
    row++;
  self = ulak_outcome_new (row->kind, row->error_code, row->message);
  self->original_code = code;
  switch (self->kind)
    {
    case ULAK_OUTCOME_BANNED:
      read_ban (self, node);
      break;
    case ULAK_OUTCOME_LOCKED:
      read_lock (self, node);
      break;
    case ULAK_OUTCOME_ACK_MISSING:
      self->ack = ulak_node_ref (ulak_node_get_child (node, "ack"));
      break;
    case ULAK_OUTCOME_RETRY:
    case ULAK_OUTCOME_RESTART:
    case ULAK_OUTCOME_SLOW_RETRY:
    case ULAK_OUTCOME_LOGGED_OUT:
    case ULAK_OUTCOME_REPLACED:
    case ULAK_OUTCOME_OUTDATED:
    case ULAK_OUTCOME_REFUSED:
    case ULAK_OUTCOME_CERTIFICATE:
    case ULAK_OUTCOME_UNPAIRED:
    case ULAK_OUTCOME_LOCAL:
      break;
    }
  return self;
}

/**
 * ulak_outcome_from_error:
 * @error: why a channel closed
 *
 * Returns: (transfer full): CERTIFICATE for a server that is not WhatsApp's, otherwise RETRY
 */
UlakOutcome *
ulak_outcome_from_error (const GError *error)
{
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED))
    return ulak_outcome_new (ULAK_OUTCOME_CERTIFICATE, "E_WA_CERTIFICATE", error->message);
  return ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_CONNECTION", error->message);
}

/** ulak_outcome_kind_ends: Returns: whether the link stays away until it is started again */
gboolean
ulak_outcome_kind_ends (UlakOutcomeKind kind)
{
  switch (kind)
    {
    case ULAK_OUTCOME_RETRY:
    case ULAK_OUTCOME_RESTART:
    case ULAK_OUTCOME_SLOW_RETRY:
    case ULAK_OUTCOME_ACK_MISSING:
    case ULAK_OUTCOME_CERTIFICATE:
    case ULAK_OUTCOME_LOCAL:
      return FALSE;
    case ULAK_OUTCOME_LOGGED_OUT:
    case ULAK_OUTCOME_LOCKED:
    case ULAK_OUTCOME_REPLACED:
    case ULAK_OUTCOME_OUTDATED:
    case ULAK_OUTCOME_BANNED:
    case ULAK_OUTCOME_REFUSED:
    case ULAK_OUTCOME_UNPAIRED:
      return TRUE;
    }
  return TRUE;
}

/** ulak_outcome_kind_drops_keys: Returns: whether the credentials are worthless now */
gboolean
ulak_outcome_kind_drops_keys (UlakOutcomeKind kind)
{
  return kind == ULAK_OUTCOME_LOGGED_OUT || kind == ULAK_OUTCOME_LOCKED;
}
