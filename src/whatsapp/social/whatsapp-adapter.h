/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * WhatsApp adapter: org.ulak.WhatsApp1 of a linked line, translated into questions of whatsapp/social and calls of the link.
 *
 * Exported by the backend when it is configured. Main thread only.
 */
#pragma once

#include "connector/line.h"
#include "whatsapp/chat/app-state.h"
#include "whatsapp/chat/chat.h"

G_BEGIN_DECLS

#define ULAK_TYPE_WHATSAPP_ADAPTER (ulak_whatsapp_adapter_get_type ())
G_DECLARE_FINAL_TYPE (UlakWhatsAppAdapter, ulak_whatsapp_adapter, ULAK, WHATSAPP_ADAPTER, GObject)

/* What the methods work with; all unowned, and outlive the adapter's last call. */
typedef struct
{
  UlakLine *line;
  UlakLink *link;
  UlakChat *chat;
  UlakAppState *app_state;
} UlakWhatsAppParts;

UlakWhatsAppAdapter *ulak_whatsapp_adapter_new (const UlakWhatsAppParts *parts, GError **error);

/* ghost_mode: neither online nor typing is shown. */
void ulak_whatsapp_adapter_set_ghost (UlakWhatsAppAdapter *self, gboolean is_ghost);

G_END_DECLS
