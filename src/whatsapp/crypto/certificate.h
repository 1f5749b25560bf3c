/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Certificate: the two signed statements by which a server proves its key during the handshake.
 *
 * The root signs an intermediate, the intermediate signs a leaf, and the leaf names the key of this very handshake.
 * The fields come parsed; the bytes that were signed come along, and only they are trusted.
 */
#pragma once

#include "whatsapp/crypto/curve.h"

G_BEGIN_DECLS

#define ULAK_CERTIFICATE_ROOT_KEY "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b"

typedef struct
{
  UlakSpan details;   /* the bytes signed, from which the fields below were read */
  UlakSpan signature; /* by the issuer */
  UlakSpan key;
  guint32 serial;
  guint32 issuer_serial;
  guint64 not_before_s; /* Unix time; 0 when absent: no bound */
  guint64 not_after_s;  /* the same */
} UlakCertificate;

gboolean ulak_certificate_check_chain (const UlakCertificate *leaf,
                                       const UlakCertificate *intermediate,
                                       UlakSpan root_key,
                                       UlakSpan server_static,
                                       guint64 now_s,
                                       GError **error);

G_END_DECLS
