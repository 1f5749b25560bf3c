/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked parts: what a linked line consists of once its seal is there, made and joined in one place.
 *
 * All or none of them exist. Nothing is connected yet. Main thread only.
 */
#pragma once

#include "connector/line.h"
#include "whatsapp/chat/chat.h"
#include "whatsapp/link/link.h"
#include "whatsapp/linked/linked-account.h"
#include "whatsapp/linked/linked-sync.h"
#include "whatsapp/media/media-client.h"
#include "whatsapp/session/cleaner.h"
#include "whatsapp/social/whatsapp-adapter.h"

G_BEGIN_DECLS

typedef struct
{
  UlakLink *link;               /* (owned), as all */
  UlakWire *wire;
  SoupSession *session;         /* to the media hosts */
  UlakMediaClient *media;
  UlakChat *chat;
  UlakLinkedAccount *account;
  UlakLinkedSync *sync;
  UlakWhatsAppAdapter *adapter;
  UlakSessionCleaner *cleaner;
} UlakLinkedParts;

typedef struct
{
  UlakLine *line;       /* unowned, as all; outlives the parts, as do seal and user_data */
  JsonObject *document; /* the account's */
  UlakSeal *seal;
  UlakRandom *random;
  UlakLinkStateFunc state_changed;
  gpointer user_data;
} UlakLinkedPartsOptions;

/* Errors: INVALID for settings that the link or the bus do not take. */
UlakLinkedParts *ulak_linked_parts_new (const UlakLinkedPartsOptions *options, GError **error);
void ulak_linked_parts_free (UlakLinkedParts *self);

void ulak_linked_parts_set_ghost (UlakLinkedParts *self, gboolean ghost_mode);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakLinkedParts, ulak_linked_parts_free)

G_END_DECLS
