/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Each call is a visit (signal-visit.h) to one session, or to two when the first does not fit.
 */
#include "whatsapp/session/device-cipher.h"

#include "whatsapp/session/device-identity.h"
#include "whatsapp/session/signal-visit.h"

#include "whatsapp/crypto/must.h"

#include <protocol.h>
#include <session_builder.h>
#include <session_cipher.h>

static session_cipher *
cipher_of (UlakSignalVisit *visit)
{
  session_cipher *cipher = NULL;

  ulak_must (session_cipher_create (&cipher, ulak_session_get_stores (visit->session), &visit->address,
                                    ulak_session_get_context (visit->session))
             == 0);
  return cipher;
}

static int
run_encrypt (UlakSignalVisit *visit, UlakSpan plain, ciphertext_message **message_out)
{
  session_cipher *cipher = cipher_of (visit);
  int result;

  ulak_signal_visit_enter (visit);
  result = session_cipher_encrypt (cipher, plain.bytes, plain.size_bytes, message_out);
  ulak_signal_visit_leave (visit);
  session_cipher_free (cipher);
  return result;
}

static void
take_ciphertext (ciphertext_message *message, UlakCiphertext *ciphertext_out)
{
  signal_buffer *serialized = ciphertext_message_get_serialized (message);

  ciphertext_out->kind
      = ciphertext_message_get_type (message) == CIPHERTEXT_PREKEY_TYPE ? ULAK_CIPHERTEXT_PKMSG : ULAK_CIPHERTEXT_MSG;
  ciphertext_out->bytes = g_bytes_new (signal_buffer_data (serialized), signal_buffer_len (serialized));
}

/**
 * ulak_device_encrypt:
 *
 * A session in which nothing can be sent yet (all that is left of it is archived) counts as none.
 */
gboolean
ulak_device_encrypt (UlakSession *session,
                     UlakDatabase *database,
                     const UlakPeerDevice *to,
                     UlakSpan plain,
                     gint64 now_us,
                     UlakCiphertext *ciphertext_out,
                     GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  ciphertext_message *message = NULL;
  UlakDecryptOutcome outcome;
  GBytes *record;

  ulak_signal_visit_init (&visit, session, database, to, NULL, now_us);
  *ciphertext_out = (UlakCiphertext){ ULAK_CIPHERTEXT_MSG, NULL };
  if (!ulak_signal_visit_load (&visit, &record, error))
    return FALSE;
  if (record == NULL)
    return TRUE;

  if (!ulak_signal_visit_judge (&visit, run_encrypt (&visit, plain, &message), &outcome, error))
    return FALSE;
  if (outcome != ULAK_DECRYPT_OK)
    return TRUE;
  take_ciphertext (message, ciphertext_out);
  SIGNAL_UNREF (message);
  if (ulak_signal_visit_apply (&visit, error))
    return TRUE;
  ulak_ciphertext_clear (ciphertext_out);
  return FALSE;
}

static int
run_decrypt (UlakSignalVisit *visit, pre_key_signal_message *first, signal_message *message, signal_buffer **plain_out)
{
  session_cipher *cipher = cipher_of (visit);
  int result;

  ulak_signal_visit_enter (visit);
  result = first != NULL ? session_cipher_decrypt_pre_key_signal_message (cipher, first, NULL, plain_out)
                         : session_cipher_decrypt_signal_message (cipher, message, NULL, plain_out);
  ulak_signal_visit_leave (visit);
  session_cipher_free (cipher);
  return result;
}

/* One of both. */
typedef struct
{
  pre_key_signal_message *first;
  signal_message *message;
} Parsed;

static int
run_parsed (UlakSignalVisit *visit, gpointer data, signal_buffer **plain_out)
{
  Parsed *parsed = data;

  return run_decrypt (visit, parsed->first, parsed->message, plain_out);
}

static int
parse (UlakSession *session, UlakCiphertextKind kind, UlakSpan bytes, Parsed *parsed_out)
{
  signal_context *context = ulak_session_get_context (session);

  if (bytes.size_bytes == 0)
    return SG_ERR_INVALID_PROTO_BUF;
  return kind == ULAK_CIPHERTEXT_PKMSG
             ? pre_key_signal_message_deserialize (&parsed_out->first, bytes.bytes, bytes.size_bytes, context)
             : signal_message_deserialize (&parsed_out->message, bytes.bytes, bytes.size_bytes, context);
}

