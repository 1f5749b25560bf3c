/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Only users have a second form.
 */
#include "whatsapp/session/chat-forms.h"

void
ulak_chat_forms_clear (UlakChatForms *self)
{
  g_clear_pointer (&self->given, g_free);
  g_clear_pointer (&self->other, g_free);
}

gboolean
ulak_chat_forms_find (UlakDatabase *database, const UlakJid *jid, UlakChatForms *forms_out, GError **error)
{
  UlakJid account = ulak_jid_get_account (jid), other = account;
  UlakPeerForm form = ulak_peer_form_of (jid);
  UlakPeer peer = { 0 };

  if (form != ULAK_PEER_FORM_OTHER && !ulak_peers_find (database, jid, &peer, error))
    return FALSE;
  if (form == ULAK_PEER_FORM_PHONE)
    ulak_peer_get_lid_jid (&peer, 0, &other);
  else if (form == ULAK_PEER_FORM_LID)
    ulak_peer_get_phone_jid (&peer, 0, &other);
  forms_out->given = ulak_jid_print (&account);
  forms_out->other = ulak_jid_print (&other);
  return TRUE;
}
