/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The pump: the oldest row that is not done, its file, its batches, the next row. One step is under way at a time; what it
 * found is written with it, so the next start goes on behind it.
 */
#include "whatsapp/chat/history.h"

#include "connector/sql.h"
#include "core/backoff.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "whatsapp/chat/history-apply.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define SQL(name) "/org/ulak/sql/whatsapp/" name ".sql"
#define KEEP_US ((gint64) 90 * G_TIME_SPAN_DAY) /* rows of what is done */
#define FAILURES_MAX 5                          /* commits of one batch */

typedef enum
{
  STATE_WAITING,
  STATE_DONE,
  STATE_GIVEN_UP,
} BlobState;

static const UlakBackoff between_tries = { .first_ms = 5000, .max_ms = 3600000, .jitter_percent = 20 };

/* The part of the history that is being taken in. */
typedef struct
{
  gint64 id;
  gint64 sync_type;
  guint progress;
  GBytes *inline_bytes;          /* (owned) (nullable) */
  UlakMediaReference *reference; /* (owned) (nullable) */
  UlakHistoryPass pass;
  guint64 done;                  /* pieces of this pass */
  guint64 skip;                  /* of them, those that the reader gives again */
  UlakHistoryReader *reader;     /* (owned) (nullable): not begun */
} Blob;

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

  Blob *blob;         /* (owned) (nullable) */
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
blob_free (gpointer data)
{
  Blob *self = data;

  g_clear_pointer (&self->inline_bytes, g_bytes_unref);
  g_clear_pointer (&self->reference, ulak_media_reference_free);
  g_clear_pointer (&self->reader, ulak_history_reader_free);
  g_free (self);
}

