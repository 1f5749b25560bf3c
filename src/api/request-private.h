/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A request's fields, shared by request-*.c. Nobody else includes it.
 */
#pragma once

#include "api/rate-limit.h"
#include "api/request.h"

struct _UlakRequest
{
  grefcount refs;
  UlakApi *api;                   /* unowned, outlives us */
  UlakHttpConnection *connection; /* unowned: valid until gone */
  SoupServerMessage *message;     /* (owned) (nullable): NULL once gone */
  UlakContext *context;           /* (owned) (nullable): set at entry */
  UlakMatch match;
  UlakPrincipal principal;
  UlakRateQuota quota;            /* limit 0: not counted */
  GHashTable *query;              /* (owned) (nullable): made when first asked for */
  GBytes *body;                   /* (owned) (nullable): a checked text body */
  UlakUpload *upload;             /* (owned) (nullable) */
  char *method;                   /* (owned) */
  gint64 started_us;              /* monotonic */
  guint status;                   /* of the answer; 0 before */
  gboolean is_paused;
  GDestroyNotify gone_func;
  gpointer gone_data;
};

/* The error document. (transfer full) */
char *ulak_request_format_fault (UlakRequest *self, const char *code, const char *sentence, const GError *error);
void ulak_request_record (UlakRequest *self);
