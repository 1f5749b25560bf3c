/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Credentials: secrets that systemd hands to a unit as files, LoadCredentialEncrypted=, in $CREDENTIALS_DIRECTORY.
 *
 * Read-only, and the same for the whole life of a process. Files are read without blocking and the buffers are wiped.
 */
#pragma once

#include "core/secret-source.h"

#define ULAK_CREDENTIAL_MAX_BYTES (1024 * 1024) /* systemd's own limit for all credentials of a unit */

/* directory: (nullable): the unit has none. */
void ulak_credentials_lookup_async (const char *directory,
                                    const char *name,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
UlakSecret *ulak_credentials_lookup_finish (GAsyncResult *result, GError **error);
char **ulak_credentials_list (const char *directory);
