/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/receiving.md, "Addressing".
 */
#include "whatsapp/chat/address.h"

#include "core/error.h"

gboolean
ulak_jid_is_lid (const UlakJid *jid)
{
  return jid->server == ULAK_JID_SERVER_LID || jid->server == ULAK_JID_SERVER_HOSTED_LID;
}

gboolean
ulak_jid_is_phone (const UlakJid *jid)
{
  return jid->user[0] != '\0'
         && (jid->server == ULAK_JID_SERVER_PHONE || jid->server == ULAK_JID_SERVER_LEGACY
             || jid->server == ULAK_JID_SERVER_HOSTED);
}

gboolean
ulak_jid_is_user (const UlakJid *jid)
{
  return jid->user[0] != '\0' && (ulak_jid_is_phone (jid) || ulak_jid_is_lid (jid));
}

gboolean
ulak_jid_is_status (const UlakJid *jid)
{
  return jid->server == ULAK_JID_SERVER_BROADCAST && g_str_equal (jid->user, "status");
}

/** ulak_me_is: whether @jid is our user, whatever its device and form */
gboolean
ulak_me_is (const UlakMe *self, const UlakJid *jid)
{
  if (ulak_jid_is_phone (jid))
    return g_str_equal (jid->user, self->phone.user);
  return ulak_jid_is_lid (jid) && self->lid.user[0] != '\0' && g_str_equal (jid->user, self->lid.user);
}

/** ulak_me_is_device: whether @jid is this very device */
gboolean
ulak_me_is_device (const UlakMe *self, const UlakJid *jid)
{
  return ulak_me_is (self, jid) && jid->device == self->phone.device;
}

static void
read_optional (const UlakNode *stanza, const char *const *names, UlakJid *jid_out)
{
  for (gsize i = 0; names[i] != NULL; i++)
    {
      const char *text = ulak_node_get_attribute (stanza, names[i]);
      UlakJid jid;

      if (text == NULL || !ulak_jid_parse (text, &jid, NULL) || !ulak_jid_is_user (&jid))
        continue;
      *jid_out = ulak_jid_get_account (&jid);
      return;
    }
}

/* The other form of a user, and only if it is the other one: a server that says the same twice tells nothing. */
static void
read_alternate (const UlakNode *stanza,
                const UlakJid *of,
                const char *const *phones,
                const char *const *lids,
                UlakJid *jid_out)
{
  gboolean is_lid = ulak_jid_is_lid (of);
  UlakJid jid = { 0 };

  read_optional (stanza, is_lid ? phones : lids, &jid);
  if (jid.user[0] != '\0' && ulak_jid_is_lid (&jid) != is_lid)
    *jid_out = jid;
}

/* Also somebody of Messenger, of another network, or of a server that is not known yet: there may be more than we know. */
gboolean
ulak_jid_is_somebody (const UlakJid *jid)
{
  return jid->user[0] != '\0' && jid->server != ULAK_JID_SERVER_GROUP && jid->server != ULAK_JID_SERVER_BROADCAST
         && jid->server != ULAK_JID_SERVER_NEWSLETTER;
}

static gboolean
read_participant (const UlakNode *stanza, UlakAddress *address, GError **error)
{
  static const char *const phones[] = { "participant_pn", "sender_pn", NULL };
  static const char *const lids[] = { "participant_lid", "sender_lid", NULL };

  if (!ulak_node_read_jid (stanza, "participant", &address->author, error))
    return FALSE;
  if (!ulak_jid_is_somebody (&address->author))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The participant of a <%s> is nobody",
                   ulak_node_get_tag (stanza));
      return FALSE;
    }
  read_alternate (stanza, &address->author, phones, lids, &address->author_alternate);
  return TRUE;
}

static gboolean
read_own (const UlakNode *stanza, UlakAddress *address, GError **error)
{
  static const char *const phones[] = { "peer_recipient_pn", "recipient_pn", NULL };
  static const char *const lids[] = { "peer_recipient_lid", "recipient_lid", NULL };
  UlakJid recipient;

  if (!ulak_node_read_jid (stanza, "recipient", &recipient, error))
    return FALSE;
  address->chat = ulak_jid_get_account (&recipient);
  address->has_recipient = TRUE;
  read_alternate (stanza, &address->chat, phones, lids, &address->chat_alternate);
  return TRUE;
}

/* Of servers whose people we do not know: a chat like any other, under the JID. */
static gboolean
read_foreign (const UlakNode *stanza, UlakAddress *address, GError **error)
{
  if (address->from.user[0] == '\0')
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A <%s> comes from nobody at %s", ulak_node_get_tag (stanza),
                   address->from.server_name);
      return FALSE;
    }
  address->kind = ULAK_ADDRESS_DIRECT;
  address->author = address->from;
  return TRUE;
}

static gboolean
read_direct (const UlakNode *stanza, const UlakMe *me, UlakAddress *address, GError **error)
{
  static const char *const phones[] = { "sender_pn", "participant_pn", NULL };
  static const char *const lids[] = { "sender_lid", "participant_lid", NULL };

  address->kind = ULAK_ADDRESS_DIRECT;
  address->author = address->from;
  address->is_from_me = ulak_me_is (me, &address->from);
  address->is_peer = address->is_from_me && g_strcmp0 (ulak_node_get_attribute (stanza, "category"), "peer") == 0;
  read_alternate (stanza, &address->author, phones, lids, &address->author_alternate);
  if (ulak_node_get_attribute (stanza, "recipient") == NULL)
    {
      address->chat_alternate = address->author_alternate;
      return TRUE;
    }
  if (address->is_from_me)
    return read_own (stanza, address, error);
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "A <%s> of somebody else names a recipient, which only our own devices may", ulak_node_get_tag (stanza));
  return FALSE;
}

/**
 * ulak_address_read:
 * @stanza: a <message> or <receipt>
 *
 * Errors: INVALID (a missing or wrong attribute, a foreign stanza that claims a recipient, nobody)
 */
gboolean
ulak_address_read (const UlakNode *stanza, const UlakMe *me, UlakAddress *address_out, GError **error)
{
  UlakAddress address = { 0 };

  if (!ulak_node_read_jid (stanza, "from", &address.from, error))
    return FALSE;
  address.chat = ulak_jid_get_account (&address.from);
  switch (address.from.server)
    {
    case ULAK_JID_SERVER_PHONE:
    case ULAK_JID_SERVER_LEGACY:
    case ULAK_JID_SERVER_LID:
    case ULAK_JID_SERVER_HOSTED:
    case ULAK_JID_SERVER_HOSTED_LID:
    case ULAK_JID_SERVER_BOT:
      if (!read_direct (stanza, me, &address, error))
        return FALSE;
      break;
    case ULAK_JID_SERVER_GROUP:
    case ULAK_JID_SERVER_BROADCAST:
      address.kind = address.from.server == ULAK_JID_SERVER_GROUP ? ULAK_ADDRESS_GROUP : ULAK_ADDRESS_BROADCAST;
      if (!read_participant (stanza, &address, error))
        return FALSE;
      address.is_from_me = ulak_me_is (me, &address.author);
      break;
    case ULAK_JID_SERVER_NEWSLETTER:
      address.kind = ULAK_ADDRESS_NEWSLETTER;
      address.author = address.from;
      break;
    case ULAK_JID_SERVER_CALL:
    case ULAK_JID_SERVER_MESSENGER:
    case ULAK_JID_SERVER_INTEROP:
    case ULAK_JID_SERVER_OTHER:
      if (!read_foreign (stanza, &address, error))
        return FALSE;
      break;
    }
  *address_out = address;
  return TRUE;
}
