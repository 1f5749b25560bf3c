/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/graph-error.h"

#include "core/clock.h"
#include "core/json.h"

#include <libsoup/soup.h>
#include <string.h>

#define DETAILS_MAX_CHARACTERS 500
#define RETRY_AFTER_MAX_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

#define RETRY ULAK_SEND_RETRY
#define FAIL ULAK_SEND_FAILED
#define MESSAGE ULAK_SEND_SCOPE_MESSAGE
#define RECIPIENT ULAK_SEND_SCOPE_RECIPIENT
#define LINE ULAK_SEND_SCOPE_LINE
#define NONE ULAK_GRAPH_EFFECT_NONE
#define TOKEN ULAK_GRAPH_EFFECT_TOKEN
#define FAILED ULAK_GRAPH_EFFECT_FAILED
#define BANNED ULAK_GRAPH_EFFECT_BANNED

/* Source: Meta's pages "Error codes" of the WhatsApp Business Platform and "Error handling" and "Rate limits" of the Graph
 * API. Only what Meta calls passing is tried again: rate limits, maintenance and faults of its servers. */
static const UlakGraphRule rules[] = {
  { 0, 0, "E_WA_TOKEN_INVALID", FAIL, LINE, TOKEN, "Meta could not authenticate the app: the access token is not valid" },
  { 1, 2, "E_WA_SERVICE", RETRY, MESSAGE, NONE, "Meta's service did not work for a moment" },
  { 3, 3, "E_WA_PERMISSION", FAIL, LINE, NONE, "The app lacks a capability or permission for this call" },
  { 4, 4, "E_WA_RATE_APP", RETRY, LINE, NONE, "The app's limit of API calls is reached" },
  { 10, 10, "E_WA_PERMISSION", FAIL, LINE, NONE, "A permission was not granted or was taken away" },
  { 17, 17, "E_WA_RATE_APP", RETRY, LINE, NONE, "The user's limit of API calls is reached" },
  { 32, 32, "E_WA_RATE_APP", RETRY, LINE, NONE, "The page's limit of API calls is reached" },
  { 33, 33, "E_WA_PHONE_DELETED", FAIL, LINE, NONE, "The business phone number does not exist any more" },
  { 100, 100, "E_WA_PARAM", FAIL, MESSAGE, NONE, "A parameter of the request is wrong" },
  { 102, 102, "E_WA_TOKEN_EXPIRED", FAIL, LINE, TOKEN, "The session of the access token is over" },
  { 190, 190, "E_WA_TOKEN_EXPIRED", FAIL, LINE, TOKEN, "The access token has expired or was revoked" },
  { 200, 299, "E_WA_PERMISSION", FAIL, LINE, NONE, "A permission was not granted or was taken away" },
  { 341, 341, "E_WA_RATE_APP", RETRY, LINE, NONE, "The application's limit is reached" },
  { 368, 368, "E_WA_POLICY_BLOCK", FAIL, LINE, FAILED, "The business account is restricted for a violation of policy" },
  { 613, 613, "E_WA_RATE_APP", RETRY, LINE, NONE, "A limit of API calls is reached" },
  { 80007, 80008, "E_WA_RATE_APP", RETRY, LINE, NONE, "The business account's limit of API calls is reached" },
  { 130403, 130403, "E_WA_NOT_ALLOWED", FAIL, MESSAGE, NONE, "The business account is not allowed to send this" },
  { 130429, 130429, "E_WA_RATE_CLOUD", RETRY, LINE, NONE, "The throughput of the phone number is reached" },
  { 130472, 130472, "E_WA_EXPERIMENT", FAIL, RECIPIENT, NONE, "The recipient is part of an experiment of Meta's and gets no marketing" },
  { 130497, 130497, "E_WA_COUNTRY", FAIL, RECIPIENT, NONE, "The business account may not write to this country" },
  { 131000, 131000, "E_WA_SERVICE", RETRY, MESSAGE, NONE, "Something went wrong at Meta" },
  { 131005, 131005, "E_WA_PERMISSION", FAIL, LINE, NONE, "Access was denied: a permission is missing" },
  { 131008, 131009, "E_WA_PARAM", FAIL, MESSAGE, NONE, "A parameter is missing or its value is wrong" },
  { 131016, 131016, "E_WA_SERVICE", RETRY, LINE, NONE, "Meta's service is unavailable for a moment" },
  { 131021, 131021, "E_WA_RECIPIENT_IS_SENDER", FAIL, MESSAGE, NONE, "Sender and recipient are the same number" },
  { 131026, 131026, "E_WA_UNDELIVERABLE", FAIL, RECIPIENT, NONE, "The recipient cannot get this message: no WhatsApp there, terms not accepted, or an old version" },
  { 131030, 131030, "E_WA_NOT_ALLOWED_LIST", FAIL, RECIPIENT, NONE, "The recipient is not on the list of allowed numbers of a test number" },
  { 131031, 131031, "E_WA_ACCOUNT_LOCKED", FAIL, LINE, BANNED, "Meta has locked the business account" },
  { 131037, 131037, "E_WA_DISPLAY_NAME", FAIL, LINE, NONE, "The display name of the number has to be approved first" },
  { 131042, 131042, "E_WA_PAYMENT", FAIL, LINE, NONE, "Something is wrong with the payment method of the business account" },
  { 131045, 131045, "E_WA_CERTIFICATE", FAIL, LINE, NONE, "The phone number is not registered correctly" },
  { 131047, 131047, "E_WA_WINDOW_CLOSED", FAIL, RECIPIENT, NONE, "The recipient's last message is older than 24 hours: only a template may be sent" },
  { 131048, 131048, "E_WA_SPAM_LIMIT", FAIL, LINE, NONE, "Too many messages of this number were blocked or reported: Meta limits it" },
  { 131049, 131049, "E_WA_ECOSYSTEM_LIMIT", FAIL, RECIPIENT, NONE, "Meta chose not to deliver this marketing message to the recipient now" },
  { 131050, 131050, "E_WA_MARKETING_STOPPED", FAIL, RECIPIENT, NONE, "The recipient stopped marketing messages of this business" },
  { 131051, 131051, "E_WA_UNSUPPORTED", FAIL, MESSAGE, NONE, "This type of message is not supported" },
  { 131052, 131052, "E_WA_MEDIA_DOWNLOAD", FAIL, MESSAGE, NONE, "The medium could not be downloaded" },
  { 131053, 131053, "E_WA_MEDIA_UPLOAD", FAIL, MESSAGE, NONE, "The medium could not be uploaded: type or content is not supported" },
  { 131055, 131055, "E_WA_METHOD", FAIL, MESSAGE, NONE, "This call is not allowed for the number" },
  { 131056, 131056, "E_WA_RATE_PAIR", RETRY, RECIPIENT, NONE, "Too many messages to the same recipient in a short time" },
  { 131057, 131057, "E_WA_MAINTENANCE", RETRY, LINE, NONE, "The business account is being moved or maintained" },
  { 131062, 131062, "E_WA_USER_ID_UNSUPPORTED", FAIL, RECIPIENT, NONE, "This message needs a phone number as recipient, not a user id" },
  { 132000, 132000, "E_WA_TEMPLATE_PARAMS", FAIL, MESSAGE, NONE, "The number of parameters is not that of the template" },
  { 132001, 132001, "E_WA_TEMPLATE_MISSING", FAIL, MESSAGE, NONE, "The template does not exist in this language or is not approved" },
  { 132005, 132005, "E_WA_TEMPLATE_TOO_LONG", FAIL, MESSAGE, NONE, "The template with its parameters is too long" },
  { 132007, 132007, "E_WA_TEMPLATE_POLICY", FAIL, MESSAGE, NONE, "The template's content is against Meta's policy" },
  { 132012, 132012, "E_WA_TEMPLATE_FORMAT", FAIL, MESSAGE, NONE, "A parameter has not the form that the template wants" },
  { 132015, 132015, "E_WA_TEMPLATE_PAUSED", FAIL, MESSAGE, NONE, "The template is paused for low quality" },
  { 132016, 132016, "E_WA_TEMPLATE_DISABLED", FAIL, MESSAGE, NONE, "The template is disabled for good for low quality" },
  { 132068, 132068, "E_WA_FLOW_BLOCKED", FAIL, MESSAGE, NONE, "The flow is blocked" },
  { 132069, 132069, "E_WA_FLOW_THROTTLED", FAIL, MESSAGE, NONE, "The flow is throttled: it was sent too often in the last hour" },
  { 133000, 133000, "E_WA_REGISTRATION", FAIL, LINE, NONE, "The number was not deregistered completely" },
  { 133004, 133004, "E_WA_SERVICE", RETRY, LINE, NONE, "Meta's server is unavailable for a moment" },
  { 133005, 133005, "E_WA_PIN", FAIL, LINE, NONE, "The PIN of the two-step verification is wrong" },
  { 133006, 133006, "E_WA_REGISTRATION", FAIL, LINE, NONE, "The number has to be verified again" },
  { 133008, 133009, "E_WA_PIN", FAIL, LINE, NONE, "The PIN of the two-step verification was tried too often or too fast" },
  { 133010, 133010, "E_WA_PHONE_NOT_REGISTERED", FAIL, LINE, FAILED, "The phone number is not registered with the platform" },
  { 133015, 133016, "E_WA_REGISTRATION", FAIL, LINE, NONE, "The number was registered or deregistered too recently or too often" },
  { 134011, 134011, "E_WA_PAYMENT_TERMS", FAIL, LINE, NONE, "The terms of WhatsApp payments were not accepted" },
  { 134100, 134102, "E_WA_MARKETING_API", FAIL, MESSAGE, NONE, "The template cannot be sent by the marketing messages API" },
  { 135000, 135000, "E_WA_PARAM", FAIL, MESSAGE, NONE, "Something in the request is wrong that Meta does not name" },
  { 2593107, 2593108, "E_WA_SYNC", FAIL, LINE, NONE, "The history of the Business app was asked for too often or too late" },
};

