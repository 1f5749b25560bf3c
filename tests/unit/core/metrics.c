/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/metrics.h"

#include "core/metrics-table.h"

#include <math.h>
#include <string.h>

static void
test_promised_names (void)
{
  static const struct
  {
    const char *name;
    const char *labels;
  } promised[] = {
    { "wp_panel_http_requests_total", "method,route,status" },
    { "wp_panel_http_request_duration_seconds", "method,route,status" },
    { "wp_panel_message_pipeline_messages_total", "direction" },
    { "wp_panel_message_pipeline_task_total", "task,outcome" },
    { "wp_panel_message_pipeline_duration_seconds", "direction" },
    { "wp_panel_message_pipeline_task_duration_seconds", "task,outcome" },
    { "wp_panel_background_job_runs_total", "accountId,job,outcome" },
    { "wp_panel_background_job_duration_seconds", "accountId,job,outcome" },
    { "wp_panel_webhook_deliveries_total", "event,outcome" },
    { "wp_panel_webhook_delivery_duration_seconds", "event,outcome" },
    { "wp_panel_webhook_queue_size", "accountId" },
    { "wp_panel_webhook_in_flight", "accountId" },
  };
  gsize n;
  const UlakMetricFamily *families = ulak_metrics_get_families (&n);

  for (gsize i = 0; i < G_N_ELEMENTS (promised); i++)
    {
      g_autofree char *labels = g_strjoinv (",", (char **) families[i].labels);

      g_assert_cmpstr (families[i].name, ==, promised[i].name);
      g_assert_cmpstr (labels, ==, promised[i].labels);
    }
}

static void
test_table (void)
{
  gsize n;
  const UlakMetricFamily *families = ulak_metrics_get_families (&n);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < n; i++)
    {
      gboolean is_total = g_str_has_suffix (families[i].name, "_total");

      g_assert_true (g_hash_table_add (names, (gpointer) families[i].name));
      g_assert_true (g_regex_match_simple ("^(wp_panel|ulak)(_[a-z0-9]+)+$", families[i].name, 0, 0));
      g_assert_cmpint (is_total, ==, families[i].kind == ULAK_METRIC_COUNTER);
      g_assert_cmpint (families[i].kind == ULAK_METRIC_HISTOGRAM, ==, families[i].n_buckets > 0);
      for (guint b = 1; b < families[i].n_buckets; b++)
        g_assert_cmpfloat (families[i].buckets[b - 1], <, families[i].buckets[b]);
    }
}

static void
test_print (void)
{
  g_autoptr (UlakMetrics) metrics = ulak_metrics_new ();
  g_autofree char *text = NULL;

  ulak_metrics_set (metrics, "ulak_http_connections", ULAK_NO_LABELS, 3);
  ulak_metrics_set (metrics, "ulak_http_connections", ULAK_NO_LABELS, 2);
  ulak_metrics_set_total (metrics, "ulak_events_total", ULAK_NO_LABELS, 7);
  ulak_metrics_set_total (metrics, "ulak_events_total", ULAK_NO_LABELS, 9);
  ulak_metrics_add (metrics, "wp_panel_message_pipeline_messages_total", ULAK_LABELS ("outgoing"), 1);
  ulak_metrics_add (metrics, "wp_panel_message_pipeline_messages_total", ULAK_LABELS ("incoming"), 1);
  ulak_metrics_add (metrics, "wp_panel_message_pipeline_messages_total", ULAK_LABELS ("incoming"), 0.5);
  text = ulak_metrics_print (metrics);
  g_assert_cmpstr (text, ==,
                   "# HELP wp_panel_message_pipeline_messages_total Messages that went through.\n"
                   "# TYPE wp_panel_message_pipeline_messages_total counter\n"
                   "wp_panel_message_pipeline_messages_total{direction=\"incoming\"} 1.5\n"
                   "wp_panel_message_pipeline_messages_total{direction=\"outgoing\"} 1\n"
                   "# HELP ulak_events_total Events stored in the log since it was made.\n"
                   "# TYPE ulak_events_total counter\n"
                   "ulak_events_total 9\n"
                   "# HELP ulak_http_connections Open HTTP connections.\n"
                   "# TYPE ulak_http_connections gauge\n"
                   "ulak_http_connections 2\n");
}

static void
test_histogram (void)
{
  g_autoptr (UlakMetrics) metrics = ulak_metrics_new ();
  g_autofree char *text = NULL;

  ulak_metrics_observe (metrics, "wp_panel_message_pipeline_duration_seconds", ULAK_LABELS ("incoming"), 0.005);
  ulak_metrics_observe (metrics, "wp_panel_message_pipeline_duration_seconds", ULAK_LABELS ("incoming"), 0.75);
  ulak_metrics_observe (metrics, "wp_panel_message_pipeline_duration_seconds", ULAK_LABELS ("incoming"), 60);
  text = ulak_metrics_print (metrics);
#define NAME "wp_panel_message_pipeline_duration_seconds"
#define BUCKET(le, count) NAME "_bucket{direction=\"incoming\",le=\"" le "\"} " count "\n"
  g_assert_cmpstr (text, ==,
                   "# HELP " NAME " Time of a message on its whole way.\n# TYPE " NAME " histogram\n" BUCKET (
                       "0.005", "1") BUCKET ("0.01", "1") BUCKET ("0.025", "1") BUCKET ("0.05", "1")
                       BUCKET ("0.1", "1") BUCKET ("0.25", "1") BUCKET ("0.5", "1") BUCKET ("1", "2")
                           BUCKET ("2.5", "2") BUCKET ("5", "2") BUCKET ("10", "2")
                               BUCKET ("+Inf", "3") NAME "_sum{direction=\"incoming\"} 60.755\n" NAME
                                                         "_count{direction=\"incoming\"} 3\n");
#undef BUCKET
#undef NAME
}

