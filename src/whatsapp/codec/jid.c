/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table says what each server allows. A text is cut at its one '@'; the user is then looked at by the rules of
 * its server.
 */
#include "whatsapp/codec/jid.h"

#include "core/error.h"

#include <string.h>

#define NO_DOMAIN -1

typedef struct
{
  const char *name;
  guint16 device_max;
  gint16 domain; /* the number of the server where a device is written, or NO_DOMAIN */
  gboolean has_agent;
  gboolean has_integrator;
} Server;

/* Source: docs/protocol/nodes.md, "JIDs". A device is one byte on the wire, two for msgr and interop. */
static const Server servers[] = {
  [ULAK_JID_SERVER_PHONE] = { "s.whatsapp.net", G_MAXUINT8, 0, TRUE, FALSE },
  [ULAK_JID_SERVER_LEGACY] = { "c.us", 0, NO_DOMAIN, TRUE, FALSE },
  [ULAK_JID_SERVER_LID] = { "lid", G_MAXUINT8, 1, FALSE, FALSE },
  [ULAK_JID_SERVER_HOSTED] = { "hosted", G_MAXUINT8, 128, TRUE, FALSE },
  [ULAK_JID_SERVER_HOSTED_LID] = { "hosted.lid", G_MAXUINT8, 129, FALSE, FALSE },
  [ULAK_JID_SERVER_GROUP] = { "g.us", 0, NO_DOMAIN, FALSE, FALSE },
  [ULAK_JID_SERVER_BROADCAST] = { "broadcast", 0, NO_DOMAIN, FALSE, FALSE },
  [ULAK_JID_SERVER_NEWSLETTER] = { "newsletter", 0, NO_DOMAIN, FALSE, FALSE },
  [ULAK_JID_SERVER_BOT] = { "bot", 0, NO_DOMAIN, FALSE, FALSE },
  [ULAK_JID_SERVER_CALL] = { "call", 0, NO_DOMAIN, FALSE, FALSE },
  [ULAK_JID_SERVER_MESSENGER] = { "msgr", G_MAXUINT16, NO_DOMAIN, FALSE, FALSE },
  [ULAK_JID_SERVER_INTEROP] = { "interop", G_MAXUINT16, NO_DOMAIN, FALSE, TRUE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (servers) == ULAK_JID_SERVER_OTHER);

static const Server unknown_server = { NULL, 0, NO_DOMAIN, FALSE, FALSE };

static const Server *
rules_of (UlakJidServer server)
{
  return server == ULAK_JID_SERVER_OTHER ? &unknown_server : &servers[server];
}

static UlakJidServer
find_server (const char *name)
{
  UlakJidServer server = ULAK_JID_SERVER_PHONE;

  while (server < ULAK_JID_SERVER_OTHER && strcmp (servers[server].name, name) != 0)
    server++;
  return server;
}

static gboolean
refuse (GError **error, const char *reason)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The JID %s; it must be user[:device]@server", reason);
  return FALSE;
}

static gboolean
read_server (const char *name, UlakJid *jid, GError **error)
{
  gsize length = strlen (name);

  if (length == 0 || length > ULAK_JID_SERVER_MAX)
    return refuse (error, "has a server of no or of more than " G_STRINGIFY (ULAK_JID_SERVER_MAX) " bytes");
  if (strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != length)
    return refuse (error, "has a server that is not of a-z, 0-9, '.' and '-'");
  memcpy (jid->server_name, name, length + 1);
  jid->server = find_server (name);
  return TRUE;
}

/* Decimal digits and nothing else, up to @max. */
static gboolean
read_digits (const char *text, gsize length, guint64 max, guint16 *number_out)
{
  guint64 number = 0;

  if (length == 0 || length > 5)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return FALSE;
      number = number * 10 + (guint64) (text[i] - '0');
    }
  if (number > max)
    return FALSE;
  *number_out = (guint16) number;
  return TRUE;
}

/* Cuts ":device" off the end of the user. */
static gboolean
read_device (const char *user, gsize *length, UlakJid *jid, GError **error)
{
  const char *colon = memchr (user, ':', *length);
  const char *digits = colon == NULL ? NULL : colon + 1;

  if (colon == NULL)
    return TRUE;
  if (!read_digits (digits, *length - (gsize) (digits - user), rules_of (jid->server)->device_max, &jid->device))
    return refuse (error, "has a device that its server does not allow");
  *length = (gsize) (colon - user);
  return *length > 0 || refuse (error, "has a device and no user");
}

/* Cuts ".agent" off the end of a user by phone number. */
static void
read_agent (const char *user, gsize *length, UlakJid *jid)
{
  const char *dot = memchr (user, '.', *length);
  guint16 agent;

  if (!rules_of (jid->server)->has_agent || dot == NULL || dot == user)
    return;
  if (strspn (user, "0123456789") != (gsize) (dot - user)
      || !read_digits (dot + 1, *length - (gsize) (dot + 1 - user), G_MAXUINT8, &agent))
    return;
  jid->agent = (guint8) agent;
  *length = (gsize) (dot - user);
}

/* Cuts "integrator-" off the beginning; without one it is 0. */
static const char *
read_integrator (const char *user, gsize *length, UlakJid *jid)
{
  const char *dash = memchr (user, '-', *length);

  if (!rules_of (jid->server)->has_integrator || dash == NULL
      || !read_digits (user, (gsize) (dash - user), G_MAXUINT16, &jid->integrator))
    return user;
  *length -= (gsize) (dash + 1 - user);
  return dash + 1;
}

