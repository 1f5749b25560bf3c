/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound: what a network told us, as one batch that is stored in one transaction.
 *
 * A backend fills a batch and hands it to ulak_line_commit_inbound_async(); only when that finished may it acknowledge to
 * the network. Repeats are recognised while storing: a message by its network id, chat and sender, a status by its rank, an
 * edit by its time. A network whose messages can only be read with state that lies in the line's database (the ratchets of
 * the linked backend) gives the batch a prepare function instead: it runs first in the transaction, on the store's thread, and
 * adds what it read.
 *
 * Ids of people and chats are as docs/messages.md says; nothing here knows how a network writes them. Owned by one
 * thread at a time: the one that fills it, then the store's.
 */
#pragma once

#include "store/store.h"

#include <json-glib/json-glib.h>

typedef struct _UlakInbound UlakInbound;

typedef enum
{
  /* Out of the phone's history: a row at its own time, no event, nothing unread; a message that is known stays as it is. */
  ULAK_INBOUND_HISTORY = 1 << 0,
  /* It could not be read: type `undecryptable`, event message.undecryptable. The message of the same chat, network id
   * and sender that comes later without this flag takes its place: same row, event message.replaced. */
  ULAK_INBOUND_PLACEHOLDER = 1 << 1,
  /* Stored and told like any other, and the chat's unread count stays (what other devices of the line have read). */
  ULAK_INBOUND_QUIET = 1 << 2,
  ULAK_INBOUND_STARRED = 1 << 3, /* with HISTORY: the owner had marked it with a star */
} UlakInboundFlags;

typedef struct
{
  const char *chat;       /* chat id: for WhatsApp direct chats the digits of the phone, or the network's user id */
  const char *network_id; /* the network's message id */
  const char *from;       /* sender's id; NULL: the line's own owner, on another device */
  gint64 timestamp_us;    /* the network's time of the message */
  const char *quoted_network_id; /* (nullable) */
  JsonObject *content;    /* "type" and the fields of docs/messages.md that belong to it; media holds what people see */
  JsonObject *media_reference; /* (nullable): what fetch_media needs */
  JsonObject *contact;    /* (nullable): every id known of the sender ("phone", "wa_id", "lid" as LIDUSER@lid), and the "name"; of an
                           * own message: of the chat's person */
  UlakInboundFlags flags;
  const char *status;     /* (nullable): HISTORY: what the phone knows: received, read; of an own one sent, delivered, read, played */
} UlakInboundMessage;

/* The content of a stored message was changed by its author. A message that is not known yet becomes one with the new content,
 * and the old content that comes later is not taken. event: message.edited. */
typedef struct
{
  const char *chat;
  const char *network_id; /* of the message that was edited */
  const char *from;       /* (nullable): its author, as above */
  gint64 timestamp_us;    /* of the edit; an earlier one than the last changes nothing */
  JsonObject *content;    /* the whole new content */
  JsonObject *media_reference; /* (nullable) */
  JsonObject *contact;    /* (nullable) */
  UlakInboundFlags flags; /* HISTORY: no event */
} UlakInboundEdit;

/* A message was deleted for everyone: type `revoked`, the content is gone, also from the disk. event: message.revoked. */
typedef struct
{
  const char *chat;
  const char *network_id; /* of the message that was deleted */
  const char *from;       /* (nullable): its author */
  const char *by;         /* (nullable): who deleted it, where that is not the author: an administrator */
  gint64 timestamp_us;
  JsonObject *contact;    /* (nullable) */
  UlakInboundFlags flags;
} UlakInboundRevoke;

typedef struct
{
  const char *network_id;
  const char *opaque_id;   /* (nullable): our id, where the network echoes it: resolves a send of unknown outcome */
  const char *status;      /* sent, delivered, read, played, failed */
  gint64 timestamp_us;
  const char *error_code;  /* (nullable): failed: "E_WA_..." */
  const char *error_message;
  gint64 original_code;
  const char *original_details;
  /* (nullable): whose receipt it is, in a chat of several: it is kept for that person, and the message gets the status once as
   * many people have it as the message had recipients (UlakSendResult.n_recipients). At most 1,024 people a message. */
  const char *participant;
  /* participant is the only one who has the message, unless it had several recipients: what somebody says of a message in a chat
   * of several counts for that person only, wherever it is said. */
  gboolean is_alone;
} UlakInboundStatus;

/* What may be told of a chat. */
typedef enum
{
  ULAK_CHAT_NAME = 1 << 0,
  ULAK_CHAT_ARCHIVED = 1 << 1,
  ULAK_CHAT_PINNED = 1 << 2,
  ULAK_CHAT_MUTED = 1 << 3,
  ULAK_CHAT_UNREAD = 1 << 4,  /* the count, as a history says it */
  ULAK_CHAT_MARKED = 1 << 5,  /* marked as unread by hand */
  ULAK_CHAT_READ = 1 << 6,    /* what came until until_us was read, on another device */
  ULAK_CHAT_CLEARED = 1 << 7, /* messages until until_us were deleted for the line only; media stay until they are old */
  ULAK_CHAT_DELETED = 1 << 8, /* CLEARED, and the chat leaves the list */
} UlakChatFields;

