/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Line work: one visit to the line's database, from the main thread and back.
 *
 * A work carries its input and its output. What it changes in the counts that the main thread keeps (open messages, held
 * ones, events in the outbox) is noted in its head and applied only once the commit is durable. Ids are made on the main
 * thread before, since clock and random belong to it.
 */
#pragma once

#include "connector/line-store.h"
#include "core/id.h"

typedef struct
{
  gint depth_change;
  gint held_change;
  gint events_change;
  gboolean has_new_events;
  gint64 now_us; /* wall clock, when it was asked for */
} UlakLineWork;

/* Takes the output out of a work that succeeded and returns it by task. */
typedef void (*UlakLineWorkDone) (UlakLineStore *self, UlakLineWork *work, GTask *task);

/* work: (transfer full), its first member is the head. task: (transfer full). */
void ulak_line_store_write (UlakLineStore *self,
                            UlakStoreWork run,
                            gpointer work,
                            GDestroyNotify work_free,
                            UlakLineWorkDone done,
                            GTask *task);
/* For works that come in numbers and hardly ever fail, see ulak_store_write_joint_async(). */
void ulak_line_store_write_joint (UlakLineStore *self,
                                  UlakStoreWork run,
                                  gpointer work,
                                  GDestroyNotify work_free,
                                  UlakLineWorkDone done,
                                  GTask *task);
void ulak_line_store_read (UlakLineStore *self,
                           UlakStoreWork run,
                           gpointer work,
                           GDestroyNotify work_free,
                           UlakLineWorkDone done,
                           GTask *task);
void ulak_line_work_start (gpointer work);                                               /* first thing in run: forgets an earlier try */
void ulak_line_work_done_nothing (UlakLineStore *self, UlakLineWork *work, GTask *task); /* returns TRUE */
char *ulak_line_store_new_id (UlakLineStore *self);
void ulak_line_store_init_ids (UlakLineStore *self, UlakIdSeries *ids); /* for ids that are made on the store's thread */
gint64 ulak_line_store_now_us (UlakLineStore *self);

/* The limit on open messages: charge before a message is written, discharge after. */
gboolean ulak_line_store_charge (UlakLineStore *self);
void ulak_line_store_discharge (UlakLineStore *self);

/* Whether this status counts among the held ones. */
gboolean ulak_status_is_held (const char *status);
/* Whether a message that has one status may get the other: statuses only go up. */
gboolean ulak_status_may_become (const char *from, const char *to);
guint ulak_status_get_rank (const char *status); /* 0 for what is none of ours */
const char *ulak_status_of_rank (guint rank);    /* (nullable): the one that a receipt of that rank says */

/* Marks a message as being sent, when it is the head of its lane. Errors: NOT_FOUND: it is not, or has expired. */
gboolean ulak_line_work_claim (UlakDatabase *database,
                               UlakLineWork *work,
                               gint64 sequence,
                               const char *chat,
                               UlakClaim **claim_out,
                               GError **error);
/* The outcome stays unknown: no longer open, its lane moves on, an event tells. The caller has taken it out of the held. */
gboolean ulak_line_work_close_unknown (UlakDatabase *database,
                                       UlakLineWork *work,
                                       gint64 sequence,
                                       const char *chat,
                                       const char *event_id,
                                       GError **error);
