/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linking a line to a phone: QR, code, passkey, and the end of it. Whoever reads a QR can take the account over, so all of this is
 * for keys that may manage, and nothing of it is cached.
 */
#include "api/routes.h"

#include "api/account-control.h"
#include "api/request-call.h"
#include "core/error.h"
#include "core/json.h"
#include "core/qr.h"

#include <string.h>

#define WHATSAPP_INTERFACE "org.ulak.WhatsApp1"
#define PNG_MODULE_PIXELS 6
#define COMING_POLL_MS 100
#define COMING_MS 10000 /* a line starts in a moment, on a machine that is busy in some */

void
ulak_route_logout_account (UlakRequest *request)
{
  const UlakPeerCall call = { .account = ulak_request_get_account (request), .method = "Logout", .reply_type = "()" };

  if (call.account != NULL)
    ulak_request_call (request, &call, ulak_reply_empty);
}

/* --- asking for a QR or a code --- */

static JsonObject *
parse_link (const char *text, UlakIssues *issues, GError **error)
{
  static const char *const known[] = { "method", "phone", NULL };
  JsonObject *document = ulak_json_parse_text (text, error);
  const char *method, *phone;

  if (document == NULL)
    return NULL;
  ulak_json_refuse_unknown (document, "", known, issues);
  method = ulak_json_read_string (document, "", "method", ULAK_JSON_REQUIRED, 1, 16, issues);
  phone = ulak_json_read_string (document, "", "phone", ULAK_JSON_OPTIONAL, 0, 32, issues);
  if (method != NULL && strcmp (method, "qr") != 0 && strcmp (method, "code") != 0)
    ulak_issues_add (issues, "method", "must be qr or code");
  if (g_strcmp0 (method, "code") == 0 && ulak_issues_count (issues) == 0 && (phone == NULL || *phone == '\0'))
    ulak_issues_add (issues, "phone", "is needed for the method code");
  return document;
}

/* A line that is to be linked, and that may have to be started first. */
typedef struct
{
  UlakRequest *request; /* (owned) */
  char *account;        /* (owned) */
  char *method;         /* (owned) */
  char *phone;          /* (owned) */
  gint64 since_us;      /* monotonic */
} Wish;

static void
wish_free (Wish *self)
{
  ulak_request_unref (self->request);
  g_free (self->account);
  g_free (self->method);
  g_free (self->phone);
  g_free (self);
}

/* self: (transfer full) */
static void
call_link (Wish *self)
{
  ulak_request_call (self->request,
                     &(const UlakPeerCall){
                         .account = self->account,
                         .method = "Link",
                         .arguments = g_variant_new ("(ss)", self->method, self->phone),
                         .reply_type = "(s)",
                     },
                     ulak_reply_document);
  wish_free (self);
}

static void
wait_coming (gpointer user_data)
{
  Wish *self = user_data;
  UlakApi *api = ulak_request_get_api (self->request);
  g_autoptr (GError) error = NULL;

  if (ulak_lines_is_present (api->lines, self->account))
    call_link (self);
  else if (ulak_clock_get_monotonic_us (api->clock) - self->since_us < COMING_MS * 1000)
    ulak_clock_add_timer (api->clock, COMING_POLL_MS * 1000, wait_coming, self);
  else
    {
      error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The line does not start; its journal says why");
      ulak_request_answer_error (self->request, error);
      wish_free (self);
    }
}

static void
started_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wish *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *document = ulak_account_control_finish (result, &error);

  if (document != NULL)
    {
      wait_coming (self);
      return;
    }
  ulak_request_answer_error (self->request, error);
  wish_free (self);
}

/* self: (transfer full) */
static void
start_line (Wish *self)
{
  UlakApi *api = ulak_request_get_api (self->request);
  g_autofree char *who = ulak_request_get_who (self->request);

  self->since_us = ulak_clock_get_monotonic_us (api->clock);
  ulak_account_control_async (api, ULAK_ACCOUNT_START, self->account, NULL, who, ulak_request_get_context (self->request),
                              started_cb, self);
}

static gboolean
is_linkable (UlakRequest *request, const char *account)
{
  const UlakAccountRow *row = ulak_accounts_find (ulak_request_get_api (request)->accounts, account);
  g_autoptr (GError) error = NULL;

  if (strcmp (row->backend, "linked") == 0)
    return TRUE;
  error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_UNSUPPORTED, "This line is linked by the settings of its account, not by a code");
  ulak_request_answer_error (request, error);
  return FALSE;
}