typedef struct
{
  const char *chat;
  UlakChatFields fields; /* what of the rest is told; others are ignored */
  const char *name;
  gboolean is_archived;
  gint64 pinned_us;      /* since when; 0: not pinned */
  gint64 muted_until_us; /* 0: not muted; G_MAXINT64: until further notice */
  gint64 unread;
  gboolean is_marked_unread;
  gint64 until_us;       /* READ, CLEARED, DELETED: the time of the last message it is about; G_MAXINT64: all that is there */
  gboolean keeps_starred; /* CLEARED: messages with a star stay */
  JsonObject *contact;   /* (nullable): of a direct chat */
} UlakInboundChat;

/* A person: ids and names. event contact.updated when something people see changed, unless HISTORY. */
typedef struct
{
  const char *id;        /* as a sender's id */
  JsonObject *contact;   /* every id known, "name" as the person calls itself, "saved_name" as the owner's address book has it */
  UlakInboundFlags flags;
} UlakInboundContact;

/* What makes something the same thing when the network repeats it, ended by NULL: first a word of its kind. Remembered by a
 * short hash for a year. For prepare functions, about what leaves no message of its own behind. */
gboolean ulak_inbound_note_seen (UlakDatabase *database,
                                 const char *const *parts,
                                 gint64 now_us,
                                 gboolean *is_new_out,
                                 GError **error);
/* For prepare functions, too: whether a message with this id by this author is here, or was before it was cleaned up, by
 * chat, network_id, from and contact of message. A placeholder is not the message. */
gboolean ulak_inbound_knows_message (UlakDatabase *database,
                                     const UlakInboundMessage *message,
                                     gboolean *knows_out,
                                     GError **error);
/* The same of a placeholder. */
gboolean ulak_inbound_has_placeholder (UlakDatabase *database,
                                       const UlakInboundMessage *message,
                                       gboolean *has_out,
                                       GError **error);
gboolean ulak_inbound_was_seen (UlakDatabase *database, const char *const *parts, gboolean *seen_out, GError **error);

UlakInbound *ulak_inbound_new (void);
void ulak_inbound_free (UlakInbound *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakInbound, ulak_inbound_free)

/* All copy what they are given (JSON objects are referenced and must not change afterwards). Order is kept. */
void ulak_inbound_add_message (UlakInbound *self, const UlakInboundMessage *message);
void ulak_inbound_add_edit (UlakInbound *self, const UlakInboundEdit *edit);
void ulak_inbound_add_revoke (UlakInbound *self, const UlakInboundRevoke *revoke);
void ulak_inbound_add_status (UlakInbound *self, const UlakInboundStatus *status);
/* The same status for several messages; network_id of status is not used. */
void ulak_inbound_add_statuses (UlakInbound *self, const UlakInboundStatus *status, const char *const *network_ids);
void ulak_inbound_add_chat (UlakInbound *self, const UlakInboundChat *chat);
void ulak_inbound_add_contact (UlakInbound *self, const UlakInboundContact *contact);
/* An event without a row of its own, e.g. account.updated, group.updated, call.received. The same one again tells nothing. */
void ulak_inbound_add_event (UlakInbound *self, const char *type, const char *chat, gint64 timestamp_us, JsonObject *data);
/* An event that only the newest of its type and chat is worth, e.g. presence.updated: takes the place of one that
 * still waits to be told, and is left out while 1,000 such wait. */
void ulak_inbound_add_passing_event (UlakInbound *self, const char *type, const char *chat, gint64 timestamp_us, JsonObject *data);

/* Runs on the store's thread, first in the transaction, and adds items by the functions above; may read and write the
 * database. It may be run again when a commit shared with others failed: what an earlier run added is gone then, and it must
 * not keep other output of that run. Its failure undoes the whole batch; adding nothing is no failure, what it wrote is
 * committed. data must not touch main-thread objects, and is freed with the batch: output that outlives the commit belongs into
 * something counted. */
typedef gboolean (*UlakInboundPrepare) (UlakDatabase *database, UlakInbound *inbound, gpointer data, GError **error);
void ulak_inbound_set_prepare (UlakInbound *self, UlakInboundPrepare prepare, gpointer data, GDestroyNotify data_free);
/* The same, last in the transaction. It adds nothing. */
void ulak_inbound_set_extra (UlakInbound *self, UlakStoreWork work, gpointer data, GDestroyNotify data_free);

guint ulak_inbound_count (const UlakInbound *self);
typedef void (*UlakInboundMessageFunc) (const UlakInboundMessage *message, gpointer user_data);
typedef void (*UlakInboundStatusFunc) (const UlakInboundStatus *status, gpointer user_data);
void ulak_inbound_foreach (const UlakInbound *self, UlakInboundMessageFunc on_message, UlakInboundStatusFunc on_status, gpointer user_data);
