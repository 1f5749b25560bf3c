/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Three jobs in a row, each a chain of steps; the timer starts the next run when the last one is over.
 */
#include "connector/cleaner.h"

#define SOON_US (30 * G_USEC_PER_SEC)
#define RUN_EVERY_US (10 * 60 * G_USEC_PER_SEC)
#define STEP_ROWS 500
#define EARLY_AGE_US G_TIME_SPAN_DAY

struct _UlakCleaner
{
  GObject parent_instance;

  UlakLineStore *store;    /* (owned) */
  UlakMediaFolder *folder; /* (owned) */
  UlakClock *clock;        /* (owned) */
  UlakLineSettings settings;
  char *after_chat; /* (owned) (nullable): trimmed up to here */
  gint64 job_started_us;
  gboolean is_running;
  gboolean is_soon; /* the timer is a short one */
  gboolean is_stopped;
  guint timer;
};

G_DEFINE_FINAL_TYPE (UlakCleaner, ulak_cleaner, G_TYPE_OBJECT)

static guint job_done_signal;

static void
ulak_cleaner_dispose (GObject *object)
{
  UlakCleaner *self = ULAK_CLEANER (object);

  if (self->clock != NULL)
    ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_object (&self->store);
  g_clear_object (&self->folder);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->after_chat, g_free);
  G_OBJECT_CLASS (ulak_cleaner_parent_class)->dispose (object);
}

static void
ulak_cleaner_class_init (UlakCleanerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_cleaner_dispose;
  job_done_signal = g_signal_new ("job-done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_DOUBLE);
}

static void
ulak_cleaner_init (UlakCleaner *self G_GNUC_UNUSED)
{
}

static void
start_job (UlakCleaner *self)
{
  self->job_started_us = ulak_clock_get_monotonic_us (self->clock);
}

static void
end_job (UlakCleaner *self, const char *job, const char *outcome)
{
  double seconds = (double) (ulak_clock_get_monotonic_us (self->clock) - self->job_started_us) / G_USEC_PER_SEC;

  g_signal_emit (self, job_done_signal, 0, job, outcome, seconds);
}

static gint64
wall_us (UlakCleaner *self)
{
  return ulak_clock_get_wall_us (self->clock);
}

static void run_cb (gpointer user_data);

static void
schedule (UlakCleaner *self, gint64 delay_us)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
  if (!self->is_stopped)
    self->timer = ulak_clock_add_timer (self->clock, delay_us, run_cb, self);
}

/* --- memory --- */

static void forget (UlakCleaner *self, UlakCleanup what);

static void
forgotten (UlakCleaner *self, GAsyncResult *result, UlakCleanup what)
{
  g_autoptr (GError) error = NULL;
  guint n = ulak_line_store_forget_finish (self->store, result, &error);

  if (error == NULL && n > 0 && !self->is_stopped)
    forget (self, what);
  else if (error == NULL && what == ULAK_CLEANUP_SEEN)
    forget (self, ULAK_CLEANUP_EARLY_STATUSES);
  else
    {
      end_job (self, "memory_cleanup", error == NULL ? "success" : "error");
      self->is_running = FALSE;
      schedule (self, RUN_EVERY_US);
    }
}

static void
seen_forgotten_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakCleaner) self = user_data;

  forgotten (self, result, ULAK_CLEANUP_SEEN);
}

static void
early_forgotten_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakCleaner) self = user_data;

  forgotten (self, result, ULAK_CLEANUP_EARLY_STATUSES);
}

static void
forget (UlakCleaner *self, UlakCleanup what)
{
  gboolean is_seen = what == ULAK_CLEANUP_SEEN;

  ulak_line_store_forget_async (self->store, what,
                                wall_us (self) - (is_seen ? ULAK_CLEANER_SEEN_AGE_US : EARLY_AGE_US), STEP_ROWS,
                                is_seen ? seen_forgotten_cb : early_forgotten_cb, g_object_ref (self));
}

static void
clean_memory (UlakCleaner *self)
{
  start_job (self);
  forget (self, ULAK_CLEANUP_SEEN);
}

/* --- media --- */

static void evict (UlakCleaner *self);

static void
end_media (UlakCleaner *self, const char *outcome)
{
  end_job (self, "media_cleanup", outcome);
  clean_memory (self);
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakCleaner) self = user_data;

  ulak_media_folder_remove_finish (ULAK_MEDIA_FOLDER (source), result, NULL);
  if (self->is_stopped)
    end_media (self, "skipped");
  else
    evict (self);
}

static void
evicted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakCleaner) self = user_data;
  g_auto (GStrv) names = ulak_line_store_evict_media_finish (ULAK_LINE_STORE (source), result, NULL);

  if (names == NULL)
    end_media (self, "error");
  else if (names[0] == NULL)
    end_media (self, "success");
  else
    ulak_media_folder_remove_async (self->folder, (const char *const *) names, removed_cb, g_object_ref (self));
}

static void
evict (UlakCleaner *self)
{
  gint64 days = self->settings.media_max_age_days;

  ulak_line_store_evict_media_async (self->store, days == 0 ? 0 : wall_us (self) - days * G_TIME_SPAN_DAY,
                                     self->settings.media_max_bytes, STEP_ROWS, evicted_cb,
                                     g_object_ref (self));
}

static void
clean_media (UlakCleaner *self)
{
  start_job (self);
  evict (self);
}

/* --- messages --- */

static void trim (UlakCleaner *self);

static void
end_messages (UlakCleaner *self, const char *outcome)
{
  end_job (self, "message_cleanup", outcome);
  clean_media (self);
}

static void
trimmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakCleaner) self = user_data;
  g_autoptr (GError) error = NULL;
  guint n;

  g_clear_pointer (&self->after_chat, g_free);
  if (!ulak_line_store_trim_chats_finish (ULAK_LINE_STORE (source), result, &n, &self->after_chat, &error))
    end_messages (self, "error");
  else if (self->after_chat != NULL && !self->is_stopped)
    trim (self);
  else
    end_messages (self, "success");
}

static void
trim (UlakCleaner *self)
{
  ulak_line_store_trim_chats_async (self->store, self->after_chat != NULL ? self->after_chat : "",
                                    self->settings.max_messages_per_chat, STEP_ROWS, trimmed_cb,
                                    g_object_ref (self));
}

static void
run_cb (gpointer user_data)
{
  UlakCleaner *self = user_data;

  self->timer = 0;
  self->is_soon = FALSE;
  self->is_running = TRUE;
  start_job (self);
  if (self->settings.max_messages_per_chat > 0)
    trim (self);
  else
    end_messages (self, "skipped");
}

UlakCleaner *
ulak_cleaner_new (UlakLineStore *store, UlakMediaFolder *folder, UlakClock *clock)
{
  UlakCleaner *self = g_object_new (ULAK_TYPE_CLEANER, NULL);

  self->store = g_object_ref (store);
  self->folder = g_object_ref (folder);
  self->clock = g_object_ref (clock);
  return self;
}

void
ulak_cleaner_apply_settings (UlakCleaner *self, const UlakLineSettings *settings)
{
  self->settings = *settings;
  ulak_cleaner_run_soon (self);
}

void
ulak_cleaner_run_soon (UlakCleaner *self)
{
  if (self->is_running || self->is_soon)
    return;
  self->is_soon = TRUE;
  schedule (self, SOON_US);
}

/** ulak_cleaner_stop: for good; a step that is under way ends by itself */
void
ulak_cleaner_stop (UlakCleaner *self)
{
  self->is_stopped = TRUE;
  ulak_clock_clear_timer (self->clock, &self->timer);
}
