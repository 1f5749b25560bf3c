/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/cors.h"

/** ulak_cors_allows: @origin: (nullable): as the browser sent it */
gboolean
ulak_cors_allows (const UlakConfig *config, const char *origin)
{
  const char *const *allowed = ulak_config_get_strings (config, "api", "cors_origins");

  if (origin == NULL || allowed == NULL)
    return FALSE;
  return g_strv_contains (allowed, "*") || g_strv_contains (allowed, origin);
}

/** ulak_cors_put_headers: without credentials: keys go in headers that the page sets itself */
void
ulak_cors_put_headers (const UlakConfig *config, const char *origin, SoupMessageHeaders *answer)
{
  if (!ulak_cors_allows (config, origin))
    return;

  soup_message_headers_replace (answer, "Access-Control-Allow-Origin", origin);
  soup_message_headers_replace (answer, "Access-Control-Expose-Headers", "X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset");
  soup_message_headers_append (answer, "Vary", "Origin");
}

void
ulak_cors_put_preflight (SoupMessageHeaders *answer)
{
  soup_message_headers_replace (answer, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
  soup_message_headers_replace (answer, "Access-Control-Allow-Headers",
                                "Authorization, X-API-Key, Content-Type, Idempotency-Key, X-Request-Id, traceparent, "
                                "Last-Event-ID");
  soup_message_headers_replace (answer, "Access-Control-Max-Age", "600");
}
