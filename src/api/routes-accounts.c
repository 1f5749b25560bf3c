/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Accounts, their life and the settings of their lines.
 */
#include "api/routes.h"

#include "api/account-control.h"
#include "api/request-call.h"
#include "core/error.h"
#include "core/json.h"

#include <string.h>

static void
listed_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL, *json = ulak_account_control_list_finish (result, &next, &error);

  if (json == NULL)
    ulak_request_answer_error (request, error);
  else
    ulak_request_answer_list (request, json, next);
}

void
ulak_route_list_accounts (UlakRequest *request)
{
  const char *cursor;
  guint limit;

  if (ulak_request_get_page (request, &cursor, &limit))
    ulak_account_control_list_async (ulak_request_get_api (request), cursor, limit, listed_cb, ulak_request_ref (request));
}

static void
answer_control (UlakRequest *request, guint status, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  char *document = ulak_account_control_finish (result, &error);

  if (document == NULL)
    ulak_request_answer_error (request, error);
  else
    ulak_request_answer_json (request, status, document);
}

static void
done_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;

  answer_control (request, 200, result);
}

static void
added_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;

  answer_control (request, 201, result);
}

/* systemd has taken the job; the state tells how it goes on. */
static void
taken_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;

  answer_control (request, 202, result);
}

static void
removed_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *warning = NULL;
  JsonObject *document;

  if (!ulak_account_control_finish_removal (result, &warning, &error))
    ulak_request_answer_error (request, error);
  else if (warning == NULL)
    ulak_request_answer_empty (request);
  else
    {
      document = json_object_new ();
      json_object_set_string_member (document, "warning", warning);
      ulak_request_answer_object (request, 200, document);
    }
}

static void
control (UlakRequest *request, UlakAccountAction action, const char *text, GAsyncReadyCallback callback)
{
  g_autofree char *who = ulak_request_get_who (request);

  ulak_account_control_async (ulak_request_get_api (request), action, ulak_request_get_parameter (request, 0), text, who,
                              ulak_request_get_context (request), callback, ulak_request_ref (request));
}

void
ulak_route_add_account (UlakRequest *request)
{
  const char *text = ulak_request_get_body_text (request);

  if (text != NULL)
    control (request, ULAK_ACCOUNT_ADD, text, added_cb);
}

void
ulak_route_get_account (UlakRequest *request)
{
  control (request, ULAK_ACCOUNT_SHOW, NULL, done_cb);
}

void
ulak_route_update_account (UlakRequest *request)
{
  const char *text = ulak_request_get_body_text (request);

  if (text != NULL)
    control (request, ULAK_ACCOUNT_UPDATE, text, done_cb);
}

void
ulak_route_remove_account (UlakRequest *request)
{
  control (request, ULAK_ACCOUNT_REMOVE, NULL, removed_cb);
}

void
ulak_route_start_account (UlakRequest *request)
{
  control (request, ULAK_ACCOUNT_START, NULL, taken_cb);
}

void
ulak_route_stop_account (UlakRequest *request)
{
  control (request, ULAK_ACCOUNT_STOP, NULL, taken_cb);
}

void
ulak_route_get_settings (UlakRequest *request)
{
  const UlakPeerCall call = { .account = ulak_request_get_account (request), .method = "GetSettings", .reply_type = "(s)" };

  if (call.account != NULL)
    ulak_request_call (request, &call, ulak_reply_document);
}

void
ulak_route_set_settings (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);
  const char *text = account == NULL ? NULL : ulak_request_get_body_text (request);

  if (text == NULL)
    return;
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "SetSettings",
                         .arguments = g_variant_new ("(s)", text),
                         .reply_type = "(s)",
                     },
                     ulak_reply_document);
}
