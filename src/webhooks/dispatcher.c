/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/dispatcher.h"

#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"
#include "webhooks/outcomes.h"

/* Heads claimed ahead per endpoint, so that a read of the queue serves several requests. */
#define PREFETCH_MIN 16

/* The wall clock may jump: no wait trusts it for longer. */
#define WAIT_MAX_US (60 * G_USEC_PER_SEC)

#define CLAIM_RETRY_US G_USEC_PER_SEC

/* What the dispatcher has of one endpoint's queue. */
typedef struct
{
  UlakDispatcher *dispatcher; /* unowned */
  gint64 row;
  GQueue ready; /* (element-type UlakDelivery) (owned): claimed, not sent yet */
  guint in_flight;
  guint timer;
  gboolean may_have_more; /* the store may have due rows that are not claimed */
  gboolean is_claiming;
  gboolean is_in_round;
  gboolean is_hungry; /* wants rows and waits for room in memory */
  gboolean is_gone;   /* the receiver wants no more: nothing is sent until the endpoint is another value */
  gboolean is_disabling;
} Queue;

struct _UlakDispatcher
{
  GObject parent_instance;

  UlakWebhookStore *store;  /* (owned) */
  UlakEndpoints *endpoints; /* (owned) */
  UlakSender *sender;       /* (owned) */
  UlakClock *clock;         /* (owned) */
  UlakRandom *random;       /* (owned) */
  UlakMetrics *metrics;     /* (owned) */
  UlakOutcomes *outcomes;   /* (owned) */
  UlakDispatcherSettings settings;

  GHashTable *queues;      /* (owned) (element-type gint64 Queue) */
  GQueue round;            /* (element-type Queue) unowned: have something ready, in turn */
  GQueue hungry;           /* (element-type Queue) unowned */
  GHashTable *in_flight;   /* (owned) (element-type gint64): numbers of deliveries */
  GHashTable *per_account; /* (owned) (element-type utf8 int): requests in flight */
  guint held;              /* claimed and not committed, and what claims under way may bring */
  gboolean is_running;
  GTask *drain; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (UlakDispatcher, ulak_dispatcher, G_TYPE_OBJECT)

enum
{
  SIGNAL_DISABLED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
queue_free (gpointer data)
{
  Queue *queue = data;

  ulak_clock_clear_timer (queue->dispatcher->clock, &queue->timer);
  g_queue_clear_full (&queue->ready, (GDestroyNotify) ulak_delivery_free);
  g_free (queue);
}

static void
ulak_dispatcher_dispose (GObject *object)
{
  UlakDispatcher *self = ULAK_DISPATCHER (object);

  if (self->store != NULL)
    g_signal_handlers_disconnect_by_data (self->store, self);
  if (self->endpoints != NULL)
    g_signal_handlers_disconnect_by_data (self->endpoints, self);
  g_clear_pointer (&self->queues, g_hash_table_unref);
  g_clear_pointer (&self->outcomes, ulak_outcomes_free);
  g_clear_object (&self->store);
  g_clear_object (&self->endpoints);
  g_clear_object (&self->sender);
  g_clear_object (&self->random);
  g_clear_pointer (&self->metrics, ulak_metrics_unref);
  G_OBJECT_CLASS (ulak_dispatcher_parent_class)->dispose (object);
}

static void
ulak_dispatcher_finalize (GObject *object)
{
  UlakDispatcher *self = ULAK_DISPATCHER (object);

  g_queue_clear (&self->round);
  g_queue_clear (&self->hungry);
  g_hash_table_unref (self->in_flight);
  g_hash_table_unref (self->per_account);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (ulak_dispatcher_parent_class)->finalize (object);
}

static void
ulak_dispatcher_class_init (UlakDispatcherClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ulak_dispatcher_dispose;
  G_OBJECT_CLASS (class)->finalize = ulak_dispatcher_finalize;
  signals[SIGNAL_DISABLED] = g_signal_new ("disabled", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
ulak_dispatcher_init (UlakDispatcher *self)
{
  self->queues = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, queue_free);
  self->in_flight = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->per_account = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->round);
  g_queue_init (&self->hungry);
}

static Queue *
get_queue (UlakDispatcher *self, gint64 row)
{
  Queue *queue = g_hash_table_lookup (self->queues, &row);

  if (queue != NULL)
    return queue;
  queue = g_new0 (Queue, 1);
  queue->dispatcher = self;
  queue->row = row;
  g_queue_init (&queue->ready);
  g_hash_table_insert (self->queues, &queue->row, queue);
  return queue;
}

static UlakEndpoint *
find_startable (UlakDispatcher *self, const Queue *queue)
{
  UlakEndpoint *endpoint = ulak_endpoints_find_row (self->endpoints, queue->row);

  return endpoint != NULL && !queue->is_gone && endpoint->is_enabled && endpoint->secret != NULL ? endpoint : NULL;
}

static void pump (UlakDispatcher *self);
static void look_at (UlakDispatcher *self, Queue *queue);
static void feed_hungry (UlakDispatcher *self);

static void
timer_cb (gpointer user_data)
{
  Queue *queue = user_data;

  queue->timer = 0;
  queue->may_have_more = TRUE;
  look_at (queue->dispatcher, queue);
}

static void
wait_until (UlakDispatcher *self, Queue *queue, gint64 due_us)
{
  gint64 wait_us = due_us - ulak_clock_get_wall_us (self->clock);

  ulak_clock_clear_timer (self->clock, &queue->timer);
  if (wait_us > 0)
    queue->timer = ulak_clock_add_timer (self->clock, MIN (wait_us, WAIT_MAX_US), timer_cb, queue);
  else
    queue->may_have_more = TRUE; /* it became due while the claim was reading */
}

static void
join_round (UlakDispatcher *self, Queue *queue)
{
  if (queue->is_in_round || g_queue_is_empty (&queue->ready) || queue->in_flight >= self->settings.concurrency)
    return;
  queue->is_in_round = TRUE;
  g_queue_push_tail (&self->round, queue);
}

static void
release_ready (UlakDispatcher *self, Queue *queue)
{
  UlakDelivery *delivery;

  while ((delivery = g_queue_pop_head (&queue->ready)) != NULL)
    {
      ulak_webhook_store_release (self->store, delivery);
      ulak_delivery_free (delivery);
      self->held--;
    }
}

typedef struct
{
  UlakDispatcher *dispatcher; /* (owned) */
  Queue *queue;               /* unowned, lives as long */
  guint limit;
} Claim;

static void
claimed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Claim *claim = user_data;
  g_autoptr (UlakDispatcher) self = claim->dispatcher;
  Queue *queue = claim->queue;
  g_autoptr (GPtrArray) deliveries = NULL;
  g_autoptr (GError) error = NULL;
  gint64 next_due_us = 0;
  gboolean more = FALSE;

