/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Look-up: which phone numbers have WhatsApp. Numbers with their LIDs are learned.
 */
#pragma once

#include "whatsapp/social/question.h"

G_BEGIN_DECLS

#define ULAK_LOOK_UP_MAX 50 /* numbers at once: checks in bulk get accounts banned */

/* phones: ended by NULL. Answer: an array of {"phone", "on_whatsapp", "chat", "lid", "business_name"} in their order. INVALID. */
UlakQuestion *ulak_look_up_question (UlakChat *chat, const char *const *phones, GError **error);

G_END_DECLS
