/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sender keys through the same visits as sessions; who holds ours is plain rows (group-memory.c).
 *
 * Our own record is recognised by its key id in a column. Nobody may write to it from outside: a distribution
 * message that claims to be from this device is refused, and a message of ours that comes back is a duplicate,
 * since decrypting it would move our own chain.
 */
#include "whatsapp/session/group-cipher.h"

#include "whatsapp/session/query.h"
#include "whatsapp/session/signal-visit.h"

#include "whatsapp/crypto/must.h"

#include "core/error.h"

#include <group_cipher.h>
#include <group_session_builder.h>
#include <protocol.h>
#include <sender_key.h>
#include <sender_key_record.h>
#include <sender_key_state.h>

/* How far ahead a message may be of the chain that is here; libsignal's own limit. */
#define AHEAD_MAX 2000

void
ulak_distribution_clear (UlakDistribution *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
}

/* peer 0: not linked */
static gboolean
find_own_device (UlakDatabase *database, UlakPeerDevice *own_out, GError **error)
{
  UlakStatement *row;
  UlakJid jid;

  *own_out = (UlakPeerDevice){ 0, 0 };
  if (!ulak_sql_find (database, ULAK_QUERY ("own-device"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  if (!ulak_jid_parse (ulak_statement_get_text (row, "jid"), &jid, error))
    return FALSE;
  *own_out = (UlakPeerDevice){ ulak_statement_get_integer (row, "peer"), jid.device };
  return TRUE;
}

static gboolean
require_own_device (UlakDatabase *database, UlakPeerDevice *own_out, GError **error)
{
  if (!find_own_device (database, own_out, error))
    return FALSE;
  if (own_out->peer == 0)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The line is not linked");
  return own_out->peer != 0;
}

static gboolean
is_own_device (UlakDatabase *database, const UlakPeerDevice *device, gboolean *is_own_out, GError **error)
{
  UlakPeerDevice own;

  if (!find_own_device (database, &own, error))
    return FALSE;
  *is_own_out = own.peer == device->peer && own.device == device->device;
  return TRUE;
}

static int
run_distribution (UlakSignalVisit *visit, sender_key_distribution_message **message_out)
{
  group_session_builder *builder = NULL;
  int result;

  ulak_must (group_session_builder_create (&builder, ulak_session_get_stores (visit->session),
                                           ulak_session_get_context (visit->session))
             == 0);
  ulak_signal_visit_enter (visit);
  result = group_session_builder_create_session (builder, message_out, &visit->sender);
  ulak_signal_visit_leave (visit);
  group_session_builder_free (builder);
  return result;
}

static gboolean
set_error_of (UlakDecryptOutcome outcome, GError **error)
{
  g_set_error (error, ULAK_ERROR, outcome == ULAK_DECRYPT_NO_SESSION ? ULAK_ERROR_WRONG_STATE : ULAK_ERROR_DAMAGED,
               "Our sender key of a group cannot be used (%s)", ulak_decrypt_outcome_get_name (outcome));
  return FALSE;
}

static GBytes *
copy_serialized (ciphertext_message *message)
{
  signal_buffer *serialized = ciphertext_message_get_serialized (message);

  return g_bytes_new (signal_buffer_data (serialized), signal_buffer_len (serialized));
}

/* Tells the record as ours from now on; without a change nothing is written. */
static gboolean
mark_own_key (UlakSignalVisit *visit, guint32 key_id, GError **error)
{
  return ulak_sql_run (visit->database, ULAK_QUERY ("sender-key-set-id"),
                       ULAK_BINDINGS (ULAK_TEXT ("group_jid", visit->group), ULAK_INTEGER ("peer", visit->device.peer),
                                      ULAK_INTEGER ("device", visit->device.device), ULAK_INTEGER ("key_id", key_id)),
                       error);
}

gboolean
ulak_group_get_distribution (UlakSession *session,
                             UlakDatabase *database,
                             const char *group,
                             gint64 now_us,
                             UlakDistribution *distribution_out,
                             GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  sender_key_distribution_message *message = NULL;
  UlakDecryptOutcome outcome;
  UlakPeerDevice own;

  if (!require_own_device (database, &own, error))
    return FALSE;
  ulak_signal_visit_init (&visit, session, database, &own, group, now_us);
  if (!ulak_signal_visit_judge (&visit, run_distribution (&visit, &message), &outcome, error))
    return FALSE;
  if (outcome != ULAK_DECRYPT_OK)
    return set_error_of (outcome, error);

  distribution_out->key_id = sender_key_distribution_message_get_id (message);
  distribution_out->bytes = copy_serialized ((ciphertext_message *) message);
  SIGNAL_UNREF (message);
  if (ulak_signal_visit_apply (&visit, error) && mark_own_key (&visit, distribution_out->key_id, error))
    return TRUE;
  ulak_distribution_clear (distribution_out);
  return FALSE;
}

static group_cipher *
cipher_of (UlakSignalVisit *visit)
{
  group_cipher *cipher = NULL;

  ulak_must (group_cipher_create (&cipher, ulak_session_get_stores (visit->session), &visit->sender,
                                  ulak_session_get_context (visit->session))
             == 0);
  return cipher;
}

static int
run_encrypt (UlakSignalVisit *visit, UlakSpan plain, ciphertext_message **message_out)
{
  group_cipher *cipher = cipher_of (visit);
  int result;

  ulak_signal_visit_enter (visit);
  result = group_cipher_encrypt (cipher, plain.bytes, plain.size_bytes, message_out);
  ulak_signal_visit_leave (visit);
  group_cipher_free (cipher);
  return result;
}

gboolean
ulak_group_encrypt (UlakSession *session,
                    UlakDatabase *database,
                    const char *group,
                    UlakSpan plain,
                    gint64 now_us,
                    GBytes **skmsg_out,
                    GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  g_autoptr (GBytes) skmsg = NULL;
  ciphertext_message *message = NULL;
  UlakDecryptOutcome outcome;
  UlakPeerDevice own;

  if (!require_own_device (database, &own, error))
    return FALSE;
  ulak_signal_visit_init (&visit, session, database, &own, group, now_us);
  if (!ulak_signal_visit_judge (&visit, run_encrypt (&visit, plain, &message), &outcome, error))
    return FALSE;
  if (outcome != ULAK_DECRYPT_OK)
    return set_error_of (outcome, error);

  skmsg = copy_serialized (message);
  SIGNAL_UNREF (message);
  if (!ulak_signal_visit_apply (&visit, error))
    return FALSE;
  *skmsg_out = g_steal_pointer (&skmsg);
  return TRUE;
}

/* The state of one key id in the record of the visit. @record_out: (nullable): to be unreferenced, owns the state. */
static gboolean
find_state (UlakSignalVisit *visit,
            guint32 key_id,
            sender_key_record **record_out,
            sender_key_state **state_out,
            GError **error)
{
  GBytes *bytes;

  *record_out = NULL;
  *state_out = NULL;
  if (!ulak_signal_visit_load (visit, &bytes, error))
    return FALSE;
  if (bytes != NULL
      && sender_key_record_deserialize (record_out, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                        ulak_session_get_context (visit->session))
             == 0
      && sender_key_record_get_sender_key_state_by_id (*record_out, state_out, key_id) != 0)
    *state_out = NULL;
  return TRUE;
}

static gboolean
is_well_formed (sender_key_distribution_message *message)
{
  signal_buffer *chain_key = sender_key_distribution_message_get_chain_key (message);

  return chain_key != NULL && signal_buffer_len (chain_key) == ULAK_KEY_BYTES
         && sender_key_distribution_message_get_signature_key (message) != NULL;
}

/* A key that is here is not put behind what was read with it already, unless its messages are out of reach. */
static UlakDistributionOutcome
compare_with_known (sender_key_distribution_message *message, sender_key_state *known)
{
  guint32 known_iteration;

  if (known == NULL)
    return ULAK_DISTRIBUTION_OK;
  if (ec_public_key_compare (sender_key_state_get_signing_key_public (known),
                             sender_key_distribution_message_get_signature_key (message))
      != 0)
    return ULAK_DISTRIBUTION_FORGED;
  known_iteration = sender_chain_key_get_iteration (sender_key_state_get_chain_key (known));
  return (guint64) sender_key_distribution_message_get_iteration (message) <= (guint64) known_iteration + AHEAD_MAX
             ? ULAK_DISTRIBUTION_KNOWN
             : ULAK_DISTRIBUTION_OK;
}

static int
run_process (UlakSignalVisit *visit, sender_key_distribution_message *message)
{
  group_session_builder *builder = NULL;
  int result;

  ulak_must (group_session_builder_create (&builder, ulak_session_get_stores (visit->session),
                                           ulak_session_get_context (visit->session))
             == 0);
  ulak_signal_visit_enter (visit);
  result = group_session_builder_process_session (builder, &visit->sender, message);
  ulak_signal_visit_leave (visit);
  group_session_builder_free (builder);
  return result;
}

static gboolean
process_parsed (UlakSignalVisit *visit,
                sender_key_distribution_message *message,
                UlakDistributionOutcome *outcome_out,
                GError **error)
{
  sender_key_record *record;
  sender_key_state *known;
  UlakDecryptOutcome outcome;

  if (!is_well_formed (message))
    return TRUE;
  if (!find_state (visit, sender_key_distribution_message_get_id (message), &record, &known, error))
    return FALSE;
  *outcome_out = compare_with_known (message, known);
  SIGNAL_UNREF (record);
  if (*outcome_out != ULAK_DISTRIBUTION_OK)
    return TRUE;

  if (!ulak_signal_visit_judge (visit, run_process (visit, message), &outcome, error))
    return FALSE;
  if (outcome == ULAK_DECRYPT_OK)
    return ulak_signal_visit_apply (visit, error);
  *outcome_out = ULAK_DISTRIBUTION_GARBAGE;
  return TRUE;
}

gboolean
ulak_group_process_distribution (UlakSession *session,
                                 UlakDatabase *database,
                                 const char *group,
                                 const UlakPeerDevice *author,
                                 UlakSpan bytes,
                                 gint64 now_us,
                                 UlakDistributionOutcome *outcome_out,
                                 GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  sender_key_distribution_message *message = NULL;
  gboolean is_own, is_processed;

  if (!is_own_device (database, author, &is_own, error))
    return FALSE;
  *outcome_out = is_own ? ULAK_DISTRIBUTION_FORGED : ULAK_DISTRIBUTION_GARBAGE;
  if (is_own || bytes.size_bytes == 0
      || sender_key_distribution_message_deserialize (&message, bytes.bytes, bytes.size_bytes,
                                                      ulak_session_get_context (session))
             < 0)
    return TRUE;

  ulak_signal_visit_init (&visit, session, database, author, group, now_us);
  is_processed = process_parsed (&visit, message, outcome_out, error);
  SIGNAL_UNREF (message);
  return is_processed;
}

static int
run_decrypt (UlakSignalVisit *visit, gpointer message, signal_buffer **plain_out)
{
  group_cipher *cipher = cipher_of (visit);
  int result;

  ulak_signal_visit_enter (visit);
  result = group_cipher_decrypt (cipher, message, NULL, plain_out);
  ulak_signal_visit_leave (visit);
  group_cipher_free (cipher);
  return result;
}

/* The library has one answer for an unknown key id, a wrong signature and a message too far ahead. */
static gboolean
find_reason (UlakSignalVisit *visit, sender_key_message *message, UlakDecryptOutcome *outcome_out, GError **error)
{
  sender_key_record *record;
  sender_key_state *state;

  ulak_signal_visit_restart (visit, ULAK_SLOT_FIRST);
  if (!find_state (visit, sender_key_message_get_key_id (message), &record, &state, error))
    return FALSE;
  if (state == NULL)
    *outcome_out = ULAK_DECRYPT_NO_SESSION;
  else if (sender_key_message_verify_signature (message, sender_key_state_get_signing_key_public (state)) != 0)
    *outcome_out = ULAK_DECRYPT_BAD_SIGNATURE;
  SIGNAL_UNREF (record);
  return TRUE;
}

gboolean
ulak_group_decrypt (UlakSession *session,
                    UlakDatabase *database,
                    const char *group,
                    const UlakPeerDevice *author,
                    UlakSpan bytes,
                    gint64 now_us,
                    UlakDecryption *decryption_out,
                    GError **error)
{
  g_auto (UlakSignalVisit) visit = { 0 };
  sender_key_message *message = NULL;
  gboolean is_own, is_asked;

  if (!is_own_device (database, author, &is_own, error))
    return FALSE;
  *decryption_out = (UlakDecryption){ .outcome = is_own ? ULAK_DECRYPT_DUPLICATE : ULAK_DECRYPT_GARBAGE };
  if (is_own || bytes.size_bytes == 0
      || sender_key_message_deserialize (&message, bytes.bytes, bytes.size_bytes, ulak_session_get_context (session))
             < 0)
    return TRUE;

  ulak_signal_visit_init (&visit, session, database, author, group, now_us);
  is_asked = ulak_signal_decrypt (&visit, ULAK_SLOT_FIRST, run_decrypt, message, decryption_out, error);
  if (is_asked && decryption_out->outcome == ULAK_DECRYPT_BAD_MESSAGE)
    is_asked = find_reason (&visit, message, &decryption_out->outcome, error);
  SIGNAL_UNREF (message);
  return is_asked;
}
