/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The inside of a chat, for the files that together are it: chat.c (life and dispatch), receive.c, receipts.c, notifications.c,
 * send.c, resend.c, seen.c.
 */
#pragma once

#include "whatsapp/chat/chat.h"
#include "whatsapp/chat/fetch.h"
#include "whatsapp/chat/intake.h"
#include "whatsapp/chat/placeholders.h"
#include "whatsapp/chat/resend.h"

G_BEGIN_DECLS

struct _UlakChat
{
  GObject parent_instance;

  UlakLine *line;         /* unowned, outlives us */
  UlakWire *wire;         /* (owned) */
  UlakMediaClient *media; /* (owned) (nullable) */
  UlakClock *clock;       /* (owned) */
  UlakRandom *random;     /* (owned) */

  UlakSession *session; /* (owned) (nullable): before the account is known */
  UlakMe me;
  UlakLidMigration migration;
  gboolean guesses_lid; /* UNKNOWN: what we take it for */
  gboolean is_available;
  gboolean is_ghost;
  gboolean hides_reading;
  gboolean is_online;

  GHashTable *handlers; /* (owned) (element-type utf8 UlakStanzaHandler): by "tag type" */
  UlakProtocolHandler protocols[ULAK_PROTOCOL_TYPES_MAX];

  UlakIntake *intake;             /* (owned), as all below */
  UlakFetch *fetch;
  UlakResend *resend;
  UlakPlaceholders *placeholders;
  guint sending;                  /* sends under way */
  GTask *stopping;                /* (owned) (nullable) */
};

/* The last of what was under way may be done. */
void ulak_chat_check_stopped (UlakChat *self);
/* Sends an answer if the stanza's connection is still there. node: (transfer full) (nullable). */
void ulak_chat_answer (UlakChat *self, const UlakEntry *entry, UlakNode *node);
void ulak_chat_answer_ack (UlakChat *self, UlakEntry *entry);
void ulak_chat_found_migration (UlakChat *self, UlakLidMigration migration);

void ulak_chat_take_message (UlakChat *self, const UlakNode *stanza);
void ulak_chat_take_receipt (UlakChat *self, const UlakNode *stanza);
void ulak_chat_take_notification (UlakChat *self, const UlakNode *stanza);

G_END_DECLS