static void
ulak_history_sync_dispose (GObject *object)
{
  UlakHistorySync *self = ULAK_HISTORY_SYNC (object);

  if (self->clock != NULL)
    ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_pointer (&self->blob, blob_free);
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

/* --- noting --- */

static gboolean
copy_32 (gboolean has_bytes, const ProtobufCBinaryData *bytes, guint8 out[32])
{
  if (!has_bytes || bytes->len != 32)
    return FALSE;
  memcpy (out, bytes->data, 32);
  return TRUE;
}

/* (transfer full) (nullable): JSON text; NULL: it names no file that could be fetched. */
static char *
describe_file (const Wa__HistorySyncNotification *notification)
{
  g_autoptr (UlakMediaReference) reference = ulak_media_reference_new ();
  g_autoptr (JsonObject) json = NULL;

  reference->kind = ULAK_MEDIA_KIND_HISTORY;
  reference->is_encrypted = TRUE;
  reference->summary.plain_size_bytes = notification->has_file_length && notification->file_length > 0
                                            ? notification->file_length
                                            : ULAK_MEDIA_SIZE_UNKNOWN;
  if (!copy_32 (notification->has_media_key, &notification->media_key, reference->media_key.bytes)
      || !copy_32 (notification->has_file_sha256, &notification->file_sha256, reference->summary.plain_sha256)
      || !copy_32 (notification->has_file_enc_sha256, &notification->file_enc_sha256, reference->summary.encrypted_sha256)
      || notification->direct_path == NULL || *notification->direct_path != '/')
    return NULL;
  reference->direct_path = g_strdup (notification->direct_path);
  json = ulak_media_reference_write (reference);
  return ulak_json_print_object (json);
}

gboolean
ulak_history_note (UlakDatabase *database,
                   const Wa__HistorySyncNotification *notification,
                   const char *message_id,
                   gint64 now_us,
                   GError **error)
{
  const ProtobufCBinaryData *payload = &notification->initial_hist_bootstrap_inline_payload;
  gboolean is_inline = notification->has_initial_hist_bootstrap_inline_payload && payload->len > 0;
  g_autofree char *reference = is_inline ? NULL : describe_file (notification);
  UlakSpan inline_span = is_inline ? ULAK_SPAN (payload->data, payload->len) : ULAK_SPAN_NONE;
  guint8 digest[ULAK_SHA256_BYTES];
  UlakStatement *statement;

  if (!is_inline && reference == NULL)
    return TRUE;
  if (is_inline)
    ulak_sha256 (&inline_span, 1, digest);
  else
    memcpy (digest, notification->file_enc_sha256.data, sizeof digest);
  if (!ulak_sql_run (database, SQL ("history-forget"), ULAK_BINDINGS (ULAK_INTEGER ("before_us", now_us - KEEP_US)), error))
    return FALSE;
  statement = ulak_database_statement (database, SQL ("history-note"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "message_id", message_id);
  ulak_statement_bind_bytes (statement, "digest", digest, sizeof digest);
  ulak_statement_bind_integer (statement, "sync_type", notification->has_sync_type ? (gint64) notification->sync_type : 0);
  ulak_statement_bind_integer (statement, "progress", MIN (notification->progress, 100));
  ulak_statement_bind_bytes (statement, "inline_bytes", inline_span.bytes, inline_span.size_bytes);
  ulak_statement_bind_text (statement, "reference", reference);
  ulak_statement_bind_integer (statement, "now_us", now_us);
  return ulak_statement_run (statement, error);
}

/* --- the next row --- */

typedef struct
{
  Blob *blob; /* (owned) (nullable): out */
} FindWork;

static void
find_work_free (gpointer data)
{
  FindWork *self = data;

  g_clear_pointer (&self->blob, blob_free);
  g_free (self);
}

static Blob *
read_row (UlakStatement *row)
{
  const char *reference = ulak_statement_get_text (row, "reference");
  g_autoptr (JsonObject) json = NULL;
  Blob *blob = g_new0 (Blob, 1);
  const void *bytes;
  gsize size;

  blob->id = ulak_statement_get_integer (row, "id");
  blob->sync_type = ulak_statement_get_integer (row, "sync_type");
  blob->progress = (guint) ulak_statement_get_integer (row, "progress");
  blob->pass = ulak_statement_get_integer (row, "pass") == 0 ? ULAK_HISTORY_PASS_PEOPLE : ULAK_HISTORY_PASS_MESSAGES;
  blob->done = (guint64) ulak_statement_get_integer (row, "done_items");
  if (!ulak_statement_is_null (row, "inline_bytes"))
    {
      bytes = ulak_statement_get_bytes (row, "inline_bytes", &size);
      blob->inline_bytes = g_bytes_new (bytes, size);
      return blob;
    }
  json = reference == NULL ? NULL
                           : ulak_json_parse_object (reference, strlen (reference), &ULAK_JSON_LIMITS_EVENT, NULL);
  blob->reference = json == NULL ? NULL : ulak_media_reference_read (json, NULL);
  return blob;
}

static gboolean
find_run (UlakDatabase *database, gpointer data, GError **error)
{
  FindWork *self = data;
  UlakStatement *row;

  g_clear_pointer (&self->blob, blob_free);
  if (!ulak_sql_find (database, SQL ("history-next"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  self->blob = row == NULL ? NULL : read_row (row);
  return TRUE;
}

static void find_next (UlakHistorySync *self);
static void read_batch (UlakHistorySync *self);
static void end_blob (UlakHistorySync *self, BlobState state);

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
  g_clear_pointer (&self->blob, blob_free);
  self->is_busy = FALSE;
  if (!self->is_stopped && self->timer == 0)
    self->timer = ulak_clock_add_timer (self->clock, wait_ms * 1000, waited_cb, self);
}

static void
give_up (UlakHistorySync *self, const GError *error)
{
  ulak_log_warning (NULL, NULL, "A part of the history is given up: %s", error->message);
  end_blob (self, STATE_GIVEN_UP);
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

static char *
get_path (UlakHistorySync *self, const char *suffix)
{
  g_autofree char *name = g_strdup_printf ("history-%" G_GINT64_FORMAT "%s", self->blob->id, suffix);

  return g_build_filename (self->spool, name, NULL);
}

typedef struct
{
  char *path; /* (owned): whole */
  char *part; /* (owned): not whole */
  int fd;     /* -1: none */
} FileJob;

static void
file_job_free (gpointer data)
{
  FileJob *self = data;

  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self->part);
  g_free (self);
}

static GTask *
new_file_job (UlakHistorySync *self, GAsyncReadyCallback callback)
{
  GTask *task = g_task_new (self, NULL, callback, NULL);
  FileJob *job = g_new0 (FileJob, 1);

  job->path = get_path (self, "");
  job->part = get_path (self, ".part");
  job->fd = -1;
  g_task_set_task_data (task, job, file_job_free);
  return task;
}

static void
return_errno (GTask *task, const char *doing)
{
  int error_number = errno;

  g_task_return_new_error (task, ULAK_ERROR, error_number == ENOSPC ? ULAK_ERROR_FULL : ULAK_ERROR_UNAVAILABLE,
                           "Cannot %s: %s", doing, g_strerror (error_number));
}

/* Finishes with the stream of a whole file, or with NULL and the job's fd to fill. */
static void
open_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  FileJob *job = data;
  g_autoptr (GFile) file = g_file_new_for_path (job->path);
  g_autofree char *folder = g_path_get_dirname (job->path);
  GFileInputStream *stream = g_file_read (file, NULL, NULL);

  if (stream != NULL)
    {
      g_task_return_pointer (task, stream, g_object_unref);
      return;
    }
  g_mkdir_with_parents (folder, 0750);
  job->fd = open (job->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (job->fd < 0)
    return_errno (task, "make a file for the history");
  else
    g_task_return_pointer (task, NULL, NULL);
}

static void
name_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  FileJob *job = data;

  if (fsync (job->fd) != 0 || g_rename (job->part, job->path) != 0)
    return_errno (task, "keep the file of the history");
  else
    g_task_return_boolean (task, TRUE);
}

static void
remove_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  FileJob *job = data;

  g_unlink (job->path);
  g_unlink (job->part);
  g_task_return_boolean (task, TRUE);
}

static void
begin_reading (UlakHistorySync *self, GInputStream *stream)
{
  gboolean with_messages = self->wish == ULAK_HISTORY_FULL
                           || (self->wish == ULAK_HISTORY_RECENT
                               && self->blob->sync_type != WA__HISTORY_SYNC_NOTIFICATION__HISTORY_SYNC_TYPE__FULL);

  self->blob->skip = self->blob->done;
  self->blob->reader = ulak_history_reader_new (stream, ulak_history_get_kinds (self->blob->pass, with_messages));
  read_batch (self);
}

static void get_stream (UlakHistorySync *self);

static void
named_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakHistorySync *self = ULAK_HISTORY_SYNC (source);
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    try_later (self, error);
  else
    get_stream (self);
}

static void
downloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data; /* of the job that has the descriptor */
  UlakHistorySync *self = g_task_get_source_object (task);
  g_autoptr (GTask) naming = NULL;
  g_autoptr (GError) error = NULL;
  FileJob *job = g_task_get_task_data (task);

  if (ulak_media_client_download_finish (ULAK_MEDIA_CLIENT (source), result, &error))
    {
      naming = new_file_job (self, named_cb);
      ((FileJob *) g_task_get_task_data (naming))->fd = job->fd;
      job->fd = -1;
      g_task_run_in_thread (naming, name_thread);
    }
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
  g_autoptr (GInputStream) stream = g_task_propagate_pointer (G_TASK (result), &error);
  FileJob *job = g_task_get_task_data (G_TASK (result));

  if (error != NULL)
    try_later (self, error);
  else if (stream != NULL)
    begin_reading (self, stream);
  else
    ulak_media_client_download_async (self->media, self->blob->reference, job->fd, ULAK_HISTORY_FILE_MAX, NULL,
                                      downloaded_cb, g_object_ref (result));
}

