/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/media/media-address.h"

#include "core/error.h"
#include "whatsapp/media/media-kind.h"

#include <libsoup/soup.h>

#define DOMAIN ".whatsapp.net"
#define HTTPS_PORT 443

/* base64url; the padding stays off, which hosts take as well. */
static char *
make_token (const guint8 sha256[32])
{
  g_autofree char *text = g_base64_encode (sha256, 32);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return g_steal_pointer (&text);
}

/* The host of the result is the one that was meant, whatever stands in the path. */
static GUri *
parse (const char *text, const char *host, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, NULL);
  const char *name = uri == NULL ? NULL : g_uri_get_host (uri);
  g_autofree char *with_port = name == NULL ? NULL : g_strdup_printf ("%s:%d", name, g_uri_get_port (uri));

  /* A host without a port has the scheme's in the parsed address. */
  if (name != NULL && g_uri_get_userinfo (uri) == NULL
      && (g_ascii_strcasecmp (with_port, host) == 0
          || (g_ascii_strcasecmp (name, host) == 0 && (g_uri_get_port (uri) < 0 || g_uri_get_port (uri) == HTTPS_PORT))))
    return g_steal_pointer (&uri);
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The place of the medium is no path on a host");
  return NULL;
}

GUri *
ulak_media_address_of_path (const UlakMediaReference *reference, const char *host, const char *path, GError **error)
{
  g_autofree char *token = make_token (reference->summary.encrypted_sha256);
  g_autofree char *text = NULL;

  if (!reference->is_encrypted)
    text = g_strdup_printf ("https://%s%s", host, path);
  else
    text = g_strdup_printf ("https://%s%s%shash=%s&mms-type=%s&__wa-mms=", host, path,
                            strchr (path, '?') == NULL ? "?" : "&", token,
                            ulak_media_kind_get_path (reference->kind) == NULL
                                ? ""
                                : ulak_media_kind_get_path (reference->kind));
  return parse (text, host, error);
}

GUri *
ulak_media_address_of_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = url == NULL ? NULL : g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *host = uri == NULL ? NULL : g_uri_get_host (uri);
  gsize length = host == NULL ? 0 : strlen (host);

  if (length > strlen (DOMAIN) && g_ascii_strcasecmp (host + length - strlen (DOMAIN), DOMAIN) == 0
      && g_str_equal (g_uri_get_scheme (uri), "https") && g_uri_get_userinfo (uri) == NULL
      && (g_uri_get_port (uri) < 0 || g_uri_get_port (uri) == HTTPS_PORT) && strlen (g_uri_get_path (uri)) > 1)
    return g_steal_pointer (&uri);
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED,
                       "The message names a place for its medium that is not on whatsapp.net");
  return NULL;
}

GUri *
ulak_media_address_for_upload (UlakMediaKind kind,
                               gboolean is_encrypted,
                               const guint8 sha256[32],
                               const char *host,
                               const char *auth,
                               GError **error)
{
  g_autofree char *token = make_token (sha256);
  g_autofree char *escaped = g_uri_escape_string (auth, NULL, FALSE);
  g_autofree char *text = NULL;

  if (ulak_media_kind_get_path (kind) == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "Files of kind ‘%s’ cannot be uploaded",
                   ulak_media_kind_get_name (kind));
      return NULL;
    }
  text = g_strdup_printf ("https://%s%s%s/%s?auth=%s&token=%s", host,
                          is_encrypted ? "/mms/" : "/newsletter/newsletter-", ulak_media_kind_get_path (kind), token,
                          escaped, token);
  return parse (text, host, error);
}
