/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Backend: one way to reach a network, behind the line that everybody else sees.
 *
 * The line (connector/line.h) owns the rows, the queue, the pace, the state and the bus; a backend owns the conversation
 * with the network. It is told what to do by the functions below and tells what happened by the line's ulak_line_*()
 * functions. Messages are the JSON documents of docs/messages.md on both sides. `cloud` and `linked` implement it.
 * Main thread only.
 */
#pragma once

#include "connector/inbound.h"
#include "connector/state.h"
#include "core/issues.h"

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
} UlakSendScope;

typedef struct
{
  UlakSendOutcome outcome;
  UlakSendScope scope;
  gint64 retry_after_ms;   /* RETRY: a floor set by the network; 0: the line's own backoff */
  char *network_id;        /* (owned): ACCEPTED */
  char *recipient;         /* (owned) (nullable): ACCEPTED: the recipient's id as the network knows it */
  char *error_code;        /* (owned) (nullable): "E_WA_..." */
  char *error_message;     /* (owned) (nullable): a sentence without private data */
  gint64 original_code;    /* the network's own code, 0 if none */
  gint64 original_subcode;
  char *original_details;  /* (owned) (nullable) */
} UlakSendResult;

UlakSendResult *ulak_send_result_new (UlakSendOutcome outcome);
void ulak_send_result_free (UlakSendResult *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSendResult, ulak_send_result_free)

typedef struct
{
  const char *id;      /* our id of the message; goes to the network as an opaque mark where it takes one */
  const char *chat;    /* the recipient's chat id */
  JsonObject *message; /* the send document, validated */
  const char *reply_to_network_id; /* (nullable) */
  guint tries;         /* tries so far, this one not counted */
} UlakOutbound;

#define ULAK_TYPE_BACKEND (ulak_backend_get_type ())
G_DECLARE_DERIVABLE_TYPE (UlakBackend, ulak_backend, ULAK, BACKEND, GObject)

struct _UlakBackendClass
{
  GObjectClass parent_class;

  const char *(*get_network) (UlakBackend *self);
  const char *(*get_name) (UlakBackend *self); /* "cloud", "linked" */

  /* account: the account document. Called at start and when it changed. Connects; reports by ulak_line_set_state(). */
  gboolean (*configure) (UlakBackend *self, JsonObject *account, GError **error);
  void (*start) (UlakBackend *self);
  void (*stop_async) (UlakBackend *self, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*stop_finish) (UlakBackend *self, GAsyncResult *result, GError **error);

  /* Adds issues of its own to a send document that passed the general checks. Optional. */
  void (*check_message) (UlakBackend *self, JsonObject *message, UlakIssues *issues);
  /* What may be uploaded. Optional. mime_type as given; *max_bytes_out is the network's limit for it. */
  gboolean (*check_media) (UlakBackend *self, const char *mime_type, goffset *max_bytes_out, GError **error);

  void (*send_async) (UlakBackend *self, const UlakOutbound *outbound, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  UlakSendResult *(*send_finish) (UlakBackend *self, GAsyncResult *result); /* (transfer full), never NULL */

  void (*mark_read_async) (UlakBackend *self, const char *network_id, gboolean typing, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*mark_read_finish) (UlakBackend *self, GAsyncResult *result, GError **error);

  /* Fetches inbound media into fd (the line's, at offset 0), verified; reference is what the backend put into the message's
   * media row. At most max_bytes. */
  void (*fetch_media_async) (UlakBackend *self, JsonObject *reference, int fd, goffset max_bytes, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*fetch_media_finish) (UlakBackend *self, GAsyncResult *result, GError **error);

  /* Optional: UNSUPPORTED without them. link_finish returns the JSON text of the link document. */
  void (*link_async) (UlakBackend *self, const char *method, const char *phone, GAsyncReadyCallback callback, gpointer user_data);
  char *(*link_finish) (UlakBackend *self, GAsyncResult *result, GError **error);
  void (*logout_async) (UlakBackend *self, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*logout_finish) (UlakBackend *self, GAsyncResult *result, GError **error);
};

G_END_DECLS
