/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The pump: the oldest row that is not done, its file, its batches, the next row. One step is under way at a time; what it
 * found is written with it, so the next start goes on behind it.
 */
#include "whatsapp/chat/history.h"

#include "core/backoff.h"
#include "core/error.h"
#include "core/log.h"
#include "whatsapp/chat/history-batch.h"
#include "whatsapp/chat/history-blob.h"
#include "whatsapp/chat/history-file.h"

#define FAILURES_MAX 5 /* commits of one batch */

static const UlakBackoff between_tries = { .first_ms = 5000, .max_ms = 3600000, .jitter_percent = 20 };

struct _UlakHistorySync
{
  GObject parent_instance;

  UlakStore *store;       /* (owned) */
  UlakMediaClient *media; /* (owned) */
  UlakCommitter committer;
  UlakClock *clock;   /* (owned) */
  UlakRandom *random; /* (owned) */
  char *spool;        /* (owned) */
  UlakHistoryWish wish;

  UlakHistoryBlob *blob;     /* (owned) (nullable): being taken in, as file and reader */
  UlakHistoryFile *file;     /* (owned) (nullable) */
  UlakHistoryReader *reader; /* (owned) (nullable): not begun */
  guint64 skip;              /* pieces that the reader gives again */

  gboolean is_busy;   /* a step is under way */
  gboolean is_woken;  /* meanwhile */
  gboolean is_stopped;
  guint failures;
  guint timer;
};

enum
{
  PROGRESS,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UlakHistorySync, ulak_history_sync, G_TYPE_OBJECT)

static void
drop_blob (UlakHistorySync *self)
{
  g_clear_pointer (&self->reader, ulak_history_reader_free);
  g_clear_pointer (&self->file, ulak_history_file_free);
  g_clear_pointer (&self->blob, ulak_history_blob_free);
}

static void
ulak_history_sync_dispose (GObject *object)
{
  UlakHistorySync *self = ULAK_HISTORY_SYNC (object);

  if (self->clock != NULL)
    ulak_clock_clear_timer (self->clock, &self->timer);
  drop_blob (self);
  g_clear_object (&self->store);
  g_clear_object (&self->media);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->spool, g_free);
  G_OBJECT_CLASS (ulak_history_sync_parent_class)->dispose (object);
}

static void
ulak_history_sync_class_init (UlakHistorySyncClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_history_sync_dispose;
  signals[PROGRESS]
      = g_signal_new ("progress", ULAK_TYPE_HISTORY_SYNC, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
ulak_history_sync_init (UlakHistorySync *self G_GNUC_UNUSED)
{
}

UlakHistorySync *
ulak_history_sync_new (const UlakHistorySyncOptions *options)
{
  UlakHistorySync *self = g_object_new (ULAK_TYPE_HISTORY_SYNC, NULL);

  ulak_history_register_sql ();
  self->store = g_object_ref (options->store);
  self->media = g_object_ref (options->media);
  self->committer = options->committer;
  self->clock = g_object_ref (options->clock);
  self->random = g_object_ref (options->random);
  self->spool = g_strdup (options->spool);
  self->wish = options->wish;
  return self;
}

static const char *const wishes[] = { "none", "recent", "full" };

gboolean
ulak_history_wish_parse (const char *text, UlakHistoryWish *wish_out)
{
  for (guint i = 0; i < G_N_ELEMENTS (wishes); i++)
    if (g_str_equal (text, wishes[i]))
      {
        *wish_out = i;
        return TRUE;
      }
  return FALSE;
}

/* --- what goes wrong --- */

static void find_next (UlakHistorySync *self);
static void read_batch (UlakHistorySync *self);
static void end_blob (UlakHistorySync *self, UlakHistoryBlobState state);

static void
waited_cb (gpointer user_data)
{
  UlakHistorySync *self = user_data;

  self->timer = 0;
  ulak_history_sync_wake (self);
}

/* The step that was under way failed and is tried again from its row. */
static void
try_later (UlakHistorySync *self, const GError *error)
{
  gint64 wait_ms = ulak_backoff_next_ms (&between_tries, ++self->failures, self->random);

  ulak_log_info (NULL, "The history cannot be taken in now, next try in %" G_GINT64_FORMAT " s: %s", wait_ms / 1000,
                 error->message);
  drop_blob (self);
  self->is_busy = FALSE;
  if (!self->is_stopped && self->timer == 0)
    self->timer = ulak_clock_add_timer (self->clock, wait_ms * 1000, waited_cb, self);
}

static void
give_up (UlakHistorySync *self, const GError *error)
{
  ulak_log_warning (NULL, NULL, "A part of the history is given up: %s", error->message);
  end_blob (self, ULAK_HISTORY_BLOB_GIVEN_UP);
}

/* Whether it may be another time. */
static gboolean
is_passing (const GError *error)
{
  return g_error_matches (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE) || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_FULL)
         || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TIMED_OUT)
         || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* --- the file --- */

static void
begin_reading (UlakHistorySync *self, GInputStream *stream)
{
  gboolean with_messages = self->wish == ULAK_HISTORY_FULL
                           || (self->wish == ULAK_HISTORY_RECENT
                               && self->blob->sync_type != WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__FULL);

  self->skip = self->blob->done;
  self->reader = ulak_history_reader_new (stream, ulak_history_get_kinds (self->blob->pass, with_messages));
  read_batch (self);
}

static void get_stream (UlakHistorySync *self);

static void
kept_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakHistorySync *self = ULAK_HISTORY_SYNC (source);
  g_autoptr (GError) error = NULL;

  if (!ulak_history_file_keep_finish (result, &error))
    try_later (self, error);
  else
    get_stream (self);
}

