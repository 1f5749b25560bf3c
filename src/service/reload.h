/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Reload: a new configuration, or the reason why the old one stays.
 *
 * The files are read in a thread. A setting that only a start can apply is reported and does not make the reload fail.
 */
#pragma once

#include "core/config.h"

void ulak_reload_async (const char *file, GAsyncReadyCallback callback, gpointer user_data);
UlakConfig *ulak_reload_finish (GAsyncResult *result, GError **error);
char *ulak_reload_list_deferred (const UlakConfig *before, const UlakConfig *after);
