/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/survey.h"

#include "api/peer.h"
#include "core/error.h"

#include <string.h>

#define ANSWER_MS 2000
#define READY_CACHE_US 1000000

struct _UlakSurvey
{
  UlakApi *api;          /* unowned, outlives us */
  gint64 asked_us;       /* monotonic: when ulak-webhooks last answered or failed to; 0 never */
  gboolean was_there;
  UlakInboxSize inbox;   /* as last measured */
};

UlakSurvey *
ulak_survey_new (UlakApi *api)
{
  UlakSurvey *self = g_new0 (UlakSurvey, 1);

  self->api = api;
  return self;
}

void
ulak_survey_free (UlakSurvey *self)
{
  g_free (self);
}

static void
check_database (UlakApi *api, UlakHealth *health)
{
  UlakStoreStatus status;

  ulak_gateway_store_get_status (api->store, &status);
  if (status.is_healthy)
    ulak_health_add (health, "database", ULAK_HEALTH_HEALTHY, "%s", "");
  else
    ulak_health_add (health, "database", ULAK_HEALTH_UNHEALTHY, "database error: %s",
                     status.fault == NULL ? "the last commit failed" : status.fault);
}

static void
check_keyring (UlakApi *api, UlakHealth *health)
{
  switch (ulak_secrets_get_keyring_state (api->secrets))
    {
    case ULAK_KEYRING_ABSENT:
    case ULAK_KEYRING_READY:
      ulak_health_add (health, "keyring", ULAK_HEALTH_HEALTHY, "%s", "");
      break;
    case ULAK_KEYRING_LOCKED:
      ulak_health_add (health, "keyring", ULAK_HEALTH_DEGRADED, "The keyring is locked");
      break;
    case ULAK_KEYRING_DAMAGED:
      ulak_health_add (health, "keyring", ULAK_HEALTH_DEGRADED, "The keyring's file is missing or damaged");
      break;
    case ULAK_KEYRING_AWAY:
      ulak_health_add (health, "keyring", ULAK_HEALTH_DEGRADED, "The keyring does not answer");
      break;
    }
}

static void
check_inbox (UlakApi *api, UlakHealth *health)
{
  UlakInboxSize *size = &api->survey->inbox;
  gint64 max_bytes = ulak_api_get_integer (api, "api", "inbox_max_bytes");

  if (size->bytes > max_bytes / 10 * 9)
    ulak_health_add (health, "inbox", ULAK_HEALTH_DEGRADED, "Callbacks waiting for their lines take %" G_GINT64_FORMAT " bytes",
                     size->bytes);
  else if (size->aside > 0)
    ulak_health_add (health, "inbox", ULAK_HEALTH_DEGRADED, "%" G_GINT64_FORMAT " callbacks were set aside as invalid", size->aside);
  else
    ulak_health_add (health, "inbox", ULAK_HEALTH_HEALTHY, "%s", "");
}

static void
measured_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakApi *api = user_data;
  UlakInboxSize size;

  if (ulak_gateway_store_measure_inbox_finish (ULAK_GATEWAY_STORE (source), result, &size, NULL) && api->survey != NULL)
    api->survey->inbox = size;
}

void
ulak_survey_check_own (UlakApi *api, UlakHealth *health)
{
  if (api->survey == NULL)
    return;

  check_database (api, health);
  check_keyring (api, health);
  check_inbox (api, health);
  ulak_gateway_store_measure_inbox_async (api->store, measured_cb, api);
}

void
ulak_survey_refresh_own (UlakApi *api)
{
  if (api->server != NULL)
    ulak_metrics_set (api->metrics, "ulak_http_connections", ULAK_NO_LABELS, ulak_http_server_get_connections (api->server));
}

typedef struct
{
  char *service;        /* (owned) */
  UlakPeerReply *reply; /* (owned) (nullable) */
  char *fault;          /* (owned) (nullable) */
} Answer;

typedef struct
{
  UlakSurvey *survey;
  GPtrArray *answers; /* (owned) (element-type Answer) */
  guint n_open;
} Round;

typedef struct
{
  GTask *task;   /* (owned) */
  Answer *answer; /* unowned: the round's */
} Question;

