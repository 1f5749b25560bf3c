/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Account: what the link reads and writes in the line's database, each change one transaction.
 *
 * A change names what is to become different; its work makes it so and loads the credentials as they are then. The
 * works run on the store's thread; everything else here on the main thread.
 */
#pragma once

#include "core/clock.h"
#include "store/store.h"
#include "whatsapp/session/pre-keys.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Fields that are not set change nothing; after those that are the credentials are loaded. @opens stands alone: a restored copy
 * is settled, and keys are made if there are none. */
typedef struct
{
  gboolean opens;
  gboolean wipes;
  UlakKey *adv_secret;          /* (owned) (nullable) */
  UlakPairing *pairing;         /* (owned) (nullable); its pointers lead to the two below and to literals */
  GBytes *device_identity;      /* (owned) (nullable) */
  char *platform;               /* (owned) (nullable) */
  char *business_name;          /* (owned) (nullable) */
  GBytes *routing_info;         /* (owned) (nullable); empty: forget it */
  UlakJid lid;                  /* user empty: as it is */
  gboolean sets_time_offset;
  gint64 time_offset_s;
  UlakLidMigration lid_migration; /* UNKNOWN: as it is */
} UlakAccountChange;

typedef struct
{
  UlakCredentials *credentials; /* (owned) (nullable): NULL after a wipe */
  gboolean was_copy;            /* with @opens: ratchets and unused pre-keys were dropped */
  guint n_pre_keys;             /* with @opens: uploaded and not used yet, as far as we know */
} UlakAccountState;

UlakAccountChange *ulak_account_change_new (void);
void ulak_account_change_free (UlakAccountChange *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakAccountChange, ulak_account_change_free)

void ulak_account_change_async (UlakAccountChange *self, /* (transfer full) */
                                UlakStore *store,
                                UlakSeal *seal,
                                UlakRandom *random,
                                UlakClock *clock,
                                GAsyncReadyCallback callback, /* its source is the store */
                                gpointer user_data);
gboolean ulak_account_change_finish (UlakStore *store, GAsyncResult *result, UlakAccountState *state_out, GError **error);

void ulak_account_state_clear (UlakAccountState *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakAccountState, ulak_account_state_clear)

G_END_DECLS
