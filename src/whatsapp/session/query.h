/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Query: this room's SQL, with bytes among its parameters. Inside this room only; store's thread.
 */
#pragma once

#include "connector/sql.h"
#include "whatsapp/crypto/span.h"

#define ULAK_QUERY(name) ("/org/ulak/sql/whatsapp/" name ".sql")

/* A row's column, valid until the statement's next step. */
UlakSpan ulak_query_get_span (UlakStatement *row, const char *column);
/* (transfer full) (nullable) */
GBytes *ulak_query_get_bytes (UlakStatement *row, const char *column);
char *ulak_query_get_text (UlakStatement *row, const char *column);
void ulak_query_bind_span (UlakStatement *statement, const char *name, UlakSpan span);
/* Whether the query has a row at all. */
gboolean ulak_query_exists (UlakDatabase *database,
                            const char *path,
                            const UlakBinding *bindings,
                            gboolean *exists_out,
                            GError **error);
/* Steps a statement that was given its parameters: the first row or NULL. */
gboolean ulak_query_first (UlakStatement *statement, UlakStatement **row_out, GError **error);
