/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sent: what we sent, so that a device that could not read it gets it again, after a restart too.
 *
 * Kept by chat and network id for ULAK_SENT_AGE_US; a user's chat is found under either form of its JID. Retries are
 * admitted here: limits, and the rule when a session has to be replaced (docs/protocol/sessions.md). Store's thread.
 */
#pragma once

#include "whatsapp/session/peers.h"
#include "whatsapp/session/session.h"

G_BEGIN_DECLS

#define ULAK_SENT_AGE_US (21 * G_TIME_SPAN_DAY)
#define ULAK_SENT_MAX_ROWS 100000
#define ULAK_SENT_MAX_BYTES 1048576 /* of one message; media are not in it */
#define ULAK_SENT_RETRY_COUNT_MAX 4 /* a count of 5 is refused */
#define ULAK_SENT_RETRY_TIMES_MAX 10

/* plain: serialized Message without padding. note (nullable): a few words of the caller's own (who may see a status).
 * A second time for the same id replaces the first. */
gboolean ulak_sent_keep (UlakDatabase *database,
                         const UlakJid *chat,
                         const char *network_id,
                         UlakSpan plain,
                         const char *note,
                         gint64 now_us,
                         GError **error);

typedef struct
{
  GBytes *plain; /* (owned) */
  char *note;    /* (owned) (nullable) */
  gint64 sent_us;
} UlakSentMessage;

void ulak_sent_message_free (UlakSentMessage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakSentMessage, ulak_sent_message_free)

/* *message_out: (transfer full) (nullable): NULL: nothing to answer with, only acknowledge. */
gboolean ulak_sent_find (UlakDatabase *database,
                         const UlakJid *chat,
                         const char *network_id,
                         UlakSentMessage **message_out,
                         GError **error);

typedef struct
{
  const UlakJid *chat;
  const char *network_id;
  UlakPeerDevice device;   /* who asks */
  guint count;             /* of the receipt */
  guint32 registration_id; /* of the receipt; 0: not there */
  gboolean has_keys;       /* the receipt has a bundle of its own */
} UlakRetryRequest;

typedef enum
{
  ULAK_RETRY_SERVE,        /* encrypt with the session that is there */
  ULAK_RETRY_PROCESS_KEYS, /* process the receipt's bundle first */
  ULAK_RETRY_FETCH_BUNDLE, /* fetch a bundle first */
  ULAK_RETRY_REFUSE,       /* too often */
} UlakRetryVerdict;

/* Counts the request. With PROCESS_KEYS and FETCH_BUNDLE a session that did not help is deleted here. */
gboolean ulak_sent_admit_retry (UlakSession *session,
                                UlakDatabase *database,
                                const UlakRetryRequest *request,
                                gint64 now_us,
                                UlakRetryVerdict *verdict_out,
                                GError **error);

G_END_DECLS
