/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * From a message as the line hands it over to a plan for it.
 */
#pragma once

#include "whatsapp/chat/plan.h"

G_BEGIN_DECLS

/* Any thread. as_lid: the form of direct chats. Returns: (transfer full) (nullable): without its view; NULL: its chat cannot be
 * written to. */
UlakPlan *ulak_plan_new_for (const UlakOutbound *outbound, const UlakMe *me, gboolean as_lid);

G_END_DECLS
