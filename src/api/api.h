/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Api: the parts of the program, found in one place.
 *
 * Made by the daemon, whose start fills it in step by step; handlers of routes and of the bus interface reach every part
 * through it. It has no behaviour of its own. Main thread only.
 */
#pragma once

#include "api/accounts.h"
#include "api/gateway-store.h"
#include "api/http-server.h"
#include "api/inbox.h"
#include "api/keys.h"
#include "api/lines.h"
#include "api/rate-limit.h"
#include "service/secrets.h"
#include "service/service.h"

#define ULAK_UPLOADS_MAX 16 /* of media_limit_bytes each: 1.6 GB of temporary files at the very worst */

typedef struct _UlakMetricsToken UlakMetricsToken;
typedef struct _UlakEventStreams UlakEventStreams;
typedef struct _UlakSurvey UlakSurvey;

typedef struct
{
  UlakService *service;        /* unowned, outlives us */
  UlakClock *clock;            /* unowned, the service's */
  UlakRandom *random;          /* unowned, the service's */
  UlakMetrics *metrics;        /* unowned, the service's */
  GDBusConnection *connection; /* unowned, the service's */

  UlakGatewayStore *store;     /* (owned) */
  UlakSecrets *secrets;        /* (owned) */
  UlakKeys *keys;              /* (owned) */
  UlakLines *lines;            /* (owned) */
  UlakAccounts *accounts;      /* (owned) */
  UlakInbox *inbox;            /* (owned) */
  UlakEventStreams *streams;   /* (owned) */
  UlakSurvey *survey;          /* (owned): the health of the others */
  UlakHttpServer *server;      /* (owned) */

  UlakRateLimit *rate_limit;   /* (owned) */

  UlakMetricsToken *metrics_token; /* (owned) */
  GHashTable *leaving;         /* (owned) (element-type utf8): removed accounts whose folder is being put aside */
  guint n_uploads;             /* bodies on their way into files: ULAK_UPLOADS_MAX at once */

  gboolean is_started;         /* the bus name is ours */
  gboolean is_draining;
} UlakApi;

/* Shorthand for the current configuration. */
gint64 ulak_api_get_integer (UlakApi *self, const char *group, const char *key);