static gboolean
check_statement (UlakSignalVisit *visit,
                 pre_key_signal_message *message,
                 UlakSpan device_identity,
                 gboolean *holds_out,
                 gboolean *is_other_account_out,
                 GError **error)
{
  signal_buffer *identity = NULL;
  UlakSpan prefixed;
  gboolean has_checked;

  ulak_must (ec_public_key_serialize (&identity, pre_key_signal_message_get_identity_key (message)) == 0);
  prefixed = ULAK_SPAN (signal_buffer_data (identity), signal_buffer_len (identity));
  has_checked = ulak_device_identity_check (visit->database, &visit->device, device_identity,
                                            ULAK_SPAN ((const guint8 *) prefixed.bytes + 1, prefixed.size_bytes - 1),
                                            holds_out, is_other_account_out, error);
  signal_buffer_free (identity);
  return has_checked;
}

/* Whoever is a device of our own account has our phone's word for it; others may leave theirs out. */
static gboolean
check_companion (UlakSignalVisit *visit,
                 pre_key_signal_message *message,
                 UlakSpan device_identity,
                 UlakDecryption *decryption_out,
                 GError **error)
{
  gboolean holds = TRUE, is_other_account = FALSE, is_ours;
  UlakPeer own;

  if (!ulak_peers_get_own (visit->database, &own, error))
    return FALSE;
  is_ours = own.id != 0 && own.id == visit->device.peer;
  if (device_identity.size_bytes == 0)
    holds = !is_ours;
  else if (!check_statement (visit, message, device_identity, &holds, &is_other_account, error))
    return FALSE;
  if (!holds || (is_ours && is_other_account))
    decryption_out->outcome = ULAK_DECRYPT_BAD_DEVICE;
  decryption_out->has_identity_changed = is_other_account;
  return TRUE;
}

/* A first message that began the shadow must not begin a session in the other record, too: it would be read twice. */
static gboolean
find_slot (UlakSignalVisit *visit, pre_key_signal_message *message, guint *slot_out, GError **error)
{
  session_record *parsed = NULL;
  GBytes *record;

  *slot_out = ULAK_SLOT_FIRST;
  ulak_signal_visit_restart (visit, ULAK_SLOT_SHADOW);
  if (!ulak_signal_visit_load (visit, &record, error))
    return FALSE;
  if (record != NULL
      && session_record_deserialize (&parsed, g_bytes_get_data (record, NULL), g_bytes_get_size (record),
                                     ulak_session_get_context (visit->session))
             == 0
      && session_record_has_session_state (parsed, pre_key_signal_message_get_message_version (message),
                                           pre_key_signal_message_get_base_key (message))
             == 1)
    *slot_out = ULAK_SLOT_SHADOW;
  SIGNAL_UNREF (parsed);
  return TRUE;
}

gboolean
ulak_device_decrypt (UlakSession *session,
                     UlakDatabase *database,
                     const UlakPeerDevice *from,
                     UlakCiphertextKind kind,
                     UlakSpan bytes,
                     UlakSpan device_identity,
                     gint64 now_us,
                     UlakDecryption *decryption_out,
                     GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  Parsed parsed = { NULL, NULL };
  guint slot = ULAK_SLOT_FIRST;
  gboolean is_asked;

  g_return_val_if_fail (kind != ULAK_CIPHERTEXT_SKMSG, FALSE);

  *decryption_out = (UlakDecryption){ .outcome = ULAK_DECRYPT_OK };
  ulak_signal_visit_init (&visit, session, database, from, NULL, now_us);
  is_asked = ulak_signal_visit_judge (&visit, parse (session, kind, bytes, &parsed), &decryption_out->outcome, error);
  if (is_asked && parsed.first != NULL && from->device != 0)
    is_asked = check_companion (&visit, parsed.first, device_identity, decryption_out, error);
  if (is_asked && parsed.first != NULL)
    is_asked = find_slot (&visit, parsed.first, &slot, error);
  if (is_asked && decryption_out->outcome == ULAK_DECRYPT_OK)
    is_asked = ulak_signal_decrypt (&visit, slot, run_parsed, &parsed, decryption_out, error);
  if (decryption_out->outcome != ULAK_DECRYPT_OK)
    decryption_out->has_identity_changed = FALSE;
  SIGNAL_UNREF (parsed.first);
  SIGNAL_UNREF (parsed.message);
  return is_asked;
}

static ec_public_key *
decode_key (UlakSpan raw)
{
  guint8 prefixed[ULAK_CURVE_PREFIXED_BYTES];
  ec_public_key *key = NULL;

  ulak_curve_prefix (raw.bytes, prefixed);
  ulak_must (curve_decode_point (&key, prefixed, sizeof prefixed, NULL) == 0);
  return key;
}

static gboolean
is_well_formed (const UlakBundle *bundle)
{
  return bundle->identity.size_bytes == ULAK_CURVE_PUBLIC_BYTES
         && bundle->signed_pre_key.size_bytes == ULAK_CURVE_PUBLIC_BYTES
         && bundle->signature.size_bytes == ULAK_CURVE_SIGNATURE_BYTES
         && bundle->signed_pre_key_id <= PRE_KEY_MEDIUM_MAX_VALUE
         && (!bundle->has_pre_key
             || (bundle->pre_key.size_bytes == ULAK_CURVE_PUBLIC_BYTES
                 && bundle->pre_key_id <= PRE_KEY_MEDIUM_MAX_VALUE));
}

