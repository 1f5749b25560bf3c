/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Profile: pictures, about texts, the default timer, privacy, and whom the account blocks.
 *
 * Answers as org.ulak.WhatsApp1 documents them. NULL with INVALID where an id or value is wrong.
 */
#pragma once

#include "whatsapp/social/question.h"

G_BEGIN_DECLS

#define ULAK_PROFILE_PICTURE_MAX_PIXELS 640
#define ULAK_PROFILE_PICTURE_MAX_BYTES (512 * 1024) /* arbitrary; 640 x 640 pixels take some 60 KiB */

/* chat: "" for the line itself. The answer: {"id", "url"}, or "null" when it is hidden or missing. */
UlakQuestion *ulak_profile_question_picture (UlakChat *chat, const char *whose, GError **error);
/* The answer: a JSON string or null. People only. */
UlakQuestion *ulak_profile_question_about (UlakChat *chat, const char *whose, GError **error);
/* jpeg: (nullable): takes the picture away. The answer: the new picture's id, as it is. */
UlakQuestion *ulak_profile_question_set_picture (UlakChat *chat, const char *whose, GBytes *jpeg, GError **error);
UlakQuestion *ulak_profile_question_set_about (UlakChat *chat, const char *about);
UlakQuestion *ulak_profile_question_set_timer (UlakChat *chat, guint timer_s);

UlakQuestion *ulak_profile_question_privacy (UlakChat *chat);
UlakQuestion *ulak_profile_question_set_privacy (UlakChat *chat, JsonObject *changes, GError **error);

UlakQuestion *ulak_profile_question_blocked (UlakChat *chat);
UlakQuestion *ulak_profile_question_set_blocked (UlakChat *chat, const char *whom, gboolean blocked, GError **error);

G_END_DECLS
