/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Read, submit, again; any fault leads to the timer. What was submitted is forgotten from time to time.
 */
#include "connector/outbox-pump.h"

#include "core/backoff.h"
#include "core/context.h"
#include "core/error.h"
#include "core/log.h"
#include "core/names.h"

#include <string.h>

#define BATCH_EVENTS 500 /* what Webhooks1.Submit takes */
#define BATCH_BYTES (1024 * 1024)
#define CALL_TIMEOUT_MS 30000
#define FORGET_US (200 * 1000)

static const UlakBackoff backoff = { 200, 5000, 20 };

struct _UlakOutboxPump
{
  GObject parent_instance;

  UlakLineStore *store;        /* (owned) */
  GDBusConnection *connection; /* (owned) */
  UlakClock *clock;            /* (owned) */
  UlakRandom *random;          /* (owned) */
  char *account;               /* (owned) */
  gulong events_handler;
  gboolean has_news; /* events that were not read yet */
  gboolean is_busy;
  gboolean is_started;
  guint failures;    /* in a row */
  gboolean is_picky; /* a batch was called wrong: one event at a time, to know which */
  char *fault;       /* (owned) (nullable) */
  guint timer;
  gint64 submitted;  /* the log has all up to this number */
  gint64 forgotten;  /* and up to this one they are gone */
  gboolean is_forgetting;
  guint forget_timer;
  GTask *draining; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (UlakOutboxPump, ulak_outbox_pump, G_TYPE_OBJECT)

static void pump (UlakOutboxPump *self);

static void
clear_timers (UlakOutboxPump *self)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  ulak_clock_clear_timer (self->clock, &self->forget_timer);
}

static void
ulak_outbox_pump_dispose (GObject *object)
{
  UlakOutboxPump *self = ULAK_OUTBOX_PUMP (object);

  if (self->clock != NULL)
    clear_timers (self);
  g_clear_signal_handler (&self->events_handler, self->store);
  g_clear_object (&self->store);
  g_clear_object (&self->connection);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_object (&self->draining);
  g_clear_pointer (&self->account, g_free);
  g_clear_pointer (&self->fault, g_free);
  G_OBJECT_CLASS (ulak_outbox_pump_parent_class)->dispose (object);
}

static void
ulak_outbox_pump_class_init (UlakOutboxPumpClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_outbox_pump_dispose;
}

static void
ulak_outbox_pump_init (UlakOutboxPump *self G_GNUC_UNUSED)
{
}

static void
end_drain (UlakOutboxPump *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->draining);

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
timer_cb (gpointer user_data)
{
  UlakOutboxPump *self = user_data;

  self->timer = 0;
  pump (self);
}

static void
rest_after (UlakOutboxPump *self, const GError *error)
{
  self->is_busy = FALSE;
  self->has_news = TRUE;
  self->failures++;
  g_free (self->fault);
  self->fault = g_strdup (error->message);
  if (self->failures == 1)
    ulak_log_warning (NULL, NULL, "The event log does not take events, they wait in the outbox: %s",
                      error->message);
  end_drain (self);
  if (self->timer == 0)
    self->timer = ulak_clock_add_timer (
        self->clock, ulak_backoff_next_ms (&backoff, self->failures, self->random) * 1000, timer_cb, self);
}

/* --- forgetting --- */

static void forget_later (UlakOutboxPump *self);

typedef struct
{
  UlakOutboxPump *self; /* (owned) */
  gint64 last_sequence;
} Batch;

static Batch *
batch_new (UlakOutboxPump *self, gint64 last_sequence)
{
  Batch *batch = g_new0 (Batch, 1);

  *batch = (Batch){ g_object_ref (self), last_sequence };
  return batch;
}

/* What cannot be forgotten now is later. */
static void
forgotten_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Batch *batch = user_data;
  g_autoptr (UlakOutboxPump) self = batch->self;
  g_autoptr (GError) error = NULL;

  self->is_forgetting = FALSE;
  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    {
      ulak_log_debug (NULL, "Events that the log has stay in the outbox: %s", error->message);
      end_drain (self);
    }
  else
    self->forgotten = batch->last_sequence;
  forget_later (self);
  pump (self);
}

static void
forget (UlakOutboxPump *self)
{
  ulak_clock_clear_timer (self->clock, &self->forget_timer);
  if (self->is_forgetting)
    return;
  self->is_forgetting = TRUE;
  ulak_line_store_forget_outbox_async (self->store, self->submitted, forgotten_cb, batch_new (self, self->submitted));
}

static void
forget_timer_cb (gpointer user_data)
{
  UlakOutboxPump *self = user_data;

  self->forget_timer = 0;
  forget (self);
}