static session_pre_key_bundle *
make_bundle (const UlakBundle *bundle, guint16 device)
{
  ec_public_key *identity = decode_key (bundle->identity), *signed_pre_key = decode_key (bundle->signed_pre_key);
  ec_public_key *pre_key = bundle->has_pre_key ? decode_key (bundle->pre_key) : NULL;
  session_pre_key_bundle *made = NULL;

  ulak_must (session_pre_key_bundle_create (&made, bundle->registration_id, device,
                                            bundle->has_pre_key ? bundle->pre_key_id : 0, pre_key,
                                            bundle->signed_pre_key_id, signed_pre_key, bundle->signature.bytes,
                                            bundle->signature.size_bytes, identity)
             == 0);
  SIGNAL_UNREF (identity);
  SIGNAL_UNREF (signed_pre_key);
  SIGNAL_UNREF (pre_key);
  return made;
}

static int
run_bundle (UlakSignalVisit *visit, const UlakBundle *bundle)
{
  session_pre_key_bundle *made = make_bundle (bundle, visit->device.device);
  session_builder *builder = NULL;
  int result;

  ulak_must (session_builder_create (&builder, ulak_session_get_stores (visit->session), &visit->address,
                                     ulak_session_get_context (visit->session))
             == 0);
  ulak_signal_visit_enter (visit);
  result = session_builder_process_pre_key_bundle (builder, made);
  ulak_signal_visit_leave (visit);
  session_builder_free (builder);
  SIGNAL_UNREF (made);
  return result;
}

/* The library says "invalid key" for a signature that does not hold: the keys themselves were decoded before. */
static gboolean
start_session (UlakSignalVisit *visit, const UlakBundle *bundle, UlakBundleOutcome *outcome_out, GError **error)
{
  UlakDecryptOutcome outcome;

  if (!ulak_signal_visit_judge (visit, run_bundle (visit, bundle), &outcome, error))
    return FALSE;
  *outcome_out = outcome == ULAK_DECRYPT_OK            ? ULAK_BUNDLE_OK
                 : outcome == ULAK_DECRYPT_INVALID_KEY ? ULAK_BUNDLE_BAD_SIGNATURE
                                                       : ULAK_BUNDLE_MALFORMED;
  return *outcome_out != ULAK_BUNDLE_OK || ulak_signal_visit_apply (visit, error);
}

/* As of first messages: a device that the server adds to our account would get what we send, and write in our name. */
static gboolean
check_bundle_device (UlakDatabase *database,
                     const UlakPeerDevice *to,
                     const UlakBundle *bundle,
                     gboolean *holds_out,
                     gboolean *is_other_account_out,
                     GError **error)
{
  gboolean is_ours;
  UlakPeer own;

  if (!ulak_peers_get_own (database, &own, error))
    return FALSE;
  is_ours = own.id != 0 && own.id == to->peer;
  *holds_out = !is_ours;
  *is_other_account_out = FALSE;
  if (bundle->device_identity.size_bytes > 0
      && !ulak_device_identity_check (database, to, bundle->device_identity, bundle->identity, holds_out,
                                      is_other_account_out, error))
    return FALSE;
  *holds_out = *holds_out && !(is_ours && *is_other_account_out);
  return TRUE;
}

gboolean
ulak_device_process_bundle (UlakSession *session,
                            UlakDatabase *database,
                            const UlakPeerDevice *to,
                            const UlakBundle *bundle,
                            gint64 now_us,
                            UlakBundleOutcome *outcome_out,
                            gboolean *has_identity_changed_out,
                            GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  gboolean holds = TRUE, is_other_account = FALSE;

  ulak_signal_visit_init (&visit, session, database, to, NULL, now_us);
  *outcome_out = ULAK_BUNDLE_MALFORMED;
  if (has_identity_changed_out != NULL)
    *has_identity_changed_out = FALSE;
  if (!is_well_formed (bundle))
    return TRUE;

  if (to->device != 0 && !check_bundle_device (database, to, bundle, &holds, &is_other_account, error))
    return FALSE;
  *outcome_out = ULAK_BUNDLE_BAD_DEVICE;
  if (!holds)
    return TRUE;
  if (!start_session (&visit, bundle, outcome_out, error))
    return FALSE;
  if (has_identity_changed_out != NULL && *outcome_out == ULAK_BUNDLE_OK)
    *has_identity_changed_out = visit.has_identity_changed || is_other_account;
  return TRUE;
}
