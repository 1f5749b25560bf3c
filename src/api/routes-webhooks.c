/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Webhook endpoints and their deliveries: ulak-webhooks has them, these routes only ask.
 */
#include "api/routes.h"

#include "api/request-call.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/json.h"

#include <string.h>

#define GRACE_DEFAULT_S 86400
#define GRACE_MAX_S 604800
#define REPLAY_MAX 500
#define ID_MAX 64

static void
call_webhooks (UlakRequest *request, const char *method, GVariant *arguments, const char *reply_type, UlakReplyFunc on_reply)
{
  const UlakPeerCall call = { .method = method, .arguments = arguments, .reply_type = reply_type };

  ulak_request_call (request, &call, on_reply);
}

void
ulak_route_list_webhooks (UlakRequest *request)
{
  const char *cursor;
  guint limit;

  if (ulak_request_get_page (request, &cursor, &limit))
    call_webhooks (request, "ListEndpoints", g_variant_new ("(su)", cursor, limit), "(ss)", ulak_reply_list);
}

void
ulak_route_add_webhook (UlakRequest *request)
{
  const char *text = ulak_request_get_body_text (request);

  if (text != NULL)
    call_webhooks (request, "AddEndpoint", g_variant_new ("(s)", text), "(s)", ulak_reply_created);
}

void
ulak_route_get_webhook (UlakRequest *request)
{
  call_webhooks (request, "GetEndpoint", g_variant_new ("(s)", ulak_request_get_parameter (request, 0)), "(s)",
                 ulak_reply_document);
}

void
ulak_route_update_webhook (UlakRequest *request)
{
  const char *text = ulak_request_get_body_text (request);

  if (text != NULL)
    call_webhooks (request, "UpdateEndpoint", g_variant_new ("(ss)", ulak_request_get_parameter (request, 0), text), "(s)",
                   ulak_reply_document);
}

void
ulak_route_remove_webhook (UlakRequest *request)
{
  call_webhooks (request, "RemoveEndpoint", g_variant_new ("(s)", ulak_request_get_parameter (request, 0)), "()",
                 ulak_reply_empty);
}

void
ulak_route_list_deliveries (UlakRequest *request)
{
  const char *status = ulak_request_get_query (request, "status"), *cursor;
  GVariantDict options;
  guint limit;

  if (!ulak_request_get_page (request, &cursor, &limit))
    return;
  g_variant_dict_init (&options, NULL);
  if (status != NULL)
    g_variant_dict_insert (&options, "status", "s", g_utf8_validate (status, -1, NULL) ? status : "?");
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .method = "ListDeliveries",
                         .arguments = g_variant_new ("(ssu)", ulak_request_get_parameter (request, 0), cursor, limit),
                         .options = g_variant_dict_end (&options),
                         .reply_type = "(ss)",
                     },
                     ulak_reply_list);
}

/* The parsed body; an empty one is an empty object. NULL and answered if it is wrong. */
static JsonObject *
parse_body (UlakRequest *request)
{
  g_autoptr (GBytes) body = ulak_request_get_body (request);
  g_autoptr (GError) error = NULL;
  gsize size_bytes;
  const char *bytes = g_bytes_get_data (body, &size_bytes);
  JsonObject *document;

  if (size_bytes == 0)
    return json_object_new ();
  document = ulak_json_parse_object (bytes, size_bytes, &ULAK_JSON_LIMITS_REQUEST, &error);
  if (document == NULL)
    ulak_request_answer_error (request, error);
  return document;
}

static GVariant *
read_delivery_ids (JsonObject *document, UlakIssues *issues)
{
  JsonArray *ids = ulak_json_read_array (document, "", "deliveries", ULAK_JSON_OPTIONAL, 1, REPLAY_MAX, issues);
  GVariantBuilder builder;

  if (ids == NULL)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < json_array_get_length (ids); i++)
    {
      JsonNode *node = json_array_get_element (ids, i);
      const char *id = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

      if (id == NULL || strlen (id) > ID_MAX)
        ulak_issues_add (issues, "deliveries", "must be an array of delivery ids");
      else
        g_variant_builder_add (&builder, "s", id);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gint64
read_since (JsonObject *document, UlakIssues *issues)
{
  const char *since = ulak_json_read_string (document, "", "since", ULAK_JSON_OPTIONAL, 1, 40, issues);
  gint64 since_us = -1;

  if (since != NULL && !ulak_parse_rfc3339 (since, &since_us))
    ulak_issues_add (issues, "since", "must be a time such as 2026-11-25T08:30:00Z");
  return since_us;
}

/* {"deliveries": [...]}, or {"since": time, "only_failed": bool} */
void
ulak_route_replay (UlakRequest *request)
{
  static const char *const known[] = { "deliveries", "since", "only_failed", NULL };
  g_autoptr (JsonObject) document = parse_body (request);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  const char *endpoint = ulak_request_get_parameter (request, 0);
  g_autoptr (GVariant) ids = NULL;
  g_autoptr (GError) error = NULL;
  gboolean only_failed;
  gint64 since_us;
  GVariantDict options;

  if (document == NULL)
    return;
  ulak_json_refuse_unknown (document, "", known, issues);
  ids = read_delivery_ids (document, issues);
  since_us = read_since (document, issues);
  only_failed = ulak_json_read_boolean (document, "", "only_failed", FALSE, issues);
  if ((ids == NULL) == (since_us < 0) && ulak_issues_count (issues) == 0)
    ulak_issues_add (issues, "", "must have either deliveries or since");
  if (!ulak_issues_to_error (issues, &error))
    {
      ulak_request_answer_error (request, error);
      return;
    }
  if (ids != NULL)
    {
      call_webhooks (request, "Replay", g_variant_new ("(s@as)", endpoint, ids), "(u)", ulak_reply_count);
      return;
    }
  g_variant_dict_init (&options, NULL);
  if (only_failed)
    g_variant_dict_insert (&options, "only-failed", "b", TRUE);
  ulak_request_call (request,
                     &(const UlakPeerCall){
                         .method = "ReplaySince",
                         .arguments = g_variant_new ("(sx)", endpoint, since_us),
                         .options = g_variant_dict_end (&options),
                         .reply_type = "(u)",
                     },
                     ulak_reply_count);
}

void
ulak_route_test_webhook (UlakRequest *request)
{
  call_webhooks (request, "Test", g_variant_new ("(s)", ulak_request_get_parameter (request, 0)), "(s)",
                 ulak_reply_document);
}

static void
rotated (UlakRequest *request, UlakPeerReply *reply)
{
  JsonObject *document = json_object_new ();
  const char *secret;

  g_variant_get (reply->values, "(&s)", &secret);
  json_object_set_string_member (document, "secret", secret);
  ulak_request_answer_object (request, 200, document);
}

/* {"grace_s": how long the old secret still signs} */
void
ulak_route_rotate_secret (UlakRequest *request)
{
  static const char *const known[] = { "grace_s", NULL };
  g_autoptr (JsonObject) document = parse_body (request);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GError) error = NULL;
  gint64 grace_s;

  if (document == NULL)
    return;
  ulak_json_refuse_unknown (document, "", known, issues);
  grace_s = ulak_json_read_integer (document, "", "grace_s", ULAK_JSON_OPTIONAL, 0, GRACE_MAX_S, GRACE_DEFAULT_S, issues);
  if (!ulak_issues_to_error (issues, &error))
    ulak_request_answer_error (request, error);
  else
    call_webhooks (request, "RotateSecret", g_variant_new ("(su)", ulak_request_get_parameter (request, 0), (guint) grace_s),
                   "(s)", rotated);
}
