/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound items: what lies inside a batch, for the store that takes it apart.
 *
 * JSON is kept as text, since the batch is stored on another thread and json-glib's objects are not meant to be
 * shared between threads.
 */
#pragma once

#include "connector/inbound.h"

typedef enum
{
  ULAK_INBOUND_MESSAGE,
  ULAK_INBOUND_STATUS,
  ULAK_INBOUND_EVENT,
} UlakInboundKind;

typedef struct
{
  UlakInboundKind kind;
  UlakInboundMessage message; /* its JSON objects are only for the main thread */
  UlakInboundStatus status;
  char *content;         /* (owned) (nullable): message: JSON text; event: its data */
  char *media_reference; /* (owned) (nullable) */
  char *contact;         /* (owned) (nullable) */
  char *type;            /* (owned) (nullable): event */
  char *chat;            /* (owned) (nullable): event */
  gint64 timestamp_us;   /* event */
} UlakInboundItem;

const UlakInboundItem *ulak_inbound_get_item (const UlakInbound *self, guint index);
gboolean ulak_inbound_run_extra (const UlakInbound *self, UlakDatabase *database, GError **error);
