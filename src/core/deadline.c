/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/deadline.h"

struct _UlakDeadline
{
  UlakClock *clock;          /* (owned) */
  GCancellable *cancellable; /* (owned) */
  GCancellable *callers;     /* (owned) (nullable) */
  gulong callers_handler;
  guint timer;
  gboolean is_late;
};

static void
callers_cancelled_cb (GCancellable *callers G_GNUC_UNUSED, gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
}

UlakDeadline *
ulak_deadline_new (UlakClock *clock, GCancellable *callers_or_null)
{
  UlakDeadline *self = g_new0 (UlakDeadline, 1);

  self->clock = g_object_ref (clock);
  self->cancellable = g_cancellable_new ();
  if (callers_or_null == NULL)
    return self;
  self->callers = g_object_ref (callers_or_null);
  self->callers_handler = g_cancellable_connect (self->callers, G_CALLBACK (callers_cancelled_cb),
                                                 g_object_ref (self->cancellable), g_object_unref);
  return self;
}

void
ulak_deadline_free (UlakDeadline *self)
{
  ulak_deadline_unset (self);
  if (self->callers_handler != 0)
    g_cancellable_disconnect (self->callers, self->callers_handler);
  g_clear_object (&self->callers);
  g_object_unref (self->cancellable);
  g_object_unref (self->clock);
  g_free (self);
}

GCancellable *
ulak_deadline_get_cancellable (UlakDeadline *self)
{
  return self->cancellable;
}

static void
late_cb (gpointer user_data)
{
  UlakDeadline *self = user_data;

  self->timer = 0;
  self->is_late = TRUE;
  g_cancellable_cancel (self->cancellable);
}

void
ulak_deadline_set (UlakDeadline *self, gint64 wait_us)
{
  ulak_deadline_unset (self);
  self->timer = ulak_clock_add_timer (self->clock, wait_us, late_cb, self);
}

void
ulak_deadline_unset (UlakDeadline *self)
{
  ulak_clock_clear_timer (self->clock, &self->timer);
}

gboolean
ulak_deadline_is_late (const UlakDeadline *self)
{
  return self->is_late;
}
