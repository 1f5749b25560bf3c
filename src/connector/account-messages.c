/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Send, GetMessage, ListChats, ListMessages.
 */
#include "connector/account-errand.h"
#include "connector/account-methods.h"
#include "connector/chat-id.h"
#include "connector/line-parts.h"
#include "connector/message-check.h"
#include "core/id.h"
#include "core/json.h"

/* --- Send --- */

/* A send that is being accepted. */
typedef struct
{
  UlakErrand *errand; /* (owned) */
  char *permitted;    /* (owned) (nullable): the chat of its permit */
} Acceptance;

static void
acceptance_free (Acceptance *self)
{
  ulak_errand_free (self->errand);
  g_free (self->permitted);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Acceptance, acceptance_free)

static void
answer_send (UlakErrand *errand, const char *status, GError *error /* (transfer full) (nullable) */)
{
  ulak_metrics_add (ulak_service_get_metrics (errand->line->service), "wp_panel_message_pipeline_task_total",
                    ULAK_LABELS ("accept", status != NULL ? "success" : "error"), 1);
  if (status == NULL)
    ulak_call_fail (errand->call, error);
  else
    ulak_call_return (errand->call, g_variant_new ("(s)", status));
}

static void
accepted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Acceptance) self = user_data;
  UlakSendQueue *queue = self->errand->line->queue;
  GError *error = NULL;
  UlakLaneHead *head;
  UlakClaim *claim;
  g_autofree char *status
      = ulak_line_store_accept_finish (ULAK_LINE_STORE (source), result, &head, &claim, &error);

  if (self->permitted != NULL)
    ulak_send_queue_use_permit (queue, self->permitted, head, claim);
  else if (status != NULL)
    ulak_send_queue_kick (queue);
  answer_send (self->errand, status, error);
}

static void
accept (UlakCall *call, UlakLine *line, const char *id, JsonObject *message)
{
  Acceptance *self = g_new0 (Acceptance, 1);
  g_autofree char *chat = ulak_chat_id_parse (ulak_json_peek_string (message, "to"));
  UlakSendPermit permit;

  self->errand = ulak_errand_new (call, line);
  if (chat != NULL && ulak_send_queue_permit (line->queue, chat, &permit))
    self->permitted = g_strdup (chat);
  ulak_line_store_accept_async (line->store, id, message, self->permitted != NULL ? &permit : NULL, accepted_cb, self);
}

/* The document that is stored names the recipient as the backend knows it. */
static void
resolve_recipient (UlakLine *line, JsonObject *message, UlakIssues *issues)
{
  UlakBackendClass *backend = ULAK_BACKEND_GET_CLASS (line->backend);
  g_autoptr (GError) error = NULL;
  g_autofree char *chat = NULL;

  if (backend->resolve_recipient == NULL)
    return;
  chat = backend->resolve_recipient (line->backend, ulak_json_peek_string (message, "to"), &error);
  if (chat == NULL)
    ulak_issues_add (issues, "to", "%s", error->message);
  else
    json_object_set_string_member (message, "to", chat);
}

static gboolean
check_send (UlakLine *line, const char *id, JsonObject *message, GError **error)
{
  UlakBackendClass *backend = ULAK_BACKEND_GET_CLASS (line->backend);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  if (!ulak_id_is_valid (id))
    ulak_issues_add (issues, "id", "must be a UUID in lower case");
  ulak_message_check (message, issues);
  if (ulak_issues_count (issues) == 0 && backend->check_message != NULL)
    backend->check_message (line->backend, message, issues);
  if (ulak_issues_count (issues) == 0)
    resolve_recipient (line, message, issues);
  return ulak_issues_to_error (issues, error);
}

void
ulak_account_send (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  g_autoptr (JsonObject) message = NULL;
  const char *id, *text;
  GError *error = NULL;

  if (!ulak_line_state_takes_messages (line->state))
    {
      ulak_call_refuse (call, ULAK_ERROR_WRONG_STATE, "The line is %s and takes no messages",
                        ulak_line_state_to_string (line->state));
      return;
    }
  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &id, &text, NULL);
  message = ulak_json_parse_text (text, &error);
  if (message == NULL || !check_send (line, id, message, &error))
    ulak_call_fail (call, error);
  else
    accept (call, line, id, message);
}

/* --- reading --- */

/* What holds the whole line is not written to each row; it is shown on those that would go next. */
static void
show_line_hold (UlakLine *line, JsonObject *message)
{
  gint64 until_us = 0;
  const char *reason = ulak_send_queue_get_hold (line->queue, &until_us);
  g_autofree char *until = until_us == 0 ? NULL : ulak_format_rfc3339 (until_us);
  JsonObject *hold;

  if (reason == NULL || g_strcmp0 (ulak_json_peek_string (message, "status"), "pending") != 0
      || json_object_has_member (message, "hold"))
    return;
  hold = json_object_new ();
  json_object_set_string_member (hold, "reason", reason);
  if (until != NULL)
    json_object_set_string_member (hold, "until", until);
  else
    json_object_set_null_member (hold, "until");
  json_object_set_object_member (message, "hold", hold);
}

static void
message_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) message
      = ulak_line_store_get_message_finish (ULAK_LINE_STORE (source), result, &error);

  if (message == NULL)
    {
      ulak_call_fail (errand->call, g_steal_pointer (&error));
      return;
    }
  show_line_hold (errand->line, message);
  ulak_errand_return_json (errand->call, message);
}

void
ulak_account_get_message (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  ulak_line_store_get_message_async (line->store, id, message_cb, ulak_errand_new (call, line));
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakErrand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;
  g_autofree char *json = ulak_line_store_list_finish (ULAK_LINE_STORE (source), result, &next, &error);

  if (json == NULL)
    ulak_call_fail (errand->call, g_steal_pointer (&error));
  else
    ulak_call_return (errand->call, g_variant_new ("(ss)", json, next));
}

static gboolean
check_limit (UlakCall *call, guint limit)
{
  if (limit >= 1 && limit <= ULAK_LINE_STORE_PAGE_MAX)
    return TRUE;
  ulak_call_refuse (call, ULAK_ERROR_INVALID, "limit: must be 1 to %d", ULAK_LINE_STORE_PAGE_MAX);
  return FALSE;
}

void
ulak_account_list_chats (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  const char *cursor;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &cursor, &limit, NULL);
  if (check_limit (call, limit))
    ulak_line_store_list_chats_async (line->store, cursor, limit, listed_cb, ulak_errand_new (call, line));
}

void
ulak_account_list_messages (UlakCall *call, gpointer data)
{
  UlakLine *line = data;
  const char *chat, *cursor;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(&s&su@a{sv})", &chat, &cursor, &limit, NULL);
  if (check_limit (call, limit))
    ulak_line_store_list_messages_async (line->store, chat, cursor, limit, listed_cb, ulak_errand_new (call, line));
}
