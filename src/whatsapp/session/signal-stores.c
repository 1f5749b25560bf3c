/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The five stores that libsignal asks, answered from the visit of the moment.
 *
 * A fault of the database goes into the visit and the library is told SG_ERR_UNKNOWN. Buffers given out here are
 * freed by the library. Functions that the library never calls in our use refuse.
 */
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/query.h"
#include "whatsapp/session/signal-visit.h"

#include "whatsapp/crypto/must.h"

static UlakSignalVisit *
visit_of (void *session)
{
  return ulak_session_get_visit (session);
}

static signal_buffer *
buffer_of (UlakSpan span)
{
  signal_buffer *buffer = signal_buffer_create (span.bytes, span.size_bytes);

  ulak_must (buffer != NULL);
  return buffer;
}

static int
load_record (signal_buffer **record_out, UlakSignalVisit *visit)
{
  GBytes *record;

  if (!ulak_signal_visit_load (visit, &record, &visit->error))
    return SG_ERR_UNKNOWN;
  if (record == NULL)
    return 0;
  *record_out = buffer_of (ulak_span_of (record));
  return 1;
}

static int
store_record (const uint8_t *bytes, size_t size_bytes, UlakSignalVisit *visit)
{
  g_clear_pointer (&visit->record, g_bytes_unref);
  visit->record = g_bytes_new (bytes, size_bytes);
  visit->is_loaded = TRUE;
  visit->is_changed = TRUE;
  return 0;
}

static int
session_load (signal_buffer **record_out,
              signal_buffer **user_record_out G_GNUC_UNUSED,
              const signal_protocol_address *address G_GNUC_UNUSED,
              void *session)
{
  return load_record (record_out, visit_of (session));
}

static int
session_list (signal_int_list **devices_out,
              const char *name G_GNUC_UNUSED,
              size_t length G_GNUC_UNUSED,
              void *session G_GNUC_UNUSED)
{
  *devices_out = NULL;
  return SG_ERR_UNKNOWN;
}

static int
session_store (const signal_protocol_address *address G_GNUC_UNUSED,
               uint8_t *record,
               size_t record_bytes,
               uint8_t *user_record G_GNUC_UNUSED,
               size_t user_record_bytes G_GNUC_UNUSED,
               void *session)
{
  return store_record (record, record_bytes, visit_of (session));
}

static int
session_contains (const signal_protocol_address *address G_GNUC_UNUSED, void *session)
{
  UlakSignalVisit *visit = visit_of (session);
  GBytes *record;

  if (!ulak_signal_visit_load (visit, &record, &visit->error))
    return SG_ERR_UNKNOWN;
  return record != NULL;
}

static int
session_delete (const signal_protocol_address *address G_GNUC_UNUSED, void *session G_GNUC_UNUSED)
{
  return SG_ERR_UNKNOWN;
}

static int
session_delete_all (const char *name G_GNUC_UNUSED, size_t length G_GNUC_UNUSED, void *session G_GNUC_UNUSED)
{
  return SG_ERR_UNKNOWN;
}

static int
load_key (signal_buffer **record_out, const char *query, guint32 id, UlakSignalVisit *visit)
{
  UlakStatement *row;

  if (!ulak_sql_find (visit->database, query, ULAK_BINDINGS (ULAK_INTEGER ("id", id)), &row, &visit->error))
    return SG_ERR_UNKNOWN;
  if (row == NULL)
    return SG_ERR_INVALID_KEY_ID;
  *record_out = buffer_of (ulak_query_get_span (row, "record"));
  return 0;
}

static int
pre_key_load (signal_buffer **record_out, uint32_t id, void *session)
{
  return load_key (record_out, ULAK_QUERY ("pre-key-find"), id, visit_of (session));
}

static int
signed_pre_key_load (signal_buffer **record_out, uint32_t id, void *session)
{
  return load_key (record_out, ULAK_QUERY ("signed-pre-key-find"), id, visit_of (session));
}

static int
key_store (uint32_t id G_GNUC_UNUSED,
           uint8_t *record G_GNUC_UNUSED,
           size_t size_bytes G_GNUC_UNUSED,
           void *session G_GNUC_UNUSED)
{
  return SG_ERR_UNKNOWN;
}

static int
key_contains (uint32_t id G_GNUC_UNUSED, void *session G_GNUC_UNUSED)
{
  return SG_ERR_UNKNOWN;
}

/* Kept for a grace time: see pre-keys.h. */
static int
pre_key_remove (uint32_t id, void *session)
{
  visit_of (session)->used_pre_key = id;
  return 0;
}

static int
signed_pre_key_remove (uint32_t id G_GNUC_UNUSED, void *session G_GNUC_UNUSED)
{
  return SG_ERR_UNKNOWN;
}

