/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/media/media-client.h"

#define IDLE_SECONDS 15
#define TIMEOUT_SECONDS 30

/**
 * ulak_media_session_new:
 *
 * No proxy resolver (a library and a thread less), no decoder of compressed answers (lengths and ranges are those of the
 * file), no authentication dialogue of libsoup's own.
 */
SoupSession *
ulak_media_session_new (void)
{
  SoupSession *session = soup_session_new_with_options (
      "max-conns", 2 * ULAK_MEDIA_TRANSFERS_MAX, "max-conns-per-host", ULAK_MEDIA_TRANSFERS_MAX, "timeout",
      TIMEOUT_SECONDS, "idle-timeout", IDLE_SECONDS, "user-agent", "Mozilla/5.0", NULL);

  soup_session_set_proxy_resolver (session, NULL);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  return session;
}