static void
get_stream (UlakHistorySync *self)
{
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GTask) task = NULL;

  if (self->blob->inline_bytes != NULL)
    {
      stream = g_memory_input_stream_new_from_bytes (self->blob->inline_bytes);
      begin_reading (self, stream);
    }
  else if (self->blob->reference == NULL)
    {
      g_autoptr (GError) error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_INVALID, "Nobody knows where it is");

      give_up (self, error);
    }
  else
    {
      task = new_file_job (self, opened_cb);
      g_task_run_in_thread (task, open_thread);
    }
}

/* --- batches --- */

/* Made on a thread of the pool, used on the store's. */
typedef struct
{
  UlakHistoryReader *reader; /* unowned: the blob's, which nobody else touches meanwhile */
  GPtrArray *pieces;         /* (owned) (element-type UlakHistoryPiece) */
  guint64 skip;              /* pieces that were taken in before */
  gboolean is_end;
  UlakHistoryPass pass;
  gint64 id, now_us;
  guint64 done; /* with these */
} Batch;

static void
batch_free (gpointer data)
{
  Batch *self = data;

  g_ptr_array_unref (self->pieces);
  g_free (self);
}

static void
batch_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Batch *self = data;
  GError *error = NULL;
  gsize n_bytes = 0;

  while (!self->is_end && self->pieces->len < ULAK_HISTORY_BATCH_PIECES && n_bytes < ULAK_HISTORY_BATCH_BYTES)
    {
      UlakHistoryPiece *piece;

      if (!ulak_history_reader_next (self->reader, &piece, &error))
        {
          batch_free (self);
          g_task_return_error (task, error);
          return;
        }
      if (piece == NULL)
        self->is_end = TRUE;
      else if (self->skip > 0)
        {
          self->skip--;
          ulak_history_piece_free (piece);
        }
      else
        {
          n_bytes += g_bytes_get_size (piece->bytes);
          g_ptr_array_add (self->pieces, piece);
        }
    }
  g_task_return_pointer (task, self, batch_free);
}

