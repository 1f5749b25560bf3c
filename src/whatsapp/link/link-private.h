/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * How a link lies in memory, for the files link-*.c, each of which is one of its trades and owns the part of the struct
 * that bears its name.
 *
 * Answers that come later (store works, queries, PBKDF2) carry the epoch in which they were asked for; an epoch ends with
 * its connection, and an answer of an earlier one is dropped. Reporting a state or calling a handler may stop the link:
 * whoever does compares the epoch before going on.
 */
#pragma once

#include "whatsapp/crypto/link-code.h"
#include "whatsapp/link/account.h"
#include "whatsapp/link/channel.h"
#include "whatsapp/link/link.h"
#include "whatsapp/link/payload.h"
#include "whatsapp/link/pending.h"

#include <libsoup/soup.h>

#define ULAK_LINK_QUERIES_MAX 256
#define ULAK_LINK_MESSAGES_MAX 1024
#define ULAK_LINK_ACK_MS 75000
#define ULAK_LINK_FIRST_STANZA_MS 20000
#define ULAK_LINK_REFS_MAX 16

/* link-connection.c */
typedef struct
{
  guint failures;        /* connections that did not last, in a row */
  guint quick_restarts;  /* restarts that the server asked for without a stable connection between them */
  guint failed_hellos;   /* connections with routing info that did not get past the handshake, in a row */
  gboolean skips_routing_info;
  guint retry_timer;
  guint stable_timer;
  guint first_stanza_timer;
  gint64 began_us;       /* monotonic */
  UlakNode *owed_ack;    /* (owned) (nullable): <ack> that the server missed, until its stanza comes again or the backlog ends */
} UlakLinkConnection;

/* link-login.c */
typedef struct
{
  gint64 online_us; /* monotonic; 0: not logged in */
  gboolean is_active;
  gboolean is_backlog_done;
  gboolean has_preview;
  guint batch_left; /* stanzas of the batch asked for that did not come yet */
  guint backlog_timer;
  guint batch_timer;
  gint64 client_expires_s;
  gint64 connect_ms;
  gint64 ready_ms;
} UlakLinkLogin;

/* link-pre-keys.c */
typedef struct
{
  gboolean is_uploading;
  gboolean is_wanted; /* once more, after the one that runs */
  gboolean is_first;  /* the server has none yet, or must forget those it has */
  guint retry_timer;
  guint rotation_timer;
} UlakLinkPreKeys;

/* link-keepalive.c */
typedef struct
{
  guint ping_timer;
  guint silence_timer;
  gboolean is_dead;    /* the connection is given up for its silence */
  gint64 began_us;     /* monotonic: the handshake ended */
  gint64 pinged_us;    /* monotonic */
  gint64 pong_us;      /* monotonic; 0: none on this connection */
  gint64 tick_wall_us; /* both clocks when the timer was set: they part during suspend */
  gint64 tick_us;
} UlakLinkKeepalive;

/* link-pairing.c */
typedef struct
{
  char *refs[ULAK_LINK_REFS_MAX]; /* (owned) */
  guint n_refs;
  guint at;       /* the one that is shown */
  guint rounds;   /* connections whose refs were used up */
  guint timer;
  gint64 shown_until_us; /* wall clock */
  gboolean is_confirming; /* pair-success is being stored */
  gboolean is_fresh;      /* paired, and not logged in since */
  UlakOutcome *complaint; /* (owned) (nullable): why the attempt before failed; shown with the next QR */
} UlakLinkPairing;

/* link-code.c */
typedef struct
{
  UlakKeyPair ephemeral;
  UlakLinkCode code;
  UlakJid phone;
  GBytes *ref;      /* (owned) (nullable): from companion_hello's answer on */
  guint serial;     /* of the code: answers that concern an earlier one are dropped */
  gboolean is_making;     /* until the server took it */
  gboolean is_stretching; /* an answer of the phone is worked on */
  gint64 until_us;  /* wall clock; 0: no code is outstanding */
  guint hellos;     /* answers of the phone to this code */
  guint timer;
  GTask *request;   /* (owned) (nullable): who asked, until the server took it */
  gboolean is_finishing; /* the phone answered: the ADV secret is the one agreed */
} UlakLinkCodePairing;

/* link-passkey.c */
typedef struct
{
  gboolean is_asked;
  UlakKey handoff_key;
  gint64 handoff_until_us; /* monotonic; 0: none */
  UlakKeyPair ephemeral;
  guint8 nonce[32];
  char *ref;               /* (owned) (nullable): from the assertion on */
  UlakKey request_key;
  gboolean has_request_key;
  gboolean skips_confirmation;
} UlakLinkPasskey;

typedef struct
{
  guint id;
  char *tag;
  char *type; /* (nullable) */
  UlakLinkHandler handler; /* NULL: removed while stanzas were handed out */
  gpointer user_data;
} UlakLinkHandlerRow;

struct _UlakLink
{
  GObject parent;

  UlakStore *store;
  UlakSeal *seal; /* unowned */
  UlakClock *clock;
  UlakRandom *random;
  GUri *url;
  GBytes *root_key;
  UlakClientVersion version;
  char *device_name;
  UlakDeviceWishes wishes;
  UlakLinkStateFunc state_changed;
  gpointer user_data;
  UlakSocketMaker make_socket;
  gpointer socket_data;
  SoupSession *soup; /* (nullable): until the first connection */

