/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Await: turns the main context until something is so. Only failing takes time: after 20 s the test is over.
 */
#pragma once

#include <gio/gio.h>

#define AWAIT_TIMEOUT_S 20

static inline gboolean
await_too_late_cb (gpointer user_data)
{
  g_test_message ("Nothing came within %d s: %s", AWAIT_TIMEOUT_S, (const char *) user_data);
  g_assert_not_reached ();
  return G_SOURCE_REMOVE;
}

#define AWAIT(condition)                                                                                       \
  G_STMT_START                                                                                                 \
  {                                                                                                            \
    guint await_id = g_timeout_add_seconds (AWAIT_TIMEOUT_S, await_too_late_cb, (gpointer) #condition);          \
    while (!(condition))                                                                                       \
      g_main_context_iteration (NULL, TRUE);                                                                   \
    g_source_remove (await_id);                                                                                \
  }                                                                                                            \
  G_STMT_END

/* A GAsyncReadyCallback that keeps the result where user_data points. */
static inline void
await_result_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}
