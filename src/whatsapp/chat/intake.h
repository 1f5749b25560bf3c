/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Intake: stanzas on their way from the link to durable and answered.
 *
 * Every stanza is an entry with a work, which runs first in the transaction of its batch, and an answer, which is given on the
 * main thread after the commit, in the order of arrival whatever the order of commits. Many entries are under way at once
 * and share commits; each holds the link, which bounds them. A commit that fails for the disk's sake is tried again while the
 * connection lasts, and the answers behind it wait. One that fails for another reason is tried three times, then in simpler
 * ways if there are any, and at last only what is left of it is written: without an answer the server would bring it again at
 * each login, and end the connection for it. When not even that can be written, as with a damaged database, there is none.
 */
#pragma once

#include "whatsapp/chat/answer.h"
#include "whatsapp/chat/chat.h"
#include "whatsapp/session/session.h"

G_BEGIN_DECLS

/* What a work on the store's thread may know of the chat, as it was when the work was asked for. */
typedef struct
{
  UlakSession *session; /* (owned) */
  UlakRandom *random;   /* (owned) */
  UlakMe me;
  gint64 now_us;
} UlakChatView;

void ulak_chat_view_init (UlakChatView *self, UlakChat *chat);
void ulak_chat_view_copy (UlakChatView *self, const UlakChatView *from); /* any thread */
void ulak_chat_view_clear (UlakChatView *self);

/* What somebody registered for a kind of stanza or protocol message. */
typedef struct
{
  UlakStanzaWork work;   /* (nullable) */
  UlakStanzaDone done;   /* (nullable) */
  gpointer data;
} UlakStanzaHandler;

typedef struct
{
  UlakProtocolWork work; /* (nullable) */
  UlakProtocolDone done; /* (nullable) */
  gpointer data;
} UlakProtocolHandler;

#define ULAK_PROTOCOL_TYPES_MAX 64 /* larger types are not handled */

typedef enum
{
  ULAK_REPLY_ACK,
  ULAK_REPLY_RECEIPT,
  ULAK_REPLY_RETRY, /* and an ack */
} UlakReply;

/* What a run of a work found; the next run forgets it. */
typedef struct
{
  UlakReply reply;
  UlakNack nack;             /* ACK */
  UlakRetryAsk retry;        /* RETRY; its keys point to those below */
  UlakRetryKeys keys;        /* (owned) */
  gboolean is_decrypted;
  gboolean is_history;       /* it told of a part of the history */
  gboolean asks_phone;       /* our phone may have what we cannot read */
  guint64 protocols;         /* bits of the types that were handled */
  gboolean is_migrated;      /* our phone said that 1:1 chats go by LID */
  gboolean has_new_token;    /* a privacy token came: who was a stranger may be none now */
  gboolean wants_group;      /* nothing was stored: it takes a group that we know nothing of */
  UlakJid group;
} UlakVerdict;

typedef struct _UlakEntry UlakEntry;

typedef gboolean (*UlakEntryWork) (UlakDatabase *database, UlakInbound *inbound, UlakEntry *self, GError **error);
typedef void (*UlakEntryAnswer) (UlakChat *chat, UlakEntry *self);

struct _UlakEntry
{
  UlakNode *stanza;                     /* (owned) */
  UlakAddress address;                  /* of messages and receipts */
  UlakChatView view;
  const UlakStanzaHandler *handler;     /* (nullable): the chat's */
  const UlakProtocolHandler *protocols; /* the chat's: ULAK_PROTOCOL_TYPES_MAX of them */
  gboolean may_guess_migration;         /* nobody said yet whether we are migrated */

  UlakEntryWork work;     /* (nullable): nothing to store */
  UlakEntryWork last;     /* (nullable): what is left to do when it cannot be stored; the answer is a nack */
  guint n_ways;           /* simpler ones that the work has */
  UlakEntryAnswer answer;
  UlakVerdict verdict;    /* written by the work, read by the answer */

  guint epoch;  /* of the connection that it came on */
  guint hold;   /* what the wire's hold returned */
  gboolean has_asked_group; /* the group that it wanted was fetched, or cannot be */
  guint tries;
  guint refusals; /* of them, those that were not the disk's */
  guint way;    /* 0: the whole; up to n_ways */
  gboolean is_last;
  guint timer;      /* of the next try; 0: none */
  gpointer waiting; /* (owned): what the timer was given */
  gboolean is_settled; /* durable, or given up */
  gboolean is_lost;    /* given up: no answer */
};

UlakEntry *ulak_entry_new (UlakChat *chat, const UlakNode *stanza, UlakEntryWork work, UlakEntryAnswer answer);
UlakEntry *ulak_entry_ref (UlakEntry *self);
void ulak_entry_unref (UlakEntry *self);
/* When the server took the stanza; now, when it does not say. */
gint64 ulak_entry_get_time_us (const UlakEntry *self);
void ulak_verdict_clear (UlakVerdict *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakEntry, ulak_entry_unref)

typedef struct _UlakIntake UlakIntake;

UlakIntake *ulak_intake_new (UlakChat *chat);
void ulak_intake_free (UlakIntake *self);
void ulak_intake_take (UlakIntake *self, UlakEntry *entry /* (transfer full) */);
/* The connection is gone: what is under way is stored and not answered. */
void ulak_intake_cut (UlakIntake *self);
guint ulak_intake_get_epoch (UlakIntake *self);
guint ulak_intake_count (UlakIntake *self);

G_END_DECLS
