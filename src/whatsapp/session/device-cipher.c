/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Each call is a visit (signal-visit.h) to one session, or to two when the first does not fit.
 */
#include "whatsapp/session/device-cipher.h"

#include "whatsapp/session/device-identity.h"
#include "whatsapp/session/query.h"
#include "whatsapp/session/signal-visit.h"

#include "whatsapp/crypto/must.h"

#include <protocol.h>
#include <session_builder.h>
#include <session_cipher.h>
#include <session_state.h>

/* Where the one of two sessions waits while they change places. */
#define SLOT_BETWEEN 2

GBytes *
ulak_signal_take_plain (signal_buffer *buffer)
{
  GBytes *bytes = g_bytes_new (signal_buffer_data (buffer), signal_buffer_len (buffer));

  signal_buffer_bzero_free (buffer);
  return bytes;
}

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

/* The other record is worth a try when the first one does not know what to do with the message. */
static gboolean
may_be_of_other (UlakDecryptOutcome outcome)
{
  switch (outcome)
    {
    case ULAK_DECRYPT_NO_SESSION:
    case ULAK_DECRYPT_INVALID_KEY:
    case ULAK_DECRYPT_UNKNOWN_PRE_KEY:
    case ULAK_DECRYPT_BAD_MESSAGE:
    case ULAK_DECRYPT_BAD_SIGNATURE:
      return TRUE;
    case ULAK_DECRYPT_OK:
    case ULAK_DECRYPT_DUPLICATE:
    case ULAK_DECRYPT_GARBAGE:
    case ULAK_DECRYPT_BAD_DEVICE:
    case ULAK_DECRYPT_UNTRUSTED:
      return FALSE;
    }
  g_return_val_if_reached (FALSE);
}

static gboolean
move_slot (UlakSignalVisit *visit, guint from, guint to, GError **error)
{
  UlakStatement *statement
      = ulak_sql_query (visit->database,
                        visit->group != NULL ? ULAK_QUERY ("sender-key-move") : ULAK_QUERY ("session-move"),
                        ULAK_BINDINGS (ULAK_INTEGER ("peer", visit->device.peer),
                                       ULAK_INTEGER ("device", visit->device.device), ULAK_INTEGER ("slot", from),
                                       ULAK_INTEGER ("to_slot", to)),
                        error);

  if (statement == NULL)
    return FALSE;
  if (visit->group != NULL)
    ulak_statement_bind_text (statement, "group_jid", visit->group);
  return ulak_statement_run (statement, error);
}

static gboolean
promote_shadow (UlakSignalVisit *visit, GError **error)
{
  visit->slot = ULAK_SLOT_FIRST;
  return move_slot (visit, ULAK_SLOT_FIRST, SLOT_BETWEEN, error)
         && move_slot (visit, ULAK_SLOT_SHADOW, ULAK_SLOT_FIRST, error)
         && move_slot (visit, SLOT_BETWEEN, ULAK_SLOT_SHADOW, error);
}

static gboolean
try_slot (UlakSignalVisit *visit,
          guint slot,
          UlakSignalDecryptFunc run,
          gpointer data,
          signal_buffer **plain_out,
          UlakDecryptOutcome *outcome_out,
          GError **error)
{
  GBytes *record;

  ulak_signal_visit_restart (visit, slot);
  *outcome_out = ULAK_DECRYPT_NO_SESSION;
  if (!ulak_signal_visit_load (visit, &record, error))
    return FALSE;
  return (slot == ULAK_SLOT_SHADOW && record == NULL)
         || ulak_signal_visit_judge (visit, run (visit, data, plain_out), outcome_out, error);
}

static gboolean
keep_result (UlakSignalVisit *visit, signal_buffer *plain, UlakDecryption *decryption_out, GError **error)
{
  decryption_out->plain = ulak_signal_take_plain (plain);
  decryption_out->took_shadow = visit->slot == ULAK_SLOT_SHADOW;
  if ((decryption_out->took_shadow && !promote_shadow (visit, error)) || !ulak_signal_visit_apply (visit, error))
    {
      ulak_decryption_clear (decryption_out);
      return FALSE;
    }
  decryption_out->has_identity_changed |= visit->has_identity_changed;
  return TRUE;
}

