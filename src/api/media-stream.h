/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media stream: a file as the body of an answer, one piece in memory at a time.
 */
#pragma once

#include "api/request.h"

void ulak_media_stream_start (UlakRequest *request, int fd, guint64 size_bytes, const char *mime_type);
