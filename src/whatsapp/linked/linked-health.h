/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked health: how alive the connection of a linked line is, by what was really seen of it.
 */
#pragma once

#include "core/metrics.h"
#include "service/health.h"
#include "whatsapp/link/link.h"

G_BEGIN_DECLS

/* link: (nullable): it has no keys yet. */
void ulak_linked_health_check (UlakLink *link, UlakHealth *health);
void ulak_linked_health_measure (UlakLink *link, const char *account, UlakMetrics *metrics);

G_END_DECLS