/**
 * ulak_signal_decrypt:
 * @slot: which of two records to try first
 * @run: calls the library with the visit; its result
 * @data: for @run
 *
 * Tries one record, then the other if there is one, and writes what the one that fitted became.
 */
gboolean
ulak_signal_decrypt (UlakSignalVisit *visit,
                     guint slot,
                     UlakSignalDecryptFunc run,
                     gpointer data,
                     UlakDecryption *decryption_out,
                     GError **error)
{
  const guint other_slot = slot == ULAK_SLOT_FIRST ? ULAK_SLOT_SHADOW : ULAK_SLOT_FIRST;
  signal_buffer *plain = NULL;
  UlakDecryptOutcome outcome, other_outcome;

  if (!try_slot (visit, slot, run, data, &plain, &outcome, error))
    return FALSE;
  if (may_be_of_other (outcome))
    {
      if (!try_slot (visit, other_slot, run, data, &plain, &other_outcome, error))
        return FALSE;
      if (other_outcome == ULAK_DECRYPT_OK || other_outcome == ULAK_DECRYPT_DUPLICATE)
        outcome = other_outcome;
    }
  decryption_out->outcome = outcome;
  return outcome != ULAK_DECRYPT_OK || keep_result (visit, plain, decryption_out, error);
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
check_companion (UlakSignalVisit *visit,
                 pre_key_signal_message *message,
                 UlakSpan device_identity,
                 UlakDecryption *decryption_out,
                 GError **error)
{
  signal_buffer *identity = NULL;
  UlakSpan prefixed;
  gboolean holds, has_checked;

  ulak_must (ec_public_key_serialize (&identity, pre_key_signal_message_get_identity_key (message)) == 0);
  prefixed = ULAK_SPAN (signal_buffer_data (identity), signal_buffer_len (identity));
  has_checked = ulak_device_identity_check (visit->database, &visit->device, device_identity,
                                            ULAK_SPAN ((const guint8 *) prefixed.bytes + 1, prefixed.size_bytes - 1),
                                            &holds, &decryption_out->has_identity_changed, error);
  signal_buffer_free (identity);
  if (has_checked && !holds)
    decryption_out->outcome = ULAK_DECRYPT_BAD_DEVICE;
  return has_checked;
}

/* A first message that began the shadow must not begin a session anew in the other record, which would read it twice. */
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
  if (is_asked && parsed.first != NULL && device_identity.size_bytes > 0 && from->device != 0)
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

  if (to->device != 0 && bundle->device_identity.size_bytes > 0
      && !ulak_device_identity_check (database, to, bundle->device_identity, bundle->identity, &holds, &is_other_account,
                                      error))
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

#define DEVICE_BINDINGS(peer_device) ULAK_INTEGER ("peer", (peer_device)->peer), ULAK_INTEGER ("device", (peer_device)->device)

gboolean
ulak_device_has_session (UlakDatabase *database, const UlakPeerDevice *device, gboolean *has_session_out, GError **error)
{
  return ulak_query_exists (database, ULAK_QUERY ("session-exists"), ULAK_BINDINGS (DEVICE_BINDINGS (device)),
                            has_session_out, error);
}

gboolean
ulak_device_list_without_session (UlakDatabase *database,
                                  const UlakPeerDevice *devices,
                                  gsize n_devices,
                                  GArray **missing_out,
                                  GError **error)
{
  g_autoptr (GArray) missing = g_array_new (FALSE, FALSE, sizeof (UlakPeerDevice));
  gboolean has_session;

  for (gsize i = 0; i < n_devices; i++)
    {
      if (!ulak_device_has_session (database, &devices[i], &has_session, error))
        return FALSE;
      if (!has_session)
        g_array_append_val (missing, devices[i]);
    }
  *missing_out = g_steal_pointer (&missing);
  return TRUE;
}

/**
 * ulak_device_read_state:
 * @registration_id_out: 0: no session
 * @base_key_out: (transfer full) (nullable): with which the session began, the same on both sides
 */
gboolean
ulak_device_read_state (UlakSession *session,
                        UlakDatabase *database,
                        const UlakPeerDevice *device,
                        guint32 *registration_id_out,
                        GBytes **base_key_out,
                        GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  session_record *parsed = NULL;
  signal_buffer *base_key = NULL;
  session_state *state;
  GBytes *record;

  *registration_id_out = 0;
  *base_key_out = NULL;
  ulak_signal_visit_init (&visit, session, database, device, NULL, 0);
  if (!ulak_signal_visit_load (&visit, &record, error))
    return FALSE;
  if (record == NULL
      || session_record_deserialize (&parsed, g_bytes_get_data (record, NULL), g_bytes_get_size (record),
                                     ulak_session_get_context (session))
             < 0)
    return TRUE;

  state = session_record_get_state (parsed);
  *registration_id_out = session_state_get_remote_registration_id (state);
  if (session_state_get_alice_base_key (state) != NULL
      && ec_public_key_serialize (&base_key, session_state_get_alice_base_key (state)) == 0)
    *base_key_out = ulak_signal_take_plain (base_key);
  SIGNAL_UNREF (parsed);
  return TRUE;
}

gboolean
ulak_device_get_registration_id (UlakSession *session,
                                 UlakDatabase *database,
                                 const UlakPeerDevice *device,
                                 guint32 *registration_id_out,
                                 GError **error)
{
  g_autoptr (GBytes) base_key = NULL;

  return ulak_device_read_state (session, database, device, registration_id_out, &base_key, error);
}

gboolean
ulak_device_delete_session (UlakDatabase *database, const UlakPeerDevice *device, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("session-delete"), ULAK_BINDINGS (DEVICE_BINDINGS (device)), error);
}

