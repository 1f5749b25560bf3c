/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linking a line to a phone: QR, code, passkey, and the end of it. Whoever reads a QR can take the account over, so all of this is
 * for keys that may manage, and nothing of it is cached.
 */
#include "api/routes.h"

#include "api/request-call.h"
#include "core/error.h"
#include "core/json.h"
#include "core/qr.h"

#include <string.h>

#define WHATSAPP_INTERFACE "org.ulak.WhatsApp1"
#define PNG_MODULE_PIXELS 6

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
  phone = ulak_json_read_string (document, "", "phone", ULAK_JSON_OPTIONAL, 0, 16, issues);
  if (method != NULL && strcmp (method, "qr") != 0 && strcmp (method, "code") != 0)
    ulak_issues_add (issues, "method", "must be qr or code");
  if (g_strcmp0 (method, "code") == 0 && (phone == NULL || *phone == '\0'))
    ulak_issues_add (issues, "phone", "is needed for the method code");
  return document;
}

void
ulak_route_link_account (UlakRequest *request)
{
  const char *account = ulak_request_get_account (request);
  const char *text = account == NULL ? NULL : ulak_request_get_body_text (request);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) document = NULL;
  g_autoptr (GError) error = NULL;
  const char *phone;

  if (text == NULL)
    return;
  document = parse_link (text, issues, &error);
  if (document == NULL || !ulak_issues_to_error (issues, &error))
    {
      ulak_request_answer_error (request, error);
      return;
    }
  phone = ulak_json_peek_string (document, "phone");
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .account = account,
                         .method = "Link",
                         .arguments = g_variant_new ("(ss)", ulak_json_peek_string (document, "method"),
                                                     phone == NULL ? "" : phone),
                         .reply_type = "(s)",
                     },
                     ulak_reply_document);
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
    g_set_error (&error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "There is no QR to show, the line is %s: POST .../link asks for one",
                 ulak_json_peek_string (link, "state"));
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
