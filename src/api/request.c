/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a handler sees of a request, and how it answers; how a request comes to its handler is in request-entry.c.
 */
#include "api/request-private.h"

#include "api/cors.h"
#include "api/error-status.h"
#include "core/issues.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"

#include <string.h>

#define PAGE_DEFAULT 50
#define PAGE_MAX 200
#define CURSOR_MAX 512

UlakRequest *
ulak_request_ref (UlakRequest *self)
{
  g_ref_count_inc (&self->refs);
  return self;
}

void
ulak_request_unref (UlakRequest *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;

  if (self->upload != NULL)
    self->api->n_uploads--;
  ulak_match_clear (&self->match);
  g_clear_pointer (&self->context, ulak_context_free);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->upload, ulak_upload_unref);
  g_clear_object (&self->message);
  g_free (self->method);
  g_free (self);
}

UlakApi *
ulak_request_get_api (UlakRequest *self)
{
  return self->api;
}

const UlakContext *
ulak_request_get_context (UlakRequest *self)
{
  return self->context;
}

const UlakPrincipal *
ulak_request_get_principal (UlakRequest *self)
{
  return &self->principal;
}

SoupServerMessage *
ulak_request_get_message (UlakRequest *self)
{
  return self->message;
}

UlakHttpConnection *
ulak_request_get_connection (UlakRequest *self)
{
  return self->message == NULL ? NULL : self->connection;
}

const char *
ulak_request_get_parameter (UlakRequest *self, guint index)
{
  return self->match.parameters[index];
}

const char *
ulak_request_get_query (UlakRequest *self, const char *name)
{
  const char *text;

  if (self->query == NULL && self->message != NULL)
    {
      text = g_uri_get_query (soup_server_message_get_uri (self->message));
      self->query = text == NULL ? NULL : soup_form_decode (text);
    }
  return self->query == NULL ? NULL : g_hash_table_lookup (self->query, name);
}

const char *
ulak_request_get_header (UlakRequest *self, const char *name)
{
  if (self->message == NULL)
    return NULL;
  return soup_message_headers_get_one (soup_server_message_get_request_headers (self->message), name);
}

GBytes *
ulak_request_get_body (UlakRequest *self)
{
  if (self->message == NULL)
    return g_bytes_new (NULL, 0);
  return soup_message_body_flatten (soup_server_message_get_request_body (self->message));
}

/**
 * ulak_request_get_body_text:
 *
 * Returns: (nullable): the body, NUL-terminated and valid UTF-8 without NUL; otherwise the request is answered
 */
const char *
ulak_request_get_body_text (UlakRequest *self)
{
  g_autoptr (GBytes) body = ulak_request_get_body (self);
  gsize size_bytes;
  const char *bytes = g_bytes_get_data (body, &size_bytes);
  GBytes *text;

  if (size_bytes == 0 || !g_utf8_validate_len (bytes, size_bytes, NULL))
    {
      ulak_request_answer_fault (self, 400, "E_INVALID", "The body must be a JSON document in UTF-8");
      return NULL;
    }
  text = g_bytes_new_take (g_strndup (bytes, size_bytes), size_bytes + 1);
  g_clear_pointer (&self->body, g_bytes_unref);
  self->body = text;
  return g_bytes_get_data (text, NULL);
}

UlakUpload *
ulak_request_get_upload (UlakRequest *self)
{
  return self->upload;
}

char *
ulak_request_get_who (UlakRequest *self)
{
  return g_strdup_printf ("key:%s", self->principal.id == NULL ? "none" : self->principal.id);
}

gboolean
ulak_request_is_gone (UlakRequest *self)
{
  return self->message == NULL;
}

void
ulak_request_set_gone_func (UlakRequest *self, GDestroyNotify func, gpointer user_data)
{
  self->gone_func = func;
  self->gone_data = user_data;
}

gboolean
ulak_request_get_page (UlakRequest *self, const char **cursor_out, guint *limit_out)
{
  const char *cursor = ulak_request_get_query (self, "cursor");
  const char *limit = ulak_request_get_query (self, "limit");
  guint64 n_rows = PAGE_DEFAULT;

  if (limit != NULL && !g_ascii_string_to_unsigned (limit, 10, 1, PAGE_MAX, &n_rows, NULL))
    {
      ulak_request_answer_fault (self, 400, "E_INVALID", "limit: must be a number from 1 to 200");
      return FALSE;
    }
  if (cursor != NULL && (strlen (cursor) > CURSOR_MAX || !g_utf8_validate (cursor, -1, NULL)))
    {
      ulak_request_answer_fault (self, 400, "E_INVALID", "cursor: is none that a page before has given");
      return FALSE;
    }
  *cursor_out = cursor == NULL ? "" : cursor;
  *limit_out = (guint) n_rows;
  return TRUE;
}

