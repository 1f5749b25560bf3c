/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state round: one question to the server about a collection, with a patch of ours when the job has one to upload, and the
 * files that the answer refers to. Main thread only.
 */
#pragma once

#include "core/random.h"
#include "whatsapp/chat/app-state-fetch.h"
#include "whatsapp/chat/app-state-job.h"

G_BEGIN_DECLS

typedef struct
{
  UlakStore *store;
  UlakMediaPort port;
  UlakMediaClient *media;
  UlakRandom *random;
} UlakAppStateRoundParts;

/* parts, job: stay until the callback. owner: keeps them, and is kept until then. stop: when it is cancelled, the server is not asked
 * any more. Of the job only fetches_first changes: when nothing is here yet, what the others have comes first.
 * Errors: UNAVAILABLE: stopped; those of the store, of ulak_app_state_make_patch() and of ulak_app_state_fetch_finish(). */
void ulak_app_state_round_async (const UlakAppStateRoundParts *parts,
                                 UlakAppStateJob *job,
                                 gpointer owner,
                                 GCancellable *stop,
                                 GAsyncReadyCallback callback);
/* *is_answered_out, always set: the server answered; an error is then of what it answered. */
UlakAppStateFetched *ulak_app_state_round_finish (GAsyncResult *result, gboolean *is_answered_out, GError **error);

G_END_DECLS
