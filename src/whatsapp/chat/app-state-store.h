/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state store: the rows of collections, records and keys. Store's thread.
 */
#pragma once

#include "store/database.h"
#include "whatsapp/crypto/app-state.h"

G_BEGIN_DECLS

#define ULAK_APP_STATE_KEY_ID_MAX 64 /* bytes; real ones have 6 */

typedef struct
{
  guint64 version; /* 0: nothing is here, a snapshot is wanted */
  UlakLtHash hash;
} UlakAppStateSum;

gboolean ulak_app_state_sum_get (UlakDatabase *database, const char *collection, UlakAppStateSum *sum_out, GError **error);
gboolean ulak_app_state_sum_put (UlakDatabase *database, const char *collection, const UlakAppStateSum *sum, GError **error);
/* The collection is as if it had never been fetched. */
gboolean ulak_app_state_drop (UlakDatabase *database, const char *collection, GError **error);

/* *is_found_out FALSE: mac_out is untouched. */
gboolean ulak_app_state_record_get (UlakDatabase *database,
                                    const char *collection,
                                    const guint8 index_mac[ULAK_APP_STATE_MAC_BYTES],
                                    guint8 mac_out[ULAK_APP_STATE_MAC_BYTES],
                                    gboolean *is_found_out,
                                    GError **error);
/* value_mac: NULL removes it. */
gboolean ulak_app_state_record_put (UlakDatabase *database,
                                    const char *collection,
                                    const guint8 index_mac[ULAK_APP_STATE_MAC_BYTES],
                                    const guint8 *value_mac,
                                    GError **error);

/* *data_out: (transfer full) (nullable): NULL: we were not given it. */
gboolean ulak_app_state_key_get (UlakDatabase *database, UlakSpan key_id, GBytes **data_out, GError **error);
/* The key that new values are sealed with; *id_out: (transfer full) (nullable): NULL: none yet. */
gboolean ulak_app_state_key_get_newest (UlakDatabase *database, GBytes **id_out, GBytes **data_out, GError **error);

/* *is_due_out: it was not asked for within a day; it counts as asked now. */
gboolean ulak_app_state_key_ask (UlakDatabase *database, UlakSpan key_id, gint64 now_us, gboolean *is_due_out, GError **error);

G_END_DECLS
