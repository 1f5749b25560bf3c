/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Upload: a request body on its way into a file without a name.
 *
 * Pieces are written in a thread, one after the other; the caller reads no further piece meanwhile, so that a
 * fast client cannot fill memory. The file lives as long as its descriptor: nothing is left after a crash.
 */
#pragma once

#include <gio/gio.h>

typedef struct _UlakUpload UlakUpload;

UlakUpload *ulak_upload_new (const char *directory);
UlakUpload *ulak_upload_ref (UlakUpload *self);
void ulak_upload_unref (UlakUpload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakUpload, ulak_upload_unref)

void ulak_upload_append_async (UlakUpload *self, GBytes *piece, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_upload_append_finish (UlakUpload *self, GAsyncResult *result, GError **error);

/* The whole file from its beginning, for one reader; -1 if nothing was written. (transfer full) */
int ulak_upload_take_fd (UlakUpload *self);
guint64 ulak_upload_get_size (UlakUpload *self);
