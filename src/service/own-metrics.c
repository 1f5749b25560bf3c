/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What every process counts, whatever it does: its version, and the commits of its database. Database names are those
 * of `ulakctl db`: the file's name, or the account of a line.
 */
#include "service/service-private.h"

#include <string.h>

static char *
make_database_name (UlakService *self)
{
  const UlakServiceSpec *spec = ulak_service_get_spec (self);
  const char *account = ulak_service_get_account (self);
  g_autofree char *path = NULL;
  char *name;

  if (account != NULL || spec->make_database_path == NULL)
    return g_strdup (account != NULL ? account : spec->program);

  path = spec->make_database_path (ulak_service_get_config (self), NULL);
  name = g_path_get_basename (path);
  if (g_str_has_suffix (name, ".db"))
    name[strlen (name) - strlen (".db")] = '\0';
  return name;
}

static void
refresh_store (UlakService *self, UlakStore *store)
{
  UlakMetrics *metrics = ulak_service_get_metrics (self);
  g_autofree char *name = make_database_name (self);
  UlakStoreStatus status;

  ulak_store_get_status (store, &status);
  ulak_metrics_set_total (metrics, "ulak_store_commits_total", ULAK_LABELS (name), (double) status.commits);
  ulak_metrics_set_total (metrics, "ulak_store_works_total", ULAK_LABELS (name), (double) status.works);
}

/** ulak_service_refresh_metrics: brings the gauges of the service and of its daemon up to date, before they are printed */
void
ulak_service_refresh_metrics (UlakService *self)
{
  UlakDaemon *daemon = ulak_service_get_daemon (self);
  UlakDaemonClass *klass = ULAK_DAEMON_GET_CLASS (daemon);
  UlakStore *store = klass->get_store != NULL ? klass->get_store (daemon) : NULL;

  ulak_metrics_set (ulak_service_get_metrics (self), "ulak_build_info",
                    ULAK_LABELS (ulak_service_get_program (self), ULAK_VERSION), 1);
  if (store != NULL)
    refresh_store (self, store);
  if (klass->refresh_metrics != NULL)
    klass->refresh_metrics (daemon);
}
