/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Store: one SQLite database with one writer thread and a few reader connections.
 *
 * Work is a function that runs on a thread of the store with a connection (store/database.h). Write work that
 * arrives while a commit is under way is put into the next transaction together, each inside its own
 * savepoint, so that callers share one fsync; a failing work rolls back its own savepoint only. The callback
 * runs on the caller's main context after the commit is durable (WAL, synchronous=FULL): "finished without
 * error" means "survives power loss". Read work runs on a read-only connection and sees the last commit.
 * Nothing here blocks the main loop.
 *
 * At most max_queued works of each kind wait; further ones fail at once with ULAK_ERROR_FULL. A full disk, an
 * I/O error or a read-only file system fails the works of that commit (ULAK_ERROR_FULL or
 * ULAK_ERROR_UNAVAILABLE) and the store goes on: it serves again when the fault is gone.
 *
 * The engine knows no nouns. Each service puts a store interface of its own above it and no caller sees SQL.
 */
#pragma once

#include "core/metrics.h"
#include "store/database.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_TYPE_STORE (ulak_store_get_type ())
G_DECLARE_FINAL_TYPE (UlakStore, ulak_store, ULAK, STORE, GObject)

typedef struct
{
  const char *path;              /* the database file; made with mode 0640 */
  const char *const *migrations; /* resource paths, NULL-terminated; position + 1 is the schema version */
  gboolean migrate;              /* FALSE: refuse an older schema, see [ulak] auto_migrate_on_startup */
  guint max_queued;              /* works of a kind waiting at once; 0: 10,000 */
  guint n_readers;               /* read-only connections; 0 means 2 */
  gint64 rest_us;                /* without writes for so long, it gives memory back; 0: ten seconds */
} UlakStoreOptions;

/* Runs on a thread of the store. Must not touch main-thread objects. data is the caller's own. */
typedef gboolean (*UlakStoreWork) (UlakDatabase *database, gpointer data, GError **error);

void ulak_store_open_async (const UlakStoreOptions *options,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
UlakStore *ulak_store_open_finish (GAsyncResult *result, GError **error);

void ulak_store_write_async (UlakStore *self,
                             UlakStoreWork work,
                             gpointer data,
                             GDestroyNotify data_free,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
/* For works of which many come at once and hardly one fails: they share a savepoint with their neighbours. When one fails, all
 * that shared it are undone and run again, each alone: such a work keeps nothing of an earlier run. */
void ulak_store_write_joint_async (UlakStore *self,
                                   UlakStoreWork work,
                                   gpointer data,
                                   GDestroyNotify data_free,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
void ulak_store_read_async (UlakStore *self,
                            UlakStoreWork work,
                            gpointer data,
                            GDestroyNotify data_free,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* For both: the work's data (transfer none, alive while result is), or NULL with the work's or the commit's
 * error. */
gpointer ulak_store_finish (UlakStore *self, GAsyncResult *result, GError **error);

/* A table `generation (is_copy)`, where the schema has one, says 1 in the copy. */
void ulak_store_backup_async (UlakStore *self,
                              const char *path,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean ulak_store_backup_finish (UlakStore *self, GAsyncResult *result, GError **error);

void ulak_store_check_async (UlakStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_store_check_finish (UlakStore *self, GAsyncResult *result, GError **error);

/* Waits for queued works, checkpoints and closes. Later works fail with ULAK_ERROR_WRONG_STATE. */
void ulak_store_close_async (UlakStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_store_close_finish (UlakStore *self, GAsyncResult *result, GError **error);

typedef struct
{
  guint64 commits;
  guint64 works;        /* write works committed: works / commits is the sharing of fsyncs */
  guint queued;
  guint unfinished;     /* works, reads included, whose callback was not called yet */
  gboolean is_healthy;  /* the last commit did not meet a disk fault */
  const char *fault;    /* (nullable): what it met, until the next good commit; damage stays until reopened */
} UlakStoreStatus;

void ulak_store_get_status (UlakStore *self, UlakStoreStatus *status_out);

/* By hand, for ulakctl while the service is stopped: blocking. */
gboolean ulak_store_migrate_file (const UlakStoreOptions *options,
                                  guint *from_out,
                                  guint *to_out,
                                  GError **error);
gboolean ulak_store_check_file (const char *path, GError **error);
gboolean ulak_store_backup_file (const char *path, const char *target, GError **error);

G_END_DECLS
