/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Documents: the JSON and D-Bus shapes of docs/webhooks.md that the bus adapter answers with. No state.
 */
#pragma once

#include "webhooks/webhook-store.h"

/* is_in_flight: asked for each queued delivery. */
typedef gboolean (*UlakInFlightFunc) (gint64 number, gpointer user_data);

typedef enum
{
  ULAK_STATUS_FILTER_ALL,
  ULAK_STATUS_FILTER_PENDING,
  ULAK_STATUS_FILTER_IN_FLIGHT,
  ULAK_STATUS_FILTER_DELIVERED,
  ULAK_STATUS_FILTER_DEAD,
  ULAK_STATUS_FILTER_CANCELLED,
} UlakStatusFilter;

gboolean ulak_status_filter_parse (const char *text, UlakStatusFilter *filter_out, GError **error);
int ulak_status_filter_to_store (UlakStatusFilter filter);

char *ulak_documents_print_endpoint (const UlakEndpoint *endpoint, gboolean with_secret);
char *ulak_documents_print_endpoints (GPtrArray *endpoints, guint first, guint limit);
char *ulak_documents_print_deliveries (GPtrArray *records, const char *endpoint_id, UlakStatusFilter filter, UlakInFlightFunc is_in_flight, gpointer user_data);
char *ulak_documents_print_test (const UlakAttempt *attempt);
GVariant *ulak_documents_page_to_variant (const UlakEventPage *page); /* (a(ts)tt) */
GPtrArray *ulak_documents_read_events (const char *account, GVariant *events, GError **error);