static gboolean
batch_prepare (UlakDatabase *database, UlakInbound *inbound, gpointer data, GError **error)
{
  Batch *self = data;
  gboolean turns_over = self->is_end && self->pass == ULAK_HISTORY_PASS_PEOPLE;

  for (guint i = 0; i < self->pieces->len; i++)
    if (!ulak_history_apply (database, inbound, self->pass, g_ptr_array_index (self->pieces, i), self->now_us, error))
      return FALSE;
  return ulak_sql_run (
      database, SQL ("history-advance"),
      ULAK_BINDINGS (ULAK_INTEGER ("id", self->id),
                     ULAK_INTEGER ("pass", (gint64) (turns_over ? ULAK_HISTORY_PASS_MESSAGES : self->pass)),
                     ULAK_INTEGER ("done_items", turns_over ? 0 : (gint64) self->done)),
      error);
}

static void
next_pass (UlakHistorySync *self)
{
  g_clear_pointer (&self->blob->reader, ulak_history_reader_free);
  if (self->blob->pass == ULAK_HISTORY_PASS_MESSAGES)
    {
      end_blob (self, STATE_DONE);
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
read_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  UlakHistorySync *self = ULAK_HISTORY_SYNC (source);
  g_autoptr (GError) error = NULL;
  Batch *batch = g_task_propagate_pointer (G_TASK (result), &error);
  g_autoptr (GTask) task = NULL;
  UlakInbound *inbound;

  if (batch == NULL)
    {
      give_up (self, error);
      return;
    }
  if (self->is_stopped)
    {
      batch_free (batch);
      g_clear_pointer (&self->blob, blob_free);
      self->is_busy = FALSE;
      return;
    }
  self->blob->done += batch->pieces->len;
  batch->done = self->blob->done;
  inbound = ulak_inbound_new ();
  task = g_task_new (self, NULL, NULL, NULL);
  g_task_set_task_data (task, GINT_TO_POINTER (batch->is_end), NULL);
  ulak_inbound_set_prepare (inbound, batch_prepare, batch, batch_free);
  self->committer.commit_async (self->committer.owner, inbound, committed_cb, g_steal_pointer (&task));
}

static void
read_batch (UlakHistorySync *self)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, read_cb, NULL);
  Batch *batch = g_new0 (Batch, 1);
  Blob *blob = self->blob;

  batch->reader = blob->reader;
  batch->pieces = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_history_piece_free);
  batch->skip = blob->skip;
  blob->skip = 0;
  batch->pass = blob->pass;
  batch->id = blob->id;
  batch->now_us = ulak_clock_get_wall_us (self->clock);
  g_task_set_source_tag (task, read_batch);
  g_task_set_task_data (task, batch, NULL); /* the thread's, until it returns it */
  g_task_run_in_thread (task, batch_thread);
}

/* --- the end of a blob --- */

typedef struct
{
  gint64 id;
  BlobState state;
} EndWork;

static gboolean
end_run (UlakDatabase *database, gpointer data, GError **error)
{
  EndWork *self = data;

  return ulak_sql_run (database, SQL ("history-end"),
                       ULAK_BINDINGS (ULAK_INTEGER ("id", self->id), ULAK_INTEGER ("state", (gint64) self->state)), error);
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
  g_clear_pointer (&self->blob, blob_free);
  if (work->state == STATE_DONE)
    g_signal_emit (self, signals[PROGRESS], 0, progress);
  find_next (self);
}

static void
end_blob (UlakHistorySync *self, BlobState state)
{
  EndWork *work = g_new0 (EndWork, 1);
  g_autoptr (GTask) task = new_file_job (self, NULL);

  g_task_run_in_thread (task, remove_thread);
  work->id = self->blob->id;
  work->state = state;
  ulak_store_write_async (self->store, end_run, work, g_free, ended_cb, g_object_ref (self));
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
      get_stream (self);
      return;
    }
  g_clear_pointer (&self->blob, blob_free);
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
