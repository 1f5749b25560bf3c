/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The inside of a send, for the files that together are it: send.c (the door, plan and fetch), send-files.c (what is uploaded
 * before), send-outcome.c (the server's answer), send-peer.c (to our own phone).
 */
#pragma once

#include "whatsapp/chat/chat-private.h"
#include "whatsapp/chat/plan.h"
#include "whatsapp/chat/verdicts.h"

G_BEGIN_DECLS

/* Data of the task of a send. */
typedef struct
{
  UlakPlan *plan;     /* (owned) */
  char *media_id;     /* (owned) (nullable) */
  UlakMediaKind media_kind;
  char *media_path;   /* (owned) (nullable) */
  guint rounds;
  gboolean has_tried_form, has_tried_group, has_tried_devices, has_tried_token;
  UlakAck ack;        /* the last one's, while it is judged */
  gboolean is_act;    /* an edit or a deletion: what it names changes here, too */
  UlakSendResult *accepted; /* (owned) (nullable): while that is written */
} UlakChatSend;

UlakChat *ulak_chat_of_send (GTask *task); /* (transfer none) */
void ulak_chat_send_free (gpointer data);
gboolean ulak_chat_send_has_file (JsonObject *document); /* any thread */
/* All of them take the task over. */
void ulak_chat_send_begin (GTask *task, JsonObject *document);
void ulak_chat_send_plan (GTask *task);
void ulak_chat_send_judge (GTask *task, const UlakAck *ack);
void ulak_chat_send_end (GTask *task, UlakSendResult *result /* (transfer full) */);
void ulak_chat_send_end_for_error (GTask *task, const GError *error); /* before anything left */

G_END_DECLS
