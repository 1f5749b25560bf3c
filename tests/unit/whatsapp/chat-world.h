/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chat world: devices with real stores and real chats, and the server between them, all in memory and one process.
 *
 * The server keeps bundles and groups, answers queries, fans messages out, passes receipts on, and writes down all that it
 * gets. A side stands for its own line, too: ulak_line_*() of the chat are those of chat-world.c. Everything happens in
 * idle callbacks; world_settle() runs until nothing moves any more. The clock stands still unless it is moved.
 */
#pragma once

#include "unit/fakes/clock.h"
#include "whatsapp/chat/chat.h"

#include "connector/line-store.h"

typedef struct _World World;
typedef struct _TestWire TestWire;

typedef struct
{
  World *world;          /* unowned */
  UlakLine *line;        /* (owned) */
  UlakLineStore *store;  /* (owned) */
  char *folder, *path;   /* (owned) */
  UlakSeal *seal;        /* (owned) */
  UlakSession *session;  /* (owned) */
  UlakChat *chat;        /* (owned) */
  TestWire *wire;        /* (owned) */
  UlakMe me;
  GPtrArray *pre_keys;   /* (owned) (element-type UlakNode): <key> that the server has */
  UlakNode *bundle;      /* (owned): <user> without <key> */
  GPtrArray *inbox;      /* (owned) (element-type UlakNode): what waits while it is offline */
  GPtrArray *sent;       /* (owned) (element-type UlakNode): all that it gave to the wire */
  GPtrArray *got;        /* (owned) (element-type UlakNode): all stanzas that the server gave it */
  gboolean is_phone;
  guint fail_commits;    /* the next ones fail without running */
  guint break_commits;   /* the next ones fail after all works ran */
  guint drop_acks;       /* the next messages are taken by the server and not acked: the connection breaks */
} Side;

typedef struct
{
  char *jid;           /* (owned) */
  gboolean uses_lid;
  GPtrArray *accounts; /* (owned) (element-type utf8): phone users; the first is the superadmin */
  guint timer_s;
} WorldGroup;

struct _World
{
  UlakFakeClock *clock;
  UlakRandom *random;
  GPtrArray *sides;   /* (owned) (element-type Side) */
  GPtrArray *groups;  /* (owned) (element-type WorldGroup) */
  guint running;      /* idle callbacks that wait */
  const char *next_error; /* of the next ack of a message */
  const char *next_attribute, *next_value; /* of the next ack */
  char *mex;          /* (owned) (nullable): the answer to w:mex */
  const char *script; /* (nullable): what the next query is answered: children of the <iq>, see world_parse() */
  guint script_code;  /* 0: script; else the next query is refused with this */
  const char *hidden_user; /* (nullable): usync says nothing of this phone user */
  guint n_usync, n_bundles, n_groups, n_tokens;
  gboolean damages;   /* flips a bit in the next enc */
};

World *world_new (void);
void world_free (World *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

/* user, lid: digits. device 0 before the companions of the same account. */
Side *world_add (World *self, const char *user, const char *lid, guint device);
WorldGroup *world_add_group (World *self, const char *id, gboolean uses_lid, const char *const *users);
void world_settle (World *self);
void world_advance_ms (World *self, gint64 ms);

void side_connect (Side *self);
void side_disconnect (Side *self);
/* (transfer full): the oldest that waits for a side that is away, for another recipient; it waits no more. */
UlakNode *side_redirect (Side *self, const char *recipient);
/* As after a SIGKILL: only what is on the disk is left. */
void side_restart (Side *self);
/* A stanza of the server: XML with ' for quotes; contents are hex, or text after a '='. */
void side_give (Side *self, const char *xml);
void side_give_node (Side *self, const UlakNode *stanza);

/* document: with ' for quotes. Runs until it is decided. */
UlakSendResult *side_send (Side *self, const char *id, const char *chat, const char *document);
UlakSendResult *side_send_about (Side *self,
                                 const char *id,
                                 const char *chat,
                                 const char *document,
                                 const UlakOutboundTarget *target);
void side_send_text (Side *self, const char *id, const char *chat, const char *text); /* asserts ACCEPTED */

/* "from|type|text" of all messages of a chat, oldest first, joined by newlines; from "-": our own. */
char *side_read (Side *self, const char *chat);
#define assert_chat(side, chat, expected) \
  G_STMT_START \
  { \
    g_autofree char *read_ = side_read (side, chat); \
    g_assert_cmpstr (read_, ==, expected); \
  } \
  G_STMT_END
char *side_events (Side *self); /* types of the outbox, joined by blanks */
gint64 side_count (Side *self, const char *from_where);

/* Of sent: the n-th, from the end for negative numbers, of a tag and with an attribute; NULL: there is none. */
const UlakNode *side_find_sent (Side *self, const char *tag, const char *attribute, const char *value);
guint side_count_sent (Side *self, const char *tag, const char *attribute, const char *value);
void side_forget_sent (Side *self);

UlakNode *world_parse (const char *xml);
char *world_network_id (Side *self, const char *id);
void side_run_sql (Side *self, const char *sql);
void side_mark (Side *self, const UlakReadMark *mark); /* asserts success */
extern guint world_history_notes, world_key_shares; /* how often the chat kept one */
/* The plaintext that the next send of this id finds instead of making one. */
void side_plant (Side *self, const char *chat_jid, const char *network_id, GBytes *plain);
/* A peer message to the account's phone; as the phone, to a companion. Both assert success. */
void side_send_peer (Side *self, GBytes *message);
void side_send_peer_to (Side *self, Side *companion, GBytes *message);
