/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound items: what lies inside a batch, for the store that takes it apart.
 *
 * What the main thread added carries its JSON as text, since the batch is stored on another thread and json-glib's
 * objects are not meant to be shared between threads. What a prepare function added was made on the store's thread and is used
 * there as it is.
 */
#pragma once

#include "connector/inbound.h"

typedef enum
{
  ULAK_INBOUND_MESSAGE,
  ULAK_INBOUND_EDIT,
  ULAK_INBOUND_REVOKE,
  ULAK_INBOUND_STATUS,
  ULAK_INBOUND_CHAT,
  ULAK_INBOUND_CONTACT,
  ULAK_INBOUND_EVENT,
} UlakInboundKind;

typedef struct
{
  const char *type;
  const char *chat; /* "" for none */
  gint64 timestamp_us;
  gboolean is_passing;
} UlakInboundEvent;

typedef struct
{
  UlakInboundKind kind;
  gboolean is_prepared; /* its JSON objects belong to the store's thread; else to the main thread, and there is text */
  union
  {
    UlakInboundMessage message;
    UlakInboundEdit edit;
    UlakInboundRevoke revoke;
    UlakInboundStatus status;
    UlakInboundChat chat;
    UlakInboundContact contact;
    UlakInboundEvent event;
  };
  char *content_text;    /* (owned) (nullable): message, edit; of an event its data, always */
  char *contact_text;    /* (owned) (nullable) */
  char *media_reference; /* (owned) (nullable): JSON text, always */
} UlakInboundItem;

const UlakInboundItem *ulak_inbound_get_item (const UlakInbound *self, guint index);

/* On the store's thread. */
gboolean ulak_inbound_run_prepare (UlakInbound *self, UlakDatabase *database, GError **error);
gboolean ulak_inbound_run_extra (const UlakInbound *self, UlakDatabase *database, GError **error);
/* (transfer full): of a message or an edit. May be changed: the next run gets a new one. */
JsonObject *ulak_inbound_item_get_content (const UlakInboundItem *item, GError **error);
/* *contact_out: (transfer full) (nullable) */
gboolean ulak_inbound_item_get_contact (const UlakInboundItem *item, JsonObject **contact_out, GError **error);