static void
forget_later (UlakOutboxPump *self)
{
  if (self->is_started && self->forgotten < self->submitted && self->forget_timer == 0)
    self->forget_timer = ulak_clock_add_timer (self->clock, FORGET_US, forget_timer_cb, self);
}

/* --- carrying --- */

static void
note_success (UlakOutboxPump *self)
{
  if (self->failures > 0)
    ulak_log_info (NULL, "The event log takes events again");
  self->failures = 0;
  self->is_picky = FALSE;
  g_clear_pointer (&self->fault, g_free);
}

static void
submitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Batch *batch = user_data;
  g_autoptr (UlakOutboxPump) self = batch->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    {
      ulak_error_strip_remote (error);
      self->is_picky = g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID)
                       || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
      rest_after (self, error);
      return;
    }
  note_success (self);
  self->is_busy = FALSE;
  self->submitted = batch->last_sequence;
  forget_later (self);
  pump (self);
}

static GVariant *
make_batch (UlakOutboxPump *self, GPtrArray *events)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssxsay)"));
  for (guint i = 0; i < events->len; i++)
    {
      const UlakOutboxEvent *event = g_ptr_array_index (events, i);

      g_variant_builder_add (
          &builder, "(ssxs@ay)", event->id, event->type, event->timestamp_us, event->chat,
          g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, event->data, strlen (event->data), 1));
    }
  return g_variant_new ("(sa(ssxsay)@a{sv})", self->account, &builder,
                        ulak_context_make_options (self->clock, self->random));
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakOutboxPump) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean has_more;
  g_autoptr (GPtrArray) events = ulak_line_store_read_outbox_finish (ULAK_LINE_STORE (source), result, &has_more, &error);
  gint64 last;

  if (events == NULL)
    {
      rest_after (self, error);
      return;
    }
  if (events->len == 0)
    {
      self->is_busy = FALSE;
      pump (self);
      return;
    }
  self->has_news |= has_more;
  last = ((UlakOutboxEvent *) g_ptr_array_index (events, events->len - 1))->sequence;
  g_dbus_connection_call (self->connection, ULAK_BUS_NAME_WEBHOOKS, ULAK_OBJECT_PATH_WEBHOOKS,
                          ULAK_BUS_NAME_WEBHOOKS, "Submit", make_batch (self, events), G_VARIANT_TYPE ("(t)"),
                          G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT_MS, NULL, submitted_cb, batch_new (self, last));
}

/* Everything was carried: before an end it is forgotten, too. */
static void
finish (UlakOutboxPump *self)
{
  if (self->draining == NULL)
    return;
  if (self->forgotten < self->submitted)
    forget (self);
  else
    end_drain (self);
}

static void
pump (UlakOutboxPump *self)
{
  if (!self->is_started || self->is_busy || self->timer != 0)
    return;
  if (!self->has_news)
    {
      finish (self);
      return;
    }
  self->is_busy = TRUE;
  self->has_news = FALSE;
  ulak_line_store_read_outbox_async (self->store, self->submitted, self->is_picky ? 1 : BATCH_EVENTS, BATCH_BYTES, read_cb,
                                     g_object_ref (self));
}

UlakOutboxPump *
ulak_outbox_pump_new (UlakLineStore *store,
                      GDBusConnection *connection,
                      UlakClock *clock,
                      UlakRandom *random,
                      const char *account)
{
  UlakOutboxPump *self = g_object_new (ULAK_TYPE_OUTBOX_PUMP, NULL);

  self->store = g_object_ref (store);
  self->connection = g_object_ref (connection);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->account = g_strdup (account);
  return self;
}

static void
take_news (UlakOutboxPump *self)
{
  self->has_news = TRUE;
  pump (self);
}

/** ulak_outbox_pump_start: from now on each commit that leaves events wakes it */
void
ulak_outbox_pump_start (UlakOutboxPump *self)
{
  g_return_if_fail (!self->is_started);

  self->is_started = TRUE;
  self->has_news = ulak_line_store_get_events (self->store) > 0;
  self->events_handler = g_signal_connect_swapped (self->store, "events", G_CALLBACK (take_news), self);
  pump (self);
}

const char *
ulak_outbox_pump_get_fault (UlakOutboxPump *self)
{
  return self->fault;
}

void
ulak_outbox_pump_drain_async (UlakOutboxPump *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (self->draining == NULL);

  self->draining = g_task_new (self, NULL, callback, user_data);
  if (!self->is_started || self->timer != 0)
    end_drain (self);
  else
    pump (self);
}

gboolean
ulak_outbox_pump_drain_finish (UlakOutboxPump *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  if (self->clock != NULL)
    clear_timers (self);
  self->is_started = FALSE;
  return g_task_propagate_boolean (G_TASK (result), error);
}
