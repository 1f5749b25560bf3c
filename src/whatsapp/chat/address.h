/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Address: who wrote to whom, as the attributes of a message or receipt stanza say it.
 *
 * A plain value, read without any look-up, so that it may be made on any thread. The alternates are the same people under
 * their other number; they come without a device.
 */
#pragma once

#include "whatsapp/codec/node.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_ADDRESS_DIRECT,
  ULAK_ADDRESS_GROUP,
  ULAK_ADDRESS_BROADCAST, /* status@broadcast and lists */
  ULAK_ADDRESS_NEWSLETTER,
} UlakAddressKind;

/* Ourselves in both forms, with our device. A LID of which the user is empty is not known yet. */
typedef struct
{
  UlakJid phone;
  UlakJid lid;
} UlakMe;

typedef struct
{
  UlakAddressKind kind;
  UlakJid from;   /* as it came, with its device: where receipts go */
  UlakJid chat;   /* without a device */
  UlakJid author; /* with its device */
  UlakJid author_alternate; /* no user: not said */
  UlakJid chat_alternate;   /* of direct chats; no user: not said */
  gboolean is_from_me;
  gboolean is_peer;      /* between our own devices, about no chat */
  gboolean has_recipient;
} UlakAddress;

gboolean ulak_me_is (const UlakMe *self, const UlakJid *jid);
gboolean ulak_me_is_device (const UlakMe *self, const UlakJid *jid);

gboolean ulak_jid_is_user (const UlakJid *jid);
gboolean ulak_jid_is_lid (const UlakJid *jid);
gboolean ulak_jid_is_phone (const UlakJid *jid);
gboolean ulak_jid_is_status (const UlakJid *jid);
gboolean ulak_jid_is_somebody (const UlakJid *jid); /* no group, list or channel */

gboolean ulak_address_read (const UlakNode *stanza, const UlakMe *me, UlakAddress *address_out, GError **error);

G_END_DECLS
