/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A visit loads at most one record, once, and writes it at most once.
 */
#include "whatsapp/session/signal-visit.h"

#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/query.h"

#include "whatsapp/crypto/must.h"

#include <session_record.h>

void
ulak_signal_visit_init (UlakSignalVisit *self,
                        UlakSession *session,
                        UlakDatabase *database,
                        const UlakPeerDevice *device,
                        const char *group,
                        gint64 now_us)
{
  *self = (UlakSignalVisit){
    .session = session, .database = database, .device = *device, .group = group, .now_us = now_us
  };
  g_snprintf (self->name, sizeof self->name, "%" G_GINT64_FORMAT, device->peer);
  self->address = (signal_protocol_address){ self->name, strlen (self->name), device->device };
  if (group != NULL)
    self->sender = (signal_protocol_sender_key_name){ group, strlen (group), self->address };
}

void
ulak_signal_visit_clear (UlakSignalVisit *self)
{
  g_clear_error (&self->error);
  g_clear_pointer (&self->record, g_bytes_unref);
}

void
ulak_signal_visit_restart (UlakSignalVisit *self, guint slot)
{
  ulak_signal_visit_clear (self);
  self->slot = slot;
  self->is_loaded = FALSE;
  self->is_changed = FALSE;
  self->has_new_identity = FALSE;
  self->used_pre_key = 0;
}

static UlakStatement *
ask_for_record (UlakSignalVisit *self, const char *session_query, const char *sender_query, GError **error)
{
  const char *query = self->group != NULL ? sender_query : session_query;
  UlakStatement *statement
      = ulak_sql_query (self->database, query,
                        ULAK_BINDINGS (ULAK_INTEGER ("peer", self->device.peer),
                                       ULAK_INTEGER ("device", self->device.device), ULAK_INTEGER ("slot", self->slot)),
                        error);

  if (statement != NULL && self->group != NULL)
    ulak_statement_bind_text (statement, "group_jid", self->group);
  return statement;
}

gboolean
ulak_signal_visit_load (UlakSignalVisit *self, GBytes **record_out, GError **error)
{
  UlakStatement *row;

  if (!self->is_loaded)
    {
      if (!ulak_query_first (ask_for_record (self, ULAK_QUERY ("session-find"), ULAK_QUERY ("sender-key-find"), error),
                             &row, error))
        return FALSE;
      self->record = row == NULL ? NULL : ulak_query_get_bytes (row, "record");
      self->is_loaded = TRUE;
    }
  *record_out = self->record;
  return TRUE;
}

/* The oldest of the archived states, or NULL. */
static session_record_state_node *
find_oldest (session_record *record)
{
  session_record_state_node *node = session_record_get_previous_states_head (record), *next = node;

  while (next != NULL)
    {
      node = next;
      next = session_record_get_previous_states_next (node);
    }
  return node;
}

static GBytes *
serialize (session_record *record)
{
  signal_buffer *buffer = NULL;

  ulak_must (session_record_serialize (&buffer, record) == 0);
  return ulak_signal_take_plain (buffer);
}

/* A peer may make us keep 2,000 keys for each of 5 chains in each of 41 states; what it began last is enough. */
static void
limit_record (UlakSignalVisit *self)
{
  session_record *record = NULL;
  session_record_state_node *oldest;

  if (self->group != NULL || g_bytes_get_size (self->record) <= ULAK_SESSION_RECORD_MAX_BYTES)
    return;
  ulak_must (session_record_deserialize (&record, g_bytes_get_data (self->record, NULL),
                                         g_bytes_get_size (self->record), ulak_session_get_context (self->session))
             == 0);
  while (g_bytes_get_size (self->record) > ULAK_SESSION_RECORD_MAX_BYTES && (oldest = find_oldest (record)) != NULL)
    {
      session_record_get_previous_states_remove (record, oldest);
      g_bytes_unref (self->record);
      self->record = serialize (record);
    }
  SIGNAL_UNREF (record);
}

static gboolean
write_record (UlakSignalVisit *self, GError **error)
{
  UlakStatement *statement = ask_for_record (self, ULAK_QUERY ("session-put"), ULAK_QUERY ("sender-key-put"), error);

  if (statement == NULL)
    return FALSE;
  limit_record (self);
  ulak_query_bind_span (statement, "record", ulak_span_of (self->record));
  ulak_statement_bind_integer (statement, "now_us", self->now_us);
  return ulak_statement_run (statement, error);
}

/** ulak_signal_visit_apply: writes what the library changed; nothing when it changed nothing */
gboolean
ulak_signal_visit_apply (UlakSignalVisit *self, GError **error)
{
  if (self->is_changed && !write_record (self, error))
    return FALSE;
  if (self->has_new_identity
      && !ulak_device_save_identity (self->database, &self->device, self->identity, self->now_us,
                                     &self->has_identity_changed, error))
    return FALSE;
  return self->used_pre_key == 0
         || ulak_sql_run (
             self->database, ULAK_QUERY ("pre-key-use"),
             ULAK_BINDINGS (ULAK_INTEGER ("id", self->used_pre_key), ULAK_INTEGER ("now_us", self->now_us)), error);
}

void
ulak_signal_visit_enter (UlakSignalVisit *self)
{
  ulak_session_set_visit (self->session, self);
}

void
ulak_signal_visit_leave (UlakSignalVisit *self)
{
  ulak_session_set_visit (self->session, NULL);
}

static const struct
{
  int result;
  UlakDecryptOutcome outcome;
} meanings[] = {
  { SG_ERR_DUPLICATE_MESSAGE, ULAK_DECRYPT_DUPLICATE },    { SG_ERR_INVALID_KEY, ULAK_DECRYPT_INVALID_KEY },
  { SG_ERR_INVALID_KEY_ID, ULAK_DECRYPT_UNKNOWN_PRE_KEY }, { SG_ERR_INVALID_MAC, ULAK_DECRYPT_BAD_MESSAGE },
  { SG_ERR_INVALID_MESSAGE, ULAK_DECRYPT_BAD_MESSAGE },    { SG_ERR_NO_SESSION, ULAK_DECRYPT_NO_SESSION },
  { SG_ERR_UNTRUSTED_IDENTITY, ULAK_DECRYPT_UNTRUSTED },
};

/* Whatever is not in the table came of bytes that made no sense: version, protobuf, ... */
static UlakDecryptOutcome
outcome_of (int result)
{
  if (result >= 0)
    return ULAK_DECRYPT_OK;
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (meanings[i].result == result)
      return meanings[i].outcome;
  return ULAK_DECRYPT_GARBAGE;
}

gboolean
ulak_signal_visit_judge (UlakSignalVisit *self, int result, UlakDecryptOutcome *outcome_out, GError **error)
{
  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return FALSE;
    }
  *outcome_out = outcome_of (result);
  return TRUE;
}
