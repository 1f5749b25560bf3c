/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Call methods: a bus interface as one table of who may call what, and what handles it.
 *
 * Every generated handler gets its invocation in the same place, so that one closure serves all methods of all interfaces.
 */
#pragma once

#include "service/call.h"

G_BEGIN_DECLS

typedef struct
{
  const char *signal; /* of the generated skeleton: "handle-list-chats" */
  const char *action;
  guint options_index;
  UlakCallHandler handler;
  const UlakCallOption *options; /* (nullable): besides the usual ones */
} UlakCallMethod;

/* methods: static. self: what handlers get; calls are no longer taken when it is gone. */
void ulak_call_methods_connect (GDBusInterfaceSkeleton *skeleton,
                                UlakService *service,
                                const UlakCallMethod *methods,
                                gsize n_methods,
                                GObject *self);

G_END_DECLS
