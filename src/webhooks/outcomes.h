/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Outcomes: what became of a request, until it is committed.
 *
 * Nothing else happens with a delivery before its outcome is in the store. While the store cannot take it (disk full, fault), it is
 * kept here and tried again; the delivery stays claimed meanwhile, so a receiver that said 2xx does not get the event again
 * as long as this process lives. Main thread only.
 */
#pragma once

#include "webhooks/schedule.h"
#include "webhooks/webhook-store.h"

typedef struct
{
  UlakDelivery *delivery; /* (owned) */
  UlakAttempt *attempt;   /* (owned) */
  UlakVerdict verdict;
  gint64 due_us;     /* RETRY: wall clock */
  gint64 unblock_us; /* RETRY: wall clock */
} UlakOutcome;

void ulak_outcome_free (UlakOutcome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakOutcome, ulak_outcome_free)

typedef struct _UlakOutcomes UlakOutcomes;

typedef void (*UlakOutcomeFunc) (const UlakOutcome *outcome, gpointer user_data);

/* committed: after each commit. Outcomes that are not committed when it is freed are lost to memory, never to the queue. */
UlakOutcomes *ulak_outcomes_new (UlakWebhookStore *store, UlakClock *clock, UlakOutcomeFunc committed, gpointer user_data);
void ulak_outcomes_free (UlakOutcomes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakOutcomes, ulak_outcomes_free)

void ulak_outcomes_commit (UlakOutcomes *self, UlakOutcome *outcome); /* (transfer full) */
guint ulak_outcomes_count (const UlakOutcomes *self);                 /* not committed yet */
gboolean ulak_outcomes_is_stuck (const UlakOutcomes *self);           /* the last commit failed */
