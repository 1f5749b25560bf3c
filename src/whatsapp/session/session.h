/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Session: the account's Signal state, for as long as its credentials live.
 *
 * It holds what libsignal-protocol-c needs (context, stores) and nothing that a transaction changes: every function
 * of this room reads and writes rows of the UlakDatabase that it is given, so a rolled-back work leaves nothing
 * behind and may be run again. Such functions belong to a work on the store's writer thread; none may be called on
 * the main thread. Only database faults are GErrors (the work fails with them); what a peer or the server got wrong
 * is an outcome.
 *
 * Peers, device lists and the like need no keys and take the database alone. Times are wall clock in microseconds,
 * taken on the main thread when the work is asked for. Made anew when the account is linked anew.
 */
#pragma once

#include "whatsapp/session/credentials.h"

#include "store/database.h"

G_BEGIN_DECLS

typedef struct _UlakSession UlakSession;

/* Any thread; counted atomically. random: the system's, of which the session keeps a reference. */
UlakSession *ulak_session_new (UlakCredentials *credentials, UlakRandom *random);
UlakSession *ulak_session_ref (UlakSession *self);
void ulak_session_unref (UlakSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSession, ulak_session_unref)

/* What it was made with: keys and registration id are right for ever; for the rest, load credentials anew. */
UlakCredentials *ulak_session_get_credentials (UlakSession *self);

/* Makes the queries and the migration of this room known; once is enough, more are harmless. */
void ulak_session_register_sql (void);

G_END_DECLS
