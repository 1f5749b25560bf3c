/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * JSON scan: whether bytes are JSON within limits, found without recursion. For json.c and its fuzz target.
 */
#pragma once

#include "core/json.h"

gboolean ulak_json_scan (const char *bytes, gsize size_bytes, const UlakJsonLimits *limits, GError **error);
