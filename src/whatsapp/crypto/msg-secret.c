/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/crypto/msg-secret.h"

#include "whatsapp/crypto/aead.h"
#include "whatsapp/crypto/hkdf.h"

/* By UlakMsgSecretUse. The associated data of a binding use are message id, a zero byte and sender, else nothing. */
static const struct
{
  const char *name;
  gboolean is_binding;
} uses[] = {
  { "Poll Vote", TRUE },
  { "Event Response", TRUE },
  { "Enc Reaction", FALSE },
  { "Enc Comment", FALSE },
  { "Message Edit", FALSE },
  { "Event Edit", FALSE },
  { "Poll Edit", FALSE },
  { "Poll Add Option", FALSE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (uses) == ULAK_N_MSG_SECRET_USES);

static void
derive (const UlakMsgSecret *self, UlakKey *key_out)
{
  g_autofree char *info = g_strconcat (self->message_id, self->author, self->sender, uses[self->use].name, NULL);

  ulak_hkdf (ULAK_SPAN_ARRAY (self->secret.bytes), ULAK_SPAN_NONE, ULAK_SPAN_TEXT (info), key_out->bytes,
             sizeof key_out->bytes);
}

static GByteArray *
associated_data (const UlakMsgSecret *self)
{
  const UlakSpan spans[] = {
    ULAK_SPAN (self->message_id, strlen (self->message_id) + 1), /* with its zero byte */
    ULAK_SPAN_TEXT (self->sender),
  };

  return ulak_span_join (spans, uses[self->use].is_binding ? G_N_ELEMENTS (spans) : 0);
}

/**
 * ulak_msg_secret_seal:
 * @nonce_out: (transfer full): encIv
 *
 * Source: docs/protocol/crypto.md, "Message secrets".
 * Returns: (transfer full): encPayload
 */
GBytes *
ulak_msg_secret_seal (const UlakMsgSecret *self, UlakRandom *random, UlakSpan plain, GBytes **nonce_out)
{
  g_autoptr (GByteArray) associated = associated_data (self);
  g_auto (UlakKey) key = { 0 };
  guint8 nonce[ULAK_AEAD_NONCE_BYTES];

  derive (self, &key);
  ulak_random_fill (random, nonce, sizeof nonce);
  *nonce_out = g_bytes_new (nonce, sizeof nonce);
  return ulak_aead_seal (&key, nonce, ULAK_SPAN (associated->data, associated->len), plain);
}

/**
 * ulak_msg_secret_open:
 *
 * Errors: those of ulak_aead_open(); ULAK_ERROR_DAMAGED also says that a JID may have to be in its other form.
 *
 * Returns: (transfer full): the serialized message inside, or NULL
 */
GBytes *
ulak_msg_secret_open (const UlakMsgSecret *self, UlakSpan nonce, UlakSpan sealed, GError **error)
{
  g_autoptr (GByteArray) associated = associated_data (self);
  g_auto (UlakKey) key = { 0 };

  derive (self, &key);
  return ulak_aead_open (&key, nonce, ULAK_SPAN (associated->data, associated->len), sealed, error);
}
