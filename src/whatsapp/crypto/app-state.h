/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state: how the records that an account's devices share (contacts, archive, mute, ...) are sealed and summed up.
 *
 * A record has a MAC of its index, by which it is found, and a sealed value. A patch and a snapshot carry MACs over the
 * sum of the whole collection, so a server that drops or repeats a record is noticed.
 */
#pragma once

#include "whatsapp/crypto/lt-hash.h"
#include "whatsapp/crypto/key.h"

#include "core/random.h"

G_BEGIN_DECLS

#define ULAK_APP_STATE_MAC_BYTES 32

typedef enum
{
  ULAK_APP_STATE_SET,
  ULAK_APP_STATE_REMOVE,
} UlakAppStateOperation;

typedef struct
{
  UlakKey index;
  UlakKey value;
  UlakKey value_mac;
  UlakKey snapshot_mac;
  UlakKey patch_mac;
} UlakAppStateKeys;

void ulak_app_state_keys_derive (UlakAppStateKeys *self, UlakSpan key_data);
void ulak_app_state_keys_clear (UlakAppStateKeys *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakAppStateKeys, ulak_app_state_keys_clear)

void ulak_app_state_index_mac (const UlakAppStateKeys *keys, UlakSpan index, guint8 mac_out[ULAK_APP_STATE_MAC_BYTES]);
GBytes *ulak_app_state_seal_value (const UlakAppStateKeys *keys,
                                   UlakAppStateOperation operation,
                                   UlakSpan key_id,
                                   UlakRandom *random,
                                   UlakSpan plain);
GBytes *ulak_app_state_open_value (const UlakAppStateKeys *keys,
                                   UlakAppStateOperation operation,
                                   UlakSpan key_id,
                                   UlakSpan blob,
                                   GError **error);
gboolean ulak_app_state_get_value_mac (UlakSpan blob, guint8 mac_out[ULAK_APP_STATE_MAC_BYTES], GError **error);

void ulak_app_state_snapshot_mac (const UlakAppStateKeys *keys,
                                  const UlakLtHash *hash,
                                  guint64 version,
                                  const char *collection,
                                  guint8 mac_out[ULAK_APP_STATE_MAC_BYTES]);
void ulak_app_state_patch_mac (const UlakAppStateKeys *keys,
                               UlakSpan snapshot_mac,
                               UlakSpan value_macs,
                               guint64 version,
                               const char *collection,
                               guint8 mac_out[ULAK_APP_STATE_MAC_BYTES]);

G_END_DECLS
