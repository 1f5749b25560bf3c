/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One timer or one step, never both. A step that fails waits for the next hour.
 */
#include "whatsapp/session/cleaner.h"

#include "whatsapp/session/clean-up.h"

struct _UlakSessionCleaner
{
  UlakStore *store; /* (owned) */
  UlakClock *clock; /* (owned) */
  guint timer;
  gboolean is_stopped;
};

typedef struct
{
  gint64 now_us;
  guint n_removed;
} Step;

static gboolean
step_work (UlakDatabase *database, gpointer data, GError **error)
{
  Step *step = data;

  return ulak_session_clean_up (database, step->now_us, ULAK_SESSION_CLEAN_UP_STEP, &step->n_removed, error);
}

static void
clear (gpointer data)
{
  UlakSessionCleaner *self = data;

  g_object_unref (self->store);
  g_object_unref (self->clock);
}

static void run_cb (gpointer user_data);

static void
schedule (UlakSessionCleaner *self, gint64 delay_us)
{
  self->timer = ulak_clock_add_timer (self->clock, delay_us, run_cb, self);
}

static void
stepped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakSessionCleaner *self = user_data;
  g_autoptr (GError) error = NULL;
  Step *step = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (step == NULL)
    g_debug ("The Signal state was not cleaned up: %s", error->message);
  if (!self->is_stopped)
    schedule (self,
              step != NULL && step->n_removed > 0 ? ULAK_SESSION_CLEANER_PAUSE_US : ULAK_SESSION_CLEANER_EVERY_US);
  g_rc_box_release_full (self, clear);
}

static void
run_cb (gpointer user_data)
{
  UlakSessionCleaner *self = user_data;
  Step *step = g_new0 (Step, 1);

  self->timer = 0;
  step->now_us = ulak_clock_get_wall_us (self->clock);
  ulak_store_write_async (self->store, step_work, step, g_free, stepped_cb, g_rc_box_acquire (self));
}

UlakSessionCleaner *
ulak_session_cleaner_new (UlakStore *store, UlakClock *clock)
{
  UlakSessionCleaner *self = g_rc_box_new0 (UlakSessionCleaner);

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  schedule (self, ULAK_SESSION_CLEANER_FIRST_US);
  return self;
}

void
ulak_session_cleaner_free (UlakSessionCleaner *self)
{
  self->is_stopped = TRUE;
  ulak_clock_clear_timer (self->clock, &self->timer);
  g_rc_box_release_full (self, clear);
}
