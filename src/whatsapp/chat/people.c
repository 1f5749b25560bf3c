/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/people.h"

#include "whatsapp/chat/address.h"

#include <string.h>

gboolean
ulak_people_meet (UlakDatabase *database,
                  const UlakJid *jid,
                  const UlakJid *alternate,
                  gint64 now_us,
                  UlakPeer *peer_out,
                  GError **error)
{
  gboolean is_lid = ulak_jid_is_lid (jid);
  gboolean is_news;

  if (alternate->user[0] == '\0' || !ulak_jid_is_user (jid))
    return ulak_peers_resolve (database, jid, now_us, peer_out, error);
  if (!ulak_peers_learn (database, is_lid ? alternate : jid, is_lid ? jid : alternate, now_us, peer_out, &is_news,
                         error))
    return FALSE;
  return peer_out->id != 0 || ulak_peers_resolve (database, jid, now_us, peer_out, error);
}

char *
ulak_people_name_peer (const UlakPeer *peer, const UlakJid *jid)
{
  UlakJid account = ulak_jid_get_account (jid);

  if (peer->phone[0] != '\0')
    return g_strdup (peer->phone);
  if (peer->lid[0] != '\0')
    return g_strconcat (peer->lid, "@lid", NULL);
  return ulak_jid_is_phone (&account) ? g_strdup (account.user) : ulak_jid_print (&account);
}

gboolean
ulak_people_name (UlakDatabase *database, const UlakJid *jid, char **name_out, GError **error)
{
  UlakJid account = ulak_jid_get_account (jid);
  UlakPeer peer;

  if (!ulak_jid_is_user (jid))
    {
      *name_out = ulak_jid_print (&account);
      return TRUE;
    }
  if (!ulak_peers_find (database, jid, &peer, error))
    return FALSE;
  *name_out = ulak_people_name_peer (&peer, jid);
  return TRUE;
}

char *
ulak_people_name_text (const char *jid, gpointer database)
{
  g_autofree char *name = NULL;
  UlakJid parsed;

  if (!ulak_jid_parse (jid, &parsed, NULL) || !ulak_people_name (database, &parsed, &name, NULL))
    return ulak_content_name (jid);
  return g_steal_pointer (&name);
}

JsonObject *
ulak_people_make_contact (const UlakPeer *peer, const char *push_name)
{
  JsonObject *contact = json_object_new ();

  if (peer->phone[0] != '\0')
    {
      json_object_set_string_member (contact, "phone", peer->phone);
      json_object_set_string_member (contact, "wa_id", peer->phone);
    }
  if (peer->lid[0] != '\0')
    {
      g_autofree char *lid = g_strconcat (peer->lid, "@lid", NULL);

      json_object_set_string_member (contact, "lid", lid);
    }
  if (push_name != NULL && push_name[0] != '\0' && g_utf8_validate (push_name, -1, NULL))
    json_object_set_string_member (contact, "name", push_name);
  return contact;
}

gboolean
ulak_people_parse_chat (const char *chat, UlakJid *jid_out)
{
  g_autofree char *text = NULL;

  if (strchr (chat, '@') != NULL)
    return ulak_jid_parse (chat, jid_out, NULL);
  if (chat[0] == '\0' || strspn (chat, "0123456789") != strlen (chat))
    return FALSE;
  text = g_strconcat (chat, "@s.whatsapp.net", NULL);
  return ulak_jid_parse (text, jid_out, NULL);
}

gboolean
ulak_people_get_jid (const UlakPeer *peer, gboolean as_lid, guint16 device, UlakJid *jid_out)
{
  if (as_lid)
    return ulak_peer_get_lid_jid (peer, device, jid_out) || ulak_peer_get_phone_jid (peer, device, jid_out);
  return ulak_peer_get_phone_jid (peer, device, jid_out) || ulak_peer_get_lid_jid (peer, device, jid_out);
}
