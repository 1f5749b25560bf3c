/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Database: one SQLite connection, as work on a store's thread sees it.
 *
 * Statements are named by the resource that holds their SQL ("/org/ulak/sql/webhooks/claim.sql"), prepared
 * once per connection, and reset and cleared each time they are asked for. Parameters and columns go by name,
 * a parameter without its ':'; a wrong name is a programmer mistake. Text is UTF-8. Column getters return the
 * statement's own memory, valid until the next step.
 */
#pragma once

#include <glib.h>

typedef struct _UlakDatabase UlakDatabase;
typedef struct _UlakStatement UlakStatement;

gboolean ulak_database_run_script (UlakDatabase *self, const char *resource_path, GError **error);
UlakStatement *ulak_database_statement (UlakDatabase *self, const char *resource_path, GError **error);
/* A part of a work that may fail by itself, in a savepoint of its own: when it returns FALSE, what it did is undone, and the work goes
 * on. Rows that the work was reading end. A fault that took the whole transaction leaves nothing to go on with: each
 * statement of the work fails from then on, and so does its commit. */
typedef gboolean (*UlakDatabasePart) (UlakDatabase *database, gpointer data, GError **error);
gboolean ulak_database_try (UlakDatabase *self, UlakDatabasePart part, gpointer data, GError **error);

gint64 ulak_database_get_changes (UlakDatabase *self);
gint64 ulak_database_get_last_rowid (UlakDatabase *self);

void ulak_statement_bind_text (UlakStatement *self, const char *name, const char *text_or_null);
void ulak_statement_bind_integer (UlakStatement *self, const char *name, gint64 value);
void ulak_statement_bind_real (UlakStatement *self, const char *name, double value);
void ulak_statement_bind_bytes (UlakStatement *self,
                                const char *name,
                                const void *bytes_or_null,
                                gsize size_bytes);
void ulak_statement_bind_null (UlakStatement *self, const char *name);

gboolean ulak_statement_step (UlakStatement *self, gboolean *has_row_out, GError **error);
gboolean ulak_statement_run (UlakStatement *self, GError **error);

gboolean ulak_statement_is_null (UlakStatement *self, const char *column);
const char *ulak_statement_get_text (UlakStatement *self, const char *column);
gint64 ulak_statement_get_integer (UlakStatement *self, const char *column);
double ulak_statement_get_real (UlakStatement *self, const char *column);
const void *ulak_statement_get_bytes (UlakStatement *self, const char *column, gsize *size_bytes_out);
