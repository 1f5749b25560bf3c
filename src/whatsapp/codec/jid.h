/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * JIDs: addresses on WhatsApp, user[:device]@server.
 *
 * A plain value without allocations: copy it by assignment, put it on the stack. Only ulak_jid_parse() makes one, so
 * that each holds to the limits and prints to text that parses to the same again. Device 0 is the phone and is never
 * printed. A server that we do not know is kept by its name: a message from there must still be acknowledged.
 */
#pragma once

#include <glib.h>

#define ULAK_JID_USER_MAX 64   /* bytes; the longest seen, an old group, has 26 */
#define ULAK_JID_SERVER_MAX 32 /* bytes; the longest known is s.whatsapp.net */
#define ULAK_JID_TEXT_MAX (ULAK_JID_USER_MAX + ULAK_JID_SERVER_MAX + 24)

typedef enum
{
  ULAK_JID_SERVER_PHONE,      /* s.whatsapp.net: a user by phone number, and with no user the server itself */
  ULAK_JID_SERVER_LEGACY,     /* c.us: the old spelling of the same */
  ULAK_JID_SERVER_LID,        /* lid: a user by an opaque number */
  ULAK_JID_SERVER_HOSTED,     /* hosted: a business hosted by Meta, by phone number */
  ULAK_JID_SERVER_HOSTED_LID, /* hosted.lid: the same by LID */
  ULAK_JID_SERVER_GROUP,      /* g.us */
  ULAK_JID_SERVER_BROADCAST,  /* broadcast: status@broadcast and lists */
  ULAK_JID_SERVER_NEWSLETTER, /* newsletter: a channel */
  ULAK_JID_SERVER_BOT,        /* bot */
  ULAK_JID_SERVER_CALL,       /* call: a call link */
  ULAK_JID_SERVER_MESSENGER,  /* msgr */
  ULAK_JID_SERVER_INTEROP,    /* interop: a user of another network; the user is written INTEGRATOR-USER */
  ULAK_JID_SERVER_OTHER,      /* any other name */
} UlakJidServer;

typedef struct
{
  UlakJidServer server;
  char server_name[ULAK_JID_SERVER_MAX + 1];
  char user[ULAK_JID_USER_MAX + 1]; /* empty: the server itself */
  guint16 device;
  guint16 integrator; /* interop only */
  guint8 agent;       /* of old texts, user.agent@server; says nothing about who it is */
} UlakJid;

gboolean ulak_jid_parse (const char *text, UlakJid *jid_out, GError **error);
char *ulak_jid_print (const UlakJid *jid);
char *ulak_jid_print_long (const UlakJid *jid);

gint ulak_jid_compare (const UlakJid *a, const UlakJid *b);
gboolean ulak_jid_equal (const UlakJid *a, const UlakJid *b);
guint ulak_jid_hash (const UlakJid *jid);

UlakJid ulak_jid_get_account (const UlakJid *jid);
gboolean ulak_jid_get_domain (const UlakJid *jid, guint8 *domain_out);
const char *ulak_jid_get_domain_server (guint8 domain);
char *ulak_jid_get_signal_name (const UlakJid *jid);
