/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/certificate.h"

#include "core/error.h"

#define ROOT_SERIAL 0

static gboolean
refuse (GError **error, const char *who, const char *what)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "The server's certificate is refused: %s %s", who, what);
  return FALSE;
}

static gboolean
check_shape (const UlakCertificate *self, const char *who, GError **error)
{
  if (self->details.size_bytes == 0)
    return refuse (error, who, "details are missing");
  if (self->signature.size_bytes != ULAK_CURVE_SIGNATURE_BYTES)
    return refuse (error, who, "signature has not 64 bytes");
  if (self->key.size_bytes != ULAK_CURVE_PUBLIC_BYTES)
    return refuse (error, who, "key has not 32 bytes");
  return TRUE;
}

static gboolean
check_issuer (const UlakCertificate *self, UlakSpan issuer_key, guint32 issuer_serial, const char *who, GError **error)
{
  if (!ulak_curve_verify (issuer_key, &self->details, 1, self->signature))
    return refuse (error, who, "signature is wrong");
  if (self->issuer_serial != issuer_serial)
    return refuse (error, who, "issuer serial is not that of its issuer");
  return TRUE;
}

static gboolean
check_validity (const UlakCertificate *self, guint64 now_s, const char *who, GError **error)
{
  if (self->not_before_s != 0 && now_s < self->not_before_s)
    return refuse (error, who, "validity has not begun (is this machine's clock right?)");
  if (self->not_after_s != 0 && now_s > self->not_after_s)
    return refuse (error, who, "validity is over (is this machine's clock right?)");
  return TRUE;
}

/**
 * ulak_certificate_check_chain:
 * @root_key: ULAK_CERTIFICATE_ROOT_KEY decoded, or the one of [whatsapp] root_key
 * @server_static: the static key of this handshake
 * @now_s: Unix time
 *
 * Errors: ULAK_ERROR_DAMAGED naming the certificate and what is wrong with it.
 *
 * Source: docs/protocol/crypto.md, "The server's certificate".
 */
gboolean
ulak_certificate_check_chain (const UlakCertificate *leaf,
                              const UlakCertificate *intermediate,
                              UlakSpan root_key,
                              UlakSpan server_static,
                              guint64 now_s,
                              GError **error)
{
  if (!check_shape (leaf, "leaf", error) || !check_shape (intermediate, "intermediate", error))
    return FALSE;
  if (!check_issuer (intermediate, root_key, ROOT_SERIAL, "intermediate", error)
      || !check_issuer (leaf, intermediate->key, intermediate->serial, "leaf", error))
    return FALSE;
  if (!ulak_span_equals (leaf->key, server_static))
    return refuse (error, "leaf", "key is not the one of this handshake");
  return check_validity (intermediate, now_s, "intermediate", error) && check_validity (leaf, now_s, "leaf", error);
}
