/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Parcel: a message of ours that is packed for the network in the very transaction that claims it.
 *
 * One commit instead of two lies before its first byte then. A backend that can pack without asking anybody gives a parcel on the
 * main thread (UlakBackend.new_parcel), filled with what packing must know, as it is at that moment. It is packed on the
 * store's writer thread, in the work that accepts and claims the message, and comes back to send_async() in
 * UlakOutbound.parcel once that is durable. Nothing of it leaves before.
 *
 * The function that packs
 *   - runs in a savepoint of its own: when it does not pack, or fails, what it wrote is undone. The message is claimed all the
 *     same and comes to send_async() without a parcel;
 *   - may run twice, as the work may, also after a run that had packed: each keeps nothing of an earlier one, and only what the
 *     last one made is ever sent;
 *   - reads and writes rows of the backend's own tables. It leaves alone those of the line, the transaction, and everything that
 *     belongs to the main thread; what it needs of that is in its contents, counted atomically or its own copy.
 *
 * Made, handed over and freed on the main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef struct _UlakParcel UlakParcel;
typedef struct _UlakOutbound UlakOutbound; /* backend.h */

/* outbound: what send_async() would get; alive during the call. is_packed_out: FALSE at first. */
typedef gboolean (*UlakParcelPack) (UlakDatabase *database,
                                    const UlakOutbound *outbound,
                                    gpointer contents,
                                    gboolean *is_packed_out,
                                    GError **error);

UlakParcel *ulak_parcel_new (UlakParcelPack pack, gpointer contents /* (transfer full) */, GDestroyNotify contents_free);
void ulak_parcel_free (UlakParcel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakParcel, ulak_parcel_free)

/* Store's thread, inside a work. Returns whether it is packed; a fault takes the work with it, see ulak_database_try(). */
gboolean ulak_parcel_pack (UlakParcel *self, UlakDatabase *database, const UlakOutbound *outbound);
gpointer ulak_parcel_get_contents (const UlakParcel *self);

G_END_DECLS
