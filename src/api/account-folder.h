/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Account folder: what is left of a removed account, put aside for the administrator.
 *
 * accounts/ACCOUNT becomes accounts/ACCOUNT.removed-TIME. The rename runs in a thread: a folder on a disk that is slow or away
 * must not hold the main loop.
 */
#pragma once

#include <gio/gio.h>

void ulak_account_folder_put_aside_async (const char *data_dir,
                                          const char *account,
                                          gint64 now_us,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
gboolean ulak_account_folder_put_aside_finish (GAsyncResult *result, GError **error);