static gboolean
read_user (const char *user, gsize length, UlakJid *jid, GError **error)
{
  gboolean has_user = length > 0;

  if (!read_device (user, &length, jid, error))
    return FALSE;
  read_agent (user, &length, jid);
  user = read_integrator (user, &length, jid);

  if (length > ULAK_JID_USER_MAX || (has_user && length == 0))
    return refuse (error, "has a user of no or of more than " G_STRINGIFY (ULAK_JID_USER_MAX) " bytes");
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (user[i]) || user[i] == ' ' || user[i] == ':')
      return refuse (error, "has a blank, a colon or a control character in its user");
  memcpy (jid->user, user, length);
  return g_utf8_validate (user, (gssize) length, NULL) || refuse (error, "has a user that is not UTF-8");
}

/**
 * ulak_jid_parse:
 * @text: user[:device]@server, or the name of a known server alone
 * @jid_out: (out caller-allocates) (optional): the address
 * @error: INVALID: what is wrong with @text
 *
 * The name of a server alone means that server, as @server does. The user of an old text may end in .agent.
 *
 * Source: docs/protocol/nodes.md, "JIDs".
 * Returns: whether @text is a JID
 */
gboolean
ulak_jid_parse (const char *text, UlakJid *jid_out, GError **error)
{
  const char *at = strchr (text, '@');
  UlakJid jid = { .server = ULAK_JID_SERVER_OTHER };

  if (at == NULL && find_server (text) == ULAK_JID_SERVER_OTHER)
    return refuse (error, "has no '@'");
  if (!read_server (at == NULL ? text : at + 1, &jid, error))
    return FALSE;
  if (at != NULL && !read_user (text, (gsize) (at - text), &jid, error))
    return FALSE;

  if (jid_out != NULL)
    *jid_out = jid;
  return TRUE;
}

/**
 * ulak_jid_print:
 * @jid: an address
 *
 * Returns: (transfer full): user[:device]@server; a device 0 and the agent are left out
 */
char *
ulak_jid_print (const UlakJid *jid)
{
  GString *text = g_string_sized_new (ULAK_JID_TEXT_MAX);

  if (rules_of (jid->server)->has_integrator && *jid->user != '\0')
    g_string_append_printf (text, "%u-", jid->integrator);
  g_string_append (text, jid->user);
  if (jid->device > 0)
    g_string_append_printf (text, ":%u", jid->device);
  g_string_append_c (text, '@');
  g_string_append (text, jid->server_name);
  return g_string_free (text, FALSE);
}

/**
 * ulak_jid_print_long:
 * @jid: an address
 *
 * The form with every part, which goes into hashes over lists of devices.
 *
 * Returns: (transfer full): user.agent:device@server
 */
char *
ulak_jid_print_long (const UlakJid *jid)
{
  return g_strdup_printf ("%s.%u:%u@%s", jid->user, jid->agent, jid->device, jid->server_name);
}

/**
 * ulak_jid_compare:
 * @a: an address
 * @b: another
 *
 * Orders by server, user, then device, in a way that stays the same between runs. The agent does not count.
 *
 * Returns: below, at or above 0, as strcmp() does
 */
gint
ulak_jid_compare (const UlakJid *a, const UlakJid *b)
{
  gint order = strcmp (a->server_name, b->server_name);

  if (order == 0)
    order = strcmp (a->user, b->user);
  if (order == 0)
    order = (gint) a->integrator - (gint) b->integrator;
  return order != 0 ? order : (gint) a->device - (gint) b->device;
}

gboolean
ulak_jid_equal (const UlakJid *a, const UlakJid *b)
{
  return ulak_jid_compare (a, b) == 0;
}

guint
ulak_jid_hash (const UlakJid *jid)
{
  return g_str_hash (jid->user) * 31 + g_str_hash (jid->server_name) + jid->device;
}

/**
 * ulak_jid_get_account:
 * @jid: an address
 *
 * Whose device it is: the same without device and agent, and c.us spelt s.whatsapp.net.
 *
 * Returns: the address of the account
 */
UlakJid
ulak_jid_get_account (const UlakJid *jid)
{
  UlakJid account = *jid;

  account.device = 0;
  account.agent = 0;
  if (account.server == ULAK_JID_SERVER_LEGACY)
    {
      account.server = ULAK_JID_SERVER_PHONE;
      g_strlcpy (account.server_name, servers[ULAK_JID_SERVER_PHONE].name, sizeof account.server_name);
    }
  return account;
}

/**
 * ulak_jid_get_domain:
 * @jid: an address
 * @domain_out: (out) (optional): the number of its server
 *
 * Returns: whether devices on its server are written with a domain number
 */
gboolean
ulak_jid_get_domain (const UlakJid *jid, guint8 *domain_out)
{
  gint domain = rules_of (jid->server)->domain;

  if (domain == NO_DOMAIN)
    return FALSE;
  if (domain_out != NULL)
    *domain_out = (guint8) domain;
  return TRUE;
}

/**
 * ulak_jid_get_domain_server:
 * @domain: the number of a server as it comes with a device
 *
 * Returns: (transfer none): the name of that server; numbers without a server are agents of old, of users by phone
 * number
 */
const char *
ulak_jid_get_domain_server (guint8 domain)
{
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    if (servers[i].domain == domain)
      return servers[i].name;
  return servers[ULAK_JID_SERVER_PHONE].name;
}

/**
 * ulak_jid_get_signal_name:
 * @jid: the address of a user
 *
 * The name under which ratchets of this user are kept; the device is the other half of their address.
 *
 * Source: docs/protocol/nodes.md, "JIDs".
 * Returns: (transfer full): the user, and for servers other than the one of phone numbers "_" and their number
 */
char *
ulak_jid_get_signal_name (const UlakJid *jid)
{
  guint8 domain = 0;

  ulak_jid_get_domain (jid, &domain);
  return domain == 0 ? g_strdup (jid->user) : g_strdup_printf ("%s_%u", jid->user, domain);
}
