/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/request-call.h"

#include "core/error.h"

#include <string.h>

typedef struct
{
  UlakRequest *request; /* (owned) */
  UlakReplyFunc on_reply;
  char *account;        /* (owned) (nullable) */
  GError *error;        /* (owned) (nullable): while the unit is asked about */
} Call;

static void
call_free (Call *self)
{
  ulak_request_unref (self->request);
  g_free (self->account);
  g_clear_error (&self->error);
  g_free (self);
}

static void
units_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;
  UlakLines *lines = ULAK_LINES (source);

  ulak_lines_refresh_units_finish (lines, result);
  if (ulak_lines_is_coming (lines, self->account))
    {
      g_clear_error (&self->error);
      self->error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The line is starting");
    }
  ulak_request_answer_error (self->request, self->error);
  call_free (self);
}

/* Nobody wants the line and it is on its way out: it will not be there on a second try. */
static gboolean
is_being_stopped (UlakApi *api, const char *account)
{
  const UlakAccountRow *row = ulak_accounts_find (api->accounts, account);
  UlakLineFacts facts;

  ulak_lines_get_facts (api->lines, account, &facts);
  return row != NULL && !row->wanted && strcmp (facts.state, "stopped") == 0;
}

void
ulak_request_answer_call_error (UlakRequest *request, const char *account, const GError *error)
{
  UlakLines *lines = ulak_request_get_api (request)->lines;
  Call *self;

  if (account != NULL && g_error_matches (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE)
      && is_being_stopped (ulak_request_get_api (request), account))
    {
      g_autoptr (GError) stopped = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The line is stopped");

      ulak_request_answer_error (request, stopped);
      return;
    }
  if (account == NULL || !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE)
      || ulak_lines_is_present (lines, account))
    {
      ulak_request_answer_error (request, error);
      return;
    }
  self = g_new0 (Call, 1);
  self->request = ulak_request_ref (request);
  self->account = g_strdup (account);
  self->error = g_error_copy (error);
  ulak_lines_refresh_units_async (lines, units_cb, self);
}

static void
called_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *self = user_data;
  g_autoptr (UlakPeerReply) reply = ulak_peer_call_finish (result, &self->error);

  if (reply == NULL)
    ulak_request_answer_call_error (self->request, self->account, self->error);
  else
    self->on_reply (self->request, reply);
  call_free (self);
}

void
ulak_request_call (UlakRequest *request, const UlakPeerCall *call, UlakReplyFunc on_reply)
{
  Call *self = g_new0 (Call, 1);

  self->request = ulak_request_ref (request);
  self->on_reply = on_reply;
  self->account = g_strdup (call->account);
  ulak_peer_call_async (ulak_request_get_api (request)->connection, call, ulak_request_get_context (request), NULL,
                        called_cb, self);
}

const char *
ulak_request_get_account (UlakRequest *request)
{
  const char *id = ulak_request_get_parameter (request, 0);

  if (ulak_accounts_find (ulak_request_get_api (request)->accounts, id) != NULL)
    return id;
  ulak_request_answer_fault (request, 404, "E_NOT_FOUND", "There is no such account");
  return NULL;
}

void
ulak_reply_document (UlakRequest *request, UlakPeerReply *reply)
{
  const char *document;

  g_variant_get (reply->values, "(&s)", &document);
  ulak_request_answer_json (request, 200, g_strdup (document));
}

void
ulak_reply_created (UlakRequest *request, UlakPeerReply *reply)
{
  const char *document;

  g_variant_get (reply->values, "(&s)", &document);
  ulak_request_answer_json (request, 201, g_strdup (document));
}

void
ulak_reply_list (UlakRequest *request, UlakPeerReply *reply)
{
  const char *data, *next;

  g_variant_get (reply->values, "(&s&s)", &data, &next);
  ulak_request_answer_list (request, data, next);
}

void
ulak_reply_empty (UlakRequest *request, G_GNUC_UNUSED UlakPeerReply *reply)
{
  ulak_request_answer_empty (request);
}

void
ulak_reply_count (UlakRequest *request, UlakPeerReply *reply)
{
  guint count;

  g_variant_get (reply->values, "(u)", &count);
  ulak_request_answer_json (request, 202, g_strdup_printf ("{\"count\":%u}", count));
}