  UlakCredentials *credentials; /* (nullable) */
  UlakLinkPhase phase;
  gboolean is_started;
  gboolean is_logging_out;
  gboolean is_available;
  gboolean is_ghost;
  char *push_name; /* (owned) (nullable): newer than that of the credentials */
  guint epoch;
  UlakChannel *channel; /* (nullable) */
  UlakPending *queries;
  UlakPending *messages;
  guint32 id_prefix;
  guint id_counter;
  GArray *handlers; /* UlakLinkHandlerRow */
  guint next_handler_id;
  guint dispatching;
  guint held;
  guint64 reconnects;
  gint64 decrypted_us; /* monotonic; 0: none yet */

  UlakLinkConnection connection;
  UlakLinkLogin login;
  UlakLinkPreKeys pre_keys;
  UlakLinkKeepalive keepalive;
  UlakLinkPairing pairing;
  UlakLinkCodePairing code;
  UlakLinkPasskey passkey;
};

/* Who asked, for an answer that comes later. */
typedef struct
{
  UlakLink *link; /* (owned) */
  guint epoch;
  guint code_serial; /* of the code that was in force: link-code.c alone looks at it */
} UlakLinkAsk;

UlakLinkAsk *ulak_link_ask_new (UlakLink *self);
void ulak_link_ask_free (UlakLinkAsk *ask);
gboolean ulak_link_ask_is_current (const UlakLinkAsk *ask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakLinkAsk, ulak_link_ask_free)

guint ulak_link_add_timer (UlakLink *self, gint64 delay_ms, GSourceOnceFunc func);
void ulak_link_open_account (UlakLink *self);
void ulak_link_report (UlakLink *self, const UlakLinkState *state);
void ulak_link_take_credentials (UlakLink *self, UlakAccountState *state);
void ulak_link_change (UlakLink *self, UlakAccountChange *change, GAsyncReadyCallback callback, gpointer user_data);
void ulak_link_change_quietly (UlakLink *self, UlakAccountChange *change, const char *what);

/* link-connection.c */
void ulak_link_connect (UlakLink *self);
void ulak_link_drop (UlakLink *self, const char *why);
void ulak_link_lose (UlakLink *self, UlakOutcome *outcome); /* (transfer full) */
void ulak_link_end (UlakLink *self, const UlakOutcome *outcome);
void ulak_link_end_without_keys (UlakLink *self, UlakOutcome *outcome); /* (transfer full) */
void ulak_link_settle_connection (UlakLink *self); /* <success> or pair-device came */
void ulak_link_clear_connection_timers (UlakLink *self);

/* link-stanzas.c */
void ulak_link_receive (UlakLink *self, UlakNode *node);
gboolean ulak_link_send_now (UlakLink *self, UlakNode *node_or_null); /* (transfer full) */
void ulak_link_send_built (UlakLink *self, UlakNodeBuilder *builder); /* (transfer full) */

/* link-login.c */
void ulak_link_begin_login (UlakLink *self, const UlakNode *success);
void ulak_link_take_ib (UlakLink *self, const UlakNode *ib);
void ulak_link_count_backlog (UlakLink *self, const UlakNode *node);
void ulak_link_send_presence (UlakLink *self);
const char *ulak_link_get_push_name (UlakLink *self); /* (nullable) */
void ulak_link_go_active (UlakLink *self);
void ulak_link_clear_login (UlakLink *self);

/* link-pre-keys.c */
void ulak_link_upload_pre_keys (UlakLink *self);
void ulak_link_ask_pre_key_count (UlakLink *self);
void ulak_link_take_pre_key_count (UlakLink *self, const UlakNode *count);
void ulak_link_check_rotation (UlakLink *self);
void ulak_link_clear_pre_keys (UlakLink *self);

/* link-keepalive.c */
void ulak_link_begin_keepalive (UlakLink *self);
void ulak_link_clear_keepalive (UlakLink *self);

/* link-pairing.c */
gboolean ulak_link_is_pairing (UlakLink *self);
void ulak_link_take_pair_device (UlakLink *self, UlakNode *iq);
void ulak_link_take_pair_success (UlakLink *self, UlakNode *iq);
void ulak_link_refresh_qr (UlakLink *self);
void ulak_link_show_qr (UlakLink *self);
void ulak_link_fail_pairing (UlakLink *self, const char *message);
void ulak_link_interrupt_pairing (UlakLink *self); /* before the connection is given up without a word of the server */
void ulak_link_clear_pairing (UlakLink *self);

/* link-code.c */
void ulak_link_begin_code (UlakLink *self); /* pair-device came: who asked for a code gets it now */
void ulak_link_take_code_notification (UlakLink *self, UlakNode *notification);
void ulak_link_clear_code (UlakLink *self);

/* link-passkey.c */
void ulak_link_take_passkey_request (UlakLink *self, UlakNode *notification);
void ulak_link_take_passkey_continuation (UlakLink *self, UlakNode *notification);
void ulak_link_clear_passkey (UlakLink *self);
