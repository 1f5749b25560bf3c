/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media limits: which types and sizes Meta takes, checked before anything is sent.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean ulak_media_limits_find (const char *mime_type, goffset *max_bytes_out, GError **error);
gboolean ulak_media_limits_check (const char *kind, const char *mime_type, goffset size_bytes, GError **error);

G_END_DECLS
