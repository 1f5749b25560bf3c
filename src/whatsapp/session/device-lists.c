/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Rules that drop devices are in keep_device(); what a vanished device takes along is in drop_device().
 */
#include "whatsapp/session/device-lists.h"

#include "whatsapp/codec/protobufs.h"
#include "whatsapp/crypto/adv.h"
#include "whatsapp/crypto/phash.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/query.h"

/* What a key index list says. */
typedef struct
{
  gboolean is_there;
  gboolean is_signed;
  guint32 raw_id;
  guint32 current_index;
  Wa__ADVKeyIndexList *list; /* (owned) (nullable) */
} KeyIndexes;

static void
key_indexes_clear (KeyIndexes *self)
{
  g_clear_pointer (&self->list, ulak_protobuf_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (KeyIndexes, key_indexes_clear)

static UlakSpan
span_of (const ProtobufCBinaryData *bytes)
{
  return ULAK_SPAN (bytes->data, bytes->len);
}

static gboolean
read_key_indexes (UlakDatabase *database, gint64 peer, UlakSpan bytes, KeyIndexes *indexes_out, GError **error)
{
  g_autoptr (Wa__ADVSignedKeyIndexList) signed_list
      = bytes.size_bytes == 0
            ? NULL
            : ulak_protobuf_unpack (&wa__advsigned_key_index_list__descriptor, bytes.bytes, bytes.size_bytes, NULL);
  const UlakPeerDevice phone = { peer, 0 };
  guint8 known[ULAK_CURVE_PUBLIC_BYTES];
  gboolean is_known;
  UlakSpan key;

  if (signed_list == NULL)
    return TRUE;
  if (!ulak_device_get_identity (database, &phone, known, &is_known, error))
    return FALSE;

  key = span_of (&signed_list->account_signature_key);
  if (key.size_bytes == 0 && is_known)
    key = ULAK_SPAN_ARRAY (known);
  indexes_out->list = ulak_protobuf_unpack_bytes (&wa__advkey_index_list__descriptor, &signed_list->details, NULL);
  indexes_out->is_there = indexes_out->list != NULL;
  indexes_out->is_signed
      = ulak_adv_check_key_index_list (span_of (&signed_list->details), span_of (&signed_list->account_signature), key)
        && (!is_known || ulak_span_equals (key, ULAK_SPAN_ARRAY (known)));
  if (indexes_out->list != NULL)
    {
      indexes_out->raw_id = indexes_out->list->raw_id;
      indexes_out->current_index = indexes_out->list->current_index;
    }
  return TRUE;
}

static gboolean
is_valid_index (const KeyIndexes *indexes, guint32 key_index)
{
  if (!indexes->is_there || key_index > indexes->current_index)
    return TRUE;
  for (gsize i = 0; i < indexes->list->n_valid_indexes; i++)
    if (indexes->list->valid_indexes[i] == key_index)
      return TRUE;
  return FALSE;
}

static gboolean
has_device (const GArray *devices, guint16 device)
{
  for (guint i = 0; i < devices->len; i++)
    if (g_array_index (devices, UlakListedDevice, i).device == device)
      return TRUE;
  return FALSE;
}

/* own: our device in this list, or -1. */
static gboolean
keep_device (const UlakListedDevice *device, const KeyIndexes *indexes, int own, const GArray *kept)
{
  return device->device != own && kept->len < ULAK_DEVICES_MAX && !has_device (kept, device->device)
         && (device->device == 0 || (device->has_key_index && is_valid_index (indexes, device->key_index)));
}

/* Our own device, when the peer is our own account; else -1. */
static gboolean
find_own_device (UlakDatabase *database, gint64 peer, int *own_out, GError **error)
{
  UlakStatement *row;
  UlakJid jid;

  *own_out = -1;
  if (!ulak_sql_find (database, ULAK_QUERY ("own-device"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  if (row == NULL || ulak_statement_get_integer (row, "peer") != peer)
    return TRUE;
  if (!ulak_jid_parse (ulak_statement_get_text (row, "jid"), &jid, error))
    return FALSE;
  *own_out = jid.device;
  return TRUE;
}

static gboolean
read_devices (UlakDatabase *database, gint64 peer, GArray **devices_out, GError **error)
{
  g_autoptr (GArray) devices = g_array_new (FALSE, FALSE, sizeof (UlakListedDevice));
  UlakStatement *rows
      = ulak_sql_query (database, ULAK_QUERY ("devices-list"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), error);
  gboolean has_row;

  if (rows == NULL)
    return FALSE;
  while (ulak_statement_step (rows, &has_row, error))
    {
      UlakListedDevice device = { 0 };

      if (!has_row)
        {
          *devices_out = g_steal_pointer (&devices);
          return TRUE;
        }
      device.device = (guint16) ulak_statement_get_integer (rows, "device");
      device.has_key_index = !ulak_statement_is_null (rows, "key_index");
      if (device.has_key_index)
        device.key_index = (guint32) ulak_statement_get_integer (rows, "key_index");
      device.is_hosted = ulak_statement_get_integer (rows, "is_hosted") != 0;
      g_array_append_val (devices, device);
    }
  return FALSE;
}

static gboolean
write_device (UlakDatabase *database, gint64 peer, const UlakListedDevice *device, GError **error)
{
  UlakStatement *statement
      = ulak_sql_query (database, ULAK_QUERY ("device-put"),
                        ULAK_BINDINGS (ULAK_INTEGER ("peer", peer), ULAK_INTEGER ("device", device->device),
                                       ULAK_INTEGER ("is_hosted", device->is_hosted)),
                        error);

  if (statement == NULL)
    return FALSE;
  if (device->has_key_index)
    ulak_statement_bind_integer (statement, "key_index", device->key_index);
  else
    ulak_statement_bind_null (statement, "key_index");
  return ulak_statement_run (statement, error);
}

static gboolean
write_list (UlakDatabase *database, gint64 peer, const KeyIndexes *indexes, gint64 fetched_us, GError **error)
{
  UlakStatement *statement
      = ulak_sql_query (database, ULAK_QUERY ("device-list-put"),
                        ULAK_BINDINGS (ULAK_INTEGER ("peer", peer), ULAK_INTEGER ("fetched_us", fetched_us)), error);

  if (statement == NULL)
    return FALSE;
  if (indexes->is_there)
    ulak_statement_bind_integer (statement, "raw_id", indexes->raw_id);
  else
    ulak_statement_bind_null (statement, "raw_id");
  return ulak_statement_run (statement, error);
}

static gboolean
drop_device (UlakDatabase *database, gint64 peer, guint16 device, GError **error)
{
  const UlakPeerDevice gone = { peer, device };

  return ulak_device_delete_session (database, &gone, error) && ulak_group_drop_device (database, &gone, error);
}

static gboolean
is_registered_anew (UlakDatabase *database,
                    gint64 peer,
                    const KeyIndexes *indexes,
                    gboolean *is_anew_out,
                    GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_QUERY ("device-list-find"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), &row,
                      error))
    return FALSE;
  *is_anew_out = row != NULL && indexes->is_there && !ulak_statement_is_null (row, "raw_id")
                 && ulak_statement_get_integer (row, "raw_id") != indexes->raw_id;
  return TRUE;
}

/* Devices of the old list that are not in the new one; all of them when the account began anew. */
static gboolean
drop_vanished (UlakDatabase *database,
               gint64 peer,
               const GArray *old,
               const GArray *kept,
               UlakDevicesChange *change,
               GError **error)
{
  for (guint i = 0; i < old->len; i++)
    {
      guint16 device = g_array_index (old, UlakListedDevice, i).device;
      gboolean is_gone = !has_device (kept, device);

      change->n_removed += is_gone;
      if ((is_gone || change->is_registered_anew) && !drop_device (database, peer, device, error))
        return FALSE;
    }
  return !change->is_registered_anew || ulak_device_delete_sessions (database, peer, error);
}

static gboolean
replace_list (UlakDatabase *database,
              gint64 peer,
              const GArray *kept,
              const KeyIndexes *indexes,
              gint64 now_us,
              GError **error)
{
  if (!ulak_sql_run (database, ULAK_QUERY ("devices-delete"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), error))
    return FALSE;
  for (guint i = 0; i < kept->len; i++)
    if (!write_device (database, peer, &g_array_index (kept, UlakListedDevice, i), error))
      return FALSE;
  return write_list (database, peer, indexes, now_us, error);
}

gboolean
ulak_devices_apply (UlakDatabase *database,
                    const UlakPeer *peer,
                    const UlakDevicesAnswer *answer,
                    gint64 now_us,
                    UlakDevicesChange *change_out,
                    GError **error)
{
  g_auto (KeyIndexes) indexes = { 0 };
  g_autoptr (GArray) kept = g_array_new (FALSE, FALSE, sizeof (UlakListedDevice));
  g_autoptr (GArray) old = NULL;
  int own;

  *change_out = (UlakDevicesChange){ 0 };
  if (!read_key_indexes (database, peer->id, answer->key_index_list, &indexes, error)
      || !find_own_device (database, peer->id, &own, error) || !read_devices (database, peer->id, &old, error))
    return FALSE;

  for (gsize i = 0; i < answer->n_devices; i++)
    if (keep_device (&answer->devices[i], &indexes, own, kept))
      g_array_append_val (kept, answer->devices[i]);
  change_out->has_unsigned_index = indexes.is_there && !indexes.is_signed;
  change_out->n_devices = kept->len;
  if (kept->len == 0)
    return TRUE;

  for (guint i = 0; i < kept->len; i++)
    change_out->n_added += !has_device (old, g_array_index (kept, UlakListedDevice, i).device);
  return is_registered_anew (database, peer->id, &indexes, &change_out->is_registered_anew, error)
         && drop_vanished (database, peer->id, old, kept, change_out, error)
         && replace_list (database, peer->id, kept, &indexes, now_us, error);
}

/* own: our device, which is in the hash though not in the list; -1: not our account. */
static gboolean
has_hash (const UlakPeer *peer, const GArray *devices, int own, gboolean is_lid, const char *hash)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *actual = NULL;
  gboolean is_known = TRUE;

  if (hash == NULL)
    return FALSE;
  for (guint i = 0; is_known && i < devices->len + (own >= 0); i++)
    {
      guint16 device = i < devices->len ? g_array_index (devices, UlakListedDevice, i).device : (guint16) own;
      UlakJid jid;

      is_known = is_lid ? ulak_peer_get_lid_jid (peer, device, &jid) : ulak_peer_get_phone_jid (peer, device, &jid);
      if (is_known)
        g_ptr_array_add (texts, ulak_jid_print_long (&jid));
    }
  g_ptr_array_add (texts, NULL);
  actual = ulak_phash ((const char *const *) texts->pdata);
  return is_known && g_str_equal (actual, hash);
}

static gboolean
apply_one (UlakDatabase *database, gint64 peer, UlakDevicesNews news, const UlakListedDevice *device, GError **error)
{
  switch (news)
    {
    case ULAK_DEVICES_ADD:
      return (device->device != 0 && !device->has_key_index) || write_device (database, peer, device, error);
    case ULAK_DEVICES_REMOVE:
      return drop_device (database, peer, device->device, error)
             && ulak_sql_run (database, ULAK_QUERY ("device-delete"),
                              ULAK_BINDINGS (ULAK_INTEGER ("peer", peer), ULAK_INTEGER ("device", device->device)),
                              error);
    case ULAK_DEVICES_UPDATE:
      return TRUE;
    }
  g_return_val_if_reached (FALSE);
}

/**
 * ulak_devices_apply_news:
 *
 * A removed device loses its sessions even when we have no list. Our own device is never added.
 */
gboolean
ulak_devices_apply_news (UlakDatabase *database,
                         const UlakPeer *peer,
                         UlakDevicesNews news,
                         const UlakListedDevice *device,
                         const char *hash,
                         const char *lid_hash,
                         GError **error)
{
  g_autoptr (GArray) devices = NULL;
  gboolean has_list;
  int own;

  if (!find_own_device (database, peer->id, &own, error)
      || !ulak_query_exists (database, ULAK_QUERY ("device-list-find"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer->id)),
                             &has_list, error))
    return FALSE;
  if ((has_list || news == ULAK_DEVICES_REMOVE) && (news == ULAK_DEVICES_UPDATE || device->device != own)
      && !apply_one (database, peer->id, news, device, error))
    return FALSE;
  if (!has_list)
    return TRUE;

  if (!read_devices (database, peer->id, &devices, error))
    return FALSE;
  return (news != ULAK_DEVICES_UPDATE && devices->len <= ULAK_DEVICES_MAX
          && (has_hash (peer, devices, own, FALSE, hash) || has_hash (peer, devices, own, TRUE, lid_hash)))
         || ulak_devices_forget (database, peer->id, error);
}

gboolean
ulak_devices_forget (UlakDatabase *database, gint64 peer, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("device-list-forget"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), error);
}

