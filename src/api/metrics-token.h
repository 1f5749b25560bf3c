/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Metrics token: what GET /metrics asks for, if [api] metrics_token is set.
 *
 * The setting may be a reference, secret:NAME: its value is looked up at once and again whenever it may have changed, so that
 * a check never waits. While a reference cannot be read, no token is right.
 */
#pragma once

#include "core/config.h"
#include "core/secret-source.h"

typedef struct _UlakMetricsToken UlakMetricsToken;

UlakMetricsToken *ulak_metrics_token_new (UlakSecretSource *source, const UlakConfig *config);
void ulak_metrics_token_free (UlakMetricsToken *self);
void ulak_metrics_token_set_config (UlakMetricsToken *self, const UlakConfig *config);

gboolean ulak_metrics_token_is_set (const UlakMetricsToken *self);
gboolean ulak_metrics_token_matches (const UlakMetricsToken *self, const char *given); /* in constant time */
