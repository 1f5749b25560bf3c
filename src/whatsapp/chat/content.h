/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Content: what a decrypted message says, in the words of docs/messages.md.
 *
 * Reading never fails: bytes that are no Message, hold a text that is not UTF-8, or a body that nobody knows become a
 * message of type `unsupported` that keeps them whole. What comes back points into itself; who may have sent it (a sender
 * may only edit their own message; device_sent and protocol messages count only from our own account) is for the caller
 * to judge: nothing here knows the sender. Pure; any thread.
 */
#pragma once

#include "whatsapp/codec/protobufs.h"
#include "whatsapp/crypto/msg-secret.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_CONTENT_ID_MAX 256 /* bytes of the id of a message; real ones have 32 at most */
#define ULAK_CONTENT_RAW_MAX (4 * 1024 * 1024) /* bytes kept of what was not understood; servers pass on far less */

typedef enum
{
  ULAK_CONTENT_NONE,     /* nothing to show: a sender key alone, an album's cover, an empty message */
  ULAK_CONTENT_MESSAGE,  /* document; perhaps media_reference, quoted */
  ULAK_CONTENT_REACTION, /* target, document (an empty emoji: taken back) */
  ULAK_CONTENT_EDIT,     /* target, document: what stands there now; perhaps media_reference */
  ULAK_CONTENT_REVOKE,   /* target */
  ULAK_CONTENT_SEALED,   /* target, sealed: a vote, an answer to an event, ...: open with content-seal.h */
  ULAK_CONTENT_TIMER,    /* timer_s, timer_set_s, document (type system): the chat's timer was set */
  ULAK_CONTENT_PIN,      /* target, is_on, duration_s */
  ULAK_CONTENT_KEEP,     /* target, is_on: kept in a chat whose messages disappear */
  ULAK_CONTENT_PROTOCOL, /* protocol: history notification, key share or request, LID mappings, peer data, ... */
} UlakContentKind;

/* Names another message, as its sender sees it: from_me is the sender's own message. Texts are never NULL but participant. */
typedef struct
{
  const char *chat; /* "" when the sender did not say it */
  gboolean from_me;
  const char *id;
  const char *participant; /* (nullable): its author, in groups */
} UlakContentKey;

typedef struct
{
  UlakMsgSecretUse use;
  UlakSpan nonce;
  UlakSpan payload;
} UlakContentSealed;

/* Read only. Pointers without (owned) live as long as the content does. */
typedef struct
{
  UlakContentKind kind;
  gboolean is_device_sent;      /* it came inside a device_sent_message: take it only from our own account */
  const char *destination;      /* (nullable): is_device_sent: JID of the chat that it went to */
  const char *sender_key_group; /* (nullable): JID; a sender key came along */
  UlakSpan sender_key;          /* its distribution message, for whatsapp/session */

  JsonObject *document;        /* (owned) (nullable): "type" and the fields that belong to it */
  JsonObject *media_reference; /* (owned) (nullable): as whatsapp/media/media-reference.h, without the four of its message */
  UlakContentKey target;
  UlakContentSealed sealed;
  gboolean is_on;
  guint32 duration_s;
  gint64 sent_ms; /* by the sender's clock, where they say it; 0 */

  const char *quoted_id;          /* (nullable): the network's id of the message that is answered */
  const char *quoted_participant; /* (nullable): JID of its author */
  const char *quoted_chat;        /* (nullable): JID, when it is another chat's */
  const char *const *mentions;    /* (owned array) (nullable): JIDs as they came, ended by NULL */
  gboolean has_timer;             /* timer_s is known: the timer of the chat as the sender knows it */
  guint32 timer_s;                /* 0: off */
  gint64 timer_set_s;             /* Unix time; 0: not said */
  gboolean is_view_once;
  gboolean is_phone_only; /* the phone has the content and we do not: it may be asked of it */
  UlakSpan secret;        /* message secret, 32 bytes or none: keep it, votes and answers need it */

  const Wa__ProtocolMessage *protocol; /* (nullable) */
  const Wa__Message *message;          /* (nullable): the innermost, what can be quoted or forwarded */
} UlakContent;

/* How people are called in documents, for a JID without device; (transfer full). NULL function: the digits of a phone
 * number, else the JID itself. */
typedef struct
{
  char *(*name) (const char *jid, gpointer data);
  gpointer data;
} UlakContentNames;

/* bytes: a Message, decrypted and without padding; copied. names: (nullable). Never NULL. */
UlakContent *ulak_content_read (const guint8 *bytes, gsize size_bytes, const UlakContentNames *names);
/* The same of what is already unpacked, e.g. out of history; it is packed again for that. */
UlakContent *ulak_content_read_message (const Wa__Message *message, const UlakContentNames *names);
/* What is no Message but of another format, as `v` of its <enc> says: kept as it is, as `unsupported`. */
UlakContent *ulak_content_read_foreign (const guint8 *bytes, gsize size_bytes, guint version);
/* Makes it a message of type `unsupported` with the bytes it was read from; what is no message stays. */
void ulak_content_keep_whole (UlakContent *self, const guint8 *bytes, gsize size_bytes);
void ulak_content_free (UlakContent *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakContent, ulak_content_free)

/* (transfer full): as UlakContentNames without a function. */
char *ulak_content_name (const char *jid);

G_END_DECLS
