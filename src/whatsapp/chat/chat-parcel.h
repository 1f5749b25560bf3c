/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chat parcel: a message encrypted in the transaction that accepts it (connector/parcel.h).
 *
 * That needs everything here already: device lists, sessions, the group. A message with a file, which may have to be uploaded, and
 * one to encrypt for many devices, for which its caller and others would wait, are not packed. ulak_chat_new_parcel() is in chat.h.
 */
#pragma once

#include "connector/parcel.h"
#include "whatsapp/chat/plan.h"

G_BEGIN_DECLS

/* Of one that is packed; once. Returns: (transfer full): with its stanza */
UlakPlan *ulak_chat_parcel_take_plan (UlakParcel *parcel);

G_END_DECLS
