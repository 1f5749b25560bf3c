/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table from SQLite's result codes to the public errors. A code with a fault text says that the disk or
 * the file is to blame, not the work, which is what the store's health reports.
 *
 * Source: https://www.sqlite.org/rescode.html
 */
#include "store/fault.h"

#include <glib.h>
#include <sqlite3.h>

typedef struct
{
  int result;
  UlakError error;
  const char *fault; /* (nullable) */
} Meaning;

/* The first match counts: whole extended codes stand before the primary codes that they belong to. */
static const Meaning meanings[] = {
  { SQLITE_CONSTRAINT_CHECK, ULAK_ERROR_INVALID, NULL },
  { SQLITE_CONSTRAINT_NOTNULL, ULAK_ERROR_INVALID, NULL },
  { SQLITE_CONSTRAINT_DATATYPE, ULAK_ERROR_INVALID, NULL },
  { SQLITE_CONSTRAINT_FOREIGNKEY, ULAK_ERROR_NOT_FOUND, NULL },
  { SQLITE_CONSTRAINT, ULAK_ERROR_EXISTS, NULL },
  { SQLITE_FULL, ULAK_ERROR_FULL, "the disk is full" },
  { SQLITE_IOERR, ULAK_ERROR_UNAVAILABLE, "the disk does not read or write" },
  { SQLITE_READONLY, ULAK_ERROR_UNAVAILABLE, "the file or its file system is read-only" },
  { SQLITE_CANTOPEN, ULAK_ERROR_UNAVAILABLE, "the file cannot be opened" },
  { SQLITE_PERM, ULAK_ERROR_UNAVAILABLE, "the file may not be opened" },
  { SQLITE_CORRUPT, ULAK_ERROR_DAMAGED, "the database is damaged" },
  { SQLITE_NOTADB, ULAK_ERROR_DAMAGED, "the file is not a database" },
  { SQLITE_BUSY, ULAK_ERROR_UNAVAILABLE, NULL },
  { SQLITE_LOCKED, ULAK_ERROR_UNAVAILABLE, NULL },
  { SQLITE_PROTOCOL, ULAK_ERROR_UNAVAILABLE, NULL },
  { SQLITE_INTERRUPT, ULAK_ERROR_UNAVAILABLE, NULL },
  { SQLITE_NOMEM, ULAK_ERROR_UNAVAILABLE, NULL },
  { SQLITE_TOOBIG, ULAK_ERROR_TOO_LARGE, NULL },
};

static const Meaning *
find_meaning (int result)
{
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (meanings[i].result == result || meanings[i].result == (result & 0xff))
      return &meanings[i];
  return NULL;
}

/** ulak_fault_get_error: Returns: the public error for the (extended) SQLite code @result */
UlakError
ulak_fault_get_error (int result)
{
  const Meaning *meaning = find_meaning (result);

  return meaning != NULL ? meaning->error : ULAK_ERROR_FAILED;
}

/**
 * ulak_fault_get_text: Returns: (nullable) (transfer none): what is wrong with the disk or the file, a
 * constant
 */
const char *
ulak_fault_get_text (int result)
{
  const Meaning *meaning = find_meaning (result);

  return meaning != NULL ? meaning->fault : NULL;
}
