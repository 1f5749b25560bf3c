/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Attempt: what one request to an endpoint came to.
 */
#pragma once

#include <glib.h>

#define ULAK_ATTEMPT_ANSWER_MAX_BYTES 1024

typedef struct
{
  gint64 at_us;        /* wall clock, when it began */
  gboolean is_counted; /* the request left, so it used one of the allowed attempts */
  guint status;        /* HTTP; 0: no answer came */
  gint64 latency_ms;
  char *error;           /* (owned) (nullable): a sentence; NULL on success */
  char *answer;          /* (owned) (nullable): the first KiB, as UTF-8 */
  gint64 retry_after_us; /* how long the receiver asked us to wait; 0: it did not */
} UlakAttempt;

UlakAttempt *ulak_attempt_new (gint64 at_us);
void ulak_attempt_free (UlakAttempt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakAttempt, ulak_attempt_free)

gboolean ulak_attempt_is_success (const UlakAttempt *self);
