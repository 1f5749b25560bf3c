/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Endpoint: who gets webhooks, as one immutable value.
 *
 * A change makes a new value, so the store's thread may match events against the one it was given while people edit.
 * The document (docs/webhooks.md) is read and printed here; secrets are opened and sealed by webhooks/endpoints.h.
 */
#pragma once

#include "core/issues.h"
#include "core/secret-source.h"
#include "webhooks/schedule.h"

#include <json-glib/json-glib.h>

#define ULAK_ENDPOINT_HEADERS_MAX 20
#define ULAK_ENDPOINT_FILTERS_MAX 100
#define ULAK_ENDPOINT_DESCRIPTION_MAX 500

typedef struct
{
  gatomicrefcount refs;
  gint64 row;          /* in the store; 0: not stored yet */
  char *id;            /* (owned) */
  char *url;           /* (owned) */
  char *description;   /* (owned): "" for none */
  GStrv events;        /* (owned): filters; empty takes all */
  GStrv accounts;      /* (owned): empty takes all */
  GStrv header_names;  /* (owned) */
  GStrv header_values; /* (owned) */
  UlakScheduleKind schedule;
  gboolean is_enabled;
  char *disabled_reason; /* (owned) (nullable) */
  gint64 created_us;
  UlakSecret *secret;         /* (owned) (nullable): NULL while it cannot be opened */
  UlakSecret *old_secret;     /* (owned) (nullable) */
  gint64 old_secret_until_us; /* the old one signs beside the new one until then */
  GBytes *sealed_secret;      /* (owned) (nullable): as they lie in the store; kept while they cannot be opened */
  GBytes *sealed_old_secret;  /* (owned) (nullable) */
  GBytes *sealed_headers;     /* (owned) (nullable) */
} UlakEndpoint;

UlakEndpoint *ulak_endpoint_new (const char *id, gint64 created_us);
UlakEndpoint *ulak_endpoint_copy (const UlakEndpoint *self);
UlakEndpoint *ulak_endpoint_ref (UlakEndpoint *self);
void ulak_endpoint_unref (UlakEndpoint *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakEndpoint, ulak_endpoint_unref)

void ulak_endpoint_apply (UlakEndpoint *self, JsonObject *changes, gboolean allow_private, UlakIssues *issues);
gboolean ulak_endpoint_takes (const UlakEndpoint *self, const char *account, const char *type);

JsonObject *ulak_endpoint_to_json (const UlakEndpoint *self);
char *ulak_endpoint_print_headers (const UlakEndpoint *self);
