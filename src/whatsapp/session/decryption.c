/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Two tables.
 */
#include "whatsapp/session/decryption.h"

#include <string.h>

/* Source: the reasons of retry receipts, docs/protocol/sessions.md. */
static const struct
{
  const char *name;
  guint retry_code;
} outcomes[] = {
  [ULAK_DECRYPT_OK] = { "ok", 0 },
  [ULAK_DECRYPT_DUPLICATE] = { "duplicate", 0 },
  [ULAK_DECRYPT_NO_SESSION] = { "no-session", 1 },
  [ULAK_DECRYPT_INVALID_KEY] = { "invalid-key", 2 },
  [ULAK_DECRYPT_UNKNOWN_PRE_KEY] = { "unknown-pre-key", 3 },
  [ULAK_DECRYPT_BAD_MESSAGE] = { "bad-message", 4 },
  [ULAK_DECRYPT_GARBAGE] = { "garbage", 4 },
  [ULAK_DECRYPT_BAD_SIGNATURE] = { "bad-signature", 5 },
  [ULAK_DECRYPT_BAD_DEVICE] = { "bad-device", 12 },
  [ULAK_DECRYPT_UNTRUSTED] = { "untrusted", 8 },
};
G_STATIC_ASSERT (G_N_ELEMENTS (outcomes) == ULAK_N_DECRYPT_OUTCOMES);

static const char *const kinds[] = {
  [ULAK_CIPHERTEXT_PKMSG] = "pkmsg",
  [ULAK_CIPHERTEXT_MSG] = "msg",
  [ULAK_CIPHERTEXT_SKMSG] = "skmsg",
};

const char *
ulak_decrypt_outcome_get_name (UlakDecryptOutcome outcome)
{
  return outcomes[outcome].name;
}

gboolean
ulak_decrypt_outcome_wants_retry (UlakDecryptOutcome outcome)
{
  return outcomes[outcome].retry_code != 0;
}

guint
ulak_decrypt_outcome_get_retry_code (UlakDecryptOutcome outcome)
{
  return outcomes[outcome].retry_code;
}

const char *
ulak_ciphertext_kind_get_name (UlakCiphertextKind kind)
{
  return kinds[kind];
}

/** ulak_ciphertext_kind_parse: Returns: %FALSE for a type that is not of Signal, e.g. that of bots */
gboolean
ulak_ciphertext_kind_parse (const char *name, UlakCiphertextKind *kind_out)
{
  for (gsize i = 0; name != NULL && i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i], name) == 0)
      {
        *kind_out = (UlakCiphertextKind) i;
        return TRUE;
      }
  return FALSE;
}

void
ulak_decryption_clear (UlakDecryption *self)
{
  g_clear_pointer (&self->plain, g_bytes_unref);
}

void
ulak_ciphertext_clear (UlakCiphertext *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
}
