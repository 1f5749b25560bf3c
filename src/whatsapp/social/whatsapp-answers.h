/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * WhatsApp answers: how the answer to a question becomes the answer to a call of org.ulak.WhatsApp1.
 */
#pragma once

#include "service/call.h"
#include "whatsapp/social/question.h"

G_BEGIN_DECLS

void ulak_whatsapp_return_text (UlakCall *call, const char *text);

/* question: (transfer full) (nullable): *error says why there is none. A pointer, since C says not which argument is made
 * first. callback: one of those below; it gets the call. */
void ulak_whatsapp_ask (UlakCall *call, UlakQuestion *question, GAsyncReadyCallback callback, GError **error);
/* questions: (transfer full) (element-type UlakQuestion): maybe none. The answer is success. */
void ulak_whatsapp_ask_all (UlakCall *call, GPtrArray *questions);

void ulak_whatsapp_text_cb (GObject *source, GAsyncResult *result, gpointer call);    /* one question: its text */
void ulak_whatsapp_done_cb (GObject *source, GAsyncResult *result, gpointer call);    /* questions: success */
void ulak_whatsapp_boolean_cb (GObject *source, GAsyncResult *result, gpointer call); /* a task that gives a boolean: success */

G_END_DECLS