static void
answer_free (Answer *answer)
{
  g_free (answer->service);
  g_free (answer->fault);
  ulak_peer_reply_free (answer->reply);
  g_free (answer);
}

static void
round_free (Round *round)
{
  g_ptr_array_unref (round->answers);
  g_free (round);
}

static void
close_one (GTask *task)
{
  Round *round = g_task_get_task_data (task);

  if (--round->n_open == 0)
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
answered_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  Question *question = user_data;
  g_autoptr (GError) error = NULL;

  question->answer->reply = ulak_peer_call_finish (result, &error);
  if (error != NULL)
    question->answer->fault = g_strdup (error->message);
  close_one (question->task);
  g_free (question);
}

static void
ask (GTask *task, const char *account, const char *method, const char *reply_type)
{
  Round *round = g_task_get_task_data (task);
  Question *question = g_new0 (Question, 1);
  UlakApi *api = round->survey->api;
  g_autoptr (UlakContext) context = ulak_context_make (api->clock, api->random);
  const UlakPeerCall call = { .account = account, .interface = "org.ulak.Service1", .method = method,
                              .reply_type = reply_type, .timeout_ms = ANSWER_MS };

  question->task = g_object_ref (task);
  question->answer = g_new0 (Answer, 1);
  question->answer->service = g_strdup (account == NULL ? "webhooks" : account);
  g_ptr_array_add (round->answers, question->answer);
  round->n_open++;
  ulak_peer_call_async (api->connection, &call, context, NULL, answered_cb, question);
}

static void
ask_all (UlakSurvey *self,
         gpointer tag,
         const char *method,
         const char *reply_type,
         gboolean and_lines,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Round *round = g_new0 (Round, 1);
  g_auto (GStrv) accounts = ulak_lines_list_present (self->api->lines);

  round->survey = self;
  round->answers = g_ptr_array_new_with_free_func ((GDestroyNotify) answer_free);
  round->n_open = 1;
  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, round, (GDestroyNotify) round_free);
  ask (task, NULL, method, reply_type);
  for (guint i = 0; and_lines && accounts[i] != NULL; i++)
    ask (task, accounts[i], method, reply_type);
  close_one (task);
}

static void
check_free (UlakCheck *check)
{
  g_free (check->service);
  g_free (check->name);
  g_free (check->status);
  g_free (check->detail);
  g_free (check);
}

static void
add_check (GPtrArray *checks, const char *service, const char *name, const char *status, const char *detail)
{
  UlakCheck *check = g_new0 (UlakCheck, 1);

  check->service = g_strdup (service);
  check->name = g_strdup (name);
  check->status = g_strdup (status);
  check->detail = g_strdup (detail);
  g_ptr_array_add (checks, check);
}

static void
add_checks (GPtrArray *checks, const char *service, GVariant *list)
{
  const char *name, *status, *detail;
  GVariantIter iter;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &name, &status, &detail))
    add_check (checks, service, name, status, detail);
}

static void
add_answer (GPtrArray *checks, Answer *answer)
{
  g_autoptr (GVariant) list = NULL;

  if (answer->reply == NULL)
    {
      add_check (checks, answer->service, "answers", "unhealthy", answer->fault);
      return;
    }
  g_variant_get (answer->reply->values, "(&s@a(sss))", NULL, &list);
  add_checks (checks, answer->service, list);
}

void
ulak_survey_health_async (UlakSurvey *self, GAsyncReadyCallback callback, gpointer user_data)
{
  ask_all (self, ulak_survey_health_async, "Health", "(sa(sss))", TRUE, callback, user_data);
}

GPtrArray *
ulak_survey_health_finish (GAsyncResult *result, GError **error)
{
  Round *round = g_task_get_task_data (G_TASK (result));
  g_autoptr (UlakHealth) own = ulak_health_new ();
  g_autoptr (GVariant) list = NULL;
  GPtrArray *checks;

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  checks = g_ptr_array_new_with_free_func ((GDestroyNotify) check_free);
  ulak_survey_check_own (round->survey->api, own);
  list = g_variant_ref_sink (ulak_health_to_variant (own));
  add_checks (checks, "api", list);
  for (guint i = 0; i < round->answers->len; i++)
    add_answer (checks, round->answers->pdata[i]);
  return checks;
}

