/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/metrics-table.h"

/* For work inside the machine and single requests. */
static const double short_seconds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 };

/* For what includes retries and waits: from one quick request to the hour and the day. */
static const double long_seconds[] = { 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400 };

/* clang-format off */
#define COUNTER(name, help, ...) { name, ULAK_METRIC_COUNTER, help, { __VA_ARGS__ }, NULL, 0 }
#define GAUGE(name, help, ...) { name, ULAK_METRIC_GAUGE, help, { __VA_ARGS__ }, NULL, 0 }
#define HISTOGRAM(name, buckets, help, ...) \
  { name, ULAK_METRIC_HISTOGRAM, help, { __VA_ARGS__ }, buckets, G_N_ELEMENTS (buckets) }

static const UlakMetricFamily families[] = {
  COUNTER ("wp_panel_http_requests_total", "HTTP requests answered.", "method", "route", "status"),
  HISTOGRAM ("wp_panel_http_request_duration_seconds", short_seconds, "Time to answer an HTTP request.", "method",
             "route", "status"),
  COUNTER ("wp_panel_message_pipeline_messages_total", "Messages that went through.", "direction"),
  COUNTER ("wp_panel_message_pipeline_task_total", "Steps of the way of a message.", "task", "outcome"),
  HISTOGRAM ("wp_panel_message_pipeline_duration_seconds", short_seconds, "Time of a message on its whole way.",
             "direction"),
  HISTOGRAM ("wp_panel_message_pipeline_task_duration_seconds", short_seconds,
             "Time of a step of the way of a message.", "task", "outcome"),
  COUNTER ("wp_panel_background_job_runs_total", "Runs of background jobs.", "accountId", "job", "outcome"),
  HISTOGRAM ("wp_panel_background_job_duration_seconds", short_seconds, "Time of a run of a background job.",
             "accountId", "job", "outcome"),
  COUNTER ("wp_panel_webhook_deliveries_total", "Webhook deliveries that came to an end.", "event", "outcome"),
  HISTOGRAM ("wp_panel_webhook_delivery_duration_seconds", long_seconds,
             "Time from event to the end of its delivery, retries and waits included.", "event", "outcome"),
  GAUGE ("wp_panel_webhook_queue_size", "Webhook deliveries that wait.", "accountId"),
  GAUGE ("wp_panel_webhook_in_flight", "Webhook requests on their way.", "accountId"),

  GAUGE ("ulak_build_info", "Processes of each program and version; 1 for each.", "program", "version"),
  GAUGE ("ulak_line_state", "1 for the state that a line is in, 0 for states it has been in.", "account", "state"),
  GAUGE ("ulak_queue_depth", "Messages that wait to be sent.", "account"),
  GAUGE ("ulak_outbox_rows", "Events of a line that the event log has not confirmed, or only a moment ago.", "account"),
  GAUGE ("ulak_inbox_rows", "Callbacks that wait for their line.", "account"),
  GAUGE ("ulak_link_frame_age_seconds", "Since a linked line heard its server; -1: not on this connection.", "account"),
  GAUGE ("ulak_link_pong_age_seconds", "Since a linked line's server answered a ping; -1: not on this connection.", "account"),
  GAUGE ("ulak_link_decrypted_age_seconds", "Since a linked line decrypted a message; -1: none since it started.", "account"),
  GAUGE ("ulak_link_connected_seconds", "How long a linked line has been logged in; -1: it is not.", "account"),
  GAUGE ("ulak_link_ready_after_seconds", "From the last connecting of a linked line to ready; -1: none yet.", "account"),
  GAUGE ("ulak_link_outstanding_acks", "Messages of a linked line that its server has not acknowledged.", "account"),
  GAUGE ("ulak_link_reconnects", "Connections that a linked line made anew since it started.", "account"),
  COUNTER ("ulak_graph_requests_total", "Requests to the Graph API.", "account", "outcome"),
  COUNTER ("ulak_store_commits_total", "Transactions committed, each with one sync of the disk.", "database"),
  COUNTER ("ulak_store_works_total", "Pieces of work in committed transactions.", "database"),
  COUNTER ("ulak_events_total", "Events stored in the log since it was made.", NULL),
  GAUGE ("ulak_event_log_bytes", "Size of the event log on disk.", NULL),
  GAUGE ("ulak_deliveries_pending", "Webhook deliveries that have not come to an end.", NULL),
  COUNTER ("ulak_dead_letters_total", "Webhook deliveries given up.", NULL),
  GAUGE ("ulak_http_connections", "Open HTTP connections.", NULL),
};
/* clang-format on */

/** ulak_metrics_get_families: Returns: (transfer none) (array length=n_families_out) */
const UlakMetricFamily *
ulak_metrics_get_families (gsize *n_families_out)
{
  *n_families_out = G_N_ELEMENTS (families);
  return families;
}
