/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/call-methods.h"

typedef struct
{
  UlakService *service; /* unowned, outlives the skeleton */
  const UlakCallMethod *method;
  GObject *self; /* unowned: the closure ends with it */
} Route;

static void
begin_call (GClosure *closure,
            GValue *return_value,
            guint n_values G_GNUC_UNUSED,
            const GValue *values,
            gpointer hint G_GNUC_UNUSED,
            gpointer marshal_data G_GNUC_UNUSED)
{
  const Route *route = closure->data;
  const UlakCallMethod *method = route->method;

  ulak_call_begin (route->service, g_value_get_object (&values[1]), method->action, method->options_index,
                   method->options, method->handler, route->self);
  g_value_set_boolean (return_value, TRUE);
}

static void
free_route (gpointer data, GClosure *closure G_GNUC_UNUSED)
{
  g_free (data);
}

static void
connect_route (GDBusInterfaceSkeleton *skeleton, const Route *wanted)
{
  Route *route = g_memdup2 (wanted, sizeof *wanted);
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), route);

  g_closure_add_finalize_notifier (closure, route, free_route);
  g_closure_set_marshal (closure, begin_call);
  g_object_watch_closure (route->self, closure);
  g_signal_connect_closure (skeleton, route->method->signal, closure, FALSE);
}

/**
 * ulak_call_methods_connect:
 * @skeleton: of the interface, not exported yet
 *
 * A signal that the skeleton does not have is a programmer mistake.
 */
void
ulak_call_methods_connect (GDBusInterfaceSkeleton *skeleton,
                           UlakService *service,
                           const UlakCallMethod *methods,
                           gsize n_methods,
                           GObject *self)
{
  for (gsize i = 0; i < n_methods; i++)
    {
      const Route route = { service, &methods[i], self };

      connect_route (skeleton, &route);
    }
}
