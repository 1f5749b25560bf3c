/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Trying one record, then its shadow, and writing what became of the one that fitted. For sessions and sender keys.
 */
#include "whatsapp/session/query.h"
#include "whatsapp/session/signal-visit.h"

/* Where the one of two records waits while they change places. */
#define SLOT_BETWEEN 2

GBytes *
ulak_signal_take_plain (signal_buffer *buffer)
{
  GBytes *bytes = g_bytes_new (signal_buffer_data (buffer), signal_buffer_len (buffer));

  signal_buffer_bzero_free (buffer);
  return bytes;
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
  UlakStatement *statement = ulak_sql_query (
      visit->database, visit->group != NULL ? ULAK_QUERY ("sender-key-move") : ULAK_QUERY ("session-move"),
      ULAK_BINDINGS (ULAK_INTEGER ("peer", visit->device.peer), ULAK_INTEGER ("device", visit->device.device),
                     ULAK_INTEGER ("slot", from), ULAK_INTEGER ("to_slot", to)),
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
