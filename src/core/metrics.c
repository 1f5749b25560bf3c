/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A family of the table owns its series, each found by its labels as they are printed.
 */
#include "core/metrics.h"

#include "core/metrics-table.h"
#include "core/metrics-text.h"

#include <math.h>
#include <string.h>

typedef struct
{
  double value;    /* counters and gauges; the sum of a histogram */
  guint64 count;   /* histograms: observations */
  guint64 *counts; /* (owned) (nullable): histograms: observations in each bucket, not cumulative */
} Series;

struct _UlakMetrics
{
  guint references;
  GHashTable **series; /* (owned) (array) (element-type utf8 Series): one table for each family */
};

static void
series_free (gpointer data)
{
  Series *series = data;

  g_free (series->counts);
  g_free (series);
}

/** ulak_metrics_new: Returns: (transfer full): every family of the table, without series */
UlakMetrics *
ulak_metrics_new (void)
{
  UlakMetrics *self = g_new0 (UlakMetrics, 1);
  gsize n;

  ulak_metrics_get_families (&n);
  self->references = 1;
  self->series = g_new0 (GHashTable *, n);
  for (gsize i = 0; i < n; i++)
    self->series[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, series_free);
  return self;
}

UlakMetrics *
ulak_metrics_ref (UlakMetrics *self)
{
  self->references++;
  return self;
}

void
ulak_metrics_unref (UlakMetrics *self)
{
  gsize n;

  if (self == NULL || --self->references > 0)
    return;

  ulak_metrics_get_families (&n);
  for (gsize i = 0; i < n; i++)
    g_hash_table_unref (self->series[i]);
  g_free (self->series);
  g_free (self);
}

static gsize
find_family (const char *name, UlakMetricKind kind)
{
  gsize n;
  const UlakMetricFamily *families = ulak_metrics_get_families (&n);

  for (gsize i = 0; i < n; i++)
    if (strcmp (families[i].name, name) == 0 && families[i].kind == kind)
      return i;
  g_error ("metrics-table.c has no %s of this kind", name);
}

/* @values %NULL is "other" for every label. */
static char *
format_labels (const UlakMetricFamily *family, const char *const *values)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; family->labels[i] != NULL; i++)
    ulak_metrics_append_label (text, family->labels[i], values == NULL ? "other" : values[i]);
  return g_string_free (text, FALSE);
}

static Series *
add_series (GHashTable *table, const UlakMetricFamily *family, char *labels)
{
  Series *series = g_new0 (Series, 1);

  if (family->kind == ULAK_METRIC_HISTOGRAM)
    series->counts = g_new0 (guint64, family->n_buckets);
  g_hash_table_insert (table, labels, series);
  return series;
}

static Series *
take_series (UlakMetrics *self, const char *name, UlakMetricKind kind, const char *const *values)
{
  gsize n, index = find_family (name, kind);
  const UlakMetricFamily *family = &ulak_metrics_get_families (&n)[index];
  GHashTable *table = self->series[index];
  g_autofree char *labels = NULL;
  Series *series;

  if (g_strv_length ((char **) values) != g_strv_length ((char **) family->labels))
    g_error ("%s has %u labels", name, g_strv_length ((char **) family->labels));

  labels = format_labels (family, values);
  series = g_hash_table_lookup (table, labels);
  if (series != NULL)
    return series;
  if (g_hash_table_size (table) < ULAK_METRICS_MAX_SERIES)
    return add_series (table, family, g_steal_pointer (&labels));

  g_free (labels);
  labels = format_labels (family, NULL);
  series = g_hash_table_lookup (table, labels);
  return series != NULL ? series : add_series (table, family, g_steal_pointer (&labels));
}

/** ulak_metrics_add: adds @amount, 0 or more, to a counter */
void
ulak_metrics_add (UlakMetrics *self, const char *counter, const char *const *label_values, double amount)
{
  g_return_if_fail (amount >= 0);

  take_series (self, counter, ULAK_METRIC_COUNTER, label_values)->value += amount;
}

