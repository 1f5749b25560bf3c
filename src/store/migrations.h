/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Migrations: moving a database to the schema of this program. Blocking.
 */
#pragma once

#include "store/database-private.h"

typedef struct
{
  guint from;
  guint to;
} UlakMigrationsPlan;

gboolean ulak_migrations_plan (UlakDatabase *database,
                               const char *const *migrations,
                               UlakMigrationsPlan *plan_out,
                               GError **error);
gboolean ulak_migrations_run (UlakDatabase *database,
                              const char *const *migrations,
                              const UlakMigrationsPlan *plan,
                              GError **error);