  queue->is_claiming = FALSE;
  self->held -= claim->limit;
  deliveries = ulak_webhook_store_claim_finish (ULAK_WEBHOOK_STORE (source), result, &more, &next_due_us, &error);
  if (deliveries == NULL)
    {
      ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL, "database error: the webhook queue cannot be read: %s",
                        error->message);
      wait_until (self, queue, ulak_clock_get_wall_us (self->clock) + CLAIM_RETRY_US);
      return;
    }
  self->held += deliveries->len;
  while (deliveries->len > 0)
    g_queue_push_tail (&queue->ready, g_ptr_array_steal_index (deliveries, 0));
  queue->may_have_more = queue->may_have_more || more;
  if (next_due_us != 0)
    wait_until (self, queue, next_due_us);
  if (!self->is_running)
    release_ready (self, queue);
  join_round (self, queue);
  look_at (self, queue); /* its queue changed while the claim was reading */
  pump (self);
  feed_hungry (self);
}

static guint
get_prefetch (UlakDispatcher *self)
{
  return MAX (PREFETCH_MIN, 2 * self->settings.concurrency);
}

static void
look_at (UlakDispatcher *self, Queue *queue)
{
  guint prefetch = get_prefetch (self);
  guint ready = g_queue_get_length (&queue->ready);
  Claim *claim;

  if (!self->is_running || !queue->may_have_more || queue->is_claiming || ready > prefetch / 2 || find_startable (self, queue) == NULL)
    return;
  if (self->held >= self->settings.queue_limit)
    {
      if (!queue->is_hungry)
        g_queue_push_tail (&self->hungry, queue);
      queue->is_hungry = TRUE;
      return;
    }
  claim = g_new0 (Claim, 1);
  claim->dispatcher = g_object_ref (self);
  claim->queue = queue;
  claim->limit = MIN (prefetch - ready, self->settings.queue_limit - self->held);
  self->held += claim->limit;
  queue->is_claiming = TRUE;
  queue->may_have_more = FALSE;
  ulak_webhook_store_claim_async (self->store, queue->row, claim->limit, claimed_cb, claim);
}