/* Answers without a code of Meta's: from its edge, from a proxy, or from another server. A gateway's timeout leaves open
 * whether the request was taken. */
static const struct
{
  guint first;
  guint last;
  UlakSendOutcome outcome;
  UlakGraphRule rule;
} http_rules[] = {
  { 200, 299, ULAK_SEND_UNKNOWN, { -1, -1, "E_WA_ANSWER", ULAK_SEND_UNKNOWN, MESSAGE, NONE, "The answer said neither yes nor no" } },
  { 401, 401, FAIL, { -1, -1, "E_WA_TOKEN_EXPIRED", FAIL, LINE, TOKEN, "The access token was refused" } },
  { 403, 403, FAIL, { -1, -1, "E_WA_PERMISSION", FAIL, LINE, NONE, "Access was denied" } },
  { 408, 408, RETRY, { -1, -1, "E_WA_SERVICE", RETRY, MESSAGE, NONE, "The server did not get the request in time" } },
  { 413, 413, FAIL, { -1, -1, "E_WA_PARAM", FAIL, MESSAGE, NONE, "The request is too large" } },
  { 429, 429, RETRY, { -1, -1, "E_WA_RATE_APP", RETRY, LINE, NONE, "The server asked for fewer requests" } },
  { 504, 504, ULAK_SEND_UNKNOWN, { -1, -1, "E_WA_SERVICE", ULAK_SEND_UNKNOWN, MESSAGE, NONE, "A gateway gave up waiting for Meta" } },
  { 500, 599, RETRY, { -1, -1, "E_WA_SERVICE", RETRY, MESSAGE, NONE, "Meta's server has a fault" } },
};