static const char *
get_route_label (UlakRequest *self)
{
  return self->match.route == NULL ? "unmatched" : self->match.route->pattern;
}

static void
log_slow (UlakRequest *self, gint64 took_ms, const char *status)
{
  gint64 limit_ms = ulak_api_get_integer (self->api, "api", "slow_request_ms");

  if (took_ms <= limit_ms)
    return;
  ulak_log_warning (ULAK_MESSAGE_SLOW_REQUEST,
                    ULAK_FIELDS (ULAK_FIELD_REQUEST_ID, self->context->request_id, ULAK_FIELD_METHOD, self->method,
                                 ULAK_FIELD_ROUTE, get_route_label (self), ULAK_FIELD_STATUS, status),
                    "%s %s took longer than %" G_GINT64_FORMAT " ms: %" G_GINT64_FORMAT " ms", self->method,
                    get_route_label (self), limit_ms, took_ms);
}

/* Changes are told; reads, which monitors repeat all day, are not. */
static gboolean
must_log (UlakRequest *self)
{
  static const char *const reads[] = { "GET", "HEAD", "OPTIONS", NULL };

  return !g_strv_contains (reads, self->method)
         && ulak_config_get_boolean (ulak_service_get_config (self->api->service), "ulak", "log_requests");
}

/* The answer is known: count it, time it, say so if it was slow. */
void
ulak_request_record (UlakRequest *self)
{
  gint64 took_us = ulak_clock_get_monotonic_us (self->api->clock) - self->started_us;
  g_autofree char *status = g_strdup_printf ("%u", self->status);
  const char *const *labels = ULAK_LABELS (self->method, get_route_label (self), status);

  ulak_metrics_add (self->api->metrics, "wp_panel_http_requests_total", labels, 1);
  ulak_metrics_observe (self->api->metrics, "wp_panel_http_request_duration_seconds", labels, (double) took_us / 1e6);
  log_slow (self, took_us / 1000, status);
  ulak_log_full (G_LOG_DOMAIN, must_log (self) ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG, NULL,
                 ULAK_FIELDS (ULAK_FIELD_REQUEST_ID, self->context->request_id, ULAK_FIELD_METHOD, self->method,
                              ULAK_FIELD_ROUTE, get_route_label (self), ULAK_FIELD_STATUS, status),
                 "%s %s answered %s", self->method, get_route_label (self), status);
}

/* Chunk sizes are read leniently by libsoup: what follows a chunked request is never taken for another one. A client that
 * asks for the close is told that it comes. */
static gboolean
must_close (UlakRequest *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);

  return ulak_http_connection_is_draining (self->connection)
         || soup_message_headers_header_contains (headers, "Connection", "close")
         || soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED;
}

static void
put_quota (UlakRequest *self, SoupMessageHeaders *headers)
{
  UlakRateField fields[ULAK_RATE_FIELDS_MAX];
  guint n = ulak_rate_quota_list_fields (&self->quota, fields);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *value = g_strdup_printf ("%u", fields[i].value);

      soup_message_headers_replace (headers, fields[i].name, value);
    }
}

static void
put_headers (UlakRequest *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);

  soup_message_headers_replace (headers, "X-Request-Id", self->context->request_id);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  put_quota (self, headers);
  ulak_cors_put_headers (ulak_service_get_config (self->api->service), ulak_request_get_header (self, "Origin"), headers);
  if (must_close (self))
    soup_message_headers_replace (headers, "Connection", "close");
}

/* FALSE: it was answered already, or nobody is there any more. */
static gboolean
begin_answer (UlakRequest *self, guint status)
{
  if (self->status != 0)
    return FALSE;

  self->status = status;
  ulak_request_record (self);
  if (self->message == NULL)
    return FALSE;

  put_headers (self);
  soup_server_message_set_status (self->message, status, NULL);
  return TRUE;
}

