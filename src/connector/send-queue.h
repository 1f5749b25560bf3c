/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Send queue: sends what waits, in order, at the line's pace.
 *
 * The database holds the queue (connector/lanes.h); here is only a window of lane heads that may go now and the sends in
 * flight. A head is claimed durably before its bytes leave and settled durably after the answer. One message of a chat is in
 * flight at a time; chats that wrote lately come before cold ones. What has to wait longer than five seconds is held, with
 * a reason and an end that people see:
 *
 *   rate_line        the line's token buckets        until known
 *   rate_recipient   the recipient's                 until known
 *   retry            the network refused for now     until known
 *   new_contact      the pace of people who are new  until known
 *   quiet_hours      nobody is disturbed now         until they are over
 *   stranger         the recipient takes nothing from strangers now
 *   time_lock        the network locked the line for chats that did not write lately
 *   unknown_outcome  it may have been sent           until known, or none when it is not sent again
 *   disconnected     the line is not ready           until it is
 *
 * Cold chats are those that did not write in the last day: the pace of new people, quiet hours and a lock of the network hold them
 * and nobody else. A refusal that concerns the whole line holds everything and costs no message a try; then one message goes as a probe.
 * Main thread only.
 */
#pragma once

#include "connector/backend.h"
#include "connector/line-settings.h"
#include "connector/line-store.h"
#include "core/backoff.h"
#include "core/metrics.h"

G_BEGIN_DECLS

#define ULAK_TYPE_SEND_QUEUE (ulak_send_queue_get_type ())
G_DECLARE_FINAL_TYPE (UlakSendQueue, ulak_send_queue, ULAK, SEND_QUEUE, GObject)

typedef struct
{
  guint concurrency; /* sends in flight */
  guint attempts;    /* tries of a message before it failed */
  UlakBackoff backoff;
  gint64 unknown_wait_ms;
} UlakSendQueueOptions;

UlakSendQueue *ulak_send_queue_new (UlakLineStore *store,
                                    UlakClock *clock,
                                    UlakRandom *random,
                                    UlakMetrics *metrics,
                                    const UlakSendQueueOptions *options);
void ulak_send_queue_set_backend (UlakSendQueue *self, UlakBackend *backend);
void ulak_send_queue_apply_settings (UlakSendQueue *self, const UlakLineSettings *settings);
void ulak_send_queue_set_ready (UlakSendQueue *self,
                                gboolean is_ready); /* whether the backend may be asked to send */
void ulak_send_queue_kick (UlakSendQueue *self);    /* something new may wait */

/* Whether a message to chat might leave at once; then ulak_line_store_accept_async() takes the permit, and it is given back here. */
gboolean ulak_send_queue_permit (UlakSendQueue *self, const char *chat, UlakSendPermit *permit_out);
void ulak_send_queue_use_permit (UlakSendQueue *self, const char *chat, UlakLaneHead *head, UlakClaim *claim);

/* The reason of some holds is over. */
void ulak_send_queue_retry_held (UlakSendQueue *self, const char *reason);

/* What holds the whole line now; NULL if nothing does. *until_us_out: wall clock, 0 when nobody knows. */
const char *ulak_send_queue_get_hold (UlakSendQueue *self, gint64 *until_us_out);
guint ulak_send_queue_get_in_flight (UlakSendQueue *self);

/* Claims no more; finishes when what is in flight is settled. */
void ulak_send_queue_drain_async (UlakSendQueue *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean ulak_send_queue_drain_finish (UlakSendQueue *self, GAsyncResult *result, GError **error);

G_END_DECLS
