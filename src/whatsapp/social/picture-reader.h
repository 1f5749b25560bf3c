/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Picture reader: a small file of a caller, whole.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* fd: (transfer full). Errors: TOO_LARGE over max_bytes, INVALID when it cannot be read. */
void ulak_picture_read_async (int fd, gsize max_bytes, GAsyncReadyCallback callback, gpointer user_data);
GBytes *ulak_picture_read_finish (GAsyncResult *result, GError **error); /* (transfer full) */

G_END_DECLS
