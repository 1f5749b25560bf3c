/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The daemon ulak-api: wires the parts together and gives them their life.
 */
#pragma once

#include "service/service.h"

UlakDaemon *ulak_api_daemon_new (UlakService *service);
char *ulak_api_daemon_make_database_path (const UlakConfig *config, const char *account);
