/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/drain.h"

#include "core/error.h"

/* Counted references: one of the owner, one of each step under way, so that a late answer finds valid memory. */
struct _UlakDrain
{
  gatomicrefcount references;
  GDBusConnection *connection; /* (owned) */
  UlakClock *clock;            /* (owned) */
  guint deadline;
  GError *error;      /* (owned) (nullable): the daemon's */
  UlakDrainFunc done; /* NULL once called, or when the owner has gone */
  gpointer user_data;
};

static UlakDrain *
drain_ref (UlakDrain *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
drain_unref (UlakDrain *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;

  g_clear_object (&self->connection);
  g_clear_object (&self->clock);
  g_clear_error (&self->error);
  g_free (self);
}

static void
finish (UlakDrain *self, const GError *error)
{
  UlakDrainFunc done = g_steal_pointer (&self->done);

  ulak_clock_clear_timer (self->clock, &self->deadline);
  if (done != NULL)
    done (error, self->user_data);
}

static void
deadline_cb (gpointer user_data)
{
  UlakDrain *self = user_data;
  g_autoptr (GError) error
      = g_error_new (ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "The time that [api] shutdown_timeout_ms allows is over");

  self->deadline = 0;
  finish (self, error);
}

static void
flushed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakDrain *self = user_data;

  /* A bus that is gone cannot be flushed, and there is nobody left to hear of it. */
  g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source), result, NULL);
  finish (self, self->error);
  drain_unref (self);
}

static void
drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakDrain *self = user_data;

  ULAK_DAEMON_GET_CLASS (source)->drain_finish (ULAK_DAEMON (source), result, &self->error);
  g_dbus_connection_flush (self->connection, NULL, flushed_cb, self);
}

/**
 * ulak_drain_start:
 * @timeout_ms: how long it may take in all, in milliseconds
 * @done: called once, never before this returns
 *
 * Returns: (transfer full): freeing it means that @done is not called any more
 */
UlakDrain *
ulak_drain_start (UlakDaemon *daemon,
                  GDBusConnection *connection,
                  UlakClock *clock,
                  gint64 timeout_ms,
                  UlakDrainFunc done,
                  gpointer user_data)
{
  UlakDrain *self = g_new0 (UlakDrain, 1);

  g_atomic_ref_count_init (&self->references);
  self->connection = g_object_ref (connection);
  self->clock = g_object_ref (clock);
  self->done = done;
  self->user_data = user_data;
  self->deadline = ulak_clock_add_timer (clock, timeout_ms * 1000, deadline_cb, self);
  ULAK_DAEMON_GET_CLASS (daemon)->drain_async (daemon, drained_cb, drain_ref (self));
  return self;
}

void
ulak_drain_free (UlakDrain *self)
{
  if (self == NULL)
    return;

  self->done = NULL;
  ulak_clock_clear_timer (self->clock, &self->deadline);
  drain_unref (self);
}
