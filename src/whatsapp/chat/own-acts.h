/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Own acts: what the line did to a message that is stored here. Once the server has taken an edit or a deletion, the row that it
 * names changes as it does when another device of the account had done it.
 */
#pragma once

#include "whatsapp/chat/chat.h"
#include "whatsapp/chat/plan.h"

G_BEGIN_DECLS

/* plan: of an edit or a deletion that was taken. Finishes when it is durable. An error is the database's. */
void ulak_own_acts_apply_async (UlakChat *chat, const UlakPlan *plan, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_own_acts_apply_finish (GAsyncResult *result, GError **error);

G_END_DECLS