gboolean
ulak_device_delete_sessions (UlakDatabase *database, gint64 peer, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("sessions-delete"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), error);
}

gboolean
ulak_device_get_identity (UlakDatabase *database,
                          const UlakPeerDevice *device,
                          guint8 identity_out[ULAK_CURVE_PUBLIC_BYTES],
                          gboolean *has_identity_out,
                          GError **error)
{
  UlakStatement *row;
  UlakSpan key = ULAK_SPAN_NONE;

  if (!ulak_sql_find (database, ULAK_QUERY ("identity-find"), ULAK_BINDINGS (DEVICE_BINDINGS (device)), &row, error))
    return FALSE;
  if (row != NULL)
    key = ulak_query_get_span (row, "public_key");
  *has_identity_out = key.size_bytes == ULAK_CURVE_PUBLIC_BYTES;
  memset (identity_out, 0, ULAK_CURVE_PUBLIC_BYTES);
  if (*has_identity_out)
    memcpy (identity_out, key.bytes, ULAK_CURVE_PUBLIC_BYTES);
  return TRUE;
}

/** ulak_device_save_identity: @has_changed_out: (nullable): another key was known; the first one is no change */
gboolean
ulak_device_save_identity (UlakDatabase *database,
                           const UlakPeerDevice *device,
                           const guint8 identity[ULAK_CURVE_PUBLIC_BYTES],
                           gint64 now_us,
                           gboolean *has_changed_out,
                           GError **error)
{
  guint8 known[ULAK_CURVE_PUBLIC_BYTES];
  UlakStatement *statement;
  gboolean is_known, is_same;

  if (!ulak_device_get_identity (database, device, known, &is_known, error))
    return FALSE;
  is_same = is_known && memcmp (known, identity, sizeof known) == 0;
  if (has_changed_out != NULL)
    *has_changed_out = is_known && !is_same;
  if (is_same)
    return TRUE;

  statement = ulak_sql_query (database, ULAK_QUERY ("identity-put"),
                              ULAK_BINDINGS (DEVICE_BINDINGS (device), ULAK_INTEGER ("now_us", now_us)), error);
  if (statement == NULL)
    return FALSE;
  ulak_query_bind_span (statement, "public_key", ULAK_SPAN (identity, ULAK_CURVE_PUBLIC_BYTES));
  return ulak_statement_run (statement, error);
}
