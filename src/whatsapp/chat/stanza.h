/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Stanza: the pieces of a <message> of ours that sends and resends share. Any thread.
 */
#pragma once

#include "whatsapp/chat/content-write.h"
#include "whatsapp/codec/node-builder.h"
#include "whatsapp/session/decryption.h"

G_BEGIN_DECLS

/* What the stanza of a Message says of it. */
void ulak_stanza_describe (GBytes *message, UlakContentStanza *description_out);
/* id, to, type and edit; leaves <message> open. */
UlakNodeBuilder *ulak_stanza_begin (const char *id, const UlakJid *to, const UlakContentStanza *description);
/* <enc>; count 0: none. description: NULL for what carries only a key. */
void ulak_stanza_add_enc (UlakNodeBuilder *builder,
                          UlakCiphertextKind kind,
                          GBytes *bytes,
                          const UlakContentStanza *description,
                          guint count);
void ulak_stanza_add_meta (UlakNodeBuilder *builder, const UlakContentStanza *description);
/* <reporting>, of messages that may be reported: those with a secret. sender, chat: without device. */
void ulak_stanza_add_reporting (UlakNodeBuilder *builder,
                                GBytes *message,
                                const char *id,
                                const UlakJid *sender,
                                const UlakJid *chat);
void ulak_stanza_add_bytes (UlakNodeBuilder *builder, const char *tag, GBytes *bytes);

G_END_DECLS
