/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The inside of a send queue, for the files that together are it: send-queue.c (life, the turn), send-window.c (what may go),
 * send-flight.c (what is under way), send-permit.c (what need not wait in line).
 */
#pragma once

#include "connector/send-queue.h"

#include "connector/pace.h"
#include "core/error.h"
#include "core/log.h"

G_BEGIN_DECLS

struct _UlakSendQueue
{
  GObject parent_instance;

  UlakLineStore *store; /* (owned) */
  UlakClock *clock;     /* (owned) */
  UlakRandom *random;   /* (owned) */
  UlakMetrics *metrics; /* (owned) */
  UlakBackend *backend; /* (owned) (nullable) */
  UlakSendQueueOptions options;
  UlakPace *pace; /* (owned) */
  gboolean holds_unknown;
  UlakHours quiet_hours;
  GTimeZone *zone; /* (owned): of the machine */

  GPtrArray *window; /* (owned) (element-type UlakLaneHead): in the order in which they may go */
  GHashTable *chats; /* (owned) (element-type utf8): of the window and of what is being done */
  guint in_flight;
  guint n_permits;         /* of those: given out, and not yet used or back */
  gboolean is_ready;
  gint64 unready_since_us; /* monotonic */
  guint line_failures;     /* refusals of the whole line in a row */
  gint64 line_until_us;    /* wall clock: nothing leaves before */
  gint64 cold_until_us;    /* wall clock: nothing leaves before to chats that did not write lately */
  const char *cold_reason; /* (static) */

  gboolean wants_list;
  gboolean is_listing;
  gboolean is_expiring;
  gboolean is_shifting;
  gint64 offset_us;   /* see ulak_clock_take_set_back_us() */
  gint64 set_back_us; /* not yet told to the store */
  gint64 next_due_us;
  gint64 next_expiry_us;
  gint64 pause_until_us; /* monotonic: after a fault of the database */
  guint timer;
  gboolean is_draining; /* for good */
  GTask *draining;      /* (owned) (nullable): until nothing is in flight */
};

/* send-queue.c */
gint64 ulak_send_queue_wall_us (UlakSendQueue *self);
gint64 ulak_send_queue_monotonic_us (UlakSendQueue *self);
void ulak_send_queue_turn (UlakSendQueue *self);
void ulak_send_queue_pause_after (UlakSendQueue *self, const GError *error);

/* send-flight.c. head, claim: (transfer full) */
void ulak_send_queue_launch (UlakSendQueue *self, UlakLaneHead *head);
void ulak_send_queue_fly (UlakSendQueue *self, UlakLaneHead *head, UlakClaim *claim); /* counted as in flight already */
void ulak_send_queue_close_unknown (UlakSendQueue *self, UlakLaneHead *head);
void ulak_send_queue_rest (UlakSendQueue *self, UlakLaneHead *head, const char *reason, gint64 wait_us);

/* send-window.c */
void ulak_send_queue_list (UlakSendQueue *self);
void ulak_send_queue_move_heads (UlakSendQueue *self, gint64 *wake_us);
void ulak_send_queue_show_hold (UlakSendQueue *self, const char *reason, gint64 until_us, gint64 *wake_us);
/* What holds chats that did not write lately; NULL: nothing does. */
const char *ulak_send_queue_get_cold_hold (UlakSendQueue *self, gint64 *until_us_out);

G_END_DECLS
