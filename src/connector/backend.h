/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Backend: one way to reach a network, behind the line that everybody else sees.
 *
 * The line (connector/line.h) owns the rows, the queue, the pace, the state and the bus; a backend owns the conversation
 * with the network. It is told what to do by the functions below and tells what happened by the line's ulak_line_*()
 * functions. Messages are the JSON documents of docs/messages.md on both sides. `cloud` and `linked` implement it.
 * Main thread only, apart from what a parcel does (connector/parcel.h).
 */
#pragma once

#include "connector/inbound.h"
#include "connector/line-settings.h"
#include "connector/parcel.h"
#include "connector/state.h"
#include "core/issues.h"
#include "core/metrics.h"
#include "service/health.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What became of one try to send one message. */
typedef enum
{
  ULAK_SEND_ACCEPTED, /* the network took it and gave it network_id */
  ULAK_SEND_RETRY,    /* certainly not taken; try the same row again, not before retry_after_ms */
  ULAK_SEND_FAILED,   /* certainly not taken and never will be */
  ULAK_SEND_UNKNOWN,  /* it may have been taken: bytes left and no answer came */
} UlakSendOutcome;

/* How far a RETRY reaches. */
typedef enum
{
  ULAK_SEND_SCOPE_MESSAGE,
  ULAK_SEND_SCOPE_RECIPIENT, /* everything to this recipient waits */
  ULAK_SEND_SCOPE_LINE,      /* everything waits */
  ULAK_SEND_SCOPE_COLD,      /* everything to chats that did not write lately waits; answers still go */
} UlakSendScope;

typedef struct
{
  UlakSendOutcome outcome;
  UlakSendScope scope;
  gint64 retry_after_ms;   /* RETRY: a floor set by the network; 0: the line's own backoff */
  const char *hold_reason; /* RETRY (static) (nullable): what people see as hold.reason: "stranger", "time_lock"; else "retry" */
  char *network_id;        /* (owned): ACCEPTED */
  char *recipient;         /* (owned) (nullable): ACCEPTED: the recipient's id as the network knows it */
  guint n_recipients;      /* ACCEPTED: people it went to, where receipts come from each of several; else 0 */
  gint64 timestamp_us;     /* ACCEPTED: the network's time of it; 0: not told */
  char *error_code;        /* (owned) (nullable): "E_WA_..." */
  char *error_message;     /* (owned) (nullable): a sentence without private data */
  gint64 original_code;    /* the network's own code, 0 if none */
  gint64 original_subcode;
  char *original_details;  /* (owned) (nullable) */
} UlakSendResult;

UlakSendResult *ulak_send_result_new (UlakSendOutcome outcome);
void ulak_send_result_free (UlakSendResult *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSendResult, ulak_send_result_free)

/* A stored message that an outbound one is about. */
typedef struct
{
  const char *id;         /* (nullable): ours; NULL when it is not stored here */
  const char *network_id; /* never NULL */
  const char *chat;       /* (nullable): NULL when it is not stored here */
  const char *from;       /* (nullable): its author; NULL: we, or unknown when id is NULL */
  gint64 timestamp_us;
  JsonObject *message;    /* (nullable): as GetMessage shows it */
} UlakOutboundTarget;

struct _UlakOutbound
{
  const char *id;      /* our id of the message; goes to the network as an opaque mark where it takes one */
  const char *chat;    /* the recipient's chat id */
  JsonObject *message; /* the send document, validated */
  const char *reply_to_network_id; /* (nullable) */
  guint tries;         /* tries so far, this one not counted */
  const UlakOutboundTarget *reply_to; /* (nullable): the message that reply_to names */
  const UlakOutboundTarget *target;   /* (nullable): the message that the content's message_id names: of a reaction, an edit,
                                       * a revoke, a vote, a pin */
  JsonObject *contact; /* (nullable): every id known of the chat's person; NULL of a group and of a stranger */
  gboolean is_cold;    /* the chat did not write lately */
  gint64 accepted_us;  /* wall clock, when it was accepted */
  UlakParcel *parcel;  /* (nullable): ours, packed: what is in it may be taken out */
};

