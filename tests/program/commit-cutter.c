/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Preloaded into a line by tests/program/test_linked_kill.py: the process dies right before or right after the n-th commit
 * of its database, counted from the moment at which the file named by ULAK_TEST_CUT said so. It says "before 3 SERIAL" or
 * "after 3 SERIAL", with a serial of its own each time, and is gone when the process dies, so that the next one lives.
 *
 * Nothing of the line knows of this: SQLite's own function is replaced. Commits are made by the store's one writer thread.
 */
#include <dlfcn.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

typedef int (*Step) (sqlite3_stmt *statement);

typedef struct
{
  gboolean is_after;
  guint n;
  guint serial;
} Wish;

static gboolean
is_commit_of_line (sqlite3_stmt *statement)
{
  const char *sql = sqlite3_sql (statement);
  sqlite3 *database = sqlite3_db_handle (statement);

  return g_strcmp0 (sql, "COMMIT") == 0 && sqlite3_txn_state (database, "main") == SQLITE_TXN_WRITE
         && g_str_has_suffix (sqlite3_db_filename (database, "main"), "/whatsapp.db");
}

/* FALSE: nobody asks for a cut now. */
static gboolean
read_wish (const char *path, Wish *wish_out)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  if (path == NULL || !g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  words = g_strsplit (text, " ", -1);
  if (g_strv_length (words) != 3)
    return FALSE;
  wish_out->is_after = g_str_equal (words[0], "after");
  wish_out->n = (guint) g_ascii_strtoull (words[1], NULL, 10);
  wish_out->serial = (guint) g_ascii_strtoull (words[2], NULL, 10);
  return TRUE;
}

/* Which commit of a wish this one is; 0: of none. */
static guint
count (const char *path, Wish *wish_out)
{
  static guint serial, n_commits;

  if (!read_wish (path, wish_out))
    return 0;
  if (wish_out->serial != serial)
    n_commits = 0;
  serial = wish_out->serial;
  return ++n_commits;
}

static void
die (const char *path)
{
  g_unlink (path);
  kill (getpid (), SIGKILL);
}

int
sqlite3_step (sqlite3_stmt *statement)
{
  static Step step;
  const char *path = g_getenv ("ULAK_TEST_CUT");
  Wish wish = { 0 };
  gboolean dies;
  int result;

  if (step == NULL)
    step = (Step) dlsym (RTLD_NEXT, "sqlite3_step");
  if (!is_commit_of_line (statement))
    return step (statement);
  dies = count (path, &wish) == wish.n && wish.n > 0;
  if (dies && !wish.is_after)
    die (path);
  result = step (statement);
  if (dies)
    die (path);
  return result;
}
