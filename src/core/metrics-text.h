/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Metrics text: the pieces of the Prometheus text format that printing and merging share. For metrics*.c only.
 */
#pragma once

#include <glib.h>

void ulak_metrics_append_label (GString *text, const char *name, const char *value);
void ulak_metrics_append_number (GString *text, double value);
