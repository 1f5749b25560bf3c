/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History: what the phone gives a new device of its past, streamed into the line's store.
 *
 * A notification becomes a row of history_blobs in the transaction that takes its message (ulak_history_note()), so none
 * is lost; its blob then comes to the spool folder, is checked, decrypted and inflated as a stream, and is taken apart
 * message by message. Messages become rows without events, in batches of at most ULAK_HISTORY_BATCH_PIECES; the place
 * in the blob is kept in the transaction of each batch, so a kill costs one batch. A message that is known stays as it is.
 * Also taken: chats (name, unread, archived, pinned, muted), names of people, pairs of phone number and LID, tokens. A blob is
 * read twice, for who is who stands behind the messages: first people, then messages and chats.
 *
 * One blob at a time, in order of arrival. A blob that is gone, damaged or none that we understand is given up and the log
 * says so: history is a gift, the rest of the line works without it.
 * What runs on the store's threads says so; all else is main thread only.
 */
#pragma once

#include "connector/line.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/media/media-client.h"

G_BEGIN_DECLS

#define ULAK_HISTORY_BATCH_PIECES 200
#define ULAK_HISTORY_BATCH_BYTES (1024 * 1024)
#define ULAK_HISTORY_FILE_MAX ((goffset) 1024 * 1024 * 1024) /* bytes of one blob, deflated */

/* [whatsapp] history */
typedef enum
{
  ULAK_HISTORY_NONE,   /* names, pairs and tokens only: the line needs them */
  ULAK_HISTORY_RECENT, /* and the messages of all blobs but FULL */
  ULAK_HISTORY_FULL,
} UlakHistoryWish;

gboolean ulak_history_wish_parse (const char *text, UlakHistoryWish *wish_out);

/* Makes the queries and the migration of history and app state known; once is enough, more are harmless. */
void ulak_history_register_sql (void);

/* Store's thread, in the transaction that takes the message. The same notification again changes nothing, and one that names
 * nothing usable is no error. now_us: wall clock. */
gboolean ulak_history_note (UlakDatabase *database,
                            const Wa__HistorySyncNotification *notification,
                            const char *message_id,
                            gint64 now_us,
                            GError **error);

#define ULAK_TYPE_HISTORY_SYNC (ulak_history_sync_get_type ())
G_DECLARE_FINAL_TYPE (UlakHistorySync, ulak_history_sync, ULAK, HISTORY_SYNC, GObject)

/* Where batches go: ulak_line_commit_inbound_async() of a line. */
typedef struct
{
  gpointer owner;
  void (*commit_async) (gpointer owner, UlakInbound *inbound /* (transfer full) */, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*commit_finish) (gpointer owner, GAsyncResult *result, GError **error);
} UlakCommitter;

typedef struct
{
  UlakStore *store;
  UlakMediaClient *media;
  UlakCommitter committer;
  UlakClock *clock;
  UlakRandom *random;
  const char *spool; /* folder; the media client's may be used */
  UlakHistoryWish wish;
} UlakHistorySyncOptions;

UlakHistorySync *ulak_history_sync_new (const UlakHistorySyncOptions *options);
/* There may be work: at start, after a commit with ulak_history_note(), and when the line came online. */
void ulak_history_sync_wake (UlakHistorySync *self);
void ulak_history_sync_stop (UlakHistorySync *self); /* after the batch that is under way */

/* Signal "progress" (guint percent): as the phone counts it; 100 when the recent history is here. */

G_END_DECLS
