/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fake clock: time that stands still until a test moves it.
 *
 * ulak_fake_clock_advance_us() fires every timer that falls due on the way, in the order of their times (equal times:
 * in the order in which they were added), each with the clock showing exactly its time; timers added on the way fire
 * too if they fall due. Include as "unit/fakes/clock.h". Main thread only.
 */
#pragma once

#include "core/clock.h"

G_BEGIN_DECLS

#define ULAK_TYPE_FAKE_CLOCK (ulak_fake_clock_get_type ())
G_DECLARE_FINAL_TYPE (UlakFakeClock, ulak_fake_clock, ULAK, FAKE_CLOCK, GObject)

#define ULAK_FAKE_CLOCK_START_US G_GINT64_CONSTANT (1764059400000000) /* 2025-11-25T08:30:00Z */

UlakFakeClock *ulak_fake_clock_new (void);
void ulak_fake_clock_advance_us (UlakFakeClock *self, gint64 by_us);
void ulak_fake_clock_advance_ms (UlakFakeClock *self, gint64 by_ms);
void ulak_fake_clock_jump_wall_us (UlakFakeClock *self, gint64 by_us);
guint ulak_fake_clock_count_timers (UlakFakeClock *self);
gint64 ulak_fake_clock_get_next_delay_us (UlakFakeClock *self);

G_END_DECLS
