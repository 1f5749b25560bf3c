/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * How a request comes to its handler: framing, route, key, rate and size are judged on the headers alone, so that nobody
 * without a key makes us take a body.
 */
#include "api/request-private.h"

#include "api/cors.h"
#include "api/error-status.h"
#include "api/metrics-token.h"
#include "core/error.h"
#include "core/id.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"

#include <string.h>

static const char bearer[] = "Bearer ";

UlakRequest *
ulak_request_new (UlakApi *api, UlakHttpConnection *connection)
{
  UlakRequest *self = g_new0 (UlakRequest, 1);

  g_ref_count_init (&self->refs);
  self->api = api;
  self->connection = connection;
  self->message = g_object_ref (ulak_http_connection_get_message (connection));
  self->method = g_strdup (soup_server_message_get_method (self->message));
  self->started_us = ulak_clock_get_monotonic_us (api->clock);
  return self;
}

static void
take_context (UlakRequest *self)
{
  const char *request_id = ulak_request_get_header (self, "X-Request-Id");
  const char *traceparent = ulak_request_get_header (self, "traceparent");
  g_autofree char *made = NULL;

  if (request_id == NULL || !ulak_request_id_is_valid (request_id))
    request_id = made = ulak_id_new (self->api->clock, self->api->random);
  if (traceparent != NULL && !ulak_traceparent_is_valid (traceparent))
    traceparent = NULL;
  self->context = ulak_context_new (request_id, traceparent);
}

static char *
format_quota (UlakRequest *self)
{
  UlakRateField fields[ULAK_RATE_FIELDS_MAX];
  guint n = ulak_rate_quota_list_fields (&self->quota, fields);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s: %u\r\n", fields[i].name, fields[i].value);
  return g_string_free (text, FALSE);
}

/** ulak_request_refuse: answers before the body came, and closes */
void
ulak_request_refuse (UlakRequest *self, guint status, const char *code, const char *sentence)
{
  g_autofree char *body = ulak_request_format_fault (self, code, sentence, NULL);
  g_autofree char *quota = format_quota (self);
  g_autofree char *allow
      = status == 405 ? g_strdup_printf ("Allow: %s\r\n", self->match.allow) : g_strdup ("");
  char *answer = g_strdup_printf ("HTTP/1.1 %u %s\r\nServer: ulak\r\nConnection: close\r\nContent-Type: application/json\r\n"
                                  "%s%s%sX-Request-Id: %s\r\nContent-Length: %zu\r\n\r\n%s",
                                  status, soup_status_get_phrase (status), allow,
                                  status == 401 ? "WWW-Authenticate: Bearer\r\n" : "", quota, self->context->request_id,
                                  strlen (body), strcmp (self->method, "HEAD") == 0 ? "" : body);

  self->status = status;
  ulak_request_record (self);
  ulak_http_connection_refuse (self->connection, answer);
}

void
ulak_request_too_large (UlakRequest *self)
{
  if (self->status == 0)
    ulak_request_refuse (self, 413, "E_TOO_LARGE", "The body is larger than this route takes");
}

/* Without a body to be read, an ordinary answer keeps the connection; the handler gives it. */
static gboolean
has_body (UlakRequest *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);

  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED
         || soup_message_headers_get_content_length (headers) > 0;
}

static void
turn_down (UlakRequest *self, guint status, const char *code, const char *sentence)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);

  if (has_body (self))
    {
      ulak_request_refuse (self, status, code, sentence);
      return;
    }
  if (status == 401)
    soup_message_headers_replace (headers, "WWW-Authenticate", "Bearer");
  if (status == 405)
    soup_message_headers_replace (headers, "Allow", self->match.allow);
  ulak_request_answer_fault (self, status, code, sentence);
}

static gboolean
is_preflight (UlakRequest *self)
{
  return strcmp (self->method, "OPTIONS") == 0 && ulak_request_get_header (self, "Access-Control-Request-Method") != NULL
         && ulak_cors_allows (ulak_service_get_config (self->api->service), ulak_request_get_header (self, "Origin"));
}

static void
turn_down_fault (UlakRequest *self, UlakHttpFault fault, const char *sentence)
{
  const UlakHttpFaultStatus *entry = ulak_http_fault_get_status (fault);

  turn_down (self, entry->status, entry->code, sentence);
}

/* FALSE: the path itself is wrong. */
static gboolean
find_route (UlakRequest *self, GError **error)
{
  g_auto (GStrv) segments
      = ulak_path_split (g_uri_get_path (soup_server_message_get_uri (self->message)), error);

  if (segments == NULL)
    return FALSE;
  ulak_router_match (ulak_routes_get (), self->method, (const char *const *) segments, &self->match);
  return TRUE;
}