static void
feed_hungry (UlakDispatcher *self)
{
  guint length = g_queue_get_length (&self->hungry);

  for (guint i = 0; i < length && self->held < self->settings.queue_limit; i++)
    {
      Queue *queue = g_queue_pop_head (&self->hungry);

      queue->is_hungry = FALSE;
      look_at (self, queue);
    }
}

static void
count_account (UlakDispatcher *self, const char *account, int change)
{
  int count = GPOINTER_TO_INT (g_hash_table_lookup (self->per_account, account)) + change;

  g_hash_table_insert (self->per_account, g_strdup (account), GINT_TO_POINTER (count));
}

static UlakOutcome *
judge (UlakDispatcher *self, UlakDelivery *delivery, UlakAttempt *attempt)
{
  UlakEndpoint *endpoint = ulak_endpoints_find_row (self->endpoints, delivery->endpoint);
  UlakScheduleKind kind = endpoint != NULL ? endpoint->schedule : ULAK_SCHEDULE_DEFAULT;
  gint64 now_us = ulak_clock_get_wall_us (self->clock);
  UlakOutcome *outcome = g_new0 (UlakOutcome, 1);
  gint64 wait_us = 0;

  outcome->delivery = delivery;
  outcome->attempt = attempt;
  outcome->verdict = ulak_schedule_judge (kind, &self->settings.schedule, attempt,
                                          delivery->attempts + (attempt->is_counted ? 1 : 0), delivery->failures + 1,
                                          now_us - delivery->created_us, self->random, &wait_us);
  outcome->due_us = now_us + wait_us;
  outcome->unblock_us = now_us + self->settings.head_block_max_us;
  return outcome;
}

typedef struct
{
  UlakDispatcher *dispatcher; /* (owned) */
  Queue *queue;               /* unowned, lives as long */
  UlakDelivery *delivery;     /* (owned) */
} Sending;

static void
finish_drain (UlakDispatcher *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->drain == NULL || g_hash_table_size (self->in_flight) > 0 || ulak_outcomes_count (self->outcomes) > 0)
    return;
  task = g_steal_pointer (&self->drain);
  g_task_return_boolean (task, TRUE);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Sending *sending = user_data;
  g_autoptr (UlakDispatcher) self = sending->dispatcher;
  UlakDelivery *delivery = sending->delivery;
  UlakAttempt *attempt = ulak_sender_send_finish (ULAK_SENDER (source), result);
  UlakOutcome *outcome = judge (self, delivery, attempt);

  sending->queue->in_flight--;
  g_hash_table_remove (self->in_flight, &delivery->number);
  count_account (self, delivery->event->account, -1);
  sending->queue->is_gone = sending->queue->is_gone || outcome->verdict == ULAK_VERDICT_DISABLE;
  ulak_outcomes_commit (self->outcomes, outcome);
  join_round (self, sending->queue);
  look_at (self, sending->queue);
  pump (self);
}

static void
send_one (UlakDispatcher *self, Queue *queue, UlakEndpoint *endpoint)
{
  UlakDelivery *delivery = g_queue_pop_head (&queue->ready);
  g_autofree char *body = ulak_event_print (delivery->event);
  UlakWebhookRequest request = { delivery->event->id, body, delivery->attempts + 1, delivery->event->sequence,
                                 delivery->is_late };
  Sending *sending = g_new0 (Sending, 1);

  sending->dispatcher = g_object_ref (self);
  sending->queue = queue;
  sending->delivery = delivery;
  queue->in_flight++;
  g_hash_table_add (self->in_flight, g_memdup2 (&delivery->number, sizeof delivery->number));
  count_account (self, delivery->event->account, 1);
  ulak_sender_send_async (self->sender, endpoint, &request, sent_cb, sending);
}

/* Starts requests, one endpoint after the other, while there is room for more. */
static void
pump (UlakDispatcher *self)
{
  while (self->is_running && g_hash_table_size (self->in_flight) < self->settings.max_in_flight)
    {
      Queue *queue = g_queue_pop_head (&self->round);
      UlakEndpoint *endpoint;

      if (queue == NULL)
        break;
      queue->is_in_round = FALSE;
      if (g_queue_is_empty (&queue->ready) || queue->in_flight >= self->settings.concurrency)
        continue;
      endpoint = find_startable (self, queue);
      if (endpoint == NULL)
        {
          release_ready (self, queue);
          queue->may_have_more = TRUE; /* for when it is enabled again */
          continue;
        }
      send_one (self, queue, endpoint);
      join_round (self, queue);
      look_at (self, queue);
    }
}

