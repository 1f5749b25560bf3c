/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Answer: the stanzas by which the server and others learn what became of theirs.
 *
 * Pure: they echo the addresses that came, unchanged. They leave only after what they say is durable.
 */
#pragma once

#include "whatsapp/chat/address.h"

G_BEGIN_DECLS

#define ULAK_RECEIPT_IDS_MAX 256 /* ids of one receipt */

/* Why a stanza was not taken, in an ack's `error`. */
typedef enum
{
  ULAK_NACK_NONE = 0,
  ULAK_NACK_PARSE = 487,
  ULAK_NACK_UNKNOWN_STANZA = 488,
  ULAK_NACK_NO_SECRET = 495, /* of bots */
  ULAK_NACK_UNHANDLED = 500,
} UlakNack;

/* Our keys for a sender whose session with us is broken. Bytes as on the wire, without the type byte 05. */
typedef struct
{
  GBytes *identity;        /* 32 */
  guint32 one_time_id;
  GBytes *one_time_key;    /* 32 */
  guint32 signed_id;
  GBytes *signed_key;      /* 32 */
  GBytes *signature;       /* 64 */
  GBytes *device_identity; /* a whole ADVSignedDeviceIdentity */
} UlakRetryKeys;

void ulak_retry_keys_clear (UlakRetryKeys *self);

typedef struct
{
  guint count; /* 1 to 5 */
  guint reason; /* ulak_decrypt_outcome_get_retry_code() */
  guint32 registration_id;
  const UlakRetryKeys *keys; /* (nullable) */
} UlakRetryAsk;

UlakNode *ulak_answer_ack (const UlakNode *stanza, const UlakMe *me, UlakNack nack);
UlakNode *ulak_answer_receipt (const UlakNode *stanza, const UlakAddress *address, const UlakMe *me, gboolean is_available);
UlakNode *ulak_answer_history (const UlakNode *stanza, const UlakMe *me);
UlakNode *ulak_answer_retry (const UlakNode *stanza, const UlakRetryAsk *request);

/* type: "read", "read-self", "played" or "played-self". chat, participant: as the message came. */
UlakNode *ulak_answer_seen (const char *type,
                            const UlakJid *chat,
                            const UlakJid *participant_or_null,
                            const char *const *ids,
                            gint64 now_s);

G_END_DECLS
