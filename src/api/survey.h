/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Survey: how the whole suite is, asked of each process with one short deadline.
 *
 * A process that does not answer in time is a fault of its own in the answer, never a wait for everybody. Whether ulak-webhooks
 * is there is remembered for a second, so that a probe per second and per load balancer costs one call.
 */
#pragma once

#include "api/api.h"

UlakSurvey *ulak_survey_new (UlakApi *api);
void ulak_survey_free (UlakSurvey *self);

typedef struct
{
  char *service; /* (owned): "api", "webhooks" or the account of a line */
  char *name;    /* (owned) */
  char *status;  /* (owned): healthy, degraded, unhealthy */
  char *detail;  /* (owned): "" when healthy */
} UlakCheck;

/* (transfer full) (element-type UlakCheck): ours first */
void ulak_survey_health_async (UlakSurvey *self, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *ulak_survey_health_finish (GAsyncResult *result, GError **error);
const char *ulak_survey_get_overall (GPtrArray *checks);
JsonArray *ulak_survey_checks_to_json (GPtrArray *checks);

/* Can requests be served: the store is sound and ulak-webhooks answers. reason: (nullable), static. */
void ulak_survey_ready_async (UlakSurvey *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_survey_ready_finish (GAsyncResult *result, const char **reason_out);

/* Prometheus text of all processes. */
void ulak_survey_metrics_async (UlakSurvey *self, GAsyncReadyCallback callback, gpointer user_data);
char *ulak_survey_metrics_finish (GAsyncResult *result, GError **error);

/* Our own checks and gauges, for the daemon too. */
void ulak_survey_check_own (UlakApi *api, UlakHealth *health);
void ulak_survey_refresh_own (UlakApi *api);