static void
count_end (UlakDispatcher *self, const UlakOutcome *outcome, const char *word)
{
  const char *type = outcome->delivery->event->type;
  gint64 age_us = ulak_clock_get_wall_us (self->clock) - outcome->delivery->created_us;

  ulak_metrics_add (self->metrics, "wp_panel_webhook_deliveries_total", ULAK_LABELS (type, word), 1);
  if (outcome->verdict != ULAK_VERDICT_RETRY)
    ulak_metrics_observe (self->metrics, "wp_panel_webhook_delivery_duration_seconds", ULAK_LABELS (type, word),
                          (double) MAX (age_us, 0) / G_USEC_PER_SEC);
}

static void
log_dead (const UlakOutcome *outcome, const UlakEndpoint *endpoint)
{
  const UlakDelivery *delivery = outcome->delivery;
  g_autofree char *id = ulak_delivery_id_new (delivery->number, delivery->created_us);
  const char *endpoint_id = endpoint != NULL ? endpoint->id : "";

  ulak_log_warning (ULAK_MESSAGE_DELIVERY_DEAD,
                    ULAK_FIELDS (ULAK_FIELD_DELIVERY_ID, id, ULAK_FIELD_EVENT_ID, delivery->event->id,
                                 ULAK_FIELD_ENDPOINT_ID, endpoint_id, ULAK_FIELD_ACCOUNT, delivery->event->account),
                    "Delivery %s of event %s to endpoint %s is a dead letter after %u attempts: %s", id, delivery->event->id,
                    endpoint_id, delivery->attempts + (outcome->attempt->is_counted ? 1 : 0), outcome->attempt->error);
}

typedef struct
{
  UlakDispatcher *dispatcher; /* (owned) */
  Queue *queue;               /* unowned, lives as long */
} Disabling;

static void
disabled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Disabling *disabling = user_data;
  g_autoptr (UlakDispatcher) self = disabling->dispatcher;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);

  if (endpoint != NULL)
    {
      ulak_log_warning (ULAK_MESSAGE_ENDPOINT_DISABLED, ULAK_FIELDS (ULAK_FIELD_ENDPOINT_ID, endpoint->id),
                        "Endpoint %s is disabled: %s", endpoint->id, endpoint->disabled_reason);
      g_signal_emit (self, signals[SIGNAL_DISABLED], 0, endpoint);
    }
  else /* the next delivery gets the same answer and tries it again */
    ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL, "database error: an endpoint cannot be disabled: %s",
                      error->message);
  disabling->queue->is_disabling = FALSE;
  disabling->queue->is_gone = FALSE;
  look_at (self, disabling->queue);
}

static void
disable (UlakDispatcher *self, const UlakEndpoint *endpoint)
{
  Queue *queue = endpoint != NULL ? get_queue (self, endpoint->row) : NULL;
  Disabling *disabling;

  if (queue == NULL || queue->is_disabling || !endpoint->is_enabled)
    return;
  queue->is_disabling = TRUE;
  disabling = g_new0 (Disabling, 1);
  disabling->dispatcher = g_object_ref (self);
  disabling->queue = queue;
  ulak_endpoints_disable_async (self->endpoints, endpoint->id, "The receiver answered 410 Gone", disabled_cb, disabling);
}

static void
committed_cb (const UlakOutcome *outcome, gpointer user_data)
{
  UlakDispatcher *self = user_data;
  UlakEndpoint *endpoint = ulak_endpoints_find_row (self->endpoints, outcome->delivery->endpoint);

  self->held--;
  switch (outcome->verdict)
    {
    case ULAK_VERDICT_DELIVERED:
      count_end (self, outcome, "success");
      break;
    case ULAK_VERDICT_RETRY:
      count_end (self, outcome, "error");
      break;
    case ULAK_VERDICT_DISABLE:
      disable (self, endpoint);
      G_GNUC_FALLTHROUGH;
    case ULAK_VERDICT_DEAD:
      count_end (self, outcome, "dropped");
      ulak_metrics_add (self->metrics, "ulak_dead_letters_total", ULAK_NO_LABELS, 1);
      log_dead (outcome, endpoint);
      break;
    }
  feed_hungry (self);
  finish_drain (self);
}

