/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Noise: the client's side of the handshake Noise_XX_25519_AESGCM_SHA256, as a state machine without I/O.
 *
 *   new ── ulak_noise_get_ephemeral() goes to the server in ClientHello
 *    │  ulak_noise_read_server_hello(): its three fields in, the certificate chain out
 *    │  ulak_noise_accept_certificate(): the chain, parsed; without this there is no way on
 *    ▼  ulak_noise_finish(): both fields of ClientFinish and the two ciphers of the connection out
 *
 * Each step is allowed once and in this order; a step that fails ends the handshake, and the connection with it.
 */
#pragma once

#include "whatsapp/crypto/certificate.h"
#include "whatsapp/crypto/counter-cipher.h"
#include "whatsapp/crypto/curve.h"

G_BEGIN_DECLS

typedef struct _UlakNoise UlakNoise;

UlakNoise *ulak_noise_new (const UlakKeyPair *static_pair, UlakSpan prologue, UlakRandom *random);
void ulak_noise_free (UlakNoise *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakNoise, ulak_noise_free)

UlakSpan ulak_noise_get_ephemeral (UlakNoise *self);
GBytes *ulak_noise_read_server_hello (UlakNoise *self,
                                      UlakSpan ephemeral,
                                      UlakSpan encrypted_static,
                                      UlakSpan encrypted_payload,
                                      GError **error);
gboolean ulak_noise_accept_certificate (UlakNoise *self,
                                        const UlakCertificate *leaf,
                                        const UlakCertificate *intermediate,
                                        UlakSpan root_key,
                                        guint64 now_s,
                                        GError **error);

/* What ulak_noise_finish() hands out: two fields to send and what the frames behind them are sealed with. */
typedef struct
{
  GBytes *encrypted_static;
  GBytes *encrypted_payload;
  UlakCounterCipher *seals;
  UlakCounterCipher *opens;
} UlakNoiseResult;

void ulak_noise_result_clear (UlakNoiseResult *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakNoiseResult, ulak_noise_result_clear)

gboolean ulak_noise_finish (UlakNoise *self, UlakSpan payload, UlakNoiseResult *result_out, GError **error);

G_END_DECLS
