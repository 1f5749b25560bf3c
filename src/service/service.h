/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Service: the life of one daemon, the same for all of them.
 *
 * ulak_service_main() parses the options (--config FILE, --check, --migrate, --version, and the account for lines), loads the
 * configuration, sets up logging, metrics and the bus, makes the program's UlakDaemon and lives with it:
 *
 *   start_async -> own the bus name -> READY=1, STATUS=  -> serve, WATCHDOG=1 from the main loop
 *   SIGHUP  -> RELOADING=1, a new UlakConfig only if it is valid, reload(), READY=1
 *   SIGTERM -> STOPPING=1, drain_async within [api] shutdown_timeout_ms, exit 0
 *   the bus is lost -> exit 1, systemd starts us again
 *
 * It exports org.ulak.Service1 on the daemon's object and knows no business of its own. Programs reach clock,
 * random, configuration, metrics, bus connection and authority through it.
 */
#pragma once

#include "core/clock.h"
#include "core/config.h"
#include "core/metrics.h"
#include "core/random.h"
#include "service/audit.h"
#include "service/authority.h"
#include "service/daemon.h"

G_BEGIN_DECLS

#define ULAK_TYPE_SERVICE (ulak_service_get_type ())
G_DECLARE_FINAL_TYPE (UlakService, ulak_service, ULAK, SERVICE, GObject)

/* Exit codes; docs/man say the same. */
typedef enum
{
  ULAK_EXIT_OK = 0,
  ULAK_EXIT_FAILED = 1,
  ULAK_EXIT_USAGE = 2,
  ULAK_EXIT_CONFIG = 78, /* EX_CONFIG of sysexits.h: systemd's RestartPreventExitStatus= names it */
} UlakExit;

typedef struct
{
  const char *program;                               /* "ulak-webhooks" */
  const char *summary;                               /* one line for --help */
  gboolean takes_account;                            /* one line per process: the account id is the argument */
  UlakDaemon *(*make_daemon) (UlakService *service); /* returns (transfer full) */
  /* For --migrate. Both optional together; the path is (transfer full). */
  char *(*make_database_path) (const UlakConfig *config, const char *account);
  const char *const *migrations;
} UlakServiceSpec;

int ulak_service_main (int argc, char **argv, const UlakServiceSpec *spec);

UlakClock *ulak_service_get_clock (UlakService *self);
UlakRandom *ulak_service_get_random (UlakService *self);
UlakConfig *ulak_service_get_config (UlakService *self); /* the current one; may be another after a reload */
UlakMetrics *ulak_service_get_metrics (UlakService *self);
GDBusConnection *ulak_service_get_connection (UlakService *self);
UlakAuthority *ulak_service_get_authority (UlakService *self);
const char *ulak_service_get_account (UlakService *self); /* NULL unless takes_account */
const char *ulak_service_get_data_dir (UlakService *self);
const char *ulak_service_get_runtime_dir (UlakService *self);

void ulak_service_set_status (UlakService *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void ulak_service_fail (UlakService *self, const GError *error); /* leave with exit 1, logged once */
void ulak_service_refresh_metrics (UlakService *self);
void ulak_service_audit (UlakService *self,
                         const char *who,
                         const char *action,
                         const char *target,
                         const char *result);
void ulak_service_set_audit_func (UlakService *self, UlakAuditFunc func, gpointer user_data);
void ulak_service_restore_audit (UlakService *self, const UlakAuditEntry *entry);

G_END_DECLS
