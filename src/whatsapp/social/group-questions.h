/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Questions about groups. Each takes its input as org.ulak.WhatsApp1 documents it, and is NULL with INVALID, which names every
 * fault. The answers are those of WhatsApp1; what they tell is in the group cache then.
 */
#pragma once

#include "whatsapp/social/question.h"

G_BEGIN_DECLS

UlakQuestion *ulak_group_question_list (UlakChat *chat);
UlakQuestion *ulak_group_question_get (UlakChat *chat, const char *group, GError **error);
UlakQuestion *ulak_group_question_create (UlakChat *chat, JsonObject *request, GError **error);
/* One question for each change, in the order of the table in group-changes.c. (element-type UlakQuestion) */
GPtrArray *ulak_group_questions_update (UlakChat *chat, const char *group, JsonObject *changes, GError **error);
UlakQuestion *ulak_group_question_change_members (UlakChat *chat,
                                                  const char *group,
                                                  const char *action,
                                                  const char *const *members,
                                                  GError **error);
UlakQuestion *ulak_group_question_list_requests (UlakChat *chat, const char *group, GError **error);
UlakQuestion *ulak_group_question_leave (UlakChat *chat, const char *group, GError **error);
/* The answer is the link itself, not JSON. */
UlakQuestion *ulak_group_question_invite (UlakChat *chat, const char *group, gboolean renew, GError **error);
UlakQuestion *ulak_group_question_join (UlakChat *chat, const char *invite, gboolean look_only, GError **error);

G_END_DECLS