void
ulak_route_link_account (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);
  const char *text = account == NULL ? NULL : ulak_request_get_body_text (request);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) document = NULL;
  g_autoptr (GError) error = NULL;
  Wish *wish;

  if (text == NULL)
    return;
  document = parse_link (text, issues, &error);
  if (document == NULL || !ulak_issues_to_error (issues, &error))
    {
      ulak_request_answer_error (request, error);
      return;
    }
  if (!is_linkable (request, account))
    return;
  wish = g_new0 (Wish, 1);
  wish->request = ulak_request_ref (request);
  wish->account = g_strdup (account);
  wish->method = g_strdup (ulak_json_peek_string (document, "method"));
  wish->phone = g_strdup (ulak_json_peek_string (document, "phone"));
  if (wish->phone == NULL)
    wish->phone = g_strdup ("");
  if (ulak_lines_is_present (ulak_request_get_api (request)->lines, account))
    call_link (wish);
  else
    start_line (wish);
}

/* --- what there is to show --- */

static void
get_link (UlakRequest *request, UlakReplyFunc on_reply)
{
  const UlakPeerCall call = { .account = ulak_request_get_account (request), .method = "GetLink", .reply_type = "(s)" };

  if (call.account != NULL)
    ulak_request_call (request, &call, on_reply);
}

void
ulak_route_get_link (UlakRequest *request)
{
  get_link (request, ulak_reply_document);
}

static void
refuse_qr (JsonObject *link, GError **error)
{
  const char *state = ulak_json_peek_string (link, "state");

  if (ulak_json_peek_string (link, "code") != NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "A code is shown now, and no QR: POST .../link asks for one");
  else if (g_strcmp0 (state, "ready") == 0)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "There is no QR to show, the line is linked and ready");
  else
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "There is no QR to show, the line is %s: POST .../link asks for one",
                 state);
}

/* The QR of a link document; NULL and answered without one. */
static UlakQr *
read_qr (UlakRequest *request, UlakPeerReply *reply)
{
  g_autoptr (JsonObject) link = NULL;
  g_autoptr (GError) error = NULL;
  const char *document, *text;
  UlakQr *qr;

  g_variant_get (reply->values, "(&s)", &document);
  link = ulak_json_parse_text (document, &error);
  text = link == NULL ? NULL : ulak_json_peek_string (link, "qr");
  if (link != NULL && text == NULL)
    refuse_qr (link, &error);
  qr = text == NULL ? NULL : ulak_qr_new (text, &error);
  if (qr == NULL)
    ulak_request_answer_error (request, error);
  return qr;
}

static void
answer_png (UlakRequest *request, UlakPeerReply *reply)
{
  g_autoptr (UlakQr) qr = read_qr (request, reply);

  if (qr != NULL)
    ulak_request_answer_bytes (request, 200, "image/png", ulak_qr_to_png (qr, PNG_MODULE_PIXELS));
}

void
ulak_route_get_qr_png (UlakRequest *request)
{
  get_link (request, answer_png);
}

static void
answer_svg (UlakRequest *request, UlakPeerReply *reply)
{
  g_autoptr (UlakQr) qr = read_qr (request, reply);

  if (qr != NULL)
    ulak_request_answer (request, 200, "image/svg+xml", ulak_qr_to_svg (qr));
}

void
ulak_route_get_qr_svg (UlakRequest *request)
{
  get_link (request, answer_svg);
}

/* --- passkeys --- */

void
ulak_route_answer_passkey (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);
  const char *text = account == NULL ? NULL : ulak_request_get_body_text (request);

  if (text == NULL)
    return;
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .interface = WHATSAPP_INTERFACE,
                         .method = "AnswerPasskey",
                         .arguments = g_variant_new ("(s)", text),
                         .reply_type = "()",
                     },
                     ulak_reply_empty);
}

void
ulak_route_confirm_passkey (UlakRequest *request)
{
  const UlakPeerCall call = { .account = ulak_request_get_account (request),
                              .interface = WHATSAPP_INTERFACE,
                              .method = "ConfirmPasskey",
                              .reply_type = "()" };

  if (call.account != NULL)
    ulak_request_call (request, &call, ulak_reply_empty);
}
