/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/upkeep.h"

#include "core/log.h"
#include "core/messages.h"

#define RETAIN_EVERY_US (60 * G_USEC_PER_SEC)
#define STEP_PAUSE_US (20 * 1000)

/* No head can begin to block unseen for longer than this, whatever the setting. */
#define UNBLOCK_EVERY_US (10 * G_USEC_PER_SEC)

struct _UlakUpkeep
{
  GObject parent_instance;

  UlakWebhookStore *store; /* (owned) */
  UlakClock *clock;        /* (owned) */
  UlakMetrics *metrics;    /* (owned) */
  UlakRetention retention;
  gint64 unblock_every_us;
  gint64 offset_us;   /* see ulak_clock_take_set_back_us() */
  gint64 set_back_us; /* not yet told to the store */
  gint64 retain_started_us;
  guint retain_timer;
  guint unblock_timer;
  gboolean is_retaining;
  gboolean has_more; /* the run goes on with another step */
  gboolean is_running;
};

G_DEFINE_FINAL_TYPE (UlakUpkeep, ulak_upkeep, G_TYPE_OBJECT)

static void
ulak_upkeep_dispose (GObject *object)
{
  UlakUpkeep *self = ULAK_UPKEEP (object);

  if (self->clock != NULL)
    ulak_upkeep_stop (self);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->metrics, ulak_metrics_unref);
  G_OBJECT_CLASS (ulak_upkeep_parent_class)->dispose (object);
}

static void
ulak_upkeep_class_init (UlakUpkeepClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ulak_upkeep_dispose;
}

static void
ulak_upkeep_init (UlakUpkeep *self G_GNUC_UNUSED)
{
}

UlakUpkeep *
ulak_upkeep_new (UlakWebhookStore *store, UlakClock *clock, UlakMetrics *metrics)
{
  UlakUpkeep *self = g_object_new (ULAK_TYPE_UPKEEP, NULL);

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->metrics = ulak_metrics_ref (metrics);
  return self;
}

/**
 * ulak_upkeep_configure:
 * @self: the upkeep
 * @retention: how old events and deliveries may become
 * @head_block_max_us: how long a head may block; short ones are looked for more often
 */
void
ulak_upkeep_configure (UlakUpkeep *self, const UlakRetention *retention, gint64 head_block_max_us)
{
  self->retention = *retention;
  self->unblock_every_us = CLAMP (head_block_max_us / 10, G_USEC_PER_SEC / 4, UNBLOCK_EVERY_US);
}

static void retain_cb (gpointer user_data);
static void unblock_cb (gpointer user_data);

static void
retain_after (UlakUpkeep *self, gint64 delay_us)
{
  ulak_clock_clear_timer (self->clock, &self->retain_timer);
  if (self->is_running)
    self->retain_timer = ulak_clock_add_timer (self->clock, delay_us, retain_cb, self);
}

static void
unblock_after (UlakUpkeep *self, gint64 delay_us)
{
  ulak_clock_clear_timer (self->clock, &self->unblock_timer);
  if (self->is_running)
    self->unblock_timer = ulak_clock_add_timer (self->clock, delay_us, unblock_cb, self);
}

/* The job is the event log's, of no account. */
static void
count_run (UlakUpkeep *self, const char *outcome)
{
  double seconds = (double) (ulak_clock_get_monotonic_us (self->clock) - self->retain_started_us) / G_USEC_PER_SEC;

  ulak_metrics_add (self->metrics, "wp_panel_background_job_runs_total", ULAK_LABELS ("", "event_cleanup", outcome), 1);
  ulak_metrics_observe (self->metrics, "wp_panel_background_job_duration_seconds",
                        ULAK_LABELS ("", "event_cleanup", outcome), seconds);
}

static void
count_expired (UlakUpkeep *self, GStrv types)
{
  guint n = g_strv_length (types);

  if (n == 0)
    return;
  for (guint i = 0; i < n; i++)
    {
      ulak_metrics_add (self->metrics, "wp_panel_webhook_deliveries_total", ULAK_LABELS (types[i], "dropped"), 1);
      ulak_metrics_observe (self->metrics, "wp_panel_webhook_delivery_duration_seconds", ULAK_LABELS (types[i], "dropped"),
                            (double) self->retention.delivery_max_age_us / G_USEC_PER_SEC);
    }
  ulak_metrics_add (self->metrics, "ulak_dead_letters_total", ULAK_NO_LABELS, n);
  ulak_log_warning (ULAK_MESSAGE_DELIVERY_DEAD, NULL,
                    "%u deliveries are dead letters: they waited for longer than [webhooks] delivery_max_age_days", n);
}

static void
retained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakUpkeep) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean more = FALSE;
  g_auto (GStrv) expired_types = NULL;

  self->is_retaining = FALSE;
  if (!ulak_webhook_store_retain_finish (ULAK_WEBHOOK_STORE (source), result, &more, &expired_types, &error))
    ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL, "database error: old events cannot be forgotten: %s",
                      error->message);
  else
    count_expired (self, expired_types);
  self->has_more = more;
  if (!more)
    count_run (self, error == NULL ? "success" : "error");
  retain_after (self, more ? STEP_PAUSE_US : RETAIN_EVERY_US);
}

static void
retain_cb (gpointer user_data)
{
  UlakUpkeep *self = user_data;

  self->retain_timer = 0;
  if (self->is_retaining)
    return;
  self->is_retaining = TRUE;
  if (!self->has_more)
    self->retain_started_us = ulak_clock_get_monotonic_us (self->clock);
  ulak_webhook_store_retain_async (self->store, &self->retention, retained_cb, g_object_ref (self));
}

static void
unblocked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakUpkeep) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean more = FALSE;

  if (!ulak_webhook_store_unblock_finish (ULAK_WEBHOOK_STORE (source), result, &more, &error))
    ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL, "database error: the webhook queue cannot be looked through: %s",
                      error->message);
  else
    self->set_back_us = 0;
  unblock_after (self, more ? STEP_PAUSE_US : self->unblock_every_us);
}

static void
unblock_cb (gpointer user_data)
{
  UlakUpkeep *self = user_data;

  self->unblock_timer = 0;
  self->set_back_us += ulak_clock_take_set_back_us (self->clock, &self->offset_us);
  ulak_webhook_store_unblock_async (self->store, self->set_back_us, unblocked_cb, g_object_ref (self));
}

void
ulak_upkeep_start (UlakUpkeep *self)
{
  self->is_running = TRUE;
  ulak_clock_take_set_back_us (self->clock, &self->offset_us);
  retain_after (self, G_USEC_PER_SEC); /* after the rush of the start */
  unblock_after (self, STEP_PAUSE_US);
}

void
ulak_upkeep_stop (UlakUpkeep *self)
{
  self->is_running = FALSE;
  ulak_clock_clear_timer (self->clock, &self->retain_timer);
  ulak_clock_clear_timer (self->clock, &self->unblock_timer);
}

void
ulak_upkeep_retain_soon (UlakUpkeep *self)
{
  if (!self->is_retaining)
    retain_after (self, STEP_PAUSE_US);
}
