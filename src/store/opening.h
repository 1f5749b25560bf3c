/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Opening: from a path to a connection that may be written to. Blocking; the caller holds the file's lock.
 */
#pragma once

#include "store/database-private.h"
#include "store/migrations.h"
#include "store/store.h"

UlakDatabase *ulak_opening_run (const UlakStoreOptions *options,
                                UlakMigrationsPlan *plan_out,
                                GError **error);
