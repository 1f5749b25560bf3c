/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History blob: a part of the history that the phone announced, as its row says.
 *
 * Rows are made by ulak_history_note(). What runs on the store's threads says so.
 */
#pragma once

#include "whatsapp/chat/history-apply.h"
#include "whatsapp/media/media-reference.h"

G_BEGIN_DECLS

/* In the database: append, never renumber. */
typedef enum
{
  ULAK_HISTORY_BLOB_WAITING,
  ULAK_HISTORY_BLOB_DONE,
  ULAK_HISTORY_BLOB_GIVEN_UP,
} UlakHistoryBlobState;

typedef struct
{
  gint64 id;
  gint64 sync_type;
  guint progress;                /* percent, as the phone counts it */
  GBytes *inline_bytes;          /* (owned) (nullable) */
  UlakMediaReference *reference; /* (owned) (nullable): both are NULL when nobody knows where it is */
  UlakHistoryPass pass;
  guint64 done;                  /* pieces of this pass that were taken in */
} UlakHistoryBlob;

void ulak_history_blob_free (UlakHistoryBlob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHistoryBlob, ulak_history_blob_free)

/* Store's thread, as all below: the oldest that waits; *blob_out is NULL when there is none. */
gboolean ulak_history_blob_find_next (UlakDatabase *database, UlakHistoryBlob **blob_out, GError **error);
gboolean ulak_history_blob_advance (UlakDatabase *database, gint64 id, UlakHistoryPass pass, guint64 done, GError **error);
gboolean ulak_history_blob_end (UlakDatabase *database, gint64 id, UlakHistoryBlobState state, GError **error);

G_END_DECLS
