/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Metrics: counters, gauges and histograms in Prometheus text format 0.0.4.
 *
 * Names and label names are promises to dashboards and stand in one table (metrics-table.c); using one that is not
 * there, or with other labels, is a programmer mistake. Label values come in the table's order. Series per family
 * are bounded (ULAK_METRICS_MAX_SERIES; the rest is folded into the label value "other"), so that no input can grow
 * memory. Main thread only.
 */
#pragma once

#include <glib-object.h>

#define ULAK_METRICS_MAX_SERIES 2000

typedef struct _UlakMetrics UlakMetrics;

UlakMetrics *ulak_metrics_new (void);
UlakMetrics *ulak_metrics_ref (UlakMetrics *self);
void ulak_metrics_unref (UlakMetrics *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMetrics, ulak_metrics_unref)

#define ULAK_LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ULAK_NO_LABELS ((const char *const[]){ NULL })

void ulak_metrics_add (UlakMetrics *self, const char *counter, const char *const *label_values, double amount);
void ulak_metrics_set_total (UlakMetrics *self, const char *counter, const char *const *label_values, double total);
void ulak_metrics_set (UlakMetrics *self, const char *gauge, const char *const *label_values, double value);
void ulak_metrics_observe (UlakMetrics *self, const char *histogram, const char *const *label_values, double seconds);

char *ulak_metrics_print (UlakMetrics *self);
char *ulak_metrics_merge (const char *const *texts);
