/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The system clock: the only file that reads a real clock. Timers live on the default main context.
 */
#include "core/clock.h"

#define ULAK_TYPE_CLOCK_SYSTEM (ulak_clock_system_get_type ())
G_DECLARE_FINAL_TYPE (UlakClockSystem, ulak_clock_system, ULAK, CLOCK_SYSTEM, GObject)

struct _UlakClockSystem
{
  GObject parent_instance;
};

static void ulak_clock_system_iface_init (UlakClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UlakClockSystem,
                               ulak_clock_system,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_CLOCK, ulak_clock_system_iface_init))

static gint64
get_wall_us (UlakClock *self G_GNUC_UNUSED)
{
  return g_get_real_time ();
}

static gint64
get_monotonic_us (UlakClock *self G_GNUC_UNUSED)
{
  return g_get_monotonic_time ();
}

typedef struct
{
  GSourceOnceFunc func;
  gpointer user_data;
} Timer;

static gboolean
fire (gpointer user_data)
{
  Timer *timer = user_data;

  timer->func (timer->user_data);
  return G_SOURCE_REMOVE;
}

static guint
add_timer (UlakClock *self G_GNUC_UNUSED, gint64 delay_us, GSourceOnceFunc func, gpointer user_data)
{
  Timer *timer = g_new0 (Timer, 1);
  gint64 delay_ms = (delay_us + 999) / 1000; /* round up: a timer never fires early */

  timer->func = func;
  timer->user_data = user_data;
  return g_timeout_add_full (G_PRIORITY_DEFAULT, (guint) MIN (delay_ms, (gint64) G_MAXUINT), fire, timer, g_free);
}

static void
remove_timer (UlakClock *self G_GNUC_UNUSED, guint timer_id)
{
  g_source_remove (timer_id);
}

static void
ulak_clock_system_iface_init (UlakClockInterface *iface)
{
  iface->get_wall_us = get_wall_us;
  iface->get_monotonic_us = get_monotonic_us;
  iface->add_timer = add_timer;
  iface->remove_timer = remove_timer;
}

static void
ulak_clock_system_class_init (UlakClockSystemClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_clock_system_init (UlakClockSystem *self G_GNUC_UNUSED)
{
}

UlakClock *
ulak_clock_system_new (void)
{
  return g_object_new (ULAK_TYPE_CLOCK_SYSTEM, NULL);
}
