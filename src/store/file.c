/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Files are made with mode 0640 whatever the umask, so that a reader in the group can list a stopped line's
 * history; SQLite gives -wal and -shm the mode of the database. What root makes by hand belongs to the owner
 * of the folder, or the service could not open it afterwards.
 *
 * The lock is flock() on PATH.lock, which the kernel drops with the process however it dies. It is not taken
 * on the database itself: closing any descriptor of that file would drop SQLite's own locks.
 */
#include "store/file.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640

static void
set_errno_error (GError **error, const char *doing, const char *path)
{
  int saved_errno = errno;
  UlakError code = saved_errno == ENOSPC || saved_errno == EDQUOT ? ULAK_ERROR_FULL : ULAK_ERROR_UNAVAILABLE;

  g_set_error (error, ULAK_ERROR, code, "Cannot %s ‘%s’: %s", doing, path, g_strerror (saved_errno));
}

static gboolean
give_to_folder_owner (int fd, const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat status;

  if (geteuid () != 0)
    return TRUE;
  return stat (folder, &status) == 0 && fchown (fd, status.st_uid, status.st_gid) == 0;
}

static int
open_or_make (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

  if (fd < 0 && errno == EEXIST)
    fd = open (path, O_RDONLY | O_CLOEXEC);
  else if (fd >= 0 && (fchmod (fd, FILE_MODE) != 0 || !give_to_folder_owner (fd, path)))
    {
      set_errno_error (error, "set the owner and mode of", path);
      close (fd);
      return -1;
    }

  if (fd < 0)
    set_errno_error (error, "open", path);
  return fd;
}

/** ulak_file_make: makes @path empty if it is not there; its name survives a power loss */
gboolean
ulak_file_make (const char *path, GError **error)
{
  int fd;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE; /* never open and close a database beside SQLite: it would lose its locks */
  fd = open_or_make (path, error);
  if (fd < 0)
    return FALSE;
  close (fd);
  return ulak_file_sync_folder_of (path, error);
}

/** ulak_file_sync: makes the contents of @path durable */
gboolean
ulak_file_sync (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean is_done = fd >= 0 && fsync (fd) == 0;

  if (!is_done)
    set_errno_error (error, "make durable", path);
  if (fd >= 0)
    close (fd);
  return is_done;
}

/** ulak_file_sync_folder_of: makes the name of @path durable, after it was made or renamed */
gboolean
ulak_file_sync_folder_of (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  return ulak_file_sync (folder, error);
}

/** ulak_file_get_size: Returns: bytes, 0 if there is no such file */
gint64
ulak_file_get_size (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 ? (gint64) status.st_size : 0;
}

/**
 * ulak_file_lock:
 * @database_path: the database to have alone
 *
 * Returns: a lock for ulak_file_unlock(), or -1 with ULAK_ERROR_WRONG_STATE if another process (or another
 * store of this one) has it
 */
int
ulak_file_lock (const char *database_path, GError **error)
{
  g_autofree char *path = g_strconcat (database_path, ".lock", NULL);
  int fd = open_or_make (path, error);

  if (fd < 0)
    return -1;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;

  if (errno == EWOULDBLOCK)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE,
                 "The database ‘%s’ is in use: another process holds ‘%s’", database_path, path);
  else
    set_errno_error (error, "lock", path);
  close (fd);
  return -1;
}

/** ulak_file_unlock: gives the lock back, if there is one, and sets it to -1 */
void
ulak_file_unlock (int *lock)
{
  if (*lock >= 0)
    close (*lock);
  *lock = -1;
}
