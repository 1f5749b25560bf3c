/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl db: the databases of the services.
 *
 * A running service does the work on its own database and hands the result over; nothing here opens a database file.
 * Migration is done by the service's program itself (its --migrate), as the user that owns the files.
 */
#include "ctl/command.h"

#include "core/error.h"
#include "core/id.h"
#include "core/names.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct
{
  const char *name;
  const char *bus_name;
  const char *path;
  const char *program;
} services[] = {
  { "gateway", ULAK_BUS_NAME_API, ULAK_OBJECT_PATH_API, ULAK_LIBEXEC_DIR "/ulak-api" },
  { "webhooks", ULAK_BUS_NAME_WEBHOOKS, ULAK_OBJECT_PATH_WEBHOOKS, ULAK_LIBEXEC_DIR "/ulak-webhooks" },
};

typedef struct
{
  char *bus_name; /* (owned) */
  char *path;     /* (owned) */
  const char *program;
  const char *user;
  const char *account; /* (nullable) */
} Database;

static void
database_clear (Database *self)
{
  g_free (self->bus_name);
  g_free (self->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Database, database_clear)

/* "gateway", "webhooks", or the id of an account. */
static gboolean
find_database (const char *name, Database *database_out, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    if (g_str_equal (name, services[i].name))
      {
        *database_out = (Database){ g_strdup (services[i].bus_name), g_strdup (services[i].path), services[i].program,
                                    ULAK_USER_SERVICES, NULL };
        return TRUE;
      }
  if (!ulak_account_id_is_valid (name))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "‘%s’ is no database; allowed: gateway, webhooks, or an account id", name);
      return FALSE;
    }
  *database_out = (Database){ g_strconcat (ULAK_BUS_NAME_ACCOUNT_PREFIX, name, NULL),
                              g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, name, NULL), ULAK_LIBEXEC_DIR "/ulak-whatsapp",
                              ULAK_USER_LINES, name };
  return TRUE;
}

static gboolean
copy_to_file (int from, const char *path, GError **error)
{
  g_autofree char *temporary = g_strconcat (path, ".part", NULL);
  int to = open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gssize n = -1;
  gboolean is_done = FALSE;

  if (to >= 0)
    {
      while ((n = sendfile (to, from, NULL, 1 << 20)) > 0)
        ;
      is_done = n == 0 && fsync (to) == 0;
      is_done = close (to) == 0 && is_done && rename (temporary, path) == 0;
    }
  if (!is_done)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot write ‘%s’: %s", path, g_strerror (errno));
      unlink (temporary);
    }
  return is_done;
}

static gboolean
backup (UlakInvocation *self, GError **error)
{
  g_auto (Database) database = { 0 };
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = NULL;
  gboolean is_copied;
  int fd;

  if (!find_database (self->arguments[0], &database, error))
    return FALSE;
  reply = ulak_client_call_with_fds (self->client, &(UlakClientTarget){ database.bus_name, database.path, "org.ulak.Service1" },
                                     "BackupDatabase", g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), NULL,
                                     &fds, error);
  if (reply == NULL)
    return FALSE;

  fd = g_unix_fd_list_get (fds, 0, error);
  if (fd < 0)
    return FALSE;
  is_copied = copy_to_file (fd, self->arguments[1], error);
  close (fd);
  if (is_copied)
    ulak_print_done (self, "%s: saved to %s", self->arguments[0], self->arguments[1]);
  return is_copied;
}

static gboolean
check (UlakInvocation *self, GError **error)
{
  g_auto (Database) database = { 0 };
  g_autoptr (GVariant) reply = NULL;

  if (!find_database (self->arguments[0], &database, error))
    return FALSE;
  reply = ulak_client_call (self->client, &(UlakClientTarget){ database.bus_name, database.path, "org.ulak.Service1" },
                            "CheckDatabase", g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  ulak_print_done (self, "%s: sound", self->arguments[0]);
  return TRUE;
}

typedef struct
{
  uid_t uid;
  gid_t gid;
  gid_t services_gid;
} Owner;

static gboolean
find_owner (const char *name, Owner *owner_out)
{
  struct passwd *user = getpwnam (ULAK_USER_SERVICES);

  if (user == NULL)
    return FALSE;
  owner_out->services_gid = user->pw_gid;
  user = getpwnam (name);
  if (user == NULL)
    return FALSE;
  owner_out->uid = user->pw_uid;
  owner_out->gid = user->pw_gid;
  return TRUE;
}

/* In the child, before exec: root becomes the owner of the files, so that none is left that the service cannot write. A line
 * needs the services' group besides, to reach its folder: its unit binds the folder in, and there is no unit here. */
static void
become_owner (gpointer user_data)
{
  const Owner *owner = user_data;

  if (setgroups (1, &owner->services_gid) < 0 || setgid (owner->gid) < 0 || setuid (owner->uid) < 0)
    _exit (127);
}

static gboolean
migrate (UlakInvocation *self, GError **error)
{
  g_auto (Database) database = { 0 };
  const char *config = ulak_invocation_get (self, "config");
  g_autoptr (GPtrArray) command = g_ptr_array_new ();
  Owner owner;
  gboolean is_changing;
  int wait_status;

  if (!find_database (self->arguments[0], &database, error))
    return FALSE;

  g_ptr_array_add (command, (gpointer) database.program);
  g_ptr_array_add (command, "--migrate");
  if (config != NULL)
    {
      g_ptr_array_add (command, "--config");
      g_ptr_array_add (command, (gpointer) config);
    }
  if (database.account != NULL)
    g_ptr_array_add (command, (gpointer) database.account);
  g_ptr_array_add (command, NULL);

  is_changing = geteuid () == 0 && find_owner (database.user, &owner);
  if (!g_spawn_sync (NULL, (char **) command->pdata, NULL, G_SPAWN_CHILD_INHERITS_STDIN, is_changing ? become_owner : NULL,
                     &owner, NULL, NULL, &wait_status, error))
    return FALSE;
  if (!g_spawn_check_wait_status (wait_status, error))
    {
      g_prefix_error (error, "The migration failed: ");
      return FALSE;
    }
  ulak_print_done (self, "%s: at the newest schema", self->arguments[0]);
  return TRUE;
}

const UlakCommand ulak_database_commands[] = {
  { "db", "backup", "DATABASE FILE", 2, 2, "", TRUE, backup, "save a database while it is in use" },
  { "db", "check", "DATABASE", 1, 1, "", TRUE, check, "check a database while it is in use" },
  { "db", "migrate", "DATABASE", 1, 1, "config=FILE", FALSE, migrate, "bring a database of a stopped service to the newest schema" },
  { NULL },
};
