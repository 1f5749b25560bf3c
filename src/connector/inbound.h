/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound: what a network told us, as one batch that is stored in one transaction.
 *
 * A backend fills a batch and hands it to ulak_line_commit_inbound_async(); only when that finished may it acknowledge to
 * the network. Repeats are recognised while storing: a message by its network id and chat, a status by its rank. The
 * linked backend adds extra work (its ratchet state), which runs in the same transaction.
 */
#pragma once

#include "store/store.h"

#include <json-glib/json-glib.h>

typedef struct _UlakInbound UlakInbound;

typedef struct
{
  const char *chat;       /* chat id: for WhatsApp direct chats the digits of the phone, or the network's user id */
  const char *network_id; /* the network's message id */
  const char *from;       /* sender's id */
  gint64 timestamp_us;    /* the network's time of the message */
  const char *quoted_network_id; /* (nullable) */
  JsonObject *content;    /* "type" and the fields of docs/messages.md that belong to it; media holds what people see */
  JsonObject *media_reference; /* (nullable): what fetch_media needs */
  JsonObject *contact;    /* (nullable): every id known of the sender, and the name */
} UlakInboundMessage;

typedef struct
{
  const char *network_id;
  const char *opaque_id;   /* (nullable): our id, where the network echoes it: resolves a send of unknown outcome */
  const char *status;      /* sent, delivered, read, played, failed */
  gint64 timestamp_us;
  const char *error_code;  /* (nullable): failed: "E_WA_..." */
  const char *error_message;
  gint64 original_code;
  const char *original_details;
} UlakInboundStatus;

UlakInbound *ulak_inbound_new (void);
void ulak_inbound_free (UlakInbound *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakInbound, ulak_inbound_free)

/* Both copy what they are given (JSON objects are referenced and must not change afterwards). Order is kept. */
void ulak_inbound_add_message (UlakInbound *self, const UlakInboundMessage *message);
void ulak_inbound_add_status (UlakInbound *self, const UlakInboundStatus *status);
/* An event without a message row, e.g. account.update from the network. */
void ulak_inbound_add_event (UlakInbound *self, const char *type, const char *chat, gint64 timestamp_us, JsonObject *data);
void ulak_inbound_set_extra (UlakInbound *self, UlakStoreWork work, gpointer data, GDestroyNotify data_free);

guint ulak_inbound_count (const UlakInbound *self);
typedef void (*UlakInboundMessageFunc) (const UlakInboundMessage *message, gpointer user_data);
typedef void (*UlakInboundStatusFunc) (const UlakInboundStatus *status, gpointer user_data);
void ulak_inbound_foreach (const UlakInbound *self, UlakInboundMessageFunc on_message, UlakInboundStatusFunc on_status, gpointer user_data);
