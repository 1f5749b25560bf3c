/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/deadline.h"

#include "unit/fakes/clock.h"

typedef struct
{
  UlakFakeClock *clock;
  GCancellable *callers;
  UlakDeadline *deadline;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->clock = ulak_fake_clock_new ();
  self->callers = g_cancellable_new ();
  self->deadline = ulak_deadline_new (ULAK_CLOCK (self->clock), self->callers);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_clear_pointer (&self->deadline, ulak_deadline_free);
  g_object_unref (self->callers);
  g_object_unref (self->clock);
}

static gboolean
is_cancelled (Fixture *self)
{
  return g_cancellable_is_cancelled (ulak_deadline_get_cancellable (self->deadline));
}

static void
time_cancels (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  ulak_deadline_set (self->deadline, 5 * G_USEC_PER_SEC);
  ulak_fake_clock_advance_ms (self->clock, 4999);
  g_assert_false (is_cancelled (self));
  ulak_fake_clock_advance_ms (self->clock, 1);
  g_assert_true (is_cancelled (self));
  g_assert_true (ulak_deadline_is_late (self->deadline));
  g_assert_false (g_cancellable_is_cancelled (self->callers));
}

static void
caller_cancels (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_cancellable_cancel (self->callers);
  g_assert_true (is_cancelled (self));
  g_assert_false (ulak_deadline_is_late (self->deadline));
}

static void
later_one_counts (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  ulak_deadline_set (self->deadline, G_USEC_PER_SEC);
  ulak_deadline_set (self->deadline, 3 * G_USEC_PER_SEC);
  ulak_fake_clock_advance_ms (self->clock, 2999);
  g_assert_false (is_cancelled (self));
  ulak_deadline_unset (self->deadline);
  ulak_fake_clock_advance_ms (self->clock, 10000);
  g_assert_false (is_cancelled (self));
}

static void
freed_one_cancels_nothing (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GCancellable) kept = g_object_ref (ulak_deadline_get_cancellable (self->deadline));

  ulak_deadline_set (self->deadline, G_USEC_PER_SEC);
  g_clear_pointer (&self->deadline, ulak_deadline_free);
  ulak_fake_clock_advance_ms (self->clock, 2000);
  g_cancellable_cancel (self->callers);
  g_assert_false (g_cancellable_is_cancelled (kept));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/core/deadline/time cancels what is late, and says so", Fixture, NULL, set_up, time_cancels, tear_down);
  g_test_add ("/core/deadline/the caller cancels, which is not late", Fixture, NULL, set_up, caller_cancels, tear_down);
  g_test_add ("/core/deadline/a later deadline takes the place of the earlier", Fixture, NULL, set_up, later_one_counts, tear_down);
  g_test_add ("/core/deadline/one that is freed cancels nothing", Fixture, NULL, set_up, freed_one_cancels_nothing, tear_down);
  return g_test_run ();
}
