/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * CORS: which web pages may read answers: those whose origin [api] cors_origins names, or all with "*".
 */
#pragma once

#include "core/config.h"

#include <libsoup/soup.h>

gboolean ulak_cors_allows (const UlakConfig *config, const char *origin);
void ulak_cors_put_headers (const UlakConfig *config, const char *origin, SoupMessageHeaders *answer);
void ulak_cors_put_preflight (SoupMessageHeaders *answer);