static void
resume (UlakRequest *self)
{
  if (self->is_paused)
    soup_server_message_unpause (self->message);
  self->is_paused = FALSE;
}

void
ulak_request_answer (UlakRequest *self, guint status, const char *type, char *text)
{
  if (!begin_answer (self, status))
    {
      g_free (text);
      return;
    }
  soup_server_message_set_response (self->message, type, SOUP_MEMORY_TAKE, text, strlen (text));
  resume (self);
}

void
ulak_request_answer_bytes (UlakRequest *self, guint status, const char *type, GBytes *bytes)
{
  if (begin_answer (self, status))
    {
      soup_message_headers_set_content_type (soup_server_message_get_response_headers (self->message), type, NULL);
      soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), bytes);
      resume (self);
    }
  g_bytes_unref (bytes);
}

void
ulak_request_answer_json (UlakRequest *self, guint status, char *json)
{
  ulak_request_answer (self, status, "application/json", json);
}

void
ulak_request_answer_object (UlakRequest *self, guint status, JsonObject *object)
{
  ulak_request_answer_json (self, status, ulak_json_print_object (object));
  json_object_unref (object);
}

static char *
quote (const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return ulak_json_print (node);
}

/** ulak_request_answer_list: @data: a JSON array; @next: "" on the last page */
void
ulak_request_answer_list (UlakRequest *self, const char *data, const char *next)
{
  g_autofree char *quoted = *next == '\0' ? g_strdup ("null") : quote (next);

  ulak_request_answer_json (self, 200, g_strconcat ("{\"data\":", data, ",\"next\":", quoted, "}", NULL));
}

void
ulak_request_answer_empty (UlakRequest *self)
{
  if (begin_answer (self, 204))
    resume (self);
}

static void
add_issue (const char *path, const char *message, gpointer user_data)
{
  JsonObject *issue = json_object_new ();

  json_object_set_string_member (issue, "path", path);
  json_object_set_string_member (issue, "message", message);
  json_array_add_object_element (user_data, issue);
}

static void
put_issues (JsonObject *document, const GError *error)
{
  JsonArray *issues = json_array_new ();

  ulak_issues_foreach_in_error (error, add_issue, issues);
  if (json_array_get_length (issues) > 1)
    json_object_set_string_member (document, "error", "Several fields are wrong; see issues");
  json_object_set_array_member (document, "issues", issues);
}

char *
ulak_request_format_fault (UlakRequest *self, const char *code, const char *sentence, const GError *error)
{
  g_autoptr (JsonObject) document = json_object_new ();

  json_object_set_string_member (document, "error", sentence);
  json_object_set_string_member (document, "code", code);
  json_object_set_string_member (document, "requestId", self->context->request_id);
  if (error != NULL && g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID))
    put_issues (document, error);
  return ulak_json_print_object (document);
}

static void
answer_fault (UlakRequest *self, guint status, const char *code, const char *sentence, const GError *error)
{
  ulak_request_answer_json (self, status, ulak_request_format_fault (self, code, sentence, error));
}

/** ulak_request_answer_error: status and code come from the one table; an internal fault is logged and not explained */
void
ulak_request_answer_error (UlakRequest *self, const GError *error)
{
  const UlakErrorStatus *entry = ulak_error_status_get (error);
  g_autofree char *retry_after = g_strdup_printf ("%u", entry->retry_after_s);

  if (entry->status == 500)
    ulak_log_warning (NULL, ULAK_FIELDS (ULAK_FIELD_REQUEST_ID, self->context->request_id), "%s %s failed: %s",
                      self->method, get_route_label (self), error->message);
  if (entry->retry_after_s > 0 && self->message != NULL)
    soup_message_headers_replace (soup_server_message_get_response_headers (self->message), "Retry-After", retry_after);
  answer_fault (self, entry->status, entry->code,
                entry->error == ULAK_ERROR_FAILED ? "An internal fault; the journal says more" : error->message, error);
}

void
ulak_request_answer_fault (UlakRequest *self, guint status, const char *code, const char *sentence)
{
  answer_fault (self, status, code, sentence, NULL);
}

void
ulak_request_begin_stream (UlakRequest *self, guint status, const char *type)
{
  SoupMessageHeaders *headers;

  if (!begin_answer (self, status))
    return;
  headers = soup_server_message_get_response_headers (self->message);
  soup_message_headers_set_content_type (headers, type, NULL);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
  resume (self);
}
