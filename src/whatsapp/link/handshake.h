/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Handshake: the first bytes of a connection and the answer to the server's, without I/O.
 *
 *   ulak_handshake_begin()  → intro and ClientHello, to be sent in one message
 *   ulak_handshake_answer() ← ServerHello; → ClientFinish and the two ciphers of the connection
 *
 * The server is trusted only by its certificate, which the root key signed; TLS around it proves nothing here.
 * Source: docs/protocol/connection.md, "The first bytes".
 */
#pragma once

#include "whatsapp/crypto/noise.h"

G_BEGIN_DECLS

#define ULAK_HANDSHAKE_FRAME_MAX 16384  /* bytes of a ServerHello; real ones stay below 1,000 */
#define ULAK_ROUTING_INFO_MAX 4096      /* bytes; real ones stay below 100 */

typedef struct
{
  UlakKeyPair noise;     /* the line's key; wiped with this struct */
  GBytes *root_key;      /* (owned) */
  GBytes *payload;       /* (owned): serialized ClientPayload */
  GBytes *routing_info;  /* (owned) (nullable) */
} UlakHandshakeOptions;

void ulak_handshake_options_clear (UlakHandshakeOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakHandshakeOptions, ulak_handshake_options_clear)

typedef struct _UlakHandshake UlakHandshake;

UlakHandshake *ulak_handshake_new (UlakHandshakeOptions *options, UlakRandom *random);
void ulak_handshake_free (UlakHandshake *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHandshake, ulak_handshake_free)

GByteArray *ulak_handshake_begin (UlakHandshake *self);
GByteArray *ulak_handshake_answer (UlakHandshake *self,
                                   UlakSpan server_hello,
                                   guint64 now_s,
                                   UlakNoiseResult *result_out,
                                   GError **error);

G_END_DECLS