static int
identity_own (signal_buffer **public_out, signal_buffer **private_out, void *session)
{
  const UlakKeyPair *pair = ulak_credentials_get_identity (ulak_session_get_credentials (session));
  guint8 prefixed[ULAK_CURVE_PREFIXED_BYTES];

  ulak_curve_prefix (pair->public_key, prefixed);
  *public_out = buffer_of (ULAK_SPAN_ARRAY (prefixed));
  *private_out = buffer_of (ULAK_SPAN_ARRAY (pair->private_key.bytes));
  return 0;
}

static int
identity_registration_id (void *session, uint32_t *registration_id_out)
{
  *registration_id_out = ulak_credentials_get_registration_id (ulak_session_get_credentials (session));
  return 0;
}

static int
identity_save (const signal_protocol_address *address G_GNUC_UNUSED, uint8_t *bytes, size_t size_bytes, void *session)
{
  UlakSignalVisit *visit = visit_of (session);

  if (!ulak_curve_unprefix (ULAK_SPAN (bytes, size_bytes), visit->identity, NULL))
    return SG_ERR_INVALID_KEY;
  visit->has_new_identity = TRUE;
  return 0;
}

static int
is_key_of_phone (UlakSignalVisit *visit, UlakSpan prefixed)
{
  guint8 known[ULAK_CURVE_PUBLIC_BYTES], told[ULAK_CURVE_PUBLIC_BYTES];
  gboolean is_known;

  if (!ulak_device_get_identity (visit->database, &visit->device, known, &is_known, &visit->error))
    return SG_ERR_UNKNOWN;
  return !is_known
         || (ulak_curve_unprefix (prefixed, told, NULL)
             && ulak_span_equals (ULAK_SPAN_ARRAY (told), ULAK_SPAN_ARRAY (known)));
}

/* On first use, and on every change: the user is told. But our own phone proved its key when it linked us, and a new one
 * comes with a new link only: nobody else gives us a history, keys or names. */
static int
identity_is_trusted (const signal_protocol_address *address G_GNUC_UNUSED,
                     uint8_t *bytes,
                     size_t size_bytes,
                     void *session)
{
  UlakSignalVisit *visit = visit_of (session);
  UlakPeer own;

  if (visit->device.device != 0)
    return 1;
  if (!ulak_peers_get_own (visit->database, &own, &visit->error))
    return SG_ERR_UNKNOWN;
  return own.id == 0 || own.id != visit->device.peer ? 1 : is_key_of_phone (visit, ULAK_SPAN (bytes, size_bytes));
}

static int
sender_key_store (const signal_protocol_sender_key_name *name G_GNUC_UNUSED,
                  uint8_t *record,
                  size_t record_bytes,
                  uint8_t *user_record G_GNUC_UNUSED,
                  size_t user_record_bytes G_GNUC_UNUSED,
                  void *session)
{
  return store_record (record, record_bytes, visit_of (session));
}

static int
sender_key_load (signal_buffer **record_out,
                 signal_buffer **user_record_out G_GNUC_UNUSED,
                 const signal_protocol_sender_key_name *name G_GNUC_UNUSED,
                 void *session)
{
  return load_record (record_out, visit_of (session));
}

void
ulak_signal_stores_install (signal_protocol_store_context *stores, UlakSession *session)
{
  const signal_protocol_session_store sessions = {
    .load_session_func = session_load,
    .get_sub_device_sessions_func = session_list,
    .store_session_func = session_store,
    .contains_session_func = session_contains,
    .delete_session_func = session_delete,
    .delete_all_sessions_func = session_delete_all,
    .user_data = session,
  };
  const signal_protocol_pre_key_store pre_keys = {
    .load_pre_key = pre_key_load,
    .store_pre_key = key_store,
    .contains_pre_key = key_contains,
    .remove_pre_key = pre_key_remove,
    .user_data = session,
  };
  const signal_protocol_signed_pre_key_store signed_pre_keys = {
    .load_signed_pre_key = signed_pre_key_load,
    .store_signed_pre_key = key_store,
    .contains_signed_pre_key = key_contains,
    .remove_signed_pre_key = signed_pre_key_remove,
    .user_data = session,
  };
  const signal_protocol_identity_key_store identities = {
    .get_identity_key_pair = identity_own,
    .get_local_registration_id = identity_registration_id,
    .save_identity = identity_save,
    .is_trusted_identity = identity_is_trusted,
    .user_data = session,
  };
  const signal_protocol_sender_key_store sender_keys = {
    .store_sender_key = sender_key_store,
    .load_sender_key = sender_key_load,
    .user_data = session,
  };

  ulak_must (signal_protocol_store_context_set_session_store (stores, &sessions) == 0);
  ulak_must (signal_protocol_store_context_set_pre_key_store (stores, &pre_keys) == 0);
  ulak_must (signal_protocol_store_context_set_signed_pre_key_store (stores, &signed_pre_keys) == 0);
  ulak_must (signal_protocol_store_context_set_identity_key_store (stores, &identities) == 0);
  ulak_must (signal_protocol_store_context_set_sender_key_store (stores, &sender_keys) == 0);
}
