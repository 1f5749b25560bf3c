/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/outcomes.h"

#include "core/log.h"
#include "core/messages.h"

/* A full disk is not freed in less; by then the reports of the store say enough. */
#define RETRY_US G_USEC_PER_SEC

struct _UlakOutcomes
{
  gatomicrefcount refs;
  UlakWebhookStore *store; /* (owned) */
  UlakClock *clock;        /* (owned) */
  UlakOutcomeFunc committed;
  gpointer user_data; /* NULL committed: the owner is gone */
  GQueue *waiting;    /* (owned) (element-type UlakOutcome): the store refused them */
  guint timer;
  guint count;
  gboolean is_stuck;
};

void
ulak_outcome_free (UlakOutcome *self)
{
  if (self == NULL)
    return;
  ulak_delivery_free (self->delivery);
  ulak_attempt_free (self->attempt);
  g_free (self);
}

UlakOutcomes *
ulak_outcomes_new (UlakWebhookStore *store, UlakClock *clock, UlakOutcomeFunc committed, gpointer user_data)
{
  UlakOutcomes *self = g_new0 (UlakOutcomes, 1);

  g_atomic_ref_count_init (&self->refs);
  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->committed = committed;
  self->user_data = user_data;
  self->waiting = g_queue_new ();
  return self;
}

static void
unref (UlakOutcomes *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_queue_free_full (self->waiting, (GDestroyNotify) ulak_outcome_free);
  g_object_unref (self->store);
  g_object_unref (self->clock);
  g_free (self);
}

void
ulak_outcomes_free (UlakOutcomes *self)
{
  if (self == NULL)
    return;
  self->committed = NULL;
  ulak_clock_clear_timer (self->clock, &self->timer);
  unref (self);
}

typedef struct
{
  UlakOutcomes *outcomes; /* referenced */
  UlakOutcome *outcome;   /* (owned) */
} Commit;

static void start_commit (UlakOutcomes *self, UlakOutcome *outcome);

static void
retry_cb (gpointer user_data)
{
  UlakOutcomes *self = user_data;
  guint length = g_queue_get_length (self->waiting);

  self->timer = 0;
  for (guint i = 0; i < length; i++)
    start_commit (self, g_queue_pop_head (self->waiting));
}

static void
commit_failed (UlakOutcomes *self, UlakOutcome *outcome, const GError *error)
{
  if (!self->is_stuck)
    ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL,
                      "database error: the outcome of a webhook cannot be stored and is kept in memory: %s", error->message);
  self->is_stuck = TRUE;
  g_queue_push_tail (self->waiting, outcome);
  if (self->timer == 0 && self->committed != NULL)
    self->timer = ulak_clock_add_timer (self->clock, RETRY_US, retry_cb, self);
}

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Commit *commit = user_data;
  UlakOutcomes *self = commit->outcomes;
  UlakWebhookStore *store = ULAK_WEBHOOK_STORE (source);
  g_autoptr (GError) error = NULL;
  gboolean is_committed;

  is_committed = commit->outcome->verdict == ULAK_VERDICT_RETRY ? ulak_webhook_store_retry_finish (store, result, &error)
                                                                : ulak_webhook_store_end_finish (store, result, &error);
  if (!is_committed)
    commit_failed (self, commit->outcome, error);
  else
    {
      self->is_stuck = FALSE;
      self->count--;
      if (self->committed != NULL)
        self->committed (commit->outcome, self->user_data);
      ulak_outcome_free (commit->outcome);
    }
  unref (self);
}

static void
start_commit (UlakOutcomes *self, UlakOutcome *outcome)
{
  UlakDeliveryStatus status = outcome->verdict == ULAK_VERDICT_DELIVERED ? ULAK_DELIVERY_DELIVERED : ULAK_DELIVERY_DEAD;
  Commit *commit = g_new0 (Commit, 1);

  g_atomic_ref_count_inc (&self->refs);
  commit->outcomes = self;
  commit->outcome = outcome;
  if (outcome->verdict == ULAK_VERDICT_RETRY)
    ulak_webhook_store_retry_async (self->store, outcome->delivery, outcome->attempt, outcome->due_us, outcome->unblock_us,
                                    committed_cb, commit);
  else
    ulak_webhook_store_end_async (self->store, outcome->delivery, status, outcome->attempt, committed_cb, commit);
}

void
ulak_outcomes_commit (UlakOutcomes *self, UlakOutcome *outcome)
{
  self->count++;
  start_commit (self, outcome);
}

guint
ulak_outcomes_count (const UlakOutcomes *self)
{
  return self->count;
}

gboolean
ulak_outcomes_is_stuck (const UlakOutcomes *self)
{
  return self->is_stuck;
}
