/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state patch: snapshots and patches are checked against the rows and applied to them. Store's thread.
 *
 * All or nothing is the transaction's: after an error what was written must not be committed.
 */
#pragma once

#include "whatsapp/chat/app-state-store.h"
#include "whatsapp/codec/protobufs.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_APP_STATE_INDEX_MAX 8 /* strings of one index */

/* One record that changed, decrypted. */
typedef struct
{
  gboolean is_removed;
  const char *const *index;           /* ended by NULL, at least one */
  const Wa__SyncActionValue *value;   /* never NULL */
} UlakAppStateAction;

typedef gboolean (*UlakAppStateTaker) (const UlakAppStateAction *action, gpointer data, GError **error);

typedef struct
{
  UlakDatabase *database;
  const char *collection;
  UlakAppStateTaker take;
  gpointer data;
  GHashTable *keys;    /* (owned): of ulak_app_state_patcher_init() */
  GPtrArray *missing;  /* (owned) (element-type GBytes): ids of keys that we were not given */
} UlakAppStatePatcher;

void ulak_app_state_patcher_init (UlakAppStatePatcher *self,
                                  UlakDatabase *database,
                                  const char *collection,
                                  UlakAppStateTaker take,
                                  gpointer data);
void ulak_app_state_patcher_clear (UlakAppStatePatcher *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakAppStatePatcher, ulak_app_state_patcher_clear)

/* Errors: NOT_FOUND: a key is missing, see missing; DAMAGED, INVALID: it is not what its MACs say, or no snapshot at all. */
gboolean ulak_app_state_apply_snapshot (UlakAppStatePatcher *self, UlakSpan snapshot, GError **error);
/* mutations: (nullable): the file that the patch names instead of mutations of its own. A patch that was applied before changes
 * nothing. */
gboolean ulak_app_state_apply_patch (UlakAppStatePatcher *self, UlakSpan patch, const UlakSpan *mutations, GError **error);
/* (transfer full) (nullable): the file that the patch names; NULL: it has none. INVALID: it is no patch. */
gboolean ulak_app_state_find_external (UlakSpan patch, Wa__ExternalBlobReference **reference_out, GError **error);

/* A patch for the version after the one that is here. (transfer full): its bytes, without a version. Nothing is written.
 * WRONG_STATE: no key yet. */
GBytes *ulak_app_state_make_patch (UlakDatabase *database,
                                   UlakRandom *random,
                                   const char *collection,
                                   UlakAppStateOperation operation,
                                   const char *const *index,
                                   const Wa__SyncActionValue *value,
                                   gint32 action_version,
                                   guint64 *base_version_out,
                                   GError **error);

G_END_DECLS
