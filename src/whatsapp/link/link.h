/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Link: one linked device's connection to WhatsApp, kept up, and everything that makes a device linked.
 *
 *   STOPPED ── start ──▶ CONNECTING ─┬─ no keys of an account ─▶ QR / CODE / PASSKEY ─▶ PAIRED ─┐
 *                            ▲       └─ keys ─▶ ONLINE ─▶ READY                                 │
 *                            └───────── DISCONNECTED (why, when again) ◀── any of them ◀────────┘
 *   ENDED (outcome): only ulak_link_start() leaves it.
 *
 * It owns socket, handshake, frames, queries, awaited acks, keepalive, reconnecting, the login sequence, pre-keys on the
 * server, and pairing. It knows no chats: stanzas go to handlers by tag, in the order of arrival. Bound to one store,
 * whose credentials it reads and writes by whatsapp/session. Main thread only; no call blocks, no callback is made
 * before the call that asked for it has returned.
 *
 * Limits: 256 queries and 1,024 messages wait for answers at once, 16 MiB for the wire; beyond them calls fail with
 * ULAK_ERROR_FULL. While more than ULAK_LINK_HOLDS_MAX stanzas are held by handlers no further one is handed out and no
 * more of the backlog is asked for; 64 MiB that wait so end the connection, and the server gives them again.
 */
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "store/store.h"
#include "whatsapp/codec/node-builder.h"
#include "whatsapp/link/outcome.h"
#include "whatsapp/link/transport.h"
#include "whatsapp/session/credentials.h"

G_BEGIN_DECLS

#define ULAK_LINK_VERSION_DEFAULT "2.3000.1043857760" /* [whatsapp] client_version */
#define ULAK_LINK_QUERY_MS 60000
#define ULAK_LINK_HOLDS_MAX 512

#define ULAK_TYPE_LINK (ulak_link_get_type ())
G_DECLARE_FINAL_TYPE (UlakLink, ulak_link, ULAK, LINK, GObject)

typedef enum
{
  ULAK_LINK_STOPPED,
  ULAK_LINK_CONNECTING,
  ULAK_LINK_QR,           /* text: what the QR says; expires_us: when the next one comes */
  ULAK_LINK_CODE,         /* text: XXXX-XXXX to type into the phone; expires_us */
  ULAK_LINK_PASSKEY,      /* text: WebAuthn request options, JSON; or, with needs_confirmation, a code to compare */
  ULAK_LINK_PAIRED,       /* stored; a program that wants its memory back may exec anew now, else login follows by itself */
  ULAK_LINK_ONLINE,       /* <success> came; sending works */
  ULAK_LINK_READY,        /* the login sequence is done and no backlog is left */
  ULAK_LINK_DISCONNECTED, /* outcome; until_us: the next try */
  ULAK_LINK_ENDED,        /* outcome; until_us: end of a ban, 0 if not known */
} UlakLinkPhase;

#define ULAK_N_LINK_PHASES (ULAK_LINK_ENDED + 1)

const char *ulak_link_phase_to_string (UlakLinkPhase phase); /* for logs */

/* Valid as long as the callback lasts. Times are wall clock. */
typedef struct
{
  UlakLinkPhase phase;
  const char *text;           /* (nullable) */
  gboolean needs_confirmation; /* PASSKEY: text is a code that the user compares, then ulak_link_confirm_passkey_async() */
  gboolean may_skip_confirmation; /* the phone shows no code this time: confirm at once */
  gint64 expires_us;          /* 0: none */
  gint64 until_us;            /* 0: none */
  const UlakOutcome *outcome; /* (nullable): DISCONNECTED and ENDED; QR when the attempt before failed */
} UlakLinkState;

typedef void (*UlakLinkStateFunc) (UlakLink *self, const UlakLinkState *state, gpointer user_data);

typedef struct
{
  UlakStore *store;
  UlakSeal *seal; /* for the private keys in the credentials; outlives the link */
  UlakClock *clock;
  UlakRandom *random;
  const char *server_url;  /* NULL: WhatsApp's own */
  const char *root_key;    /* hex of 32 bytes; NULL: WhatsApp's own */
  const char *version;     /* "2.3000.N"; NULL: ULAK_LINK_VERSION_DEFAULT */
  const char *device_name; /* what the phone lists; NULL: "Ulak" */
  gboolean wants_full_history;
  guint history_days;      /* 0: the phone's own choice */
  guint history_size_mb;   /* 0: the same */
  UlakLinkStateFunc state_changed;
  gpointer user_data;
  UlakSocketMaker make_socket; /* NULL: WebSockets by libsoup */
  gpointer socket_data;
} UlakLinkOptions;