gboolean
ulak_devices_forget_all (UlakDatabase *database, GError **error)
{
  return ulak_sql_run (database, ULAK_QUERY ("device-lists-forget"), ULAK_BINDINGS (), error);
}

static gboolean
is_fresh (UlakDatabase *database, gint64 peer, gint64 now_us, gint64 max_age_us, gboolean *is_fresh_out, GError **error)
{
  UlakStatement *row;
  gint64 fetched_us;

  if (!ulak_sql_find (database, ULAK_QUERY ("device-list-find"), ULAK_BINDINGS (ULAK_INTEGER ("peer", peer)), &row,
                      error))
    return FALSE;
  fetched_us = row == NULL ? 0 : ulak_statement_get_integer (row, "fetched_us");
  *is_fresh_out = fetched_us != 0 && now_us - fetched_us <= max_age_us;
  return TRUE;
}

gboolean
ulak_devices_list (UlakDatabase *database,
                   gint64 peer,
                   gint64 now_us,
                   gint64 max_age_us,
                   GArray **devices_out,
                   gboolean *is_known_out,
                   GError **error)
{
  if (!is_fresh (database, peer, now_us, max_age_us, is_known_out, error))
    return FALSE;
  if (*is_known_out)
    return read_devices (database, peer, devices_out, error);
  *devices_out = g_array_new (FALSE, FALSE, sizeof (UlakListedDevice));
  return TRUE;
}

gboolean
ulak_devices_list_stale (UlakDatabase *database,
                         const gint64 *peers,
                         gsize n_peers,
                         gint64 now_us,
                         gint64 max_age_us,
                         GArray **stale_out,
                         GError **error)
{
  g_autoptr (GArray) stale = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean is_good;

  for (gsize i = 0; i < n_peers; i++)
    {
      if (!is_fresh (database, peers[i], now_us, max_age_us, &is_good, error))
        return FALSE;
      if (!is_good)
        g_array_append_val (stale, peers[i]);
    }
  *stale_out = g_steal_pointer (&stale);
  return TRUE;
}
