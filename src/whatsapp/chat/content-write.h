/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Writing: a send document of docs/messages.md becomes the bytes of a Message, and what its stanza must say of it.
 *
 * The document says what; the request says the rest, which only the caller knows: JIDs in the form of the chat, uploads,
 * the message that is answered. Bytes come out unpadded. Pure but for the randomness of a vote's nonce; any thread.
 */
#pragma once

#include "core/issues.h"
#include "whatsapp/chat/content.h"

G_BEGIN_DECLS

/* A file that lies on the media hosts. */
typedef struct
{
  const char *url; /* (nullable) */
  const char *direct_path;
  UlakSpan media_key; /* none: not encrypted (newsletters) */
  UlakSpan file_sha256;
  UlakSpan file_enc_sha256; /* none: not encrypted */
  guint64 size_bytes;
  gint64 key_time_s;
  const char *mime_type; /* (nullable): the kind's usual one */
  const char *file_name; /* (nullable): documents, where the send document names none */
  guint width, height;   /* 0: not known */
  guint duration_s;      /* 0: not known */
  gboolean is_animated;  /* stickers */
} UlakContentUpload;

/* Zeroed, then filled. Texts and spans are only read. */
typedef struct
{
  JsonObject *document;  /* checked by ulak_message_check() and ulak_content_check() */
  const char *chat;      /* JID of the chat, in the form in which the message is addressed */
  const char *me;        /* our JID without device, in the same form */
  gint64 now_ms;         /* Unix time */
  UlakRandom *random;    /* nonces */
  const UlakKey *secret; /* (nullable): message secret; polls need one */

  guint32 timer_s;    /* the chat's timer; 0: none. disappears_after_s of the document goes before it */
  gint64 timer_set_s; /* when it was set, Unix time; 0: not known */

  const char *quoted_id;     /* (nullable): the network's id of the message that is answered */
  const char *quoted_author; /* JID without device */
  const char *quoted_chat;   /* (nullable): JID, when it is another chat's */
  UlakSpan quoted;           /* its Message; may be none: then a quote of an empty text */

  const UlakContentUpload *upload; /* (nullable): media */
  UlakContentKey target;           /* reaction, edit, revoke, pin, poll_vote: from our perspective; participant in groups */
  UlakSpan original;               /* edit: its Message, where it is known: a medium keeps its file when its caption is edited */
  const UlakKey *target_secret;    /* poll_vote: the poll's */
  const char *target_author;       /* poll_vote: who made the poll, JID without device */
  UlakSpan forwarded;              /* forward: the Message */

  /* (nullable): JID of a person whom the document names by phone or id, in the form of the chat; (transfer full) */
  char *(*to_jid) (const char *person, gpointer data);
  gpointer to_jid_data;
} UlakContentRequest;

/* Attributes of <message>, <meta> and <enc>; constants. */
typedef struct
{
  const char *type;       /* of <message>: text, media, reaction, poll, event */
  const char *mediatype;  /* (nullable): of <enc> */
  const char *edit;       /* (nullable): of <message> */
  const char *polltype;   /* (nullable): of <meta> */
  const char *event_type; /* (nullable): of <meta> */
  gboolean hides_failure; /* decrypt-fail="hide" on <enc> */
} UlakContentStanza;

/* Adds issues to a send document that passed the general checks: what linked devices cannot send. */
void ulak_content_check (JsonObject *document, UlakIssues *issues);

/* (transfer full): an unpadded Message. Errors: INVALID: the request lacks what the document needs. */
GBytes *ulak_content_write (const UlakContentRequest *request, UlakContentStanza *stanza_out, GError **error);

/* The Message that a stored message (docs/messages.md, "Reading") was or could have been, for a quote of it or to forward it:
 * (transfer full), unpadded, without secret and context. media_reference: (nullable): of its medium; without one there is a body
 * without a file, which is good for a quote only. Errors: INVALID: its type cannot be written, or not with its file. */
GBytes *ulak_content_rewrite (JsonObject *message, JsonObject *media_reference, GError **error);

/* What a stanza must say about a message, whatever made it: sends from the store again, e.g. */
void ulak_content_describe (const Wa__Message *message, UlakContentStanza *stanza_out);

/* The forms in which a message goes to others than its readers; all (transfer full) and unpadded. */
GBytes *ulak_content_wrap_device_sent (GBytes *message, const char *destination, const char *phash);
GBytes *ulak_content_write_sender_key (const char *group, UlakSpan distribution);

/* Messages to our own phone: device 0, category="peer". */
GBytes *ulak_content_write_key_request (const UlakSpan *key_ids, gsize n_key_ids);
GBytes *ulak_content_write_resend_request (const UlakContentKey *key);
GBytes *ulak_content_write_history_request (const UlakContentKey *oldest, gint64 oldest_s, guint count);

/* Whether a message of this content carries a message secret. */
gboolean ulak_content_wants_secret (JsonObject *document);

/* <reporting_token v="2"> of a message of ours; (transfer full) (nullable): NULL for content that has none. JIDs without device. */
GBytes *ulak_content_make_reporting_token (GBytes *message,
                                           const UlakKey *secret,
                                           const char *message_id,
                                           const char *sender,
                                           const char *chat);

G_END_DECLS
