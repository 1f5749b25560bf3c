/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History: what the phone gives a new device of its past, streamed into the line's store.
 *
 * A notification becomes a row of history_blobs in the transaction that takes its message (ulak_history_note()), so none
 * is lost; its blob then comes to the spool folder, is checked, decrypted and inflated as a stream, and is taken apart
 * message by message. Messages become rows without events, in batches of at most ULAK_HISTORY_BATCH_MESSAGES; the place
 * in the blob is kept in the transaction of each batch, so a kill costs one batch. A message that is known stays as it is.
 * Also taken: chats (name, unread, archived, pinned, muted), names of people, pairs of phone number and LID, tokens.
 *
 * One blob at a time, in order of arrival. A blob that is gone, damaged or none that we understand is dropped and told
 * (ULAK_HISTORY_FAILED in the log): history is a gift, the rest of the line works without it.
 * What runs on the store's threads says so; all else is main thread only.
 */
#pragma once

#include "connector/line.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/media/media-client.h"

G_BEGIN_DECLS

#define ULAK_HISTORY_BATCH_MESSAGES 100
#define ULAK_HISTORY_INFLATED_MAX ((goffset) 4 * 1024 * 1024 * 1024) /* of one blob */
#define ULAK_HISTORY_MESSAGE_MAX (4 * 1024 * 1024)                   /* one message; larger ones are left out */

/* [whatsapp] history */
typedef enum
{
  ULAK_HISTORY_NONE,   /* names, pairs and tokens only: the line needs them */
  ULAK_HISTORY_RECENT, /* and the messages of all blobs but FULL */
  ULAK_HISTORY_FULL,
} UlakHistoryWish;

gboolean ulak_history_wish_parse (const char *text, UlakHistoryWish *wish_out);

/* Store's thread, in the transaction that takes the message. The same notification again changes nothing. */
gboolean ulak_history_note (UlakDatabase *database,
                            const Wa__HistorySyncNotification *notification,
                            const char *message_id,
                            gint64 now_us,
                            GError **error);

#define ULAK_TYPE_HISTORY (ulak_history_get_type ())
G_DECLARE_FINAL_TYPE (UlakHistory, ulak_history, ULAK, HISTORY, GObject)

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
} UlakHistoryOptions;

UlakHistory *ulak_history_new (const UlakHistoryOptions *options);
/* There may be work: at start, after a commit with ulak_history_note(), and when the line came online. */
void ulak_history_wake (UlakHistory *self);
void ulak_history_stop (UlakHistory *self); /* after the batch that is under way */

/* Signal "progress" (guint percent): as the phone counts it; 100 when the recent history is here. */

G_END_DECLS
