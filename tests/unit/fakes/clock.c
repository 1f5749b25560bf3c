/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/fakes/clock.h"

typedef struct
{
  guint id;
  gint64 due_us; /* monotonic */
  GSourceOnceFunc func;
  gpointer user_data;
} Timer;

struct _UlakFakeClock
{
  GObject parent_instance;

  gint64 monotonic_us;
  gint64 wall_offset_us; /* wall minus monotonic */
  guint last_id;
  GList *timers; /* (owned) (element-type Timer): by due_us, then id */
};

static void ulak_fake_clock_iface_init (UlakClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakFakeClock,
                               ulak_fake_clock,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_CLOCK, ulak_fake_clock_iface_init))

static gint64
get_wall_us (UlakClock *clock)
{
  UlakFakeClock *self = ULAK_FAKE_CLOCK (clock);

  return self->monotonic_us + self->wall_offset_us;
}

static gint64
get_monotonic_us (UlakClock *clock)
{
  return ULAK_FAKE_CLOCK (clock)->monotonic_us;
}

static gint
compare_timers (gconstpointer a, gconstpointer b)
{
  const Timer *left = a, *right = b;

  if (left->due_us != right->due_us)
    return left->due_us < right->due_us ? -1 : 1;
  return left->id < right->id ? -1 : 1;
}

static guint
add_timer (UlakClock *clock, gint64 delay_us, GSourceOnceFunc func, gpointer user_data)
{
  UlakFakeClock *self = ULAK_FAKE_CLOCK (clock);
  Timer *timer = g_new0 (Timer, 1);

  timer->id = ++self->last_id;
  timer->due_us = self->monotonic_us + delay_us;
  timer->func = func;
  timer->user_data = user_data;
  self->timers = g_list_insert_sorted (self->timers, timer, compare_timers);
  return timer->id;
}

static void
remove_timer (UlakClock *clock, guint timer_id)
{
  UlakFakeClock *self = ULAK_FAKE_CLOCK (clock);

  for (GList *link = self->timers; link != NULL; link = link->next)
    if (((Timer *) link->data)->id == timer_id)
      {
        g_free (link->data);
        self->timers = g_list_delete_link (self->timers, link);
        return;
      }
  g_error ("timer %u is not there: it fired, or was removed before", timer_id);
}

static void
ulak_fake_clock_finalize (GObject *object)
{
  g_list_free_full (ULAK_FAKE_CLOCK (object)->timers, g_free);
  G_OBJECT_CLASS (ulak_fake_clock_parent_class)->finalize (object);
}

static void
ulak_fake_clock_iface_init (UlakClockInterface *iface)
{
  iface->get_wall_us = get_wall_us;
  iface->get_monotonic_us = get_monotonic_us;
  iface->add_timer = add_timer;
  iface->remove_timer = remove_timer;
}

static void
ulak_fake_clock_class_init (UlakFakeClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_fake_clock_finalize;
}

static void
ulak_fake_clock_init (UlakFakeClock *self)
{
  self->monotonic_us = G_USEC_PER_SEC;
  self->wall_offset_us = ULAK_FAKE_CLOCK_START_US - self->monotonic_us;
}

/** ulak_fake_clock_new: Returns: a clock whose wall shows %ULAK_FAKE_CLOCK_START_US */
UlakFakeClock *
ulak_fake_clock_new (void)
{
  return g_object_new (ULAK_TYPE_FAKE_CLOCK, NULL);
}

static void
fire_first (UlakFakeClock *self)
{
  g_autofree Timer *timer = self->timers->data;

  self->timers = g_list_delete_link (self->timers, self->timers);
  self->monotonic_us = MAX (self->monotonic_us, timer->due_us);
  timer->func (timer->user_data);
}

/** ulak_fake_clock_advance_us: moves both clocks by @by_us, 0 or more, firing what falls due */
void
ulak_fake_clock_advance_us (UlakFakeClock *self, gint64 by_us)
{
  g_autoptr (UlakFakeClock) alive = g_object_ref (self); /* a timer may drop the last other reference */
  gint64 end_us = self->monotonic_us + by_us;

  g_assert (by_us >= 0);

  while (alive->timers != NULL && ((Timer *) alive->timers->data)->due_us <= end_us)
    fire_first (alive);
  alive->monotonic_us = MAX (alive->monotonic_us, end_us);
}

void
ulak_fake_clock_advance_ms (UlakFakeClock *self, gint64 by_ms)
{
  ulak_fake_clock_advance_us (self, by_ms * 1000);
}

/** ulak_fake_clock_jump_wall_us: sets the wall clock forward or back, as an administrator would; no timer minds */
void
ulak_fake_clock_jump_wall_us (UlakFakeClock *self, gint64 by_us)
{
  self->wall_offset_us += by_us;
}

guint
ulak_fake_clock_count_timers (UlakFakeClock *self)
{
  return g_list_length (self->timers);
}

/** ulak_fake_clock_get_next_delay_us: Returns: time until the next timer, or -1 if there is none */
gint64
ulak_fake_clock_get_next_delay_us (UlakFakeClock *self)
{
  if (self->timers == NULL)
    return -1;
  return ((Timer *) self->timers->data)->due_us - self->monotonic_us;
}
