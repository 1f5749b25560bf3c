/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/cloud-watch.h"

#include "core/backoff.h"

struct _UlakCloudWatch
{
  GObject parent_instance;

  UlakClock *clock;   /* (owned) */
  UlakRandom *random; /* (owned) */
  UlakCloudWatchFunc report;
  gpointer user_data;

  UlakGraphClient *client; /* (owned) (nullable): only between start and stop */
  char *phone_number_id;   /* (owned) (nullable) */
  GCancellable *stopping;  /* (owned) (nullable): of the current start */
  guint timer;
  guint failures; /* unreachable in a row */
  gboolean is_asking;
  gboolean is_final; /* only a new start ends it */
};

G_DEFINE_FINAL_TYPE (UlakCloudWatch, ulak_cloud_watch, G_TYPE_OBJECT)

static const UlakBackoff backoff = { 1000, ULAK_CLOUD_WATCH_INTERVAL_MS, 10 };

static void ask (UlakCloudWatch *self);

static void
timer_cb (gpointer user_data)
{
  UlakCloudWatch *self = user_data;

  self->timer = 0;
  ask (self);
}

static void
ask_in (UlakCloudWatch *self, gint64 delay_ms)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  self->timer = ulak_clock_add_timer (self->clock, delay_ms * 1000, timer_cb, self);
}

static void
report (UlakCloudWatch *self, UlakLineState state, const UlakSendResult *result)
{
  if (result == NULL || state == ULAK_LINE_STATE_READY)
    self->report (state, NULL, "The network knows number and token", self->user_data);
  else
    self->report (state, result->error_code, result->error_message, self->user_data);
}

static void
be_final (UlakCloudWatch *self, UlakLineState state, const UlakSendResult *result)
{
  self->is_final = TRUE;
  ulak_clock_clear_timer (self->clock, &self->timer);
  report (self, state, result);
}

static void
be_failed (UlakCloudWatch *self, const UlakSendResult *result)
{
  report (self, ULAK_LINE_STATE_FAILED, result);
  ask_in (self, ULAK_CLOUD_WATCH_INTERVAL_MS);
}

static void
be_unreachable (UlakCloudWatch *self, const UlakSendResult *result)
{
  report (self, ULAK_LINE_STATE_DISCONNECTED, result);
  self->failures++;
  ask_in (self, MAX (ulak_backoff_next_ms (&backoff, self->failures, self->random), result->retry_after_ms));
}

static void
be_ready (UlakCloudWatch *self)
{
  self->failures = 0;
  report (self, ULAK_LINE_STATE_READY, NULL);
  ask_in (self, ULAK_CLOUD_WATCH_INTERVAL_MS);
}

/* Any refusal of this question means that the line cannot work; only faults that pass count as unreachable. */
static void
take_answer (UlakCloudWatch *self, const UlakJudgement *judgement)
{
  switch (judgement->verdict)
    {
    case ULAK_VERDICT_GOOD:
      be_ready (self);
      break;
    case ULAK_VERDICT_DOUBTFUL:
    case ULAK_VERDICT_UNREACHABLE:
      be_unreachable (self, judgement->result);
      break;
    case ULAK_VERDICT_NONE:
      if (judgement->result->outcome == ULAK_SEND_FAILED)
        be_failed (self, judgement->result);
      else
        be_unreachable (self, judgement->result);
      break;
    case ULAK_VERDICT_TOKEN:
      be_failed (self, judgement->result);
      break;
    case ULAK_VERDICT_FAILED:
      be_final (self, ULAK_LINE_STATE_FAILED, judgement->result);
      break;
    case ULAK_VERDICT_BANNED:
      be_final (self, ULAK_LINE_STATE_BANNED, judgement->result);
      break;
    }
}