static void
test_escapes (void)
{
  g_autoptr (UlakMetrics) metrics = ulak_metrics_new ();
  g_autofree char *long_label = g_strnfill (1000, 'x');
  g_autofree char *text = NULL;

  ulak_metrics_set (metrics, "ulak_queue_depth", ULAK_LABELS ("a\"b\\c\nd\xff"), 1e15);
  ulak_metrics_set (metrics, "ulak_queue_depth", ULAK_LABELS (long_label), NAN);
  text = ulak_metrics_print (metrics);
  g_assert_nonnull (strstr (text, "ulak_queue_depth{account=\"a\\\"b\\\\c\\nd�\"} 1e+15\n"));
  g_assert_nonnull (strstr (text, "xxx\"} NaN\n"));
  g_assert_cmpuint (strlen (text), <, 600);
}

static void
test_bound (void)
{
  g_autoptr (UlakMetrics) metrics = ulak_metrics_new ();
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < ULAK_METRICS_MAX_SERIES + 500; i++)
    {
      g_autofree char *route = g_strdup_printf ("/%u", i);

      ulak_metrics_add (metrics, "wp_panel_http_requests_total", ULAK_LABELS ("GET", route, "200"), 1);
    }
  text = ulak_metrics_print (metrics);
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 2 + ULAK_METRICS_MAX_SERIES + 1 + 1);
  g_assert_nonnull (
      strstr (text, "wp_panel_http_requests_total{method=\"other\",route=\"other\",status=\"other\"} 500\n"));
}

static void
test_merge (void)
{
  static const char *const texts[] = {
    "# HELP a Help.\n# TYPE a counter\na{x=\"1 2\"} 1\na{x=\"3\"} 0.5\n# HELP h Time.\n# TYPE h histogram\n"
    "h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
    "",
    "orphan 1\n# TYPE b gauge\nb 7\n# HELP a Other help.\n# TYPE a counter\na{x=\"1 2\"} 2\nbroken\nbroken x\n\n"
    "# HELP h Time.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 0.5\nh_count 1\n",
    NULL,
  };
  g_autofree char *text = ulak_metrics_merge (texts);
  g_autofree char *none = ulak_metrics_merge ((const char *const[]){ NULL });

  g_assert_cmpstr (text, ==,
                   "# HELP a Help.\n# TYPE a counter\na{x=\"1 2\"} 3\na{x=\"3\"} 0.5\n"
                   "# HELP h Time.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_sum 3.5\nh_count 3\n"
                   "# TYPE b gauge\nb 7\n");
  g_assert_cmpstr (none, ==, "");
}

static void
test_merge_of_one (void)
{
  g_autoptr (UlakMetrics) metrics = ulak_metrics_new ();
  g_autofree char *text = NULL, *merged = NULL;

  ulak_metrics_add (metrics, "wp_panel_http_requests_total", ULAK_LABELS ("GET", "/a", "200"), 3);
  ulak_metrics_observe (metrics, "wp_panel_http_request_duration_seconds", ULAK_LABELS ("GET", "/a", "200"), 0.1);
  text = ulak_metrics_print (metrics);
  merged = ulak_metrics_merge ((const char *const[]){ text, NULL });
  g_assert_cmpstr (merged, ==, text);
}

static void
test_wrong_use_stops (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (UlakMetrics) metrics = ulak_metrics_new ();

      ulak_metrics_add (metrics, "wp_panel_http_requests_total", ULAK_LABELS ("GET", "/a"), 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*wp_panel_http_requests_total has 3 labels*");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/names and labels are those of the dashboards", test_promised_names);
  g_test_add_func ("/metrics/the table keeps Prometheus' customs", test_table);
  g_test_add_func ("/metrics/counters add up and gauges are set", test_print);
  g_test_add_func ("/metrics/a histogram counts upwards through its buckets", test_histogram);
  g_test_add_func ("/metrics/labels and odd numbers are escaped and cut", test_escapes);
  g_test_add_func ("/metrics/series beyond the limit are folded", test_bound);
  g_test_add_func ("/metrics/texts merge with each family once and series summed", test_merge);
  g_test_add_func ("/metrics/merging one text changes nothing", test_merge_of_one);
  g_test_add_func ("/metrics/wrong labels stop the program", test_wrong_use_stops);
  return g_test_run ();
}
