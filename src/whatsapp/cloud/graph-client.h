/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Graph client: HTTP to the Graph API for one line.
 *
 * Owns the connections, the access token (looked up when first needed, dropped when it was refused or changed) and the one
 * judgement that only the transport can make: whether a request that got no answer may have been taken. Nothing of the
 * request can be acted upon before its header block is written, so a fault before that is NOT_SENT (safe to send
 * again) and a later one UNCLEAR.
 *
 * Connections. libsoup opens a new connection, with a TLS handshake, for every POST unless SOUP_MESSAGE_IDEMPOTENT is
 * set. That flag is read when a connection is chosen; in 3.2 the decision to send again after a broken connection looks at
 * the method alone, which for POST is always no (soup-client-message-io-http1.c, request_is_restartable). Not to depend on
 * it, the flag is set while the connection is chosen and taken off at "starting", before the first byte: connections are
 * reused and libsoup can never send a message twice. Idle connections are dropped after 15 s, well before servers do it,
 * so that a request seldom meets a connection that is just being closed, which would look UNCLEAR.
 * HTTP/2, which would send again by itself, is off (service/main.c).
 *
 * Redirects are not followed and cookies not kept; answers are read up to 1 MiB. Main thread only.
 */
#pragma once

#include "core/clock.h"
#include "core/metrics.h"
#include "core/random.h"
#include "core/secret-source.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_GRAPH_ANSWER_MAX_BYTES (1024 * 1024)

typedef enum
{
  ULAK_GRAPH_FAULT_NONE,     /* an answer with a status came */
  ULAK_GRAPH_FAULT_NOT_SENT, /* certainly not taken */
  ULAK_GRAPH_FAULT_UNCLEAR,  /* it left, and no usable answer came */
} UlakGraphFault;

typedef struct
{
  UlakGraphFault fault;
  const char *fault_code; /* (nullable): one of the codes "made here" of docs/whatsapp-cloud.md */
  char *why;              /* (owned) (nullable): a sentence for people */
  guint status;           /* 0 with a fault */
  char *retry_after;      /* (owned) (nullable) */
  JsonObject *json;       /* (owned) (nullable): the body, if it is a JSON object within the limits */
} UlakGraphAnswer;

void ulak_graph_answer_free (UlakGraphAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakGraphAnswer, ulak_graph_answer_free)
gboolean ulak_graph_answer_is_success (const UlakGraphAnswer *self);

typedef struct
{
  const char *base_url;     /* "https://graph.facebook.com"; http only for test servers */
  const char *version;      /* "v23.0" */
  const char *token_secret; /* the name of the secret that holds the access token */
  gint64 timeout_ms;        /* for one request in all; uploads and downloads get more by their size */
  guint max_connections;    /* 1 or more */
  UlakSecretSource *secrets;
  UlakClock *clock;
  UlakRandom *random;
  UlakMetrics *metrics; /* (nullable) */
  const char *account;  /* for metrics */
} UlakGraphClientOptions;

#define ULAK_TYPE_GRAPH_CLIENT (ulak_graph_client_get_type ())
G_DECLARE_FINAL_TYPE (UlakGraphClient, ulak_graph_client, ULAK, GRAPH_CLIENT, GObject)

UlakGraphClient *ulak_graph_client_new (const UlakGraphClientOptions *options);

/* path: after the version, without a leading slash. */
void ulak_graph_client_get_async (UlakGraphClient *self,
                                  const char *path,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
void ulak_graph_client_post_async (UlakGraphClient *self,
                                   const char *path,
                                   const char *json,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
void ulak_graph_client_upload_async (UlakGraphClient *self,
                                     const char *path,
                                     const char *file_path,
                                     const char *mime_type,
                                     const char *file_name,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
UlakGraphAnswer *ulak_graph_client_call_finish (UlakGraphClient *self,
                                                GAsyncResult *result); /* (transfer full), never NULL */

typedef struct
{
  const char *url; /* as the network gave it */
  int fd;          /* the caller's, written from its position on */
  goffset max_bytes;
  const char *sha256; /* (nullable): hex or base64 */
} UlakGraphDownload;

void ulak_graph_client_download_async (UlakGraphClient *self,
                                       const UlakGraphDownload *download,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean ulak_graph_client_download_finish (UlakGraphClient *self, GAsyncResult *result, GError **error);

void ulak_graph_client_forget_token (UlakGraphClient *self);

G_END_DECLS
