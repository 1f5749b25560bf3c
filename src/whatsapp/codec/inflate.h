/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inflate: a zlib stream (RFC 1950) taken apart in memory, never beyond a limit.
 */
#pragma once

#include <glib.h>

GBytes *ulak_inflate (const guint8 *bytes, gsize size_bytes, gsize max_bytes, GError **error);
