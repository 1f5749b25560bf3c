/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sticker: whether a WebP file moves. Meta takes animated stickers of up to 500 KiB and still ones of up to 100 KiB, and only
 * the first bytes of the file tell which it is.
 */
#pragma once

#include <gio/gio.h>

#define ULAK_STICKER_STILL_MAX_BYTES (100 * 1024)
#define ULAK_STICKER_HEAD_BYTES 21

gboolean ulak_sticker_is_animated (const guint8 *head, gsize size_bytes);

void ulak_sticker_check_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_sticker_check_finish (GAsyncResult *result, GError **error);