/* One line that is ill does not make the suite ill; the API's or the event log's own faults do. */
const char *
ulak_survey_get_overall (GPtrArray *checks)
{
  UlakHealthStatus overall = ULAK_HEALTH_HEALTHY;

  for (guint i = 0; i < checks->len; i++)
    {
      UlakCheck *check = checks->pdata[i];
      UlakHealthStatus status = ulak_health_status_from_string (check->status);
      gboolean is_ours = strcmp (check->service, "api") == 0 || strcmp (check->service, "webhooks") == 0;

      if (status == ULAK_HEALTH_UNHEALTHY && !is_ours)
        status = ULAK_HEALTH_DEGRADED;
      overall = MAX (overall, status);
    }
  return ulak_health_status_to_string (overall);
}

JsonArray *
ulak_survey_checks_to_json (GPtrArray *checks)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < checks->len; i++)
    {
      UlakCheck *check = checks->pdata[i];
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "service", check->service);
      json_object_set_string_member (object, "name", check->name);
      json_object_set_string_member (object, "status", check->status);
      json_object_set_string_member (object, "detail", check->detail);
      json_array_add_object_element (array, object);
    }
  return array;
}

static const char *
find_own_reason (UlakApi *api)
{
  UlakStoreStatus status;

  if (api->is_draining)
    return "draining";
  if (!api->is_started)
    return "starting";
  ulak_gateway_store_get_status (api->store, &status);
  return status.is_healthy ? NULL : "the database does not take commits";
}

void
ulak_survey_ready_async (UlakSurvey *self, GAsyncReadyCallback callback, gpointer user_data)
{
  gint64 now_us = ulak_clock_get_monotonic_us (self->api->clock);
  gboolean is_known = self->asked_us != 0 && now_us - self->asked_us < READY_CACHE_US;
  GTask *task;

  if (find_own_reason (self->api) == NULL && !is_known)
    {
      ask_all (self, ulak_survey_ready_async, "Health", "(sa(sss))", FALSE, callback, user_data);
      return;
    }
  task = g_task_new (NULL, NULL, callback, user_data);
  g_task_set_source_tag (task, ulak_survey_ready_async);
  g_task_set_task_data (task, g_new0 (Round, 1), g_free);
  ((Round *) g_task_get_task_data (task))->survey = self;
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

gboolean
ulak_survey_ready_finish (GAsyncResult *result, const char **reason_out)
{
  Round *round = g_task_get_task_data (G_TASK (result));
  UlakSurvey *self = round->survey;
  const char *reason = find_own_reason (self->api);

  (void) g_task_propagate_boolean (G_TASK (result), NULL);
  if (round->answers != NULL)
    {
      self->asked_us = ulak_clock_get_monotonic_us (self->api->clock);
      self->was_there = ((Answer *) round->answers->pdata[0])->reply != NULL;
    }
  if (reason == NULL && !self->was_there)
    reason = "ulak-webhooks does not answer";
  *reason_out = reason;
  return reason == NULL;
}

void
ulak_survey_metrics_async (UlakSurvey *self, GAsyncReadyCallback callback, gpointer user_data)
{
  ask_all (self, ulak_survey_metrics_async, "Metrics", "(s)", TRUE, callback, user_data);
}

char *
ulak_survey_metrics_finish (GAsyncResult *result, GError **error)
{
  Round *round = g_task_get_task_data (G_TASK (result));
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();
  g_autofree char *own = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  ulak_service_refresh_metrics (round->survey->api->service);
  own = ulak_metrics_print (round->survey->api->metrics);
  g_ptr_array_add (texts, own);
  for (guint i = 0; i < round->answers->len; i++)
    {
      Answer *answer = round->answers->pdata[i];
      const char *text;

      if (answer->reply == NULL)
        continue;
      g_variant_get (answer->reply->values, "(&s)", &text);
      g_ptr_array_add (texts, (gpointer) text);
    }
  g_ptr_array_add (texts, NULL);
  return ulak_metrics_merge ((const char *const *) texts->pdata);
}
