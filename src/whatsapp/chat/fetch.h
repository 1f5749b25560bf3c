/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fetch: what a send lacks is asked of the server and stored: device lists, bundles, groups.
 *
 * One query for the same thing at a time: who wants what is under way waits for that. Different things do not wait for each
 * other. Finished means stored; whether the server had it is seen in the store. Main thread only.
 */
#pragma once

#include "whatsapp/chat/chat.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_FETCH_DEVICES,     /* keys: JIDs of users */
  ULAK_FETCH_BUNDLES,     /* keys: JIDs of devices; those with a session are let be */
  ULAK_FETCH_NEW_BUNDLES, /* the same; a session that is there is replaced */
  ULAK_FETCH_GROUP,       /* keys: JIDs of groups */
} UlakFetchKind;

#define ULAK_N_FETCH_KINDS (ULAK_FETCH_GROUP + 1)
#define ULAK_FETCH_BATCH_MAX 200 /* things of one query */

typedef struct _UlakFetch UlakFetch;

UlakFetch *ulak_fetch_new (UlakChat *chat);
void ulak_fetch_free (UlakFetch *self);

/* keys: ended by NULL, not empty. Finishes when all are answered. Errors: the first query's: UNAVAILABLE, TIMED_OUT, WRONG_STATE,
 * FULL, REMOTE (*code_out: the server's code), or the store's. */
void ulak_fetch_async (UlakFetch *self,
                       UlakFetchKind kind,
                       const char *const *keys,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gboolean ulak_fetch_finish (UlakFetch *self, GAsyncResult *result, guint *code_out, GError **error);

G_END_DECLS
