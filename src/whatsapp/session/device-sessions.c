/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What is known of a device without using its session: whether there is one, how it began, whose key it has.
 * Functions of device-cipher.h that encrypt and decrypt nothing.
 */
#include "whatsapp/session/device-cipher.h"

#include "whatsapp/session/query.h"
#include "whatsapp/session/signal-visit.h"

#include <session_state.h>

#define DEVICE_BINDINGS(peer_device) \
  ULAK_INTEGER ("peer", (peer_device)->peer), ULAK_INTEGER ("device", (peer_device)->device)

gboolean
ulak_device_has_session (UlakDatabase *database,
                         const UlakPeerDevice *device,
                         gboolean *has_session_out,
                         GError **error)
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