typedef struct
{
  UlakCloudWatch *self;   /* (owned) */
  GCancellable *stopping; /* (owned): tells answers of an earlier start */
} Question;

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autoptr (UlakCloudWatch) self = question->self;
  g_autoptr (GCancellable) stopping = question->stopping;
  g_autoptr (UlakGraphAnswer) answer = ulak_graph_client_call_finish (ULAK_GRAPH_CLIENT (source), result);
  g_autoptr (UlakJudgement) judgement = NULL;

  if (stopping != self->stopping)
    return;

  self->is_asking = FALSE;
  if (self->is_final)
    return;
  judgement = ulak_judgement_new (answer, ulak_clock_get_wall_us (self->clock));
  take_answer (self, judgement);
}

static void
ask (UlakCloudWatch *self)
{
  g_autofree char *path = NULL;
  Question *question;

  if (self->client == NULL || self->is_asking || self->is_final)
    return;

  path = g_strdup_printf ("%s?fields=id,display_phone_number,verified_name,quality_rating", self->phone_number_id);
  question = g_new0 (Question, 1);
  question->self = g_object_ref (self);
  question->stopping = g_object_ref (self->stopping);
  self->is_asking = TRUE;
  ulak_clock_clear_timer (self->clock, &self->timer);
  ulak_graph_client_get_async (self->client, path, self->stopping, answered_cb, question);
}

/**
 * ulak_cloud_watch_note:
 * @judgement: what a send or another call came to
 *
 * A fault that such a call met is believed at once; that Graph works again is learnt by asking.
 */
void
ulak_cloud_watch_note (UlakCloudWatch *self, const UlakJudgement *judgement)
{
  if (self->client == NULL || self->is_final)
    return;

  switch (judgement->verdict)
    {
    case ULAK_VERDICT_NONE:
    case ULAK_VERDICT_GOOD:
      break;
    case ULAK_VERDICT_DOUBTFUL:
      ask (self);
      break;
    case ULAK_VERDICT_UNREACHABLE:
      if (self->failures == 0)
        be_unreachable (self, judgement->result);
      break;
    case ULAK_VERDICT_TOKEN:
    case ULAK_VERDICT_FAILED:
    case ULAK_VERDICT_BANNED:
      take_answer (self, judgement);
      break;
    }
}

/** ulak_cloud_watch_token_changed: the secret may have another value: asked with it at once */
void
ulak_cloud_watch_token_changed (UlakCloudWatch *self)
{
  if (self->client == NULL)
    return;

  ulak_graph_client_forget_token (self->client);
  ask (self);
}

/** ulak_cloud_watch_start: also starts anew, with another client or number */
void
ulak_cloud_watch_start (UlakCloudWatch *self, UlakGraphClient *client, const char *phone_number_id)
{
  ulak_cloud_watch_stop (self);
  self->client = g_object_ref (client);
  self->phone_number_id = g_strdup (phone_number_id);
  self->stopping = g_cancellable_new ();
  self->failures = 0;
  self->is_final = FALSE;
  ask (self);
}

/** ulak_cloud_watch_stop: nothing is reported any more */
void
ulak_cloud_watch_stop (UlakCloudWatch *self)
{
  g_autoptr (GCancellable) stopping = g_steal_pointer (&self->stopping);

  self->is_asking = FALSE;
  ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_object (&self->client);
  g_clear_pointer (&self->phone_number_id, g_free);
  if (stopping != NULL)
    g_cancellable_cancel (stopping);
}

static void
ulak_cloud_watch_dispose (GObject *object)
{
  UlakCloudWatch *self = ULAK_CLOUD_WATCH (object);

  if (self->clock != NULL)
    ulak_cloud_watch_stop (self);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_cloud_watch_parent_class)->dispose (object);
}

static void
ulak_cloud_watch_class_init (UlakCloudWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_cloud_watch_dispose;
}

static void
ulak_cloud_watch_init (UlakCloudWatch *self G_GNUC_UNUSED)
{
}

/** ulak_cloud_watch_new: @report: told of every state, also of the one that it was told before */
UlakCloudWatch *
ulak_cloud_watch_new (UlakClock *clock, UlakRandom *random, UlakCloudWatchFunc report_func, gpointer user_data)
{
  UlakCloudWatch *self = g_object_new (ULAK_TYPE_CLOUD_WATCH, NULL);

  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->report = report_func;
  self->user_data = user_data;
  return self;
}
