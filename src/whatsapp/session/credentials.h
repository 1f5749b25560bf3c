/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Credentials: who this device is, as an immutable snapshot that both threads may hold.
 *
 * One row of the line's database. The private keys of identity and Noise and the ADV secret lie there sealed
 * (UlakSeal, purpose "whatsapp-session"); with another seal key loading fails with DAMAGED. Getters: any thread.
 * The functions that take a database: the store's thread, inside a work; the ones that save change the row only, so
 * load again after them.
 */
#pragma once

#include "whatsapp/codec/jid.h"
#include "whatsapp/crypto/curve.h"

#include "core/random.h"
#include "service/seal.h"
#include "store/database.h"

G_BEGIN_DECLS

#define ULAK_CREDENTIALS_SEAL_PURPOSE "whatsapp-session"

typedef struct _UlakCredentials UlakCredentials;

/* Whether 1:1 stanzas of this account carry LIDs. YES is for good. */
typedef enum
{
  ULAK_LID_MIGRATION_UNKNOWN,
  ULAK_LID_MIGRATION_NO,
  ULAK_LID_MIGRATION_YES,
} UlakLidMigration;

typedef struct
{
  guint32 id; /* 24 bits */
  guint8 public_key[ULAK_CURVE_PUBLIC_BYTES];
  guint8 signature[ULAK_CURVE_SIGNATURE_BYTES];
} UlakSignedPreKey;

UlakCredentials *ulak_credentials_ref (UlakCredentials *self);
void ulak_credentials_unref (UlakCredentials *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakCredentials, ulak_credentials_unref)

const UlakKeyPair *ulak_credentials_get_noise (UlakCredentials *self);
const UlakKeyPair *ulak_credentials_get_identity (UlakCredentials *self);
const UlakKey *ulak_credentials_get_adv_secret (UlakCredentials *self);
guint32 ulak_credentials_get_registration_id (UlakCredentials *self);                /* 1..16383 */
const UlakSignedPreKey *ulak_credentials_get_signed_pre_key (UlakCredentials *self); /* the one that the server has */
gboolean ulak_credentials_is_linked (UlakCredentials *self);                         /* pairing is stored */
const UlakJid *ulak_credentials_get_jid (UlakCredentials *self);              /* (nullable): phone form with device */
const UlakJid *ulak_credentials_get_lid (UlakCredentials *self);              /* (nullable): LID form with device */
gboolean ulak_credentials_is_own (UlakCredentials *self, const UlakJid *jid); /* our user, either form, any device */
gboolean ulak_credentials_is_own_device (UlakCredentials *self, const UlakJid *jid); /* this very device, either form */
GBytes *ulak_credentials_get_device_identity (UlakCredentials *self);   /* (nullable): whole ADVSignedDeviceIdentity */
const char *ulak_credentials_get_platform (UlakCredentials *self);      /* (nullable): of the phone: "android", ... */
const char *ulak_credentials_get_business_name (UlakCredentials *self); /* (nullable) */
const char *ulak_credentials_get_push_name (UlakCredentials *self);     /* (nullable) */
UlakLidMigration ulak_credentials_get_lid_migration (UlakCredentials *self);
GBytes *ulak_credentials_get_routing_info (UlakCredentials *self);        /* (nullable) */
gint64 ulak_credentials_get_server_time_offset_s (UlakCredentials *self); /* server's clock minus ours */

/* *credentials_out: (transfer full) (nullable): NULL: there are none. DAMAGED: sealed under another key, or changed. */
gboolean ulak_credentials_load (UlakDatabase *database,
                                UlakSeal *seal,
                                UlakCredentials **credentials_out,
                                GError **error);
/* New keys, registration id, ADV secret, signed pre-key 1. EXISTS when there are credentials: wipe first. */
gboolean ulak_credentials_create (UlakDatabase *database,
                                  UlakSeal *seal,
                                  UlakRandom *random,
                                  gint64 now_us,
                                  UlakCredentials **credentials_out,
                                  GError **error);

/* What pair-success said, already checked (crypto/adv.h). */
typedef struct
{
  UlakJid jid;              /* phone form with device */
  UlakJid lid;              /* LID form with device; empty user: not told */
  UlakSpan device_identity; /* ADVSignedDeviceIdentity with account key and our signature */
  guint8 account_signature_key[ULAK_CURVE_PUBLIC_BYTES]; /* the phone's identity */
  const char *platform;                                  /* (nullable) */
  const char *business_name;                             /* (nullable) */
  UlakLidMigration lid_migration;
} UlakPairing;

/* Also trusts the phone's identity as that of our device 0 and learns our own mapping. */
gboolean ulak_credentials_save_pairing (UlakDatabase *database,
                                        const UlakPairing *pairing,
                                        gint64 now_us,
                                        GError **error);
gboolean ulak_credentials_save_lid (UlakDatabase *database, const UlakJid *lid, gint64 now_us, GError **error);
gboolean ulak_credentials_save_adv_secret (UlakDatabase *database,
                                           UlakSeal *seal,
                                           const UlakKey *secret,
                                           GError **error);
gboolean ulak_credentials_save_routing_info (UlakDatabase *database,
                                             UlakSpan routing_info,
                                             GError **error); /* none: forget */
gboolean ulak_credentials_save_push_name (UlakDatabase *database, const char *push_name, GError **error);
gboolean ulak_credentials_save_server_time_offset (UlakDatabase *database, gint64 offset_s, GError **error);
gboolean ulak_credentials_save_lid_migration (UlakDatabase *database, UlakLidMigration migration, GError **error);

/* Logout: everything of this room goes, credentials included. Messages, chats and contacts stay. */
gboolean ulak_credentials_wipe (UlakDatabase *database, GError **error);

G_END_DECLS
