/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the files of the media client share: its fields, turns, waits between tries, and the phone's help.
 */
#pragma once

#include "core/backoff.h"
#include "whatsapp/media/media-client.h"
#include "whatsapp/media/media-connection.h"

G_BEGIN_DECLS

#define ULAK_MEDIA_QUEUE_MAX 256
#define ULAK_MEDIA_RETRY_AFTER_MAX_S 60 /* a host that wants more is given up for now */
#define ULAK_MEDIA_ORIGIN "https://web.whatsapp.com"
#define ULAK_MEDIA_SQL(name) ("/org/ulak/sql/whatsapp/" name ".sql")

struct _UlakMediaClient
{
  GObject parent_instance;

  UlakMediaPort port;
  UlakStore *store;                /* (owned) */
  SoupSession *session;            /* (owned) */
  UlakClock *clock;                /* (owned) */
  UlakRandom *random;              /* (owned) */
  UlakRandom *key_random;          /* (owned) */
  UlakMediaConnection *connection; /* (owned) */
  char *spool;                     /* (owned) */
  char *host;                      /* (owned) */
  char *own_user;                  /* (owned) (nullable) */
  GQueue queued;                   /* (element-type Turn) (owned) */
  GHashTable *busy;                /* (owned) (element-type utf8): names in the spool that a transfer uses */
  guint n_running;
  guint sweep_timer;
  GPtrArray *asked;                /* (owned) (element-type Asked): what the phone was asked for */
};

/* -- turns: start is called when it is the task's, at the latest after ULAK_MEDIA_TRANSFERS_MAX others -- */
typedef void (*UlakTransferStart) (GTask *task /* (transfer full) */);
void ulak_media_client_enter (UlakMediaClient *self, GTask *task /* (transfer full) */, const char *name, UlakTransferStart start);
void ulak_media_client_leave (UlakMediaClient *self, const char *name);

/* -- what an answer or a fault means -- */
gint64 ulak_media_get_retry_after_ms (SoupMessage *message, gint64 now_us); /* 0: not said */
gint64 ulak_media_client_get_wait_ms (UlakMediaClient *self, guint failures);
void ulak_media_add_headers (SoupMessage *message);
/* 60 s and what the slowest bearable line needs for so many bytes. */
gint64 ulak_media_get_deadline_us (goffset size_bytes);

/* -- media-retry.c -- */
typedef struct _Asked UlakMediaAsked;
void ulak_media_asked_free (UlakMediaAsked *self);
/* The newest place that the phone told for the file; NULL: none. Never fails: an error is as good as none. */
void ulak_media_client_find_path_async (UlakMediaClient *self,
                                        const UlakMediaReference *reference,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
char *ulak_media_client_find_path_finish (UlakMediaClient *self, GAsyncResult *result);
/* Asks the phone to upload the file again. Finishes with the new direct path. Errors: NOT_FOUND, UNAVAILABLE. */
void ulak_media_client_ask_async (UlakMediaClient *self,
                                  const UlakMediaReference *reference,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
char *ulak_media_client_ask_finish (UlakMediaClient *self, GAsyncResult *result, GError **error);

G_END_DECLS