static void
downloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakHistorySync) self = user_data;
  g_autoptr (GError) error = NULL;

  if (ulak_media_client_download_finish (ULAK_MEDIA_CLIENT (source), result, &error))
    ulak_history_file_keep_async (self->file, self, kept_cb);
  else if (is_passing (error))
    try_later (self, error);
  else
    give_up (self, error);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakHistorySync *self = ULAK_HISTORY_SYNC (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = NULL;

  if (!ulak_history_file_open_finish (result, &stream, &error))
    try_later (self, error);
  else if (stream != NULL)
    begin_reading (self, stream);
  else
    ulak_media_client_download_async (self->media, self->blob->reference, ulak_history_file_get_fd (self->file),
                                      ULAK_HISTORY_FILE_MAX, NULL, downloaded_cb, g_object_ref (self));
}

static void
get_stream (UlakHistorySync *self)
{
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GError) error = NULL;

  if (self->blob->inline_bytes != NULL)
    {
      stream = g_memory_input_stream_new_from_bytes (self->blob->inline_bytes);
      begin_reading (self, stream);
    }
  else if (self->blob->reference != NULL)
    ulak_history_file_open_async (self->file, self, opened_cb);
  else
    {
      error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_INVALID, "Nobody knows where it is");
      give_up (self, error);
    }
}

/* --- batches --- */

static void
next_pass (UlakHistorySync *self)
{
  g_clear_pointer (&self->reader, ulak_history_reader_free);
  if (self->blob->pass == ULAK_HISTORY_PASS_MESSAGES)
    {
      end_blob (self, ULAK_HISTORY_BLOB_DONE);
      return;
    }
  self->blob->pass = ULAK_HISTORY_PASS_MESSAGES;
  self->blob->done = 0;
  get_stream (self);
}

static void
committed_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakHistorySync *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  gboolean is_end = GPOINTER_TO_INT (g_task_get_task_data (task));

  if (!self->committer.commit_finish (self->committer.owner, result, &error))
    {
      if (is_passing (error) || self->failures + 1 < FAILURES_MAX)
        try_later (self, error);
      else
        give_up (self, error);
      return;
    }
  self->failures = 0;
  if (is_end)
    next_pass (self);
  else
    read_batch (self);
}