static void
turn_down_route (UlakRequest *self, const GError *path_error)
{
  if (path_error != NULL)
    turn_down (self, 400, "E_INVALID", path_error->message);
  else if (self->match.allow != NULL)
    turn_down_fault (self, ULAK_HTTP_FAULT_METHOD, "This path does not take this method; Allow says which");
  else
    turn_down (self, 404, "E_NOT_FOUND", "There is no such path");
}

static const char *
get_presented_key (UlakRequest *self)
{
  const char *authorization = ulak_request_get_header (self, "Authorization");

  if (authorization != NULL && g_ascii_strncasecmp (authorization, bearer, strlen (bearer)) == 0)
    return authorization + strlen (bearer);
  return ulak_request_get_header (self, "X-API-Key");
}

/* A proxy on this machine tells who its client is; anyone else only says so. */
static char *
get_client_address (UlakRequest *self)
{
  const char *forwarded = ulak_request_get_header (self, "X-Forwarded-For");
  const char *last = forwarded == NULL ? NULL : strrchr (forwarded, ',');
  g_autofree char *address = g_strdup (last == NULL ? forwarded : last + 1);

  if (address != NULL && ulak_http_connection_is_local (self->connection)
      && g_hostname_is_ip_address (g_strstrip (address)))
    return g_steal_pointer (&address);
  return g_strdup (ulak_http_connection_get_address (self->connection));
}

static void
log_failed_login (UlakRequest *self)
{
  g_autofree char *address = get_client_address (self);

  ulak_log_warning (ULAK_MESSAGE_LOGIN_FAILED,
                    ULAK_FIELDS (ULAK_FIELD_REQUEST_ID, self->context->request_id, ULAK_FIELD_CLIENT_ADDRESS, address),
                    "Failed login from %s", address);
}

typedef enum
{
  CREDENTIAL_ABSENT,
  CREDENTIAL_WRONG,
  CREDENTIAL_GOOD, /* a key, then principal says which, or METRICS_TOKEN */
} Credential;

static Credential
check_credential (UlakRequest *self)
{
  const UlakRoute *route = self->match.route;
  const char *presented = get_presented_key (self);
  gboolean is_good;

  if (presented == NULL)
    return CREDENTIAL_ABSENT;
  if (route != NULL && route->scope == ULAK_SCOPE_METRICS && ulak_metrics_token_is_set (self->api->metrics_token))
    is_good = ulak_metrics_token_matches (self->api->metrics_token, presented);
  else
    is_good = ulak_keys_check (self->api->keys, presented, &self->principal);
  return is_good ? CREDENTIAL_GOOD : CREDENTIAL_WRONG;
}

/* Who pays for the request. Guesses of keys are paid by the address that they come from. */
static char *
name_payer (UlakRequest *self, Credential credential)
{
  g_autofree char *address = NULL;

  if (self->principal.kind == ULAK_PRINCIPAL_KEY)
    return g_strconcat ("key:", self->principal.id, NULL);
  if (credential == CREDENTIAL_GOOD)
    return g_strdup ("metrics");
  address = get_client_address (self);
  return ulak_rate_limit_name_address (address);
}

/* FALSE: turned down. */
static gboolean
take_quota (UlakRequest *self, Credential credential)
{
  g_autofree char *payer = name_payer (self, credential), *sentence = NULL;

  if (ulak_rate_limit_take (self->api->rate_limit, payer, &self->quota))
    return TRUE;
  sentence = g_strdup_printf ("Too many requests: %u in %u s are allowed; Retry-After says when the next one is",
                              self->quota.limit, (guint) ulak_api_get_integer (self->api, "api", "rate_limit_period_s"));
  turn_down_fault (self, ULAK_HTTP_FAULT_RATE_LIMITED, sentence);
  return FALSE;
}

/* Scopes of keys will be looked at here: today a key may do all. FALSE: turned down. */
static gboolean
authorise (UlakRequest *self, Credential credential)
{
  if (credential == CREDENTIAL_GOOD || (credential == CREDENTIAL_ABSENT && self->match.route->scope == ULAK_SCOPE_OPTIONAL))
    return TRUE;

  if (credential == CREDENTIAL_WRONG)
    log_failed_login (self);
  turn_down_fault (self, ULAK_HTTP_FAULT_UNAUTHORIZED,
                   credential == CREDENTIAL_ABSENT ? "A key is needed: Authorization: Bearer ulak_..., or X-API-Key"
                                                   : "The key is not valid");
  return FALSE;
}

