/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Who holds our sender key of a group; functions of group-cipher.h that need no key.
 */
#include "whatsapp/session/group-cipher.h"

#include "whatsapp/session/query.h"

#define DEVICE_BINDINGS(peer_device) \
  ULAK_INTEGER ("peer", (peer_device)->peer), ULAK_INTEGER ("device", (peer_device)->device)

gboolean
ulak_group_list_missing (UlakDatabase *database,
                         const char *group,
                         const UlakPeerDevice *devices,
                         gsize n_devices,
                         GArray **missing_out,
                         GError **error)
{
  g_autoptr (GArray) missing = g_array_new (FALSE, FALSE, sizeof (UlakPeerDevice));
  gboolean is_holder;

  for (gsize i = 0; i < n_devices; i++)
    {
      if (!ulak_query_exists (database, ULAK_QUERY ("memory-find"),
                              ULAK_BINDINGS (ULAK_TEXT ("group_jid", group), DEVICE_BINDINGS (&devices[i])), &is_holder,
                              error))
        return FALSE;
      if (!is_holder)
        g_array_append_val (missing, devices[i]);
    }
  *missing_out = g_steal_pointer (&missing);
  return TRUE;
}

gboolean
ulak_group_mark_holders (UlakDatabase *database,
                         const char *group,
                         guint32 key_id,
                         const UlakPeerDevice *devices,
                         gsize n_devices,
                         gint64 now_us,
                         GError **error)
{
  gboolean is_current;

  if (!ulak_query_exists (database, ULAK_QUERY ("sender-key-is-current"),
                          ULAK_BINDINGS (ULAK_TEXT ("group_jid", group), ULAK_INTEGER ("key_id", key_id)), &is_current,
                          error))
    return FALSE;
  for (gsize i = 0; is_current && i < n_devices; i++)
    if (!ulak_sql_run (database, ULAK_QUERY ("memory-add"),
                       ULAK_BINDINGS (ULAK_TEXT ("group_jid", group), DEVICE_BINDINGS (&devices[i]),
                                      ULAK_INTEGER ("now_us", now_us)),
                       error))
      return FALSE;
  return TRUE;
}

gboolean
ulak_group_forget_holder (UlakDatabase *database, const char *group, const UlakPeerDevice *device, GError **error)
{
  if (group == NULL)
    return ulak_sql_run (database, ULAK_QUERY ("memory-forget-everywhere"), ULAK_BINDINGS (DEVICE_BINDINGS (device)),
                         error);
  return ulak_sql_run (database, ULAK_QUERY ("memory-forget"),
                       ULAK_BINDINGS (ULAK_TEXT ("group_jid", group), DEVICE_BINDINGS (device)), error);
}

gboolean
ulak_group_forget_holders (UlakDatabase *database, gint64 peer, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("memory-forget-peer"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), error);
}

gboolean
ulak_group_rotate (UlakDatabase *database, const char *group, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("sender-key-delete-own"), ULAK_BINDINGS (ULAK_TEXT ("group_jid", group)),
                       error)
         && ulak_sql_run (database, ULAK_QUERY ("memory-clear"), ULAK_BINDINGS (ULAK_TEXT ("group_jid", group)), error);
}

gboolean
ulak_group_drop_device (UlakDatabase *database, const UlakPeerDevice *device, GError **error)
{
  static const char *const queries[] = {
    ULAK_QUERY ("sender-keys-rotate-of-device"),
    ULAK_QUERY ("memory-clear-of-device"),
    ULAK_QUERY ("sender-keys-delete-of-device"),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
    if (!ulak_sql_run (database, queries[i], ULAK_BINDINGS (DEVICE_BINDINGS (device)), error))
      return FALSE;
  return TRUE;
}
