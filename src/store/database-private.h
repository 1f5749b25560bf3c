/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the rooms above never see of a connection: opening it, its transaction, its faults, its handle.
 */
#pragma once

#include "core/error.h"
#include "store/database.h"

#include <sqlite3.h>

typedef enum
{
  ULAK_DATABASE_WRITER, /* the store's one writing connection, also for work by hand */
  ULAK_DATABASE_READER, /* read-only */
} UlakDatabaseMode;

UlakDatabase *ulak_database_open (const char *path, UlakDatabaseMode mode, GError **error);
void ulak_database_free (UlakDatabase *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakDatabase, ulak_database_free)

sqlite3 *ulak_database_get_handle (UlakDatabase *self);
const char *ulak_database_get_path (UlakDatabase *self);

gboolean ulak_database_run (UlakDatabase *self, const char *sql, GError **error);
gboolean ulak_database_run_once (UlakDatabase *self, const char *sql, GError **error);
gboolean ulak_database_get_integer (UlakDatabase *self, const char *sql, gint64 *value_out, GError **error);
char *ulak_database_get_text (UlakDatabase *self, const char *sql, GError **error);

void ulak_database_retire_statements (UlakDatabase *self);
void ulak_database_rest (UlakDatabase *self);
void ulak_database_expect_transaction (UlakDatabase *self, gboolean expected);
gboolean ulak_database_has_lost_transaction (UlakDatabase *self);
gint64 ulak_database_get_wal_pages (UlakDatabase *self);

void ulak_database_set_error (UlakDatabase *self, int result, const char *doing, GError **error);
void ulak_database_set_lost_error (UlakDatabase *self, const char *doing, GError **error);
int ulak_database_take_fault (UlakDatabase *self);

UlakStatement *ulak_statement_new (UlakDatabase *database, const char *name, const char *sql, GError **error);
void ulak_statement_reset (UlakStatement *self);
void ulak_statement_free (UlakStatement *self);
