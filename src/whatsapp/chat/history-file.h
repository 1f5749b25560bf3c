/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History file: where a blob of the history lies in the spool folder until it is taken in.
 *
 * It bears its name only when it is whole, so that a kill leaves nothing that could be taken for it. Main thread; the work is
 * done on threads of the pool, one at a time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _UlakHistoryFile UlakHistoryFile;

UlakHistoryFile *ulak_history_file_new (const char *spool, gint64 blob_id);
void ulak_history_file_free (UlakHistoryFile *self);

/* owner: keeps the file, and is kept until the callback. *stream_out: NULL when there is no whole file: then the descriptor is
 * there to be filled, and ulak_history_file_keep_async() to be called. Errors: FULL, UNAVAILABLE. */
void ulak_history_file_open_async (UlakHistoryFile *self, gpointer owner, GAsyncReadyCallback callback);
gboolean ulak_history_file_open_finish (GAsyncResult *result, GInputStream **stream_out, GError **error);
int ulak_history_file_get_fd (UlakHistoryFile *self);

/* What was filled is whole. Errors: FULL, UNAVAILABLE. */
void ulak_history_file_keep_async (UlakHistoryFile *self, gpointer owner, GAsyncReadyCallback callback);
gboolean ulak_history_file_keep_finish (GAsyncResult *result, GError **error);

/* Nobody waits for it. self: (transfer full). */
void ulak_history_file_remove (UlakHistoryFile *self);

G_END_DECLS
