/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Transaction: one BEGIN to COMMIT on a connection, in which works are run one after the other, each alone to
 * blame for its own failure. Used by the thread that has the connection.
 */
#pragma once

#include "store/database-private.h"
#include "store/store.h"

gboolean ulak_transaction_begin (UlakDatabase *database, const char *begin, GError **error);
gboolean ulak_transaction_run (UlakDatabase *database, UlakStoreWork work, gpointer data, GError **error);
/* The same in three steps, for works that share a savepoint. */
gboolean ulak_transaction_open (UlakDatabase *database, GError **error);
gboolean ulak_transaction_join (UlakDatabase *database, UlakStoreWork work, gpointer data, GError **error);
gboolean ulak_transaction_close (UlakDatabase *database, GError **error);
void ulak_transaction_undo (UlakDatabase *database);
gboolean ulak_transaction_run_alone (UlakDatabase *database,
                                     UlakStoreWork work,
                                     gpointer data,
                                     GError **error);
gboolean ulak_transaction_is_lost (UlakDatabase *database);
gboolean ulak_transaction_commit (UlakDatabase *database, GError **error);
void ulak_transaction_rollback (UlakDatabase *database);
