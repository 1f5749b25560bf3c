/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Opening, the counts, and the way of a work to the store and back.
 *
 * Opening also settles the past: what was `sending` when the process died has an unknown outcome now.
 */
#include "connector/line-store.h"

#include "connector/events.h"
#include "connector/lanes.h"
#include "connector/line-work.h"
#include "connector/line.h"
#include "connector/sql.h"
#include "connector-sql.h"
#include "core/error.h"
#include "core/id.h"

struct _UlakLineStore
{
  GObject parent_instance;

  UlakStore *store;   /* (owned) */
  UlakClock *clock;   /* (owned) */
  UlakRandom *random; /* (owned) */
  guint queue_max;
  gint64 unknown_wait_ms;
  guint accepting; /* sends on their way to the database */
  gint64 depth;
  gint64 held;
  gint64 events;
};

G_DEFINE_FINAL_TYPE (UlakLineStore, ulak_line_store, G_TYPE_OBJECT)

enum
{
  SIGNAL_CHANGED,
  SIGNAL_EVENTS,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

const char *const ulak_line_migrations[] = { "/org/ulak/sql/connector/migrations/0001-line.sql",
                                            "/org/ulak/sql/connector/migrations/0002-conversations.sql",
                                            "/org/ulak/sql/connector/migrations/0003-stars.sql", NULL };

static void
ulak_line_store_dispose (GObject *object)
{
  UlakLineStore *self = ULAK_LINE_STORE (object);

  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_line_store_parent_class)->dispose (object);
}

static void
ulak_line_store_class_init (UlakLineStoreClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ulak_line_store_dispose;
  signals[SIGNAL_CHANGED]
      = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_EVENTS]
      = g_signal_new ("events", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ulak_line_store_init (UlakLineStore *self G_GNUC_UNUSED)
{
}

/* --- works --- */

typedef struct
{
  GTask *task; /* (owned) */
  UlakLineWorkDone done;
} Visit;

static void
apply_changes (UlakLineStore *self, const UlakLineWork *work)
{
  self->depth += work->depth_change;
  self->held += work->held_change;
  self->events += work->events_change;
  if (work->depth_change != 0 || work->held_change != 0)
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  if (work->has_new_events)
    g_signal_emit (self, signals[SIGNAL_EVENTS], 0);
}

static void
visited_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Visit *visit = user_data;
  g_autoptr (GTask) task = visit->task;
  g_autoptr (GError) error = NULL;
  UlakLineStore *self = g_task_get_source_object (task);
  UlakLineWork *work = ulak_store_finish (ULAK_STORE (source), result, &error);

  if (work == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  apply_changes (self, work);
  visit->done (self, work, task);
}

static Visit *
visit_new (GTask *task, UlakLineWorkDone done)
{
  Visit *visit = g_new0 (Visit, 1);

  visit->task = task;
  visit->done = done;
  return visit;
}

void
ulak_line_store_write (UlakLineStore *self,
                       UlakStoreWork run,
                       gpointer work,
                       GDestroyNotify work_free,
                       UlakLineWorkDone done,
                       GTask *task)
{
  ((UlakLineWork *) work)->now_us = ulak_line_store_now_us (self);
  ulak_store_write_async (self->store, run, work, work_free, visited_cb, visit_new (task, done));
}

void
ulak_line_store_write_joint (UlakLineStore *self,
                             UlakStoreWork run,
                             gpointer work,
                             GDestroyNotify work_free,
                             UlakLineWorkDone done,
                             GTask *task)
{
  ((UlakLineWork *) work)->now_us = ulak_line_store_now_us (self);
  ulak_store_write_joint_async (self->store, run, work, work_free, visited_cb, visit_new (task, done));
}

void
ulak_line_store_read (UlakLineStore *self,
                      UlakStoreWork run,
                      gpointer work,
                      GDestroyNotify work_free,
                      UlakLineWorkDone done,
                      GTask *task)
{
  ((UlakLineWork *) work)->now_us = ulak_line_store_now_us (self);
  ulak_store_read_async (self->store, run, work, work_free, visited_cb, visit_new (task, done));
}

void
ulak_line_work_start (gpointer work)
{
  UlakLineWork *head = work;

  head->depth_change = 0;
  head->held_change = 0;
  head->events_change = 0;
  head->has_new_events = FALSE;
}

void
ulak_line_work_done_nothing (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work G_GNUC_UNUSED, GTask *task)
{
  g_task_return_boolean (task, TRUE);
}

gboolean
ulak_line_store_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

char *
ulak_line_store_new_id (UlakLineStore *self)
{
  return ulak_id_new (self->clock, self->random);
}

void
ulak_line_store_init_ids (UlakLineStore *self, UlakIdSeries *ids)
{
  ulak_id_series_init (ids, self->clock, self->random);
}

gint64
ulak_line_store_now_us (UlakLineStore *self)
{
  return ulak_clock_get_wall_us (self->clock);
}

/* --- opening --- */

#define RECOVER_MAX 1024 /* far more than are ever on their way at once (send_concurrency) */

typedef struct
{
  UlakLineWork head;
  gint64 until_us;
  GPtrArray *event_ids; /* (owned) (element-type utf8) */
  gint64 depth, held, events;
  gboolean resends;
} Recovery;

static void
recovery_free (gpointer data)
{
  Recovery *self = data;

  g_ptr_array_unref (self->event_ids);
  g_free (self);
}

typedef struct
{
  gint64 sequence;
  char *chat;
} OnItsWay;

static void
on_its_way_clear (gpointer data)
{
  g_free (((OnItsWay *) data)->chat);
}

static GArray *
list_on_their_way (UlakDatabase *database, GError **error)
{
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (OnItsWay));
  UlakStatement *rows = ulak_sql_query (database, ULAK_SQL ("recover-list"), ULAK_BINDINGS (), error);
  gboolean has_row = FALSE;

  g_array_set_clear_func (list, on_its_way_clear);
  if (rows == NULL)
    return NULL;
  for (;;)
    {
      OnItsWay row;

      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&list);
      row.sequence = ulak_statement_get_integer (rows, "sequence");
      row.chat = g_strdup (ulak_statement_get_text (rows, "chat"));
      g_array_append_val (list, row);
    }
}

