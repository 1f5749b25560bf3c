/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Operator secrets: values go in and never come back.
 */
#include "api/routes.h"

#include "core/error.h"
#include "core/json.h"
#include "core/secret-source.h"

#include <string.h>

#define VALUE_MAX_BYTES (16 * 1024)

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) list = ulak_secrets_list_finish (ULAK_SECRETS (source), result, &error);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *data = NULL;
  const char *name, *where;
  GVariantIter iter;
  JsonArray *array;

  if (list == NULL)
    {
      ulak_request_answer_error (request, error);
      return;
    }
  array = json_array_new ();
  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &where))
    {
      JsonObject *entry = json_object_new ();

      json_object_set_string_member (entry, "name", name);
      json_object_set_string_member (entry, "source", where);
      json_array_add_object_element (array, entry);
    }
  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, array);
  data = ulak_json_print (node);
  ulak_request_answer_list (request, data, "");
}

void
ulak_route_list_secrets (UlakRequest *request)
{
  ulak_secrets_list_async (ulak_request_get_api (request)->secrets, listed_cb, ulak_request_ref (request));
}

/* FALSE and answered if the name is none. */
static gboolean
check_name (UlakRequest *request)
{
  if (ulak_secret_name_is_valid (ulak_request_get_parameter (request, 0)))
    return TRUE;
  ulak_request_answer_fault (request, 400, "E_INVALID", "name: must be [a-z0-9][a-z0-9._-]{0,63}");
  return FALSE;
}

static void
finish_change (UlakRequest *request, const char *action, gboolean is_done, const GError *error)
{
  UlakApi *api = ulak_request_get_api (request);
  g_autofree char *who = ulak_request_get_who (request);
  const char *result = is_done ? "ok" : error->domain == ULAK_ERROR ? ulak_error_get_name ((UlakError) error->code) : "failed";

  ulak_service_audit (api->service, who, action, ulak_request_get_parameter (request, 0), result);
  if (is_done)
    ulak_request_answer_empty (request);
  else
    ulak_request_answer_error (request, error);
}

static void
set_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_done = ulak_secrets_set_finish (ULAK_SECRETS (source), result, &error);

  finish_change (request, "secret.set", is_done, error);
}

/* (transfer full) (nullable): NULL and answered if the document is wrong */
static UlakSecret *
read_value (UlakRequest *request)
{
  static const char *const known[] = { "value", NULL };
  g_autoptr (GBytes) body = ulak_request_get_body (request);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) document = NULL;
  g_autoptr (GError) error = NULL;
  gsize size_bytes;
  const char *bytes = g_bytes_get_data (body, &size_bytes), *value = NULL;

  document = ulak_json_parse_object (bytes, size_bytes, &ULAK_JSON_LIMITS_REQUEST, &error);
  if (document != NULL)
    {
      ulak_json_refuse_unknown (document, "", known, issues);
      value = ulak_json_read_string (document, "", "value", ULAK_JSON_REQUIRED, 1, VALUE_MAX_BYTES, issues);
      if (value != NULL && strlen (value) > VALUE_MAX_BYTES)
        ulak_issues_add (issues, "value", "must be at most %d bytes", VALUE_MAX_BYTES);
    }
  if (document != NULL && ulak_issues_to_error (issues, &error))
    return ulak_secret_new (value, strlen (value));
  ulak_request_answer_error (request, error);
  return NULL;
}

void
ulak_route_set_secret (UlakRequest *request)
{
  g_autoptr (UlakSecret) value = check_name (request) ? read_value (request) : NULL;

  if (value != NULL)
    ulak_secrets_set_async (ulak_request_get_api (request)->secrets, ulak_request_get_parameter (request, 0), value, set_cb,
                            ulak_request_ref (request));
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_done = ulak_secrets_remove_finish (ULAK_SECRETS (source), result, &error);

  finish_change (request, "secret.remove", is_done, error);
}

void
ulak_route_remove_secret (UlakRequest *request)
{
  if (check_name (request))
    ulak_secrets_remove_async (ulak_request_get_api (request)->secrets, ulak_request_get_parameter (request, 0), removed_cb,
                               ulak_request_ref (request));
}
