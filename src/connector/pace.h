/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Pace: how fast a line may speak, as token buckets: one for the line, one more where the network asks for a limit by
 * the minute, one per recipient, one for recipients who are new.
 *
 * A bucket is kept as the time at which it will be full again, so that it is one number, never needs a timer, and costs
 * nothing once it is full. Times are monotonic microseconds; the caller gives them. Buckets live in memory: after a restart
 * all are full, which the network's own limits bound.
 */
#pragma once

#include <glib.h>

typedef struct _UlakPace UlakPace;

typedef struct
{
  gint64 rate_per_second;  /* 1 or more; so many may leave at once */
  gint64 rate_per_minute;  /* 0: no such limit */
  gint64 pair_interval_ms; /* 0: no limit per recipient */
  gint64 pair_burst;       /* 1 or more */
  gint64 contact_interval_ms; /* 0: no limit for recipients who are new */
} UlakPaceLimits;

#define ULAK_PACE_CONTACT_BURST 5 /* new recipients at once, before the interval applies */

UlakPace *ulak_pace_new (const UlakPaceLimits *limits);
void ulak_pace_free (UlakPace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakPace, ulak_pace_free)

void ulak_pace_set_limits (UlakPace *self, const UlakPaceLimits *limits);
/* How long until the line may send; with ahead others before. 0: now. */
gint64 ulak_pace_get_line_wait_us (const UlakPace *self, gint64 now_us, guint ahead);
gint64 ulak_pace_get_pair_wait_us (const UlakPace *self, const char *chat, gint64 now_us);
gint64 ulak_pace_get_contact_wait_us (const UlakPace *self, gint64 now_us, guint ahead); /* for one more new recipient */
void ulak_pace_take (UlakPace *self, const char *chat, gint64 now_us);
void ulak_pace_take_contact (UlakPace *self, gint64 now_us); /* besides: the recipient is a new one */
guint ulak_pace_count_pairs (const UlakPace *self);
