/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Directories: where a process may write.
 *
 * The data directory is [ulak] data_dir; a line writes only in its own folder below it. Both are made if they are missing
 * and proven writable before anything else starts, since under systemd every other place is read-only.
 */
#pragma once

#include "core/config.h"

#define ULAK_RUNTIME_DIR_DEFAULT "/run/ulak"

char *ulak_directories_get_own (const char *data_dir, const char *account);
gboolean ulak_directories_prepare (const char *data_dir, const char *account, const char *unit, GError **error);
char *ulak_directories_get_runtime (const char *runtime_directory);
char *ulak_directories_name_unit (const char *program, const char *account);
