/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sources: the IANA special-purpose address registries (RFC 6890 and its updates), RFC 6052 (NAT64), RFC 3056 (6to4).
 */
#include "webhooks/target.h"

#include "core/error.h"

#include <string.h>

typedef struct
{
  guint8 bytes[16];
  guint prefix_bits;
} Range;

static const Range ipv4_not_public[] = {
  { { 0 }, 8 },             /* this network */
  { { 10 }, 8 },            /* private */
  { { 100, 64 }, 10 },      /* shared: CGNAT */
  { { 127 }, 8 },           /* loopback */
  { { 169, 254 }, 16 },     /* link-local, cloud metadata */
  { { 172, 16 }, 12 },      /* private */
  { { 192, 0, 0 }, 24 },    /* protocol assignments */
  { { 192, 0, 2 }, 24 },    /* documentation */
  { { 192, 88, 99 }, 24 },  /* 6to4 relays, deprecated */
  { { 192, 168 }, 16 },     /* private */
  { { 198, 18 }, 15 },      /* benchmarking */
  { { 198, 51, 100 }, 24 }, /* documentation */
  { { 203, 0, 113 }, 24 },  /* documentation */
  { { 224 }, 4 },           /* multicast */
  { { 240 }, 4 },           /* reserved, broadcast */
};

/* Within 2000::/3, the only range that is public at all. */
static const Range ipv6_not_public[] = {
  { { 0x20, 0x01, 0x00, 0x00 }, 23 }, /* protocol assignments: Teredo, ORCHID, benchmarking */
  { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
  { { 0x3f, 0xff, 0x00, 0x00 }, 20 }, /* documentation */
};

/* Ranges that carry an IPv4 address, and where in them. */
static const struct
{
  Range range;
  guint offset;
} ipv6_with_ipv4[] = {
  { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 }, 12 }, /* mapped */
  { { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },                   /* NAT64 */
  { { { 0x20, 0x02 }, 16 }, 2 },                                /* 6to4 */
};

static gboolean
range_has (const Range *range, const guint8 *bytes)
{
  guint whole = range->prefix_bits / 8;
  guint rest = range->prefix_bits % 8;
  guint8 mask = (guint8) (0xff << (8 - rest));

  if (memcmp (range->bytes, bytes, whole) != 0)
    return FALSE;
  return rest == 0 || (range->bytes[whole] & mask) == (bytes[whole] & mask);
}

static gboolean
ipv4_is_public (const guint8 *bytes)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ipv4_not_public); i++)
    if (range_has (&ipv4_not_public[i], bytes))
      return FALSE;
  return TRUE;
}

static gboolean
ipv6_is_public (const guint8 *bytes)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ipv6_with_ipv4); i++)
    if (range_has (&ipv6_with_ipv4[i].range, bytes))
      return ipv4_is_public (bytes + ipv6_with_ipv4[i].offset);
  if ((bytes[0] & 0xe0) != 0x20)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (ipv6_not_public); i++)
    if (range_has (&ipv6_not_public[i], bytes))
      return FALSE;
  return TRUE;
}

/**
 * ulak_target_address_is_public:
 * @address: an address
 *
 * Returns: whether anybody on the Internet could own it
 */
gboolean
ulak_target_address_is_public (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    return ipv4_is_public (bytes);
  return ipv6_is_public (bytes);
}

static gboolean G_GNUC_PRINTF (2, 3)
    refuse (GError **error, const char *format, ...)
{
  g_autofree char *sentence = NULL;
  va_list arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "url: %s", sentence);
  return FALSE;
}

static gboolean
check_host (const char *host, gboolean allow_private, GError **error)
{
  g_autoptr (GInetAddress) address = NULL;

  if (host == NULL || *host == '\0')
    return refuse (error, "must name a host");
  if (strchr (host, '%') != NULL)
    return refuse (error, "must not name a network interface (%s)", host);
  address = g_inet_address_new_from_string (host);
  if (address == NULL || allow_private || ulak_target_address_is_public (address))
    return TRUE;
  return refuse (error, "%s is not a public address; allowed only with [webhooks] allow_private_targets = true", host);
}

/**
 * ulak_target_check_url:
 * @url: text from outside
 * @allow_private: [webhooks] allow_private_targets
 *
 * Returns: whether a webhook may go there as far as the text tells; else %ULAK_ERROR_INVALID, "url: sentence"
 */
gboolean
ulak_target_check_url (const char *url, gboolean allow_private, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GUri) uri = NULL;

  if (strlen (url) > ULAK_TARGET_URL_MAX)
    return refuse (error, "must have at most %d characters", ULAK_TARGET_URL_MAX);
  uri = g_uri_parse (url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, &local);
  if (uri == NULL)
    return refuse (error, "cannot be read: %s", local->message);
  if (!g_str_equal (g_uri_get_scheme (uri), "https") && !g_str_equal (g_uri_get_scheme (uri), "http"))
    return refuse (error, "must be http or https, not \"%s\"", g_uri_get_scheme (uri));
  if (g_uri_get_userinfo (uri) != NULL)
    return refuse (error, "must not carry a user or password: use headers");
  if (g_uri_get_fragment (uri) != NULL)
    return refuse (error, "must not have a fragment");
  return check_host (g_uri_get_host (uri), allow_private, error);
}
