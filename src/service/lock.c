/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/lock.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

struct _UlakLock
{
  int fd;
};

static void
write_pid (int fd)
{
  g_autofree char *line = g_strdup_printf ("%d\n", (int) getpid ());

  /* Only for people who look who holds it, so a full disk is no reason to refuse. */
  if (ftruncate (fd, 0) != 0 || pwrite (fd, line, strlen (line), 0) < 0)
    g_debug ("The lock file does not say our pid");
}

static char *
read_holder (int fd)
{
  char line[16] = "";

  if (pread (fd, line, sizeof line - 1, 0) <= 0 || !g_ascii_isdigit (line[0]))
    return g_strdup ("another process");
  return g_strdup_printf ("process %s", g_strchomp (line));
}

/**
 * ulak_lock_take:
 * @directory: the folder that is guarded
 * @program: names the file, ".PROGRAM.lock"
 *
 * Errors: EXISTS when another process holds it, naming it; FAILED when the file cannot be made.
 */
UlakLock *
ulak_lock_take (const char *directory, const char *program, GError **error)
{
  g_autofree char *name = g_strdup_printf (".%s.lock", program);
  g_autofree char *path = g_build_filename (directory, name, NULL);
  UlakLock *self;
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

  if (fd < 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot make the lock file ‘%s’: %s", path,
                   g_strerror (errno));
      return NULL;
    }
  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      g_autofree char *holder = read_holder (fd);

      g_set_error (error, ULAK_ERROR, ULAK_ERROR_EXISTS, "%s runs already in ‘%s’: %s holds its lock", program,
                   directory, holder);
      close (fd);
      return NULL;
    }

  write_pid (fd);
  self = g_new0 (UlakLock, 1);
  self->fd = fd;
  return self;
}

void
ulak_lock_free (UlakLock *self)
{
  if (self == NULL)
    return;

  close (self->fd);
  g_free (self);
}
