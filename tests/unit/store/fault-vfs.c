/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Files are the system VFS's own, with our table of methods put over theirs: all but three are passed
 * through. The system has one table for files that it locks (databases) and one for the others (logs).
 */
#include "fault-vfs.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static sqlite3_vfs vfs;
static struct
{
  const sqlite3_io_methods *real;
  sqlite3_io_methods own;
} methods[2];
static int current_fault; /* atomic */
static int n_syncs;       /* atomic */

static gboolean
is_fault (Fault fault)
{
  return g_atomic_int_get (&current_fault) == (int) fault;
}

static int
fault_write (sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
  if (is_fault (FAULT_FULL))
    return SQLITE_FULL;
  if (is_fault (FAULT_WRITE))
    return SQLITE_IOERR_WRITE;
  return methods[0].real->xWrite (file, bytes, size, offset);
}

static int
fault_sync (sqlite3_file *file, int flags)
{
  if (is_fault (FAULT_SYNC))
    return SQLITE_IOERR_FSYNC;
  g_atomic_int_inc (&n_syncs);
  return methods[0].real->xSync (file, flags);
}

static int
fault_read (sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
  if (is_fault (FAULT_READ))
    return SQLITE_IOERR_READ;
  if (is_fault (FAULT_GARBAGE))
    {
      memset (bytes, 0xa5, (size_t) size);
      return SQLITE_OK;
    }
  return methods[0].real->xRead (file, bytes, size, offset);
}

static int
fault_fetch (sqlite3_file *file G_GNUC_UNUSED,
             sqlite3_int64 offset G_GNUC_UNUSED,
             int size G_GNUC_UNUSED,
             void **out)
{
  *out = NULL; /* no memory map: each read is seen */
  return SQLITE_OK;
}

static int
fault_unfetch (sqlite3_file *file G_GNUC_UNUSED, sqlite3_int64 offset G_GNUC_UNUSED, void *page G_GNUC_UNUSED)
{
  return SQLITE_OK;
}

static int
fault_open (sqlite3_vfs *self, sqlite3_filename name, sqlite3_file *file, int flags, int *flags_out)
{
  sqlite3_vfs *real = self->pAppData;
  int result = real->xOpen (real, name, file, flags, flags_out);

  for (guint i = 0; result == SQLITE_OK && i < G_N_ELEMENTS (methods); i++)
    if (file->pMethods == methods[i].real)
      file->pMethods = &methods[i].own;
  return result;
}

static void
learn_methods (sqlite3_vfs *real, guint i, int flags)
{
  sqlite3_file *file = g_malloc0 ((gsize) real->szOsFile);
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "ulak-fault-vfs-XXXXXX", NULL);
  int fd = g_mkstemp (path);
  sqlite3_filename name = sqlite3_create_filename (path, "", "", 0, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_cmpint (real->xOpen (real, name, file, SQLITE_OPEN_READWRITE | flags, NULL), ==, SQLITE_OK);
  methods[i].real = file->pMethods;
  methods[i].own = *file->pMethods;
  methods[i].own.xWrite = fault_write;
  methods[i].own.xSync = fault_sync;
  methods[i].own.xRead = fault_read;
  methods[i].own.xFetch = fault_fetch;
  methods[i].own.xUnfetch = fault_unfetch;
  methods[i].real->xClose (file);
  sqlite3_free_filename (name);
  g_remove (path);
  g_free (file);
}

/** fault_vfs_register: makes it the default for connections that are opened from now on */
void
fault_vfs_register (void)
{
  sqlite3_vfs *real = sqlite3_vfs_find (NULL);

  learn_methods (real, 0, SQLITE_OPEN_MAIN_DB);
  learn_methods (real, 1, SQLITE_OPEN_SUPER_JOURNAL); /* the plainest of the unlocked files */
  vfs = *real;
  vfs.zName = "fault";
  vfs.pAppData = real;
  vfs.xOpen = fault_open;
  g_assert_cmpint (sqlite3_vfs_register (&vfs, 1), ==, SQLITE_OK);
}

void
fault_vfs_set (Fault fault)
{
  g_atomic_int_set (&current_fault, (int) fault);
}

/** fault_vfs_get_syncs: Returns: syncs that succeeded since the start */
int
fault_vfs_get_syncs (void)
{
  return g_atomic_int_get (&n_syncs);
}
