/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state fetch: what the server answered about one collection, and its files, until they are applied in one transaction.
 */
#pragma once

#include "connector/inbound.h"
#include "whatsapp/codec/node.h"
#include "whatsapp/media/media-client.h"

G_BEGIN_DECLS

#define ULAK_APP_STATE_FILE_MAX ((goffset) 16 * 1024 * 1024) /* bytes of a snapshot or of mutations; real ones: below 4 MiB */
#define ULAK_APP_STATE_PATCHES_MAX 1024                       /* of one answer */

/* Reference counted (g_atomic_rc_box): the main thread and the store's look at it in turn. */
typedef struct
{
  char *collection;     /* (owned) */
  GBytes *snapshot;     /* (owned) (nullable) */
  GPtrArray *patches;   /* (owned) (element-type GBytes) */
  GPtrArray *mutations; /* (owned) (element-type GBytes) (nullable elements): of each patch, its file */
  gboolean has_more;
  gboolean is_conflict;
  gint64 now_us;

  /* what the last run of the work found */
  char *own_name;     /* (owned) (nullable) */
  GPtrArray *missing; /* (owned) (element-type GBytes): ids of keys */
} UlakAppStateFetched;

UlakAppStateFetched *ulak_app_state_fetched_ref (UlakAppStateFetched *self);
void ulak_app_state_fetched_unref (UlakAppStateFetched *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakAppStateFetched, ulak_app_state_fetched_unref)

/* answer: an <iq>. Downloads what it refers to. Errors: REMOTE: the server refused; INVALID; those of the downloads. */
void ulak_app_state_fetch_async (UlakMediaClient *media,
                                 const UlakNode *answer,
                                 const char *collection,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
UlakAppStateFetched *ulak_app_state_fetch_finish (GAsyncResult *result, GError **error);

/* An UlakInboundPrepare; fetched: UlakAppStateFetched. */
gboolean ulak_app_state_fetched_apply (UlakDatabase *database, UlakInbound *inbound, gpointer fetched, GError **error);

G_END_DECLS