/* Everything in @options is copied or referenced, but the seal. INVALID names what is wrong (root_key, version, server_url). */
UlakLink *ulak_link_new (const UlakLinkOptions *options, GError **error);

void ulak_link_start (UlakLink *self);
/* Ends the connection at once; everything outstanding fails with UNAVAILABLE. Not reported: the phase is STOPPED then. */
void ulak_link_stop (UlakLink *self);
UlakLinkPhase ulak_link_get_phase (UlakLink *self);

/* (transfer none) (nullable): as the store has them, NULL before they were read. Replaced when pairing or login changed them. */
UlakCredentials *ulak_link_get_credentials (UlakLink *self);
/* Own addresses, known from pair-success on; FALSE and untouched before. The LID may be missing: its user is empty then. */
gboolean ulak_link_get_own (UlakLink *self, UlakJid *phone_out, UlakJid *lid_out);
gint64 ulak_link_get_server_time_us (UlakLink *self); /* wall clock, corrected by what <success> said */

/* -- Stanzas in --
 * Handlers see stanzas after the link has looked at them. The last registered comes first; TRUE takes the stanza, and with
 * it the duty to acknowledge it (ulak_link_acknowledge() or a receipt), after its effect is stored. What nobody takes is
 * acknowledged by the link. Stanzas with the tags iq, ack, success, failure, stream:error and xmlstreamend never come.
 * @type is compared with the attribute type, for "ib" with the tag of the first child; NULL takes them all. */
typedef gboolean (*UlakLinkHandler) (UlakLink *self, UlakNode *node, gpointer user_data);

guint ulak_link_add_handler (UlakLink *self, const char *tag, const char *type, UlakLinkHandler handler, gpointer user_data);
void ulak_link_remove_handler (UlakLink *self, guint handler_id);

/* A handler whose work goes on holds once per stanza, and releases when it is durable and answered. Forgotten by itself when
 * the connection ends: release with the epoch that hold returned, and a late release does nothing. */
guint ulak_link_hold (UlakLink *self);
void ulak_link_release (UlakLink *self, guint epoch);

/* -- Stanzas out --
 * Written in the order of calls. WRONG_STATE: not online, nothing left; FULL: too much waits for the wire, nothing left;
 * TOO_LARGE, INVALID: a tree that cannot be a frame. */
gboolean ulak_link_send (UlakLink *self, const UlakNode *node, GError **error);

/* <ack> for @node by the rules of docs/protocol/connection.md. @error: a nack code (487, 500, ...), 0 for none. When the
 * connection is gone meanwhile nothing happens: the server gives the stanza again. */
void ulak_link_acknowledge (UlakLink *self, const UlakNode *node, guint error);

/* A <message> (with id), and its <ack class="message">. The finish returns the ack, whatever error attribute it has.
 * WRONG_STATE, FULL, TOO_LARGE, INVALID: it certainly did not leave. TIMED_OUT (75 s), UNAVAILABLE (the connection ended),
 * G_IO_ERROR_CANCELLED: it may have. A second message with an id that still waits is ULAK_ERROR_EXISTS. */
