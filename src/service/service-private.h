/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Service, for the rest of this room: made in main.c, asked by calls and by Service1.
 */
#pragma once

#include "service/audit.h"
#include "service/service.h"

typedef struct
{
  const UlakServiceSpec *spec;
  const char *config_file; /* (nullable): read again by a reload */
  const char *account;     /* (nullable) */
  const char *runtime_dir;
  UlakConfig *config;
  UlakClock *clock;
  UlakRandom *random;
} UlakServiceSetup;

UlakService *ulak_service_new (const UlakServiceSetup *setup);
int ulak_service_run (UlakService *self);

/* The life's events, called by main.c's signal handlers. */
void ulak_service_stop (UlakService *self);
void ulak_service_reload (UlakService *self);

gboolean ulak_service_is_serving (UlakService *self);
gboolean ulak_service_is_draining (UlakService *self);
gboolean ulak_service_left_work (UlakService *self);
const UlakServiceSpec *ulak_service_get_spec (UlakService *self);
const char *ulak_service_get_program (UlakService *self);
UlakDaemon *ulak_service_get_daemon (UlakService *self);
UlakAudit *ulak_service_get_audit (UlakService *self);
