/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chat forms: the two names that a chat with a user may have in the tables. Inside this room only; store's thread.
 */
#pragma once

#include "whatsapp/session/peers.h"

typedef struct
{
  char *given; /* (owned): the JID as given, without device: what rows are written with */
  char *other; /* (owned): the peer's other form, or the same again */
} UlakChatForms;

void ulak_chat_forms_clear (UlakChatForms *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakChatForms, ulak_chat_forms_clear)

gboolean ulak_chat_forms_find (UlakDatabase *database, const UlakJid *jid, UlakChatForms *forms_out, GError **error);
