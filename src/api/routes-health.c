/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * How the suite is: for probes, people and Prometheus.
 */
#include "api/routes.h"

#include "api/survey.h"

#include <string.h>

/* The process answers: nothing else is asked. */
void
ulak_route_healthz (UlakRequest *request)
{
  ulak_request_answer_json (request, 200, g_strdup ("{\"status\":\"ok\"}"));
}

static void
ready_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autofree char *sentence = NULL;
  const char *reason = NULL;

  if (ulak_survey_ready_finish (result, &reason))
    {
      ulak_request_answer_json (request, 200, g_strdup ("{\"status\":\"ready\"}"));
      return;
    }
  sentence = g_strdup_printf ("Not ready: %s", reason);
  ulak_request_answer_fault (request, 503, "E_UNAVAILABLE", sentence);
}

void
ulak_route_readyz (UlakRequest *request)
{
  ulak_survey_ready_async (ulak_request_get_api (request)->survey, ready_cb, ulak_request_ref (request));
}

static const char *
find_status (GPtrArray *checks, const char *service, const char *name)
{
  for (guint i = 0; i < checks->len; i++)
    {
      UlakCheck *check = checks->pdata[i];

      if (strcmp (check->service, service) == 0 && strcmp (check->name, name) == 0)
        return check->status;
    }
  return "unhealthy";
}

static void
health_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) checks = ulak_survey_health_finish (result, &error);
  JsonObject *document;
  const char *overall;

  if (checks == NULL)
    {
      ulak_request_answer_error (request, error);
      return;
    }
  overall = ulak_survey_get_overall (checks);
  document = json_object_new ();
  json_object_set_string_member (document, "status", overall);
  json_object_set_string_member (document, "overall", overall);
  json_object_set_string_member (document, "database", find_status (checks, "api", "database"));
  if (ulak_request_get_principal (request)->kind != ULAK_PRINCIPAL_NOBODY)
    json_object_set_array_member (document, "checks", ulak_survey_checks_to_json (checks));
  ulak_request_answer_object (request, strcmp (overall, "unhealthy") == 0 ? 503 : 200, document);
}

void
ulak_route_health (UlakRequest *request)
{
  ulak_survey_health_async (ulak_request_get_api (request)->survey, health_cb, ulak_request_ref (request));
}

static void
metrics_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  char *text = ulak_survey_metrics_finish (result, &error);

  if (text == NULL)
    ulak_request_answer_error (request, error);
  else
    ulak_request_answer (request, 200, "text/plain; version=0.0.4; charset=utf-8", text);
}

void
ulak_route_metrics (UlakRequest *request)
{
  UlakApi *api = ulak_request_get_api (request);

  if (!ulak_config_get_boolean (ulak_service_get_config (api->service), "api", "metrics_enabled"))
    {
      ulak_request_answer_fault (request, 404, "E_NOT_FOUND", "Metrics are turned off: [api] metrics_enabled");
      return;
    }
  ulak_survey_metrics_async (api->survey, metrics_cb, ulak_request_ref (request));
}
