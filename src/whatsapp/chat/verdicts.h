/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Verdicts: what the server's <ack> of a message of ours means, by one table over its error codes. Pure.
 */
#pragma once

#include "connector/backend.h"
#include "whatsapp/codec/node.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_ACK_ACCEPTED,
  ULAK_ACK_OTHER_FORM,   /* 400, 463: it may be addressed in the wrong form */
  ULAK_ACK_NEW_GROUP,    /* 421: what we know of the group is old */
  ULAK_ACK_STRANGER,     /* 463 */
  ULAK_ACK_NEW_DEVICES,  /* 479: devices or sessions are old */
  ULAK_ACK_LIMITED,      /* 475: too many new chats */
  ULAK_ACK_LATER,        /* 429, 5xx */
  ULAK_ACK_REFUSED,
} UlakAckMeaning;

typedef struct
{
  UlakAckMeaning meaning;
  guint code;          /* 0: none */
  gint64 timestamp_us; /* 0: not told */
  const char *phash;   /* (nullable): the server's, of the devices that it knows */
  gboolean refreshes_lid;
} UlakAck;

/* ack: lives as long as ack_out is used */
void ulak_ack_read (const UlakNode *ack, UlakAck *ack_out);
/* What remains to be said when nothing helped. (transfer full) */
UlakSendResult *ulak_ack_to_result (const UlakAck *ack, gint64 locked_until_us, gint64 now_us);
UlakSendResult *ulak_send_result_refuse (const char *code, const char *message);
UlakSendResult *ulak_send_result_postpone (UlakSendScope scope, gint64 after_ms, const char *code, const char *message);

G_END_DECLS
