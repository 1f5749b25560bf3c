/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Spool: a folder for encrypted files that are on their way here, named by the hash that they are to have.
 *
 * What lies here was never checked; it is kept over cuts and restarts so that a transfer goes on where it stopped, and it
 * leaves either checked and decrypted into somebody's descriptor, or by the broom. All jobs run on threads of the pool; a name
 * is used by one job at a time, which its user sees to.
 */
#pragma once

#include "whatsapp/media/media-reference.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_SPOOL_AGE_MAX_S (7 * 24 * 60 * 60) /* half a file nobody asked for again */
#define ULAK_SPOOL_MAX_BYTES (G_GINT64_CONSTANT (1) << 30)

/* (transfer full) */
char *ulak_spool_make_name (const UlakMediaReference *reference);

/* Opens or makes the file. Finishes with a descriptor at its end, the caller's to close, and how much is there. */
void ulak_spool_open_async (const char *folder,
                            const char *name,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
int ulak_spool_open_finish (GAsyncResult *result, goffset *size_out, GError **error);

/* Checks and decrypts the whole file into fd, which begins empty and is emptied again on failure. */
void ulak_spool_deliver_async (const char *folder,
                               const char *name,
                               const UlakMediaReference *reference,
                               int fd,
                               goffset max_bytes,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean ulak_spool_deliver_finish (GAsyncResult *result, GError **error);

void ulak_spool_remove_async (const char *folder, const char *name, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_spool_remove_finish (GAsyncResult *result, GError **error);

/* Removes what was last written ULAK_SPOOL_AGE_MAX_S ago, and of the rest the oldest files until ULAK_SPOOL_MAX_BYTES are left; what
 * was written in the last hour may be in use and stays. now_s: Unix time. Nobody waits for it. */
void ulak_spool_sweep (const char *folder, gint64 now_s);

G_END_DECLS
