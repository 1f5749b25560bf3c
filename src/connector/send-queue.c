/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Every change ends in ulak_send_queue_turn(), which does all that can be done now and sets one timer for the rest.
 */
#include "connector/send-queue-private.h"

/* The wall clock may be set back: no wait trusts it for longer. */
#define WAIT_MAX_US (60 * G_USEC_PER_SEC)
/* After a fault of the database. */
#define FAULT_PAUSE_US G_USEC_PER_SEC

G_DEFINE_FINAL_TYPE (UlakSendQueue, ulak_send_queue, G_TYPE_OBJECT)

static void
ulak_send_queue_dispose (GObject *object)
{
  UlakSendQueue *self = ULAK_SEND_QUEUE (object);

  if (self->clock != NULL)
    ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_pointer (&self->window, g_ptr_array_unref);
  g_clear_pointer (&self->chats, g_hash_table_unref);
  g_clear_pointer (&self->pace, ulak_pace_free);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_clear_pointer (&self->metrics, ulak_metrics_unref);
  g_clear_object (&self->backend);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_send_queue_parent_class)->dispose (object);
}

static void
ulak_send_queue_class_init (UlakSendQueueClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_send_queue_dispose;
}

static void
ulak_send_queue_init (UlakSendQueue *self)
{
  self->window = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_lane_head_free);
  self->chats = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->next_due_us = ULAK_NEVER_US;
  self->next_expiry_us = ULAK_NEVER_US;
  self->wants_list = TRUE;
}

gint64
ulak_send_queue_wall_us (UlakSendQueue *self)
{
  return ulak_clock_get_wall_us (self->clock);
}

gint64
ulak_send_queue_monotonic_us (UlakSendQueue *self)
{
  return ulak_clock_get_monotonic_us (self->clock);
}
void
ulak_send_queue_pause_after (UlakSendQueue *self, const GError *error)
{
  if (error != NULL && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND))
    self->pause_until_us = ulak_send_queue_monotonic_us (self) + FAULT_PAUSE_US;
}
static void
expired_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;

  self->is_expiring = FALSE;
  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_send_queue_pause_after (self, error);
  self->wants_list = TRUE;
  ulak_send_queue_turn (self);
}

static void
shifted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;

  self->is_shifting = FALSE;
  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_send_queue_pause_after (self, error);
  else
    self->set_back_us = 0;
  self->wants_list = TRUE;
  ulak_send_queue_turn (self);
}

/* Times to come are wall clock, so that they survive a restart. */
static void
follow_clock (UlakSendQueue *self)
{
  gint64 step_us = self->is_shifting ? 0 : ulak_clock_take_set_back_us (self->clock, &self->offset_us);

  self->line_until_us -= step_us;
  self->cold_until_us -= step_us;
  self->set_back_us += step_us;
  if (self->set_back_us == 0 || self->is_shifting)
    return;
  self->is_shifting = TRUE;
  ulak_line_store_set_back_async (self->store, self->set_back_us, shifted_cb, g_object_ref (self));
}
/* --- the turn --- */

const char *
ulak_send_queue_get_hold (UlakSendQueue *self, gint64 *until_us_out)
{
  gint64 now_us = ulak_send_queue_wall_us (self);

  if (until_us_out != NULL)
    *until_us_out = 0;
  if (!self->is_ready)
    return "disconnected";
  if (self->line_until_us <= now_us)
    return NULL;
  if (until_us_out != NULL)
    *until_us_out = self->line_until_us;
  return "retry";
}

static void
wake_at (gint64 *wake_us, gint64 at_us)
{
  *wake_us = MIN (*wake_us, at_us);
}

static void
timer_cb (gpointer user_data)
{
  UlakSendQueue *self = user_data;

  self->timer = 0;
  if (self->next_due_us <= ulak_send_queue_wall_us (self))
    {
      self->next_due_us = ULAK_NEVER_US;
      self->wants_list = TRUE;
    }
  ulak_send_queue_turn (self);
}

static void
set_timer (UlakSendQueue *self, gint64 wake_us)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  if (wake_us != ULAK_NEVER_US)
    self->timer = ulak_clock_add_timer (self->clock, CLAMP (wake_us - ulak_send_queue_wall_us (self), 0, WAIT_MAX_US), timer_cb, self);
}

static void
end_drain (UlakSendQueue *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->in_flight > 0 || self->draining == NULL)
    return;
  task = g_steal_pointer (&self->draining);
  g_task_return_boolean (task, TRUE);
}