static gboolean
resend_one (UlakDatabase *database, const OnItsWay *row, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("recover-resend"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", row->sequence)), error)
         && ulak_lanes_settle (database, row->chat, error);
}

static gboolean
recover_one (UlakDatabase *database, Recovery *self, const OnItsWay *row, const char *event_id, GError **error)
{
  gboolean was_sending;

  if (self->resends)
    return resend_one (database, row, error);
  if (!ulak_sql_run (
          database, ULAK_SQL ("recover"),
          ULAK_BINDINGS (ULAK_INTEGER ("sequence", row->sequence), ULAK_INTEGER ("until_us", self->until_us)),
          error))
    return FALSE;
  was_sending = ulak_database_get_changes (database) > 0;
  if (!ulak_lanes_settle (database, row->chat, error))
    return FALSE;
  return !was_sending
         || ulak_events_put_message (database, &self->head, event_id, "message.held", row->sequence,
                                     self->head.now_us, error);
}

static gboolean
recover (UlakDatabase *database, gpointer data, GError **error)
{
  Recovery *self = data;
  g_autoptr (GArray) list = list_on_their_way (database, error);
  UlakStatement *row;

  ulak_line_work_start (self);
  if (list == NULL)
    return FALSE;
  for (guint i = 0; i < MIN (list->len, self->event_ids->len); i++)
    if (!recover_one (database, self, &g_array_index (list, OnItsWay, i),
                      g_ptr_array_index (self->event_ids, i), error))
      return FALSE;
  if (!ulak_sql_find (database, ULAK_SQL ("counts"), ULAK_BINDINGS (), &row, error))
    return FALSE;
  self->depth = ulak_statement_get_integer (row, "depth");
  self->held = ulak_statement_get_integer (row, "held");
  self->events = ulak_statement_get_integer (row, "events");
  return TRUE;
}

static void
recovered_done (UlakLineStore *self, UlakLineWork *work, GTask *task G_GNUC_UNUSED)
{
  Recovery *recovery = (Recovery *) work;

  self->depth = recovery->depth;
  self->held = recovery->held;
  self->events = recovery->events;
  g_task_return_boolean (task, TRUE);
}

static void
recovered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (GError) error = NULL;

  if (ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    g_task_return_pointer (task, g_object_ref (source), g_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/** ulak_line_store_recover_async: finish with ulak_line_store_finish() */
void
ulak_line_store_recover_async (UlakLineStore *self, gboolean resends, GAsyncReadyCallback callback, gpointer user_data)
{
  Recovery *recovery = g_new0 (Recovery, 1);

  recovery->resends = resends;
  recovery->until_us = ulak_line_store_now_us (self) + self->unknown_wait_ms * 1000;
  recovery->event_ids = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < RECOVER_MAX; i++)
    g_ptr_array_add (recovery->event_ids, ulak_line_store_new_id (self));
  ulak_line_store_write (self, recover, recovery, recovery_free, recovered_done,
                         g_task_new (self, NULL, callback, user_data));
}

typedef struct
{
  UlakLineStore *self; /* (owned) */
  gboolean recovers_later;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_clear_object (&opening->self);
  g_free (opening);
}

static void
opened_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (GError) error = NULL;
  Opening *opening = g_task_get_task_data (task);

  opening->self->store = ulak_store_open_finish (result, &error);
  if (opening->self->store == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (opening->recovers_later)
    g_task_return_pointer (task, g_object_ref (opening->self), g_object_unref);
  else
    ulak_line_store_recover_async (opening->self, FALSE, recovered_cb, g_steal_pointer (&task));
}

/** ulak_line_store_register_sql: makes the queries and migrations known; once is enough, more are harmless */
void
ulak_line_store_register_sql (void)
{
  static gsize is_registered;

  if (!g_once_init_enter (&is_registered))
    return;
  ulak_connector_sql_register_resource ();
  g_once_init_leave (&is_registered, 1);
}

/**
 * ulak_line_store_open_async:
 *
 * Opens and migrates the database; messages that were on their way when the process died become `unknown`, each with a
 * message.held event. Errors: those of ulak_store_open_async().
 */
void
ulak_line_store_open_async (const UlakLineStoreOptions *options,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  UlakStoreOptions store_options
      = { .path = options->path,
          .migrations = options->migrations != NULL ? options->migrations : ulak_line_migrations,
          .migrate = options->migrate };
  Opening *opening = g_new0 (Opening, 1);
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, ulak_line_store_open_async);
  ulak_line_store_register_sql ();
  opening->self = g_object_new (ULAK_TYPE_LINE_STORE, NULL);
  opening->self->clock = g_object_ref (options->clock);
  opening->self->random = g_object_ref (options->random);
  opening->self->queue_max = options->queue_max;
  opening->self->unknown_wait_ms = options->unknown_wait_ms;
  opening->recovers_later = options->recovers_later;
  g_task_set_task_data (task, opening, opening_free);
  ulak_store_open_async (&store_options, cancellable, opened_cb, task);
}

UlakLineStore *
ulak_line_store_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (GError) error = NULL;

  if (ulak_store_close_finish (ULAK_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
ulak_line_store_close_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_line_store_close_async);
  ulak_store_close_async (self->store, closed_cb, task);
}

gboolean
ulak_line_store_close_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  return ulak_line_store_finish (self, result, error);
}

/* --- counts --- */

UlakStore *
ulak_line_store_get_store (UlakLineStore *self)
{
  return self->store;
}

guint
ulak_line_store_get_depth (UlakLineStore *self)
{
  return (guint) MAX (self->depth, 0);
}

guint
ulak_line_store_get_held (UlakLineStore *self)
{
  return (guint) MAX (self->held, 0);
}

guint
ulak_line_store_get_events (UlakLineStore *self)
{
  return (guint) MAX (self->events, 0);
}

/** ulak_line_store_charge: Returns: whether one more open message fits; then give it back by ulak_line_store_discharge() */
gboolean
ulak_line_store_charge (UlakLineStore *self)
{
  if (ulak_line_store_get_depth (self) + self->accepting >= self->queue_max)
    return FALSE;
  self->accepting++;
  return TRUE;
}

void
ulak_line_store_discharge (UlakLineStore *self)
{
  self->accepting--;
}
