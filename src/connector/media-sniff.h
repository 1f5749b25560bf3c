/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media sniff: whether a file's first bytes fit the type that its sender claims. Pure.
 */
#pragma once

#include <glib.h>

#define ULAK_MEDIA_SNIFF_BYTES 16

/* TRUE also for types whose files have no mark, such as text. */
gboolean ulak_media_sniff_fits (const char *mime_type, const guint8 *bytes, gsize size_bytes);