void
ulak_send_queue_turn (UlakSendQueue *self)
{
  gint64 wake_us = ULAK_NEVER_US;
  gint64 until_us;
  const char *hold;

  if (self->is_draining)
    {
      ulak_clock_clear_timer (self->clock, &self->timer);
      end_drain (self);
      return;
    }
  if (self->backend == NULL)
    return;
  if (self->pause_until_us > ulak_send_queue_monotonic_us (self))
    {
      set_timer (self, ulak_send_queue_wall_us (self) + self->pause_until_us - ulak_send_queue_monotonic_us (self));
      return;
    }
  follow_clock (self);
  hold = ulak_send_queue_get_hold (self, &until_us);
  if (hold != NULL)
    ulak_send_queue_show_hold (self, hold, until_us, &wake_us);
  else
    ulak_send_queue_move_heads (self, &wake_us);
  if (self->next_expiry_us <= ulak_send_queue_wall_us (self) && !self->is_expiring)
    {
      self->is_expiring = TRUE;
      self->next_expiry_us = ULAK_NEVER_US;
      ulak_line_store_expire_async (self->store, expired_cb, g_object_ref (self));
    }
  if (self->wants_list && !self->is_listing)
    ulak_send_queue_list (self);
  wake_at (&wake_us, self->next_due_us);
  wake_at (&wake_us, self->next_expiry_us);
  set_timer (self, wake_us);
}

/* --- for the line --- */

static void
set_pace (UlakSendQueue *self, const UlakLineSettings *settings)
{
  UlakPaceLimits limits = {
    .rate_per_second = settings->rate_per_second,
    .rate_per_minute = settings->rate_per_minute,
    .pair_interval_ms = settings->pair_interval_ms,
    .pair_burst = settings->pair_burst,
    .contact_interval_ms = settings->new_contact_interval_s * 1000,
  };

  if (self->pace == NULL)
    self->pace = ulak_pace_new (&limits);
  else
    ulak_pace_set_limits (self->pace, &limits);
}

/** ulak_send_queue_new: nothing is sent before a backend is set and the line is ready */
UlakSendQueue *
ulak_send_queue_new (UlakLineStore *store,
                     UlakClock *clock,
                     UlakRandom *random,
                     UlakMetrics *metrics,
                     const UlakSendQueueOptions *options)
{
  UlakSendQueue *self = g_object_new (ULAK_TYPE_SEND_QUEUE, NULL);
  UlakLineSettings settings;

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->metrics = ulak_metrics_ref (metrics);
  self->options = *options;
  self->zone = g_time_zone_new_local ();
  self->unready_since_us = ulak_send_queue_monotonic_us (self);
  ulak_line_settings_init (&settings);
  set_pace (self, &settings);
  return self;
}

void
ulak_send_queue_set_backend (UlakSendQueue *self, UlakBackend *backend)
{
  g_set_object (&self->backend, backend);
  ulak_send_queue_turn (self);
}

void
ulak_send_queue_apply_settings (UlakSendQueue *self, const UlakLineSettings *settings)
{
  self->holds_unknown = settings->holds_unknown;
  self->quiet_hours = settings->quiet_hours;
  set_pace (self, settings);
  ulak_send_queue_turn (self);
}

void
ulak_send_queue_set_ready (UlakSendQueue *self, gboolean is_ready)
{
  if (self->is_ready == is_ready)
    return;
  self->is_ready = is_ready;
  self->unready_since_us = ulak_send_queue_monotonic_us (self);
  ulak_send_queue_turn (self);
}

void
ulak_send_queue_kick (UlakSendQueue *self)
{
  self->wants_list = TRUE;
  ulak_send_queue_turn (self);
}

static void
retried_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakSendQueue) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_send_queue_pause_after (self, error);
  ulak_send_queue_kick (self);
}

void
ulak_send_queue_retry_held (UlakSendQueue *self, const char *reason)
{
  if (g_strcmp0 (reason, self->cold_reason) == 0)
    self->cold_until_us = 0;
  ulak_line_store_retry_held_async (self->store, reason, retried_cb, g_object_ref (self));
}

guint
ulak_send_queue_get_in_flight (UlakSendQueue *self)
{
  return self->in_flight;
}

void
ulak_send_queue_drain_async (UlakSendQueue *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (!self->is_draining);

  self->is_draining = TRUE;
  self->draining = g_task_new (self, NULL, callback, user_data);
  ulak_send_queue_turn (self);
}

gboolean
ulak_send_queue_drain_finish (UlakSendQueue *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
