/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fake line: the few functions of connector/line.h that operations of the cloud backend call, linked instead of the real
 * ones. It knows one medium and remembers the handle that was kept for it.
 */
#pragma once

#include "connector/line.h"

UlakLine *fake_line_new (void);
/* path, mime_type: NULL: there is no such medium. handle: (nullable). */
void fake_line_set_medium (const char *path, const char *mime_type, goffset size_bytes, const char *handle);
const char *fake_line_get_kept_handle (gint64 *valid_until_us_out);
