/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound commit: one batch on its way into the database, for the files that each store some kinds of items.
 *
 * Runs on the store's writer thread. A commit may be run again; nothing of an earlier run is in it then.
 */
#pragma once

#include "connector/inbound-items.h"
#include "connector/line-work.h"
#include "core/id.h"

typedef struct
{
  UlakLineWork head;
  UlakInbound *inbound;   /* (owned) */
  UlakIdSeries given_ids; /* as it was made on the main thread */
  UlakIdSeries ids;       /* of this run */
  guint n_new;            /* out: messages that were not known */
} UlakInboundCommit;

/* Where an item belongs: a chat of ours and the person in it. */
typedef struct
{
  const char *network_id; /* of the message */
  const char *from;       /* its author; NULL: we */
  char *person;           /* (owned) (nullable): our id of the author, or of a direct chat's person */
  char *person_name;      /* (owned) (nullable): as the network told it just now */
  char *chat;             /* (owned) */
  gboolean is_direct;     /* person is the chat's */
} UlakInboundPlace;

void ulak_inbound_place_clear (UlakInboundPlace *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakInboundPlace, ulak_inbound_place_clear)

/* chat, from: as the item has them. Meets the person. */
gboolean ulak_inbound_place_find (UlakInboundPlace *self,
                                  UlakDatabase *database,
                                  UlakInboundCommit *commit,
                                  const UlakInboundItem *item,
                                  const char *chat,
                                  const char *from,
                                  GError **error);
/* The same, and nobody is met who was not. */
gboolean ulak_inbound_place_look_up (UlakInboundPlace *self,
                                     UlakDatabase *database,
                                     JsonObject *contact_or_null,
                                     const char *chat,
                                     const char *from,
                                     GError **error);
/* Whether the message of this place was seen before, also under another id of the person; with note it counts as seen from now. */
gboolean ulak_inbound_place_is_new (const UlakInboundPlace *self,
                                    UlakDatabase *database,
                                    gint64 now_us,
                                    gboolean note,
                                    gboolean *is_new_out,
                                    GError **error);

gboolean ulak_inbound_store_message (UlakDatabase *database,
                                     UlakInboundCommit *commit,
                                     const UlakInboundItem *item,
                                     GError **error);
gboolean ulak_inbound_store_edit (UlakDatabase *database,
                                  UlakInboundCommit *commit,
                                  const UlakInboundItem *item,
                                  GError **error);
gboolean ulak_inbound_store_revoke (UlakDatabase *database,
                                    UlakInboundCommit *commit,
                                    const UlakInboundItem *item,
                                    GError **error);
gboolean ulak_inbound_store_chat (UlakDatabase *database,
                                  UlakInboundCommit *commit,
                                  const UlakInboundItem *item,
                                  GError **error);
gboolean ulak_inbound_store_contact (UlakDatabase *database,
                                     UlakInboundCommit *commit,
                                     const UlakInboundItem *item,
                                     GError **error);
