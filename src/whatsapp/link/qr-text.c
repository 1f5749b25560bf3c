/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/qr-text.h"

#define PREFIX "https://wa.me/settings/linked_devices#"

/** ulak_qr_text: @client: ULAK_QR_CLIENT_CHROME; Returns: (transfer full): one line, which holds a secret: never log it */
char *
ulak_qr_text (const char *ref,
              const guint8 noise_public[ULAK_CURVE_PUBLIC_BYTES],
              const guint8 identity_public[ULAK_CURVE_PUBLIC_BYTES],
              const UlakKey *adv_secret,
              const char *client)
{
  g_autofree char *noise = g_base64_encode (noise_public, ULAK_CURVE_PUBLIC_BYTES);
  g_autofree char *identity = g_base64_encode (identity_public, ULAK_CURVE_PUBLIC_BYTES);
  g_autofree char *secret = g_base64_encode (adv_secret->bytes, sizeof adv_secret->bytes);

  return g_strdup_printf (PREFIX "%s,%s,%s,%s,%s", ref, noise, identity, secret, client);
}
