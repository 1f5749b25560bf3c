/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Decryption: what came of an encrypted message.
 *
 * Everything but OK leaves the Signal state as it was. The retry code goes into a retry receipt
 * (docs/protocol/sessions.md). DUPLICATE says that the key of this counter is not here any more: mostly since it
 * was used, but with a sender key that came late also since it never was here. A message whose id was not seen
 * before is then to be asked for as after NO_SESSION.
 *
 * Functions that fill these structs overwrite what was in them: a work that may be run again clears them first.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ULAK_DECRYPT_OK,
  ULAK_DECRYPT_DUPLICATE,       /* decrypted before: acknowledge, no retry; but see above */
  ULAK_DECRYPT_NO_SESSION,      /* no session, or no sender key of this id: 1 */
  ULAK_DECRYPT_INVALID_KEY,     /* a key in it is malformed: 2 */
  ULAK_DECRYPT_UNKNOWN_PRE_KEY, /* it names a one-time or signed pre-key that we do not have: 3 */
  ULAK_DECRYPT_BAD_MESSAGE,     /* MAC or signature wrong, no session fits, too far ahead: 4 */
  ULAK_DECRYPT_GARBAGE,         /* not a message of Signal at all: 4 */
  ULAK_DECRYPT_BAD_SIGNATURE,   /* a group message that its author did not sign: 5 */
  ULAK_DECRYPT_BAD_DEVICE,      /* the device identity that came with it does not hold: 12 */
  ULAK_DECRYPT_UNTRUSTED,       /* refused by trust; not used while identities are trusted on first use: 8 */
} UlakDecryptOutcome;

#define ULAK_N_DECRYPT_OUTCOMES (ULAK_DECRYPT_UNTRUSTED + 1)

/* The `type` of an <enc>. */
typedef enum
{
  ULAK_CIPHERTEXT_PKMSG,
  ULAK_CIPHERTEXT_MSG,
  ULAK_CIPHERTEXT_SKMSG,
} UlakCiphertextKind;

const char *ulak_decrypt_outcome_get_name (UlakDecryptOutcome outcome); /* for logs: "no-session", ... */
gboolean ulak_decrypt_outcome_wants_retry (UlakDecryptOutcome outcome);
guint ulak_decrypt_outcome_get_retry_code (UlakDecryptOutcome outcome); /* 0 when no retry is wanted */
const char *ulak_ciphertext_kind_get_name (UlakCiphertextKind kind);    /* "pkmsg", "msg", "skmsg" */
gboolean ulak_ciphertext_kind_parse (const char *name, UlakCiphertextKind *kind_out);

typedef struct
{
  UlakDecryptOutcome outcome;
  GBytes *plain;                 /* (owned) (nullable): still padded; only with OK */
  gboolean has_identity_changed; /* the device has another identity key than before: tell the user */
  gboolean took_shadow;          /* the other session of a merged peer fitted, and is the first one now */
} UlakDecryption;

void ulak_decryption_clear (UlakDecryption *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakDecryption, ulak_decryption_clear)

/* What one device gets. */
typedef struct
{
  UlakCiphertextKind kind;
  GBytes *bytes; /* (owned) (nullable): NULL: there is no session */
} UlakCiphertext;

void ulak_ciphertext_clear (UlakCiphertext *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakCiphertext, ulak_ciphertext_clear)

G_END_DECLS
