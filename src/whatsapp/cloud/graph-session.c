/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/graph-session.h"

#include "core/error.h"

#include <string.h>

#define IDLE_SECONDS 15

/**
 * ulak_graph_session_new:
 * @max_connections: how many at once, 1 or more
 * @timeout_ms: longest silence on a connection
 *
 * No proxy resolver (a library and a thread less), no decoder of compressed answers (none can blow up), no
 * authentication dialogue of libsoup's own.
 */
SoupSession *
ulak_graph_session_new (guint max_connections, gint64 timeout_ms)
{
  SoupSession *session = soup_session_new_with_options (
      "max-conns", (int) max_connections, "max-conns-per-host", (int) max_connections, "timeout",
      (guint) ((timeout_ms + 999) / 1000), "idle-timeout", IDLE_SECONDS, "user-agent", "Ulak/" ULAK_VERSION, NULL);

  soup_session_set_proxy_resolver (session, NULL);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  return session;
}

static void
starting_cb (SoupMessage *message, gpointer user_data G_GNUC_UNUSED)
{
  soup_message_remove_flags (message, SOUP_MESSAGE_IDEMPOTENT);
}

/** ulak_graph_session_reuse_connection: lets a POST take an idle connection and yet never be sent twice; see graph-client.h */
void
ulak_graph_session_reuse_connection (SoupMessage *message)
{
  soup_message_add_flags (message, SOUP_MESSAGE_IDEMPOTENT);
  g_signal_connect (message, "starting", G_CALLBACK (starting_cb), NULL);
}

/* Where Meta keeps media. */
static const char *const meta_domains[] = { "facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net" };

static gboolean
is_under (const char *host, const char *domain)
{
  gsize host_length = strlen (host), domain_length = strlen (domain);

  if (host_length < domain_length || g_ascii_strcasecmp (host + host_length - domain_length, domain) != 0)
    return FALSE;
  return host_length == domain_length || host[host_length - domain_length - 1] == '.';
}

static gboolean
is_meta (const char *host)
{
  for (gsize i = 0; i < G_N_ELEMENTS (meta_domains); i++)
    if (is_under (host, meta_domains[i]))
      return TRUE;
  return FALSE;
}

/**
 * ulak_graph_session_may_carry_token:
 * @base: the Graph URL of the configuration
 * @url: a URL out of an answer
 *
 * The token goes to the scheme of the configured Graph URL and, where that is Meta's, to Meta's domains; otherwise only to
 * the very host of the configured URL.
 *
 * Returns: %TRUE if @url may be fetched; otherwise %FALSE with %ULAK_ERROR_NOT_ALLOWED
 */
gboolean
ulak_graph_session_may_carry_token (GUri *base, GUri *url, GError **error)
{
  const char *base_host = g_uri_get_host (base), *host = g_uri_get_host (url);
  gboolean is_allowed;

  if (host == NULL || base_host == NULL)
    is_allowed = FALSE;
  else if (is_meta (base_host))
    is_allowed = is_meta (host);
  else
    is_allowed = g_ascii_strcasecmp (base_host, host) == 0;

  if (is_allowed && strcmp (g_uri_get_scheme (base), g_uri_get_scheme (url)) == 0)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED,
               "The network names ‘%s://%s’ for a medium, which is not its own; the access token does not go there",
               g_uri_get_scheme (url), host == NULL ? "" : host);
  return FALSE;
}

/**
 * ulak_graph_roots_use_file:
 * @path: certificates of authorities, PEM
 *
 * Makes @path the only roots that TLS connections of this process trust. Called before the first session is made:
 * otherwise the system's whole bundle is loaded, 8 MiB of heap.
 *
 * Returns: %TRUE, or %FALSE with the file's or the parser's error
 */
gboolean
ulak_graph_roots_use_file (const char *path, GError **error)
{
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (path, error);

  if (database == NULL)
    {
      g_prefix_error (error, "Cannot use the certificates of ‘%s’: ", path);
      return FALSE;
    }
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
  return TRUE;
}
