/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Message secret: what refers to an earlier message (a vote, a reaction, an edit) can be sealed with a key that only those
 * who have that message can derive.
 *
 * JIDs are texts without a device, in the form (LID or phone number) that the sender used: when opening fails, the other
 * form is worth a try.
 */
#pragma once

#include "whatsapp/crypto/key.h"
#include "whatsapp/crypto/span.h"

#include "core/random.h"

G_BEGIN_DECLS

#define ULAK_MSG_SECRET_BYTES 32

typedef enum
{
  ULAK_MSG_SECRET_POLL_VOTE,
  ULAK_MSG_SECRET_EVENT_RESPONSE,
  ULAK_MSG_SECRET_REACTION,
  ULAK_MSG_SECRET_COMMENT,
  ULAK_MSG_SECRET_MESSAGE_EDIT,
  ULAK_MSG_SECRET_EVENT_EDIT,
  ULAK_MSG_SECRET_POLL_EDIT,
  ULAK_MSG_SECRET_POLL_ADD_OPTION,
} UlakMsgSecretUse;

#define ULAK_N_MSG_SECRET_USES (ULAK_MSG_SECRET_POLL_ADD_OPTION + 1)

typedef struct
{
  UlakMsgSecretUse use;
  UlakKey secret;         /* messageSecret of the earlier message */
  const char *message_id; /* of the earlier message */
  const char *author;     /* of the earlier message */
  const char *sender;     /* of what refers to it */
} UlakMsgSecret;

GBytes *ulak_msg_secret_seal (const UlakMsgSecret *self, UlakRandom *random, UlakSpan plain, GBytes **nonce_out);
GBytes *ulak_msg_secret_open (const UlakMsgSecret *self, UlakSpan nonce, UlakSpan sealed, GError **error);

G_END_DECLS
