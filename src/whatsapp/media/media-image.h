/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Image size: width and height out of the first bytes of a JPEG, PNG or WebP file.
 *
 * Nothing is decoded, so no image library is needed. Thumbnails are not made: no library of Debian does it without
 * weight, and a message without one is shown with a grey field until it is loaded.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_IMAGE_HEAD_BYTES (256 * 1024) /* of a file; a JPEG may have its profile and preview before its size */

/* FALSE: none of the three, or its size does not stand in these bytes. */
gboolean ulak_image_read_size (const guint8 *head, gsize size_bytes, guint *width_out, guint *height_out);

/* Of a file, on a thread. Finishes with FALSE when there is nothing to say; no error. */
void ulak_image_measure_async (const char *path, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_image_measure_finish (GAsyncResult *result, guint *width_out, guint *height_out);

G_END_DECLS
