/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/database-calls.h"

#include "core/error.h"
#include "core/log.h"
#include "core/messages.h"
#include "service/directories.h"
#include "service/service-private.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

typedef struct
{
  UlakCall *call; /* ends with the operation */
  char *path;     /* (owned) (nullable): of the copy, gone before the reply */
} Operation;

static void
operation_free (Operation *self)
{
  g_free (self->path);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Operation, operation_free)

/* The daemon's store, or the call fails. */
static UlakStore *
find_store (UlakCall *call, UlakService *service)
{
  UlakDaemon *daemon = ulak_service_get_daemon (service);
  UlakStore *store = ULAK_DAEMON_GET_CLASS (daemon)->get_store != NULL ? ULAK_DAEMON_GET_CLASS (daemon)->get_store (daemon) : NULL;

  if (store == NULL)
    ulak_call_refuse (call, ULAK_ERROR_UNAVAILABLE, "The database of %s is not open",
                      ulak_service_get_program (service));
  return store;
}

static void
copied_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Operation) operation = user_data;
  g_autoptr (GError) error = NULL;
  int fd = -1;

  if (ulak_store_backup_finish (ULAK_STORE (source), result, &error))
    {
      fd = open (operation->path, O_RDONLY | O_CLOEXEC);
      if (fd < 0)
        g_set_error (&error, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot open the copy: %s", g_strerror (errno));
    }
  unlink (operation->path); /* the descriptor keeps it alive for as long as the caller reads */

  if (fd < 0)
    ulak_call_fail (operation->call, g_steal_pointer (&error));
  else
    ulak_call_return_with_fd (operation->call, g_variant_new ("(h)", 0), fd);
}

/** ulak_database_call_backup: ends @call with a descriptor of a copy, made beside the database while it is in use */
void
ulak_database_call_backup (UlakCall *call, UlakService *service)
{
  UlakStore *store = find_store (call, service);
  g_autofree char *folder = NULL, *name = NULL;
  Operation *operation;

  if (store == NULL)
    return;

  folder = ulak_directories_get_own (ulak_service_get_data_dir (service), ulak_service_get_account (service));
  name = g_strdup_printf (".backup-%08x.db", ulak_random_below (ulak_service_get_random (service), G_MAXUINT32));
  operation = g_new0 (Operation, 1);
  operation->call = call;
  operation->path = g_build_filename (folder, name, NULL);
  ulak_store_backup_async (store, operation->path, copied_cb, operation);
}

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (ulak_store_check_finish (ULAK_STORE (source), result, &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, g_steal_pointer (&error));
}

/** ulak_database_call_check: ends @call when the whole database was read and found sound */
void
ulak_database_call_check (UlakCall *call, UlakService *service)
{
  UlakStore *store = find_store (call, service);

  if (store != NULL)
    ulak_store_check_async (store, checked_cb, call);
}

/**
 * ulak_database_migrate:
 *
 * What --migrate does. Blocks; no service runs yet, and the database's lock file keeps one from starting meanwhile.
 *
 * Returns: an exit code
 */
int
ulak_database_migrate (const UlakServiceSpec *spec, UlakConfig *config, const char *account)
{
  g_autofree char *path = spec->make_database_path != NULL ? spec->make_database_path (config, account) : NULL;
  const UlakStoreOptions options = { .path = path, .migrations = spec->migrations, .migrate = TRUE };
  g_autoptr (GError) error = NULL;
  guint from, to;

  if (path == NULL)
    {
      fprintf (stderr, "%s has no database\n", spec->program);
      return ULAK_EXIT_USAGE;
    }
  if (!ulak_store_migrate_file (&options, &from, &to, &error))
    {
      fprintf (stderr, "%s: %s\n", spec->program, error->message);
      return ULAK_EXIT_FAILED;
    }
  printf ("%s: schema %u, was %u\n", path, to, from);
  return ULAK_EXIT_OK;
}
