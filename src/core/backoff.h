/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Backoff: how long to wait before trying again.
 */
#pragma once

#include "core/random.h"

typedef struct
{
  gint64 first_ms;      /* after the first failure; 1 or more */
  gint64 max_ms;        /* never more than this before jitter */
  guint jitter_percent; /* 0 to 100: up to so much is added, never taken away */
} UlakBackoff;

gint64 ulak_backoff_next_ms (const UlakBackoff *self, guint failures, UlakRandom *random);
