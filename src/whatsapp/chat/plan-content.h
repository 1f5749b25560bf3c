/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Plan content: the bytes of a planned message, made once and found again. Store's thread.
 */
#pragma once

#include "whatsapp/chat/plan.h"

G_BEGIN_DECLS

/* chat, me: as the stanza is addressed, without device. *plain_out: (transfer full): an unpadded Message; NULL: plan->failure
 * says why. It is kept for retries in the same transaction. */
gboolean ulak_plan_make_content (UlakPlan *plan,
                                 UlakDatabase *database,
                                 const UlakJid *chat,
                                 const UlakJid *me,
                                 guint32 group_timer_s,
                                 GBytes **plain_out,
                                 GError **error);

G_END_DECLS
