/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The methods of org.ulak.WhatsApp1, grouped by noun into whatsapp-*.c; whatsapp-adapter.c lists them. Nobody else includes it.
 */
#pragma once

#include "service/call.h"
#include "whatsapp/social/whatsapp-adapter.h"

/* adapter: the UlakWhatsAppAdapter. */
const UlakWhatsAppParts *ulak_whatsapp_adapter_get_parts (gpointer adapter);
gboolean ulak_whatsapp_adapter_is_ghost (gpointer adapter);

void ulak_whatsapp_look_up (UlakCall *call, gpointer adapter);
void ulak_whatsapp_get_profile (UlakCall *call, gpointer adapter);
void ulak_whatsapp_set_profile (UlakCall *call, gpointer adapter);
void ulak_whatsapp_set_picture (UlakCall *call, gpointer adapter);
void ulak_whatsapp_get_privacy (UlakCall *call, gpointer adapter);
void ulak_whatsapp_set_privacy (UlakCall *call, gpointer adapter);
void ulak_whatsapp_list_blocked (UlakCall *call, gpointer adapter);
void ulak_whatsapp_set_blocked (UlakCall *call, gpointer adapter);

void ulak_whatsapp_list_groups (UlakCall *call, gpointer adapter);
void ulak_whatsapp_get_group (UlakCall *call, gpointer adapter);
void ulak_whatsapp_create_group (UlakCall *call, gpointer adapter);
void ulak_whatsapp_update_group (UlakCall *call, gpointer adapter);
void ulak_whatsapp_change_members (UlakCall *call, gpointer adapter);
void ulak_whatsapp_list_join_requests (UlakCall *call, gpointer adapter);
void ulak_whatsapp_leave_group (UlakCall *call, gpointer adapter);
void ulak_whatsapp_get_invite (UlakCall *call, gpointer adapter);
void ulak_whatsapp_join_group (UlakCall *call, gpointer adapter);

void ulak_whatsapp_change_chat (UlakCall *call, gpointer adapter);
void ulak_whatsapp_star_message (UlakCall *call, gpointer adapter);
void ulak_whatsapp_request_history (UlakCall *call, gpointer adapter);

void ulak_whatsapp_set_presence (UlakCall *call, gpointer adapter);
void ulak_whatsapp_subscribe_presence (UlakCall *call, gpointer adapter);
void ulak_whatsapp_set_typing (UlakCall *call, gpointer adapter);
void ulak_whatsapp_reject_call (UlakCall *call, gpointer adapter);

void ulak_whatsapp_answer_passkey (UlakCall *call, gpointer adapter);
void ulak_whatsapp_confirm_passkey (UlakCall *call, gpointer adapter);
