/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Timers: after how long the messages of a direct chat disappear, as the last message or setting said. Store's thread.
 *
 * Those of groups lie in the group cache. Kept by chat id, as people see it.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* timer_s 0: off. set_s: Unix time of the setting, 0 if not said; an earlier one than the last changes nothing. */
gboolean ulak_timers_put (UlakDatabase *database, const char *chat, guint32 timer_s, gint64 set_s, GError **error);
/* *timer_s_out: 0: none */
gboolean ulak_timers_get (UlakDatabase *database, const char *chat, guint32 *timer_s_out, gint64 *set_s_out, GError **error);

G_END_DECLS
