/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Cloud calls: what a line of the cloud backend asks of Graph, each an operation of its own: send a message, fetch a
 * medium.
 *
 * An operation changes nothing of the line. What it learnt about the line as a whole is its verdict, which the watch
 * (cloud-watch.h) turns into the line's state.
 */
#pragma once

#include "connector/line.h"
#include "whatsapp/cloud/graph-client.h"
#include "whatsapp/cloud/graph-error.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_VERDICT_NONE,        /* nothing was learnt */
  ULAK_VERDICT_GOOD,        /* Graph answered as it should */
  ULAK_VERDICT_DOUBTFUL,    /* no usable answer: ask again soon whether Graph is there */
  ULAK_VERDICT_UNREACHABLE, /* Graph, or the keyring, is away for now */
  ULAK_VERDICT_TOKEN,       /* the token is missing or refused */
  ULAK_VERDICT_FAILED,      /* an operator has to act */
  ULAK_VERDICT_BANNED,
} UlakVerdict;

/* What an answer comes to, for whatever call. */
typedef struct
{
  UlakVerdict verdict;
  UlakSendResult *result; /* (owned) (not nullable); of outcome ACCEPTED if the call succeeded */
} UlakJudgement;

UlakJudgement *ulak_judgement_new (const UlakGraphAnswer *answer, gint64 now_us);
UlakJudgement *ulak_judgement_new_failed (const char *error_code, const char *message);
void ulak_judgement_free (UlakJudgement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakJudgement, ulak_judgement_free)
gboolean ulak_judgement_to_error (const UlakJudgement *self, GError **error);

/* Where calls go. Line and clock outlive every call; the rest is referenced or copied by it. */
typedef struct
{
  UlakLine *line;
  UlakGraphClient *client;
  UlakClock *clock;
  const char *phone_number_id;
} UlakCloud;

void ulak_cloud_send_async (const UlakCloud *cloud,
                            const UlakOutbound *outbound,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
UlakJudgement *ulak_cloud_send_finish (GAsyncResult *result);

void ulak_cloud_fetch_async (const UlakCloud *cloud,
                             JsonObject *reference,
                             int fd,
                             goffset max_bytes,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ulak_cloud_fetch_finish (GAsyncResult *result, GError **error);

G_END_DECLS
