/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History batch: the pieces of a blob that share one transaction.
 *
 * Read on a thread of the pool, used on the store's.
 */
#pragma once

#include "whatsapp/chat/history-apply.h"

G_BEGIN_DECLS

typedef struct
{
  gint64 blob_id;
  UlakHistoryPass pass;
  guint64 skip; /* pieces that were taken in before, and that the reader gives again */
  gint64 now_us;

  GPtrArray *pieces; /* (owned) (element-type UlakHistoryPiece): out */
  gboolean is_end;   /* out: nothing comes behind these */
  guint64 done;      /* pieces of the pass with these; to be set before it is applied */
} UlakHistoryBatch;

UlakHistoryBatch *ulak_history_batch_new (void);
void ulak_history_batch_free (UlakHistoryBatch *self);

/* self: (transfer full); finishes with it. reader: nobody else touches it meanwhile. owner: keeps the reader, and is kept until
 * the callback. Errors: those of ulak_history_reader_next(). */
void ulak_history_batch_read_async (UlakHistoryBatch *self, UlakHistoryReader *reader, gpointer owner, GAsyncReadyCallback callback);
UlakHistoryBatch *ulak_history_batch_read_finish (GAsyncResult *result, GError **error);

/* For ulak_inbound_set_prepare(): takes the pieces in and keeps the place behind them. data: the batch. */
gboolean ulak_history_batch_apply (UlakDatabase *database, UlakInbound *inbound, gpointer data, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHistoryBatch, ulak_history_batch_free)

G_END_DECLS
