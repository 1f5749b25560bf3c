/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Database calls: what every service offers for its own database: copy it, check it, move its schema.
 */
#pragma once

#include "service/call.h"

void ulak_database_call_backup (UlakCall *call, UlakService *service);
void ulak_database_call_check (UlakCall *call, UlakService *service);

int ulak_database_migrate (const UlakServiceSpec *spec, UlakConfig *config, const char *account);
