/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * File: making and locking the files that a database lives in. Blocking; never on the main thread of a
 * daemon.
 */
#pragma once

#include <glib.h>

gboolean ulak_file_make (const char *path, GError **error);
gboolean ulak_file_sync (const char *path, GError **error);
gboolean ulak_file_sync_folder_of (const char *path, GError **error);
gint64 ulak_file_get_size (const char *path);

int ulak_file_lock (const char *database_path, GError **error);
void ulak_file_unlock (int *lock);