/* FALSE: it is answered. Probes and Meta's callbacks are free; whatever else is answered was paid for. */
static gboolean
admit (UlakRequest *self)
{
  g_autoptr (GError) path_error = NULL;
  Credential credential;

  if (find_route (self, &path_error) && self->match.route != NULL && self->match.route->scope == ULAK_SCOPE_OPEN)
    return TRUE;
  credential = check_credential (self);
  if (!take_quota (self, credential))
    return FALSE;

  if (is_preflight (self))
    {
      ulak_cors_put_preflight (soup_server_message_get_response_headers (self->message));
      ulak_request_answer_empty (self);
      return FALSE;
    }
  if (self->match.route != NULL)
    return authorise (self, credential);
  turn_down_route (self, path_error);
  return FALSE;
}

static guint64
get_body_limit (UlakRequest *self)
{
  switch (self->match.route->body)
    {
    case ULAK_BODY_JSON:
      return (guint64) ulak_api_get_integer (self->api, "api", "body_limit_bytes");
    case ULAK_BODY_CALLBACK:
      return ULAK_JSON_LIMITS_CALLBACK.max_bytes;
    case ULAK_BODY_MEDIA:
      return (guint64) ulak_api_get_integer (self->api, "api", "media_limit_bytes");
    }
  g_return_val_if_reached (0);
}

static void
appended_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_kept = ulak_upload_append_finish (self->upload, result, &error);

  if (self->message == NULL || self->status != 0)
    return;
  if (!is_kept)
    {
      ulak_request_refuse (self, ulak_error_status_get (error)->status, ulak_error_status_get (error)->code,
                           error->message);
      return;
    }
  soup_server_message_unpause (self->message);
}

static void
got_piece_cb (SoupServerMessage *message, GBytes *piece, gpointer user_data)
{
  UlakRequest *self = user_data;

  if (self->message == NULL || self->status != 0)
    return;
  soup_server_message_pause (message);
  ulak_upload_append_async (self->upload, piece, appended_cb, ulak_request_ref (self));
}

static void
prepare_upload (UlakRequest *self)
{
  if (self->api->n_uploads >= ULAK_UPLOADS_MAX)
    {
      ulak_request_refuse (self, 503, "E_FULL", "Too many uploads are under way");
      return;
    }
  self->api->n_uploads++;
  self->upload = ulak_upload_new (ulak_service_get_data_dir (self->api->service));
  soup_message_body_set_accumulate (soup_server_message_get_request_body (self->message), FALSE);
  g_signal_connect_data (self->message, "got-chunk", G_CALLBACK (got_piece_cb), ulak_request_ref (self),
                         (GClosureNotify) (void (*) (void)) ulak_request_unref, 0);
}

/**
 * ulak_request_enter:
 * @verdict: (nullable): what is wrong with the framing
 *
 * The headers are here. Afterwards the request is turned down, or its body is awaited.
 */
void
ulak_request_enter (UlakRequest *self, const char *verdict)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);
  guint64 limit_bytes;

  take_context (self);
  if (verdict != NULL)
    {
      g_free (self->method);
      self->method = g_strdup ("other"); /* a label must not be what a client makes up */
      ulak_request_refuse (self, 400, "E_INVALID", verdict);
      return;
    }
  ulak_http_connection_set_body_limit (self->connection, ULAK_JSON_LIMITS_REQUEST.max_bytes);
  if (!admit (self))
    return;

  limit_bytes = get_body_limit (self);
  ulak_http_connection_set_body_limit (self->connection, limit_bytes);
  if ((guint64) MAX (soup_message_headers_get_content_length (headers), 0) > limit_bytes)
    ulak_request_too_large (self);
  else if (self->match.route->body == ULAK_BODY_MEDIA)
    prepare_upload (self);
}

/** ulak_request_handle: the whole request is here */
void
ulak_request_handle (UlakRequest *self)
{
  g_autoptr (UlakRequest) alive = ulak_request_ref (self);

  if (self->status != 0)
    return;
  self->match.route->handler (self);
  if (self->status != 0 || self->message == NULL)
    return;
  self->is_paused = TRUE;
  soup_server_message_pause (self->message);
}

/** ulak_request_gone: the message ended; @self is (transfer full) */
void
ulak_request_gone (UlakRequest *self)
{
  GDestroyNotify func = g_steal_pointer (&self->gone_func);

  g_clear_object (&self->message);
  self->connection = NULL;
  self->is_paused = FALSE;
  if (func != NULL)
    func (self->gone_data);
  ulak_request_unref (self);
}
