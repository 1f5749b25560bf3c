/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Health: one answer from many checks.
 */
#pragma once

#include <glib-object.h>

typedef enum
{
  ULAK_HEALTH_HEALTHY,
  ULAK_HEALTH_DEGRADED,  /* it serves, and something is worse than it should be */
  ULAK_HEALTH_UNHEALTHY, /* it cannot do its work */
} UlakHealthStatus;

typedef struct _UlakHealth UlakHealth;

UlakHealth *ulak_health_new (void);
void ulak_health_free (UlakHealth *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHealth, ulak_health_free)

void ulak_health_add (UlakHealth *self, const char *name, UlakHealthStatus status, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
UlakHealthStatus ulak_health_get_overall (const UlakHealth *self);
const char *ulak_health_status_to_string (UlakHealthStatus status);
UlakHealthStatus ulak_health_status_from_string (const char *text); /* unknown: UNHEALTHY */
GVariant *ulak_health_to_variant (const UlakHealth *self);          /* a(sss) */
