/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The table of metrics. Names, labels and their order are promises to dashboards: append, never rename.
 */
#pragma once

#include <glib.h>

#define ULAK_METRICS_MAX_LABELS 4

typedef enum
{
  ULAK_METRIC_COUNTER,
  ULAK_METRIC_GAUGE,
  ULAK_METRIC_HISTOGRAM,
} UlakMetricKind;

typedef struct
{
  const char *name;
  UlakMetricKind kind;
  const char *help;
  const char *labels[ULAK_METRICS_MAX_LABELS + 1]; /* NULL at the end */
  const double *buckets;                           /* histograms: upper bounds in seconds, rising */
  guint n_buckets;
} UlakMetricFamily;

const UlakMetricFamily *ulak_metrics_get_families (gsize *n_families_out);