static void
due_cb (GObject *emitter G_GNUC_UNUSED, gint64 row, gpointer user_data)
{
  UlakDispatcher *self = user_data;
  Queue *queue = get_queue (self, row);

  queue->may_have_more = TRUE;
  look_at (self, queue);
}

static void
changed_cb (UlakEndpoints *endpoints G_GNUC_UNUSED, gint64 row, gpointer user_data)
{
  get_queue (user_data, row)->is_gone = FALSE;
  due_cb (NULL, row, user_data);
}

/**
 * ulak_dispatcher_new:
 * @parts: what it works with; referenced
 *
 * Returns: (transfer full): a dispatcher that must be configured and started
 */
UlakDispatcher *
ulak_dispatcher_new (const UlakDispatcherParts *parts)
{
  UlakDispatcher *self = g_object_new (ULAK_TYPE_DISPATCHER, NULL);

  self->store = g_object_ref (parts->store);
  self->endpoints = g_object_ref (parts->endpoints);
  self->sender = g_object_ref (parts->sender);
  self->clock = g_object_ref (parts->clock);
  self->random = g_object_ref (parts->random);
  self->metrics = ulak_metrics_ref (parts->metrics);
  ulak_metrics_add (self->metrics, "ulak_dead_letters_total", ULAK_NO_LABELS, 0); /* 0 is there to be alerted on */
  self->outcomes = ulak_outcomes_new (self->store, self->clock, committed_cb, self);
  return self;
}

void
ulak_dispatcher_configure (UlakDispatcher *self, const UlakDispatcherSettings *settings)
{
  self->settings = *settings;
}

/**
 * ulak_dispatcher_start:
 * @self: a dispatcher whose endpoints are loaded
 *
 * Looks once at each endpoint's queue and from then on at those of which the store or the endpoints speak.
 */
void
ulak_dispatcher_start (UlakDispatcher *self)
{
  GPtrArray *all = ulak_endpoints_get_all (self->endpoints);

  self->is_running = TRUE;
  g_signal_connect (self->store, "due", G_CALLBACK (due_cb), self);
  g_signal_connect (self->endpoints, "changed", G_CALLBACK (changed_cb), self);
  for (guint i = 0; i < all->len; i++)
    due_cb (NULL, ((UlakEndpoint *) g_ptr_array_index (all, i))->row, self);
}

void
ulak_dispatcher_drain_async (UlakDispatcher *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GHashTableIter iter;
  gpointer queue;

  g_return_if_fail (self->drain == NULL);

  self->drain = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->drain, ulak_dispatcher_drain_async);
  self->is_running = FALSE;
  g_hash_table_iter_init (&iter, self->queues);
  while (g_hash_table_iter_next (&iter, NULL, &queue))
    {
      ulak_clock_clear_timer (self->clock, &((Queue *) queue)->timer);
      release_ready (self, queue);
    }
  finish_drain (self);
}

gboolean
ulak_dispatcher_drain_finish (UlakDispatcher *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

guint
ulak_dispatcher_count_in_flight (UlakDispatcher *self)
{
  return g_hash_table_size (self->in_flight);
}

gboolean
ulak_dispatcher_is_in_flight (UlakDispatcher *self, gint64 number)
{
  return g_hash_table_contains (self->in_flight, &number);
}

gboolean
ulak_dispatcher_is_stuck (UlakDispatcher *self)
{
  return ulak_outcomes_is_stuck (self->outcomes);
}

static void
set_queue_size (const char *account, guint64 pending, gpointer user_data)
{
  ulak_metrics_set (user_data, "wp_panel_webhook_queue_size", ULAK_LABELS (account), (double) pending);
}

/**
 * ulak_dispatcher_refresh_metrics:
 * @self: a dispatcher
 *
 * Brings the gauges up to date. Nothing is counted in the database for it.
 */
void
ulak_dispatcher_refresh_metrics (UlakDispatcher *self)
{
  GHashTableIter iter;
  gpointer account, count;

  ulak_webhook_store_foreach_pending (self->store, set_queue_size, self->metrics);
  g_hash_table_iter_init (&iter, self->per_account);
  while (g_hash_table_iter_next (&iter, &account, &count))
    ulak_metrics_set (self->metrics, "wp_panel_webhook_in_flight", ULAK_LABELS (account), GPOINTER_TO_INT (count));
}