static const UlakGraphRule other_rule = { -1, -1, "E_WA_OTHER", FAIL, MESSAGE, NONE,
                                          "The network refused the message for a reason that is not in the table" };

const UlakGraphRule *
ulak_graph_rules (gsize *n_rules_out)
{
  *n_rules_out = G_N_ELEMENTS (rules);
  return rules;
}

/** ulak_graph_rule_find: Returns: (nullable): the row of Meta's @code; %NULL if the table does not have it */
const UlakGraphRule *
ulak_graph_rule_find (gint64 code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    if (code >= rules[i].first && code <= rules[i].last)
      return &rules[i];
  return NULL;
}

static const UlakGraphRule *
find_http_rule (guint status)
{
  for (gsize i = 0; i < G_N_ELEMENTS (http_rules); i++)
    if (status >= http_rules[i].first && status <= http_rules[i].last)
      return &http_rules[i].rule;
  return &other_rule;
}

/**
 * ulak_graph_parse_retry_after_ms:
 * @text: (nullable): the value of a Retry-After header: seconds or an HTTP date
 * @now_us: wall clock, microseconds
 *
 * Source: RFC 9110 section 10.2.3.
 * Returns: how long to wait, at most a day; 0 if @text is missing, malformed or past
 */
gint64
ulak_graph_parse_retry_after_ms (const char *text, gint64 now_us)
{
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;
  gint64 wait_ms;

  if (text == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (text, 10, 0, RETRY_AFTER_MAX_MS / 1000, &seconds, NULL))
    return (gint64) seconds * 1000;
  if (*text != '\0' && strspn (text, "0123456789") == strlen (text))
    return RETRY_AFTER_MAX_MS;

  date = soup_date_time_new_from_http_string (text);
  if (date == NULL)
    return 0;
  wait_ms = (g_date_time_to_unix (date) * G_USEC_PER_SEC - now_us) / 1000;
  return CLAMP (wait_ms, 0, RETRY_AFTER_MAX_MS);
}

