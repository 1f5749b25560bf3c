/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/attempt.h"

/**
 * ulak_attempt_new:
 * @at_us: wall clock, microseconds
 *
 * Returns: (transfer full): an attempt that has not left yet
 */
UlakAttempt *
ulak_attempt_new (gint64 at_us)
{
  UlakAttempt *self = g_new0 (UlakAttempt, 1);

  self->at_us = at_us;
  return self;
}

void
ulak_attempt_free (UlakAttempt *self)
{
  if (self == NULL)
    return;
  g_free (self->error);
  g_free (self->answer);
  g_free (self);
}

/**
 * ulak_attempt_is_success:
 * @self: an attempt
 *
 * Returns: whether the status line said 2xx; nothing that came after it matters
 */
gboolean
ulak_attempt_is_success (const UlakAttempt *self)
{
  return self->status >= 200 && self->status <= 299;
}
