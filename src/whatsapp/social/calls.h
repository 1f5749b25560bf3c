/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Calls: somebody rings. The line takes no calls; it tells of them and can reject them.
 */
#pragma once

#include "whatsapp/chat/chat.h"

G_BEGIN_DECLS

#define ULAK_CALL_ID_MAX 128

/* From now on calls are events call.received: {"call": {"id", "from", "video", "group", "status"}}, status offer, accepted, rejected
 * or ended. */
void ulak_calls_watch (UlakChat *chat);

/* id, from: as the event had them. WRONG_STATE, FULL; INVALID: from is nobody, or id none. */
void ulak_calls_reject_async (UlakChat *chat,
                              const char *id,
                              const char *from,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean ulak_calls_reject_finish (GAsyncResult *result, GError **error);

G_END_DECLS
