/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * SQL: the line's queries, with their parameters given in one breath.
 *
 * Only for the line's store; runs on the store's threads.
 */
#pragma once

#include "store/database.h"

typedef struct
{
  const char *name; /* NULL ends a list */
  gboolean is_text;
  const char *text; /* (nullable) */
  gint64 integer;
} UlakBinding;

#define ULAK_TEXT(name, value) \
  { \
    name, TRUE, value, 0 \
  }
#define ULAK_INTEGER(name, value) \
  { \
    name, FALSE, NULL, value \
  }
#define ULAK_BINDINGS(...) ((const UlakBinding[]){ __VA_ARGS__ __VA_OPT__ (, ){ NULL, FALSE, NULL, 0 } })
#define ULAK_SQL(name) ("/org/ulak/sql/connector/" name ".sql")

UlakStatement *ulak_sql_query (UlakDatabase *database,
                               const char *path,
                               const UlakBinding *bindings,
                               GError **error);
gboolean ulak_sql_run (UlakDatabase *database, const char *path, const UlakBinding *bindings, GError **error);
gboolean ulak_sql_find (UlakDatabase *database,
                        const char *path,
                        const UlakBinding *bindings,
                        UlakStatement **row_out,
                        GError **error);
gboolean ulak_sql_get_text (UlakDatabase *database,
                            const char *path,
                            const UlakBinding *bindings,
                            const char *column,
                            char **text_out,
                            GError **error);