static void
commit (UlakHistorySync *self, UlakHistoryBatch *batch /* (transfer full) */)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (GTask) task = g_task_new (self, NULL, NULL, NULL);

  self->blob->done += batch->pieces->len;
  batch->done = self->blob->done;
  g_task_set_source_tag (task, commit);
  g_task_set_task_data (task, GINT_TO_POINTER (batch->is_end), NULL);
  ulak_inbound_set_prepare (inbound, ulak_history_batch_apply, batch, (GDestroyNotify) ulak_history_batch_free);
  self->committer.commit_async (self->committer.owner, inbound, committed_cb, g_steal_pointer (&task));
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakHistorySync *self = ULAK_HISTORY_SYNC (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakHistoryBatch) batch = ulak_history_batch_read_finish (result, &error);

  if (batch == NULL)
    give_up (self, error);
  else if (!self->is_stopped)
    commit (self, g_steal_pointer (&batch));
  else
    {
      drop_blob (self);
      self->is_busy = FALSE;
    }
}

static void
read_batch (UlakHistorySync *self)
{
  UlakHistoryBatch *batch = ulak_history_batch_new ();

  batch->blob_id = self->blob->id;
  batch->pass = self->blob->pass;
  batch->skip = self->skip;
  batch->now_us = ulak_clock_get_wall_us (self->clock);
  self->skip = 0;
  ulak_history_batch_read_async (batch, self->reader, self, read_cb);
}

/* --- the end of a blob --- */

typedef struct
{
  gint64 id;
  UlakHistoryBlobState state;
} EndWork;

static gboolean
end_run (UlakDatabase *database, gpointer data, GError **error)
{
  EndWork *self = data;

  return ulak_history_blob_end (database, self->id, self->state, error);
}

static void
ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakHistorySync) self = user_data;
  g_autoptr (GError) error = NULL;
  guint progress = self->blob->progress;
  EndWork *work = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (work == NULL)
    {
      try_later (self, error);
      return;
    }
  drop_blob (self);
  if (work->state == ULAK_HISTORY_BLOB_DONE)
    g_signal_emit (self, signals[PROGRESS], 0, progress);
  find_next (self);
}

static void
end_blob (UlakHistorySync *self, UlakHistoryBlobState state)
{
  EndWork *work = g_new0 (EndWork, 1);

  ulak_history_file_remove (g_steal_pointer (&self->file));
  work->id = self->blob->id;
  work->state = state;
  ulak_store_write_async (self->store, end_run, work, g_free, ended_cb, g_object_ref (self));
}

/* --- the next one --- */

typedef struct
{
  UlakHistoryBlob *blob; /* (owned) (nullable): out */
} FindWork;

static void
find_work_free (gpointer data)
{
  FindWork *self = data;

  g_clear_pointer (&self->blob, ulak_history_blob_free);
  g_free (self);
}

static gboolean
find_run (UlakDatabase *database, gpointer data, GError **error)
{
  FindWork *self = data;

  g_clear_pointer (&self->blob, ulak_history_blob_free);
  return ulak_history_blob_find_next (database, &self->blob, error);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakHistorySync) self = user_data;
  g_autoptr (GError) error = NULL;
  FindWork *work = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (work == NULL)
    {
      try_later (self, error);
      return;
    }
  self->blob = g_steal_pointer (&work->blob);
  if (self->blob != NULL && !self->is_stopped)
    {
      self->file = ulak_history_file_new (self->spool, self->blob->id);
      get_stream (self);
      return;
    }
  drop_blob (self);
  self->is_busy = FALSE;
  if (self->is_woken)
    ulak_history_sync_wake (self);
}

static void
find_next (UlakHistorySync *self)
{
  self->is_woken = FALSE;
  ulak_store_read_async (self->store, find_run, g_new0 (FindWork, 1), find_work_free, found_cb, g_object_ref (self));
}

void
ulak_history_sync_wake (UlakHistorySync *self)
{
  if (self->is_stopped)
    return;
  if (self->is_busy)
    {
      self->is_woken = TRUE;
      return;
    }
  ulak_clock_clear_timer (self->clock, &self->timer);
  self->is_busy = TRUE;
  find_next (self);
}

void
ulak_history_sync_stop (UlakHistorySync *self)
{
  self->is_stopped = TRUE;
  ulak_clock_clear_timer (self->clock, &self->timer);
}