/** ulak_metrics_set_total: for a counter whose total is kept elsewhere and never falls while the process lives */
void
ulak_metrics_set_total (UlakMetrics *self, const char *counter, const char *const *label_values, double total)
{
  take_series (self, counter, ULAK_METRIC_COUNTER, label_values)->value = total;
}

/** ulak_metrics_set: sets a gauge */
void
ulak_metrics_set (UlakMetrics *self, const char *gauge, const char *const *label_values, double value)
{
  take_series (self, gauge, ULAK_METRIC_GAUGE, label_values)->value = value;
}

/** ulak_metrics_observe: counts one duration of @seconds */
void
ulak_metrics_observe (UlakMetrics *self, const char *histogram, const char *const *label_values, double seconds)
{
  gsize n;
  const UlakMetricFamily *family
      = &ulak_metrics_get_families (&n)[find_family (histogram, ULAK_METRIC_HISTOGRAM)];
  Series *series = take_series (self, histogram, ULAK_METRIC_HISTOGRAM, label_values);

  series->count++;
  series->value += seconds;
  for (guint i = 0; i < family->n_buckets; i++)
    if (seconds <= family->buckets[i])
      {
        series->counts[i]++;
        return;
      }
}

static void
print_sample (GString *text, const char *name, const char *suffix, const char *labels, double value)
{
  g_string_append_printf (text, "%s%s", name, suffix);
  if (*labels != '\0')
    g_string_append_printf (text, "{%s}", labels);
  g_string_append_c (text, ' ');
  ulak_metrics_append_number (text, value);
  g_string_append_c (text, '\n');
}

static void
print_bucket (GString *text, const char *name, const char *labels, double bound, guint64 count)
{
  g_autoptr (GString) all = g_string_new (labels);
  g_autoptr (GString) number = g_string_new (NULL);

  ulak_metrics_append_number (number, bound);
  ulak_metrics_append_label (all, "le", number->str);
  print_sample (text, name, "_bucket", all->str, (double) count);
}

static void
print_histogram (GString *text, const UlakMetricFamily *family, const char *labels, const Series *series)
{
  guint64 count = 0;

  for (guint i = 0; i < family->n_buckets; i++)
    {
      count += series->counts[i];
      print_bucket (text, family->name, labels, family->buckets[i], count);
    }
  print_bucket (text, family->name, labels, INFINITY, series->count);
  print_sample (text, family->name, "_sum", labels, series->value);
  print_sample (text, family->name, "_count", labels, (double) series->count);
}

static void
print_family (GString *text, const UlakMetricFamily *family, GHashTable *table)
{
  static const char *const kinds[] = { "counter", "gauge", "histogram" };
  g_autoptr (GList) labels = g_list_sort (g_hash_table_get_keys (table), (GCompareFunc) strcmp);

  if (labels == NULL)
    return;

  g_string_append_printf (text, "# HELP %s %s\n", family->name, family->help);
  g_string_append_printf (text, "# TYPE %s %s\n", family->name, kinds[family->kind]);
  for (GList *link = labels; link != NULL; link = link->next)
    {
      const Series *series = g_hash_table_lookup (table, link->data);

      if (family->kind == ULAK_METRIC_HISTOGRAM)
        print_histogram (text, family, link->data, series);
      else
        print_sample (text, family->name, "", link->data, series->value);
    }
}

/**
 * ulak_metrics_print:
 *
 * Source: prometheus.io, "Exposition formats", text format 0.0.4.
 * Returns: (transfer full): all families that have series, in the table's order
 */
char *
ulak_metrics_print (UlakMetrics *self)
{
  gsize n;
  const UlakMetricFamily *families = ulak_metrics_get_families (&n);
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    print_family (text, &families[i], self->series[i]);
  return g_string_free (text, FALSE);
}