static char *
copy_details (JsonObject *error)
{
  JsonObject *data = ulak_json_peek_object (error, "error_data");
  const char *details = data == NULL ? NULL : ulak_json_peek_string (data, "details");

  if (details == NULL)
    details = ulak_json_peek_string (error, "error_data");
  if (details == NULL)
    details = ulak_json_peek_string (error, "message");
  if (details == NULL)
    details = ulak_json_peek_string (error, "title");
  if (details == NULL)
    return NULL;
  return g_utf8_substring (details, 0, MIN (g_utf8_strlen (details, -1), DETAILS_MAX_CHARACTERS));
}

/* A code of the table is trusted over the HTTP status, which Meta changes from version to version; an unknown one is
 * judged by the status, and by Graph's own word on whether it will pass. 429 is tried again whatever the code. */
static void
judge_code (UlakGraphError *self, JsonObject *error)
{
  const UlakGraphRule *rule = ulak_graph_rule_find (self->code);

  if (rule == NULL && (self->http_status == 429 || self->http_status >= 500))
    rule = find_http_rule (self->http_status == 504 ? 500 : self->http_status);
  if (rule == NULL && ulak_json_peek_boolean (error, "is_transient", FALSE))
    rule = find_http_rule (500);
  self->rule = rule != NULL ? rule : &other_rule;
  self->outcome = self->http_status == 429 ? RETRY : self->rule->outcome;
}

/**
 * ulak_graph_error_new:
 * @http_status: the status of an answer that was not a success, or of one that was not understood
 * @answer: (nullable): its JSON object, or an element of a callback's errors[] with @http_status 0
 * @retry_after: (nullable): its Retry-After header
 * @now_us: wall clock, microseconds
 *
 * Returns: (transfer full): what the answer means
 */
UlakGraphError *
ulak_graph_error_new (guint http_status, JsonObject *answer, const char *retry_after, gint64 now_us)
{
  UlakGraphError *self = g_new0 (UlakGraphError, 1);
  JsonObject *error = answer == NULL ? NULL : ulak_json_peek_object (answer, "error");

  if (error == NULL && http_status == 0)
    error = answer;
  self->http_status = http_status;
  self->retry_after_ms = ulak_graph_parse_retry_after_ms (retry_after, now_us);
  self->code = error == NULL ? -1 : ulak_json_peek_integer (error, "code", -1);
  if (self->code < 0)
    {
      self->code = 0;
      self->rule = find_http_rule (http_status);
      self->outcome = self->rule->outcome;
      return self;
    }

  self->subcode = ulak_json_peek_integer (error, "error_subcode", 0);
  self->details = copy_details (error);
  self->trace_id = g_strdup (ulak_json_peek_string (error, "fbtrace_id"));
  judge_code (self, error);
  return self;
}

void
ulak_graph_error_free (UlakGraphError *self)
{
  if (self == NULL)
    return;

  g_free (self->details);
  g_free (self->trace_id);
  g_free (self);
}

/** ulak_graph_error_to_result: Returns: (transfer full): what became of a send that was answered with this error */
UlakSendResult *
ulak_graph_error_to_result (const UlakGraphError *self)
{
  UlakSendResult *result = ulak_send_result_new (self->outcome);

  result->scope = self->rule->scope;
  result->retry_after_ms = self->outcome == RETRY ? self->retry_after_ms : 0;
  result->error_code = g_strdup (self->rule->code);
  result->error_message = g_strdup (self->rule->message);
  result->original_code = self->code;
  result->original_subcode = self->subcode;
  result->original_details = g_strdup (self->details);
  return result;
}
