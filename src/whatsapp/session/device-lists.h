/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Device lists: which devices a user has, as the server last told.
 *
 * A list is as good as its age and the notifications since: ask for lists that are missing or stale before sending.
 * Our own other devices are a list like any other; this device itself is never in one. Devices that vanish lose
 * their sessions and keys in the same transaction, and groups where they held our key get a new one. Store's
 * thread.
 */
#pragma once

#include "whatsapp/session/peers.h"
#include "whatsapp/session/session.h"

G_BEGIN_DECLS

#define ULAK_DEVICES_MAX 64 /* of one user; the network allows far fewer */
#define ULAK_DEVICES_HOSTED 99
#define ULAK_DEVICES_AGE_US (24 * G_TIME_SPAN_HOUR)

typedef struct
{
  guint16 device;
  gboolean has_key_index; /* device 0 has none */
  guint32 key_index;
  gboolean is_hosted;
} UlakListedDevice;

/* One user of a usync answer. */
typedef struct
{
  UlakListedDevice *devices; /* as they came; what the rules forbid is dropped here */
  gsize n_devices;
  UlakSpan key_index_list; /* serialized ADVSignedKeyIndexList; often there is none */
} UlakDevicesAnswer;

typedef struct
{
  guint n_devices; /* kept; 0: the answer had no device and was not stored, ask in the other form */
  guint n_added;
  guint n_removed;
  gboolean is_registered_anew; /* the account has another rawId: all its sessions went */
  gboolean has_unsigned_index; /* the key index list was not signed by the known identity: worth a log line */
} UlakDevicesChange;

gboolean ulak_devices_apply (UlakDatabase *database,
                             const UlakPeer *peer,
                             const UlakDevicesAnswer *answer,
                             gint64 now_us,
                             UlakDevicesChange *change_out,
                             GError **error);

typedef enum
{
  ULAK_DEVICES_ADD,
  ULAK_DEVICES_REMOVE,
  ULAK_DEVICES_UPDATE, /* only says that something changed */
} UlakDevicesNews;

/* A `devices` notification. hash (nullable): device_hash, over phone forms; lid_hash (nullable): over LIDs. When
 * neither fits the new list, the list becomes stale. device: unused for UPDATE. */
gboolean ulak_devices_apply_news (UlakDatabase *database,
                                  const UlakPeer *peer,
                                  UlakDevicesNews news,
                                  const UlakListedDevice *device,
                                  const char *hash,
                                  const char *lid_hash,
                                  GError **error);
/* The list is to be fetched anew before it is used; the devices in it stay, so that the next answer sees who left. */
gboolean ulak_devices_forget (UlakDatabase *database, gint64 peer, GError **error);
/* After a reconnect: every list is stale. */
gboolean ulak_devices_forget_all (UlakDatabase *database, GError **error);

/* *devices_out (element-type UlakListedDevice): hosted ones included. *is_known_out: there is a list not older than
 * max_age_us; without one devices_out is empty. */
gboolean ulak_devices_list (UlakDatabase *database,
                            gint64 peer,
                            gint64 now_us,
                            gint64 max_age_us,
                            GArray **devices_out,
                            gboolean *is_known_out,
                            GError **error);
/* Of the n peers those without a list not older than max_age_us: *stale_out (element-type gint64), in order. */
gboolean ulak_devices_list_stale (UlakDatabase *database,
                                  const gint64 *peers,
                                  gsize n_peers,
                                  gint64 now_us,
                                  gint64 max_age_us,
                                  GArray **stale_out,
                                  GError **error);

G_END_DECLS
