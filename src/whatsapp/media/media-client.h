/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media client: files go to WhatsApp's media hosts and come from there.
 *
 * Up: the file is read twice, first to learn its hashes (they are part of the address), then encrypted into the request's
 * body on the way; nothing is written and no more than a chunk is in memory. Down: the encrypted file is collected in the
 * spool folder, from where it goes on after a cut or a restart, and is decrypted from there into the caller's file, whose
 * contents mean nothing until the finish said TRUE. Hosts come from the media connection (media-connection.h); a request
 * goes only to those, to mmg.whatsapp.net, or to a URL of a message that is on whatsapp.net.
 *
 * What the hosts no longer have, the account's phone is asked to upload again (media-retry.c), once per download.
 * At most ULAK_MEDIA_TRANSFERS_MAX transfers run at once; further ones wait. Main thread only; files are touched on threads
 * of the pool.
 */
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "store/store.h"
#include "whatsapp/codec/jid.h"
#include "whatsapp/media/media-port.h"
#include "whatsapp/media/media-reference.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define ULAK_MEDIA_TRIES_MAX 5
#define ULAK_MEDIA_TRANSFERS_MAX 4
#define ULAK_MEDIA_HANDLE_DAYS 14 /* how long an uploaded file is taken to be there still; hosts keep them about 30 */
#define ULAK_MEDIA_HOST "mmg.whatsapp.net"

#define ULAK_TYPE_MEDIA_CLIENT (ulak_media_client_get_type ())
G_DECLARE_FINAL_TYPE (UlakMediaClient, ulak_media_client, ULAK, MEDIA_CLIENT, GObject)

typedef struct
{
  UlakMediaPort port;
  UlakStore *store;       /* with the tables of this room's migration */
  SoupSession *session;   /* of ulak_media_session_new() */
  UlakClock *clock;
  UlakRandom *random;     /* jitter */
  UlakRandom *key_random; /* media keys: the system's, except in tests */
  const char *spool;      /* a folder of the line's own for what is half here; made when it is missing */
  const char *host;       /* (nullable): ULAK_MEDIA_HOST; where downloads go when the server names no host */
} UlakMediaClientOptions;

/* For TLS trust see whatsapp/link/roots.h: the process-wide database is used. */
SoupSession *ulak_media_session_new (void);

/* Makes this room's queries and its migration known; once is enough, more are harmless. */
void ulak_media_register_sql (void);

UlakMediaClient *ulak_media_client_new (const UlakMediaClientOptions *options);
/* Whose phone is asked for what is gone: the own user without a device, as the receipt's `to`. */
void ulak_media_client_set_own_user (UlakMediaClient *self, const UlakJid *user);

/* fd: the caller's until the callback, at offset 0, empty, open for writing. Errors: NOT_FOUND (gone, and the phone does not
 * have it either), UNAVAILABLE (hosts or phone do not answer; what came is kept, try again later), TOO_LARGE, DAMAGED (the
 * file there is not the one that was announced), INVALID, FULL, NOT_ALLOWED. */
void ulak_media_client_download_async (UlakMediaClient *self,
                                       const UlakMediaReference *reference,
                                       int fd,
                                       goffset max_bytes,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean ulak_media_client_download_finish (UlakMediaClient *self, GAsyncResult *result, GError **error);

/* What goes into a message about an uploaded file. */
typedef struct
{
  UlakMediaKind kind;
  gboolean is_encrypted;
  char *url;         /* (owned) */
  char *direct_path; /* (owned) */
  char *media_id;    /* (owned) (nullable): newsletters: attribute media_id of the <message> */
  UlakKey media_key; /* is_encrypted */
  UlakMediaSummary summary;
  gint64 key_time_s; /* Unix time: mediaKeyTimestamp */
} UlakMediaUpload;

void ulak_media_upload_free (UlakMediaUpload *self); /* wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakMediaUpload, ulak_media_upload_free)

/* As the network_handle of ulak_line_keep_media_handle(), with valid_until_us now + ULAK_MEDIA_HANDLE_DAYS. parse: NULL
 * when the handle is not one of ours, or is of another kind: upload then. */
char *ulak_media_upload_to_handle (const UlakMediaUpload *self);
UlakMediaUpload *ulak_media_upload_from_handle (const char *handle, UlakMediaKind kind);

/* Errors: TOO_LARGE, INVALID (empty file), UNAVAILABLE (no host took it), REMOTE (a host refused it), NOT_FOUND (no such
 * file), G_IO_ERROR_CANCELLED. */
void ulak_media_client_upload_async (UlakMediaClient *self,
                                     UlakMediaKind kind,
                                     gboolean is_encrypted, /* FALSE: for newsletters */
                                     const char *path,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
UlakMediaUpload *ulak_media_client_upload_finish (UlakMediaClient *self, GAsyncResult *result, GError **error);

/* <notification type="mediaretry">: on the store's thread in the transaction that takes it, then on the main thread when that
 * is durable. */
gboolean ulak_media_retry_keep (UlakDatabase *database, const UlakNode *notification, GError **error);
void ulak_media_client_retry_kept (UlakMediaClient *self, const UlakNode *notification);

G_END_DECLS
