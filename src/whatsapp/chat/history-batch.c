/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/history-batch.h"

#include "whatsapp/chat/history-blob.h"
#include "whatsapp/chat/history.h"

UlakHistoryBatch *
ulak_history_batch_new (void)
{
  UlakHistoryBatch *self = g_new0 (UlakHistoryBatch, 1);

  self->pieces = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_history_piece_free);
  return self;
}

void
ulak_history_batch_free (UlakHistoryBatch *self)
{
  g_ptr_array_unref (self->pieces);
  g_free (self);
}

/* piece: (transfer full). Returns: its bytes, when it is not one of those to skip. */
static gsize
take_piece (UlakHistoryBatch *self, UlakHistoryPiece *piece)
{
  gsize n_bytes = g_bytes_get_size (piece->bytes);

  if (self->skip == 0)
    {
      g_ptr_array_add (self->pieces, piece);
      return n_bytes;
    }
  self->skip--;
  ulak_history_piece_free (piece);
  return 0;
}

static gboolean
fill (UlakHistoryBatch *self, UlakHistoryReader *reader, GError **error)
{
  gsize n_bytes = 0;

  while (!self->is_end && self->pieces->len < ULAK_HISTORY_BATCH_PIECES && n_bytes < ULAK_HISTORY_BATCH_BYTES)
    {
      UlakHistoryPiece *piece;

      if (!ulak_history_reader_next (reader, &piece, error))
        return FALSE;
      if (piece == NULL)
        self->is_end = TRUE;
      else
        n_bytes += take_piece (self, piece);
    }
  return TRUE;
}

typedef struct
{
  UlakHistoryBatch *batch;   /* (owned) (nullable): until it is filled */
  UlakHistoryReader *reader; /* unowned */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *self = data;

  g_clear_pointer (&self->batch, ulak_history_batch_free);
  g_free (self);
}

static void
read_thread (GTask *task, gpointer source G_GNUC_UNUSED, gpointer data, GCancellable *cancellable G_GNUC_UNUSED)
{
  Reading *reading = data;
  GError *error = NULL;

  if (fill (reading->batch, reading->reader, &error))
    g_task_return_pointer (task, g_steal_pointer (&reading->batch), (GDestroyNotify) ulak_history_batch_free);
  else
    g_task_return_error (task, error);
}

void
ulak_history_batch_read_async (UlakHistoryBatch *self, UlakHistoryReader *reader, gpointer owner, GAsyncReadyCallback callback)
{
  g_autoptr (GTask) task = g_task_new (owner, NULL, callback, NULL);
  Reading *reading = g_new0 (Reading, 1);

  reading->batch = self;
  reading->reader = reader;
  g_task_set_source_tag (task, ulak_history_batch_read_async);
  g_task_set_task_data (task, reading, reading_free);
  g_task_run_in_thread (task, read_thread);
}

UlakHistoryBatch *
ulak_history_batch_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
ulak_history_batch_apply (UlakDatabase *database, UlakInbound *inbound, gpointer data, GError **error)
{
  UlakHistoryBatch *self = data;
  gboolean turns_over = self->is_end && self->pass == ULAK_HISTORY_PASS_PEOPLE;

  for (guint i = 0; i < self->pieces->len; i++)
    if (!ulak_history_apply (database, inbound, self->pass, g_ptr_array_index (self->pieces, i), self->now_us, error))
      return FALSE;
  if (turns_over)
    return ulak_history_blob_advance (database, self->blob_id, ULAK_HISTORY_PASS_MESSAGES, 0, error);
  return ulak_history_blob_advance (database, self->blob_id, self->pass, self->done, error);
}
