/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked media: what may be uploaded to be sent by a linked device, and how much of it. Pure.
 */
#pragma once

#include <glib.h>

/* mime_type: as given. INVALID for what is no MIME type. */
gboolean ulak_linked_media_find_limit (const char *mime_type, goffset *max_bytes_out, GError **error);
