/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/backoff.h"

/**
 * ulak_backoff_next_ms:
 * @self: the policy
 * @failures: failed tries so far, 1 or more
 * @random: the source of jitter
 *
 * Doubles from @first_ms for each further failure up to @max_ms. Jitter is only ever added: a wait that a peer
 * asked for, or that a person configured, is a floor (symmetric jitter can undercut a Retry-After).
 *
 * Returns: the wait in milliseconds, 1 or more
 */
gint64
ulak_backoff_next_ms (const UlakBackoff *self, guint failures, UlakRandom *random)
{
  gint64 wait_ms = self->first_ms;
  gint64 jitter_ms;

  g_return_val_if_fail (failures > 0 && self->first_ms > 0, 1);

  for (guint i = 1; i < failures && wait_ms < self->max_ms; i++)
    wait_ms *= 2;
  wait_ms = MIN (wait_ms, MAX (self->max_ms, self->first_ms));

  jitter_ms = wait_ms * self->jitter_percent / 100;
  if (jitter_ms > 0)
    wait_ms += ulak_random_below (random, (guint32) MIN (jitter_ms + 1, (gint64) G_MAXUINT32));
  return wait_ms;
}