/* Inbound messages of one chat that were read now, the oldest first. */
typedef struct
{
  const char *network_id;
  const char *from;
  const char *type; /* as docs/messages.md */
} UlakReadMessage;

typedef struct
{
  const char *chat;
  const UlakReadMessage *messages;
  guint n_messages; /* 1 to 200 */
  gboolean typing;  /* also show that an answer is being written */
  gboolean played;  /* recordings among them were listened to */
} UlakReadMark;

#define ULAK_TYPE_BACKEND (ulak_backend_get_type ())
G_DECLARE_DERIVABLE_TYPE (UlakBackend, ulak_backend, ULAK, BACKEND, GObject)

struct _UlakBackendClass
{
  GObjectClass parent_class;

  /* The same message sent again under the same id is one message to the recipient: what was on its way at a crash, and what
   * became UNKNOWN, is sent again at once. Set in class_init. */
  gboolean sends_idempotently;

  const char *(*get_network) (UlakBackend *self);
  const char *(*get_name) (UlakBackend *self); /* "cloud", "linked" */

  /* account: the account document. Called at start and when it changed. Connects; reports by ulak_line_set_state(). */
  gboolean (*configure) (UlakBackend *self, JsonObject *account, GError **error);
  void (*start) (UlakBackend *self);
  void (*stop_async) (UlakBackend *self, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*stop_finish) (UlakBackend *self, GAsyncResult *result, GError **error);

  /* Adds issues of its own to a send document that passed the general checks. Optional. */
  void (*check_message) (UlakBackend *self, JsonObject *message, UlakIssues *issues);
  /* Whether the network can be addressed so, and the chat id that stands for it (transfer full): NULL with INVALID. Optional:
   * what ulak_chat_id_parse() says. */
  char *(*resolve_recipient) (UlakBackend *self, const char *to, GError **error);
  /* What may be uploaded. Optional. mime_type as given; *max_bytes_out is the network's limit for it. */
  gboolean (*check_media) (UlakBackend *self, const char *mime_type, goffset *max_bytes_out, GError **error);

  /* What packs the next message in the transaction that accepts it (transfer full), NULL when that cannot be now. Optional, and
   * asked only of a backend that sends idempotently: a crash before the first byte leaves the message to be sent again. */
  UlakParcel *(*new_parcel) (UlakBackend *self);
  void (*send_async) (UlakBackend *self, const UlakOutbound *outbound, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  UlakSendResult *(*send_finish) (UlakBackend *self, GAsyncResult *result); /* (transfer full), never NULL */

  void (*mark_read_async) (UlakBackend *self, const char *network_id, gboolean typing, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*mark_read_finish) (UlakBackend *self, GAsyncResult *result, GError **error);
  /* Instead of mark_read, where the network wants each message named and its author. Optional. The line copies nothing: mark is
   * alive during the call only. Finished by mark_read_finish. */
  void (*mark_messages_async) (UlakBackend *self, const UlakReadMark *mark, GAsyncReadyCallback callback, gpointer user_data);

  /* Fetches inbound media into fd (the line's, at offset 0), verified; reference is what the backend put into the message's
   * media row. At most max_bytes. */
  void (*fetch_media_async) (UlakBackend *self, JsonObject *reference, int fd, goffset max_bytes, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*fetch_media_finish) (UlakBackend *self, GAsyncResult *result, GError **error);

  /* Optional: UNSUPPORTED without them. link finishes when ulak_line_set_link() was given what there is to show, or when the line
   * is ready. */
  void (*link_async) (UlakBackend *self, const char *method, const char *phone, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*link_finish) (UlakBackend *self, GAsyncResult *result, GError **error);
  void (*logout_async) (UlakBackend *self, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*logout_finish) (UlakBackend *self, GAsyncResult *result, GError **error);

  /* Optional: adds what only it knows to the line's health and gauges. */
  void (*check_health) (UlakBackend *self, UlakHealth *health);
  void (*refresh_metrics) (UlakBackend *self, UlakMetrics *metrics);
  /* Optional: a setting of the line that concerns it changed (ghost_mode). Also called once before start. */
  void (*apply_settings) (UlakBackend *self, const UlakLineSettings *settings);
};

G_END_DECLS