void ulak_link_send_message_async (UlakLink *self,
                                   const UlakNode *message,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
UlakNode *ulak_link_send_message_finish (UlakLink *self, GAsyncResult *result, GError **error);

/* -- Queries --
 * ulak_link_begin_query() opens <iq id to type xmlns>, the caller adds children, ulak_link_query_async() takes the builder.
 * @type: "get" or "set"; @to: NULL for the server. Errors of the finish: WRONG_STATE (not connected), FULL, TIMED_OUT,
 * UNAVAILABLE (the connection ended), REMOTE when the server answered with an error; *code_out is then its code, otherwise
 * 0. It returns the whole <iq type="result">. */
UlakNodeBuilder *ulak_link_begin_query (UlakLink *self, const char *type, const char *xmlns, const UlakJid *to);
void ulak_link_query_async (UlakLink *self,
                            UlakNodeBuilder *query, /* (transfer full) */
                            gint64 timeout_ms,      /* ULAK_LINK_QUERY_MS */
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
UlakNode *ulak_link_query_finish (UlakLink *self, GAsyncResult *result, guint *code_out, GError **error);
/* The same of an account, for ULAK_LINK_QUERY_MS: WRONG_STATE also while a connection is there to be linked only. */
void ulak_link_ask_async (UlakLink *self,
                          UlakNodeBuilder *query, /* (transfer full) */
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);

char *ulak_link_make_id (UlakLink *self); /* unique on this connection, for stanzas that are neither message nor query */

/* -- Account -- */
/* @phone: digits in international form. Returns "XXXX-XXXX" once the server took it; the state CODE comes just before. It may be
 * asked for while the link connects. A code that is still good (180 s) is answered again for the same phone, and ends for another
 * one. WRONG_STATE when the line is linked or not started, FULL while a code is made or answered by a phone, INVALID for a phone
 * number that cannot be one, REMOTE when the server refuses it, UNAVAILABLE, TIMED_OUT. */
void ulak_link_request_code_async (UlakLink *self, const char *phone, GAsyncReadyCallback callback, gpointer user_data);
char *ulak_link_request_code_finish (UlakLink *self, GAsyncResult *result, GError **error);

/* Shows a QR again, at once or on a new connection, instead of the code that is shown. FALSE: none is, or a phone answers it now. */
gboolean ulak_link_prefer_qr (UlakLink *self);

/* @assertion: PublicKeyCredential as JSON (id, rawId, type, response{clientDataJSON, authenticatorData, signature, userHandle}),
 * binary fields in base64url. WRONG_STATE unless PASSKEY, INVALID naming the field, REMOTE. */
void ulak_link_answer_passkey_async (UlakLink *self, const char *assertion, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_link_answer_passkey_finish (UlakLink *self, GAsyncResult *result, GError **error);
void ulak_link_confirm_passkey_async (UlakLink *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_link_confirm_passkey_finish (UlakLink *self, GAsyncResult *result, GError **error);

/* Unlinks at the server when it can be reached, and drops the keys in any case; the link is ENDED (LOGGED_OUT) then. */
void ulak_link_logout_async (UlakLink *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_link_logout_finish (UlakLink *self, GAsyncResult *result, GError **error);

/* <presence>; also at later logins. Unavailable unless told otherwise: a device that is available silences the phone. */
void ulak_link_set_available (UlakLink *self, gboolean is_available);
/* Nothing leaves of the line's presence, not even at login, and so not its name, which goes along; who was available is not any more. */
void ulak_link_set_ghost (UlakLink *self, gboolean is_ghost);
/* The account's name was changed: what others see beside messages. Told to the server now; who calls has it kept in the credentials. */
void ulak_link_set_push_name (UlakLink *self, const char *name);
/* The data named by <ib><dirty type timestamp> were refreshed. */
void ulak_link_clean (UlakLink *self, const char *type, gint64 timestamp_s);
/* How long a message took to be understood is not seen from here: chat says when one was decrypted. */
void ulak_link_mark_decrypted (UlakLink *self);

/* -- Health -- */
typedef struct
{
  UlakLinkPhase phase;
  gint64 frame_age_ms;     /* since the last frame came; -1: none on this connection */
  gint64 pong_age_ms;      /* since the last answered ping; -1 likewise */
  gint64 decrypted_age_ms; /* since the last message was decrypted; -1: none since the start */
  gint64 connected_age_ms; /* since <success>; -1: not online */
  gint64 connect_ms;       /* how long the last connection took until online, -1: none yet */
  gint64 ready_ms;         /* and until ready */
  guint queries;           /* outstanding */
  guint messages;          /* outstanding: sent, not acked */
  gint64 oldest_ack_ms;    /* how long the oldest of them waits; 0: none does */
  guint held;              /* stanzas that handlers hold */
  gsize unsent_bytes;
  guint64 reconnects;
  guint64 frames_in;
  guint64 frames_out;
  gint64 client_expires_s; /* Unix time when this version stops working, 0: not said */
} UlakLinkStatus;

void ulak_link_get_status (UlakLink *self, UlakLinkStatus *status_out);

G_END_DECLS
