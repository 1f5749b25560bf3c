/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Message secrets: the 32 bytes that came with a message and open what refers to it later (votes, edits,
 * reactions).
 *
 * By chat, network id and author; users are found under either form. Kept for ULAK_MESSAGE_SECRETS_AGE_US. Store's
 * thread.
 */
#pragma once

#include "whatsapp/crypto/msg-secret.h"
#include "whatsapp/session/peers.h"

G_BEGIN_DECLS

#define ULAK_MESSAGE_SECRETS_AGE_US (400 * G_TIME_SPAN_DAY)
#define ULAK_MESSAGE_SECRETS_MAX_ROWS 500000

/* author_jid: as the sender wrote it, which the key derivation needs. The first secret told for a message stays. */
gboolean ulak_message_secrets_keep (UlakDatabase *database,
                                    const UlakJid *chat,
                                    const char *network_id,
                                    const UlakJid *author_jid,
                                    const guint8 secret[ULAK_MSG_SECRET_BYTES],
                                    gint64 now_us,
                                    GError **error);

typedef struct
{
  UlakKey secret;
  UlakJid author; /* as kept */
} UlakMessageSecret;

void ulak_message_secret_clear (UlakMessageSecret *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakMessageSecret, ulak_message_secret_clear)

/* author_jid (nullable): anybody's. */
gboolean ulak_message_secrets_find (UlakDatabase *database,
                                    const UlakJid *chat,
                                    const char *network_id,
                                    const UlakJid *author_jid,
                                    UlakMessageSecret *secret_out,
                                    gboolean *is_found_out,
                                    GError **error);

G_END_DECLS
