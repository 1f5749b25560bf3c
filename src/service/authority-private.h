/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Authority, for the rest of this room: the uids that count as ours are a parameter.
 */
#pragma once

#include "service/authority.h"

#include <sys/types.h>

#define ULAK_AUTHORITY_MAX_PENDING_PER_UID 16 /* questions to polkit that one user may have open */

#define ULAK_NO_UID ((uid_t) -1)

UlakAuthority *ulak_authority_new_for_uids (GDBusConnection *connection,
                                            const uid_t *uids,
                                            gsize n_uids,
                                            uid_t line_uid);

/* sender: one that was checked. Whether it is the line of that account, or may do whatever the suite does. */
void ulak_authority_check_line_async (UlakAuthority *self,
                                      const char *sender,
                                      const char *account,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean ulak_authority_check_line_finish (GAsyncResult *result, GError **error);

/* "uid:1000" of a sender that was checked; "uid:?" when it is not known. (transfer full) */
char *ulak_authority_describe (UlakAuthority *self, const char *sender);
