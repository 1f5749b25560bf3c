/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The object itself: opening, closing, counters, and the life of an operation.
 */
#include "webhooks/webhook-store-private.h"

#include "webhooks/webhooks-sql.h"

G_DEFINE_FINAL_TYPE (UlakWebhookStore, ulak_webhook_store, G_TYPE_OBJECT)

enum
{
  SIGNAL_DUE,
  SIGNAL_STORED,
  SIGNAL_PENDING_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static const char *const migrations[] = { SQL ("migrations/0001-log-and-queue"), NULL };

static void
ulak_webhook_store_finalize (GObject *object)
{
  UlakWebhookStore *self = ULAK_WEBHOOK_STORE (object);

  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->pending, g_hash_table_unref);
  g_clear_pointer (&self->claims, g_hash_table_unref);
  G_OBJECT_CLASS (ulak_webhook_store_parent_class)->finalize (object);
}

static void
ulak_webhook_store_class_init (UlakWebhookStoreClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_webhook_store_finalize;

  signals[SIGNAL_DUE] = g_signal_new ("due", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, G_TYPE_INT64);
  signals[SIGNAL_STORED] = g_signal_new ("stored", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_INT64);
  signals[SIGNAL_PENDING_CHANGED] = g_signal_new ("pending-changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0,
                                                  NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ulak_webhook_store_init (UlakWebhookStore *self)
{
  self->pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

gint64 *
ulak_gint64_dup (gint64 value)
{
  return g_memdup2 (&value, sizeof value);
}

void
ulak_store_op_clear (UlakStoreOp *op)
{
  g_clear_pointer (&op->pending, g_hash_table_unref);
  g_clear_pointer (&op->due, g_hash_table_unref);
}

static void
apply_pending (UlakWebhookStore *self, const char *account, int change)
{
  guint64 *count = g_hash_table_lookup (self->pending, account);

  if (count == NULL)
    {
      count = g_new0 (guint64, 1);
      g_hash_table_insert (self->pending, g_strdup (account), count);
    }
  *count += (guint64) (gint64) change;
  self->pending_total += (guint64) (gint64) change;
}

static void
apply_op (UlakWebhookStore *self, UlakStoreOp *op)
{
  GHashTableIter iter;
  gpointer key, value;

  if (op->pending != NULL)
    {
      g_hash_table_iter_init (&iter, op->pending);
      while (g_hash_table_iter_next (&iter, &key, &value))
        apply_pending (self, key, GPOINTER_TO_INT (value));
      g_signal_emit (self, signals[SIGNAL_PENDING_CHANGED], 0);
    }
  if (op->due == NULL)
    return;
  g_hash_table_iter_init (&iter, op->due);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_signal_emit (self, signals[SIGNAL_DUE], 0, *(gint64 *) key);
}

typedef struct
{
  GTask *task; /* (owned) */
  UlakStoreOp *op;
} Run;

static void
ran_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Run *run = user_data;
  g_autoptr (GTask) task = run->task;
  g_autoptr (GError) error = NULL;
  UlakWebhookStore *self = g_task_get_source_object (task);
  gboolean is_committed = ulak_store_finish (ULAK_STORE (source), result, &error) != NULL;
  gint64 last_sequence = self->last_sequence;

  if (run->op->after != NULL)
    run->op->after (self, run->op, is_committed);
  if (!is_committed)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  apply_op (self, run->op);
  if (self->last_sequence > last_sequence)
    g_signal_emit (self, signals[SIGNAL_STORED], 0, self->last_sequence);
  g_task_set_task_data (task, g_object_ref (result), g_object_unref); /* keeps the operation */
  g_task_return_pointer (task, run->op, NULL);
}

/* Runs the work of op, which the engine owns from here on. */
void
ulak_webhook_store_run (UlakWebhookStore *self,
                        UlakStoreMode mode,
                        UlakStoreWork work,
                        gpointer op,
                        GDestroyNotify op_free,
                        gpointer tag,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  Run *run = g_new0 (Run, 1);

  run->task = g_task_new (self, NULL, callback, user_data);
  run->op = op;
  run->op->now_us = ulak_clock_get_wall_us (self->clock);
  g_task_set_source_tag (run->task, tag);
  if (mode == ULAK_STORE_WRITE)
    ulak_store_write_async (self->store, work, op, op_free, ran_cb, run);
  else
    ulak_store_read_async (self->store, work, op, op_free, ran_cb, run);
}

/* The operation, alive while result is; NULL with an error. */
gpointer
ulak_webhook_store_take (UlakWebhookStore *self, GAsyncResult *result, gpointer tag, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Counts in the database now and in the object after the commit. */
gboolean
ulak_store_op_add_pending (UlakStoreOp *op, UlakDatabase *database, const char *account, int change, GError **error)
{
  UlakStatement *statement;
  int sum;

  if (change == 0)
    return TRUE;
  statement = ulak_database_statement (database, SQL ("pending-add"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "account", account);
  ulak_statement_bind_integer (statement, "change", change);
  if (!ulak_statement_run (statement, error))
    return FALSE;

  if (op->pending == NULL)
    op->pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sum = GPOINTER_TO_INT (g_hash_table_lookup (op->pending, account)) + change;
  g_hash_table_insert (op->pending, g_strdup (account), GINT_TO_POINTER (sum));
  return TRUE;
}

void
ulak_store_op_add_due (UlakStoreOp *op, gint64 endpoint)
{
  if (op->due == NULL)
    op->due = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_hash_table_add (op->due, ulak_gint64_dup (endpoint));
}

gboolean
ulak_store_run_with_number (UlakDatabase *database, const char *sql, const char *name, gint64 value, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, sql, error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, name, value);
  return ulak_statement_run (statement, error);
}

gboolean
ulak_store_read_used_bytes (UlakDatabase *database, gint64 *bytes_out, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("used-bytes"), error);
  gboolean has_row;

  if (statement == NULL || !ulak_statement_step (statement, &has_row, error))
    return FALSE;
  *bytes_out = (ulak_statement_get_integer (statement, "pages") - ulak_statement_get_integer (statement, "free_pages")) * ulak_statement_get_integer (statement, "page_bytes");
  return ulak_statement_step (statement, &has_row, error);
}

typedef struct
{
  UlakStoreOp op;
  GPtrArray *accounts; /* (owned) (element-type utf8) */
  GArray *counts;      /* (owned) (element-type guint64) */
  gint64 last_sequence;
  gint64 used_bytes;
} LoadOp;

static void
load_op_free (gpointer data)
{
  LoadOp *op = data;

  ulak_store_op_clear (&op->op);
  g_ptr_array_unref (op->accounts);
  g_array_unref (op->counts);
  g_free (op);
}

static gboolean
load_pending (UlakDatabase *database, LoadOp *op, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("pending-list"), error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return FALSE;
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    {
      guint64 count = (guint64) ulak_statement_get_integer (statement, "count");

      g_ptr_array_add (op->accounts, g_strdup (ulak_statement_get_text (statement, "account")));
      g_array_append_val (op->counts, count);
    }
  return !has_row;
}

static gboolean
load_work (UlakDatabase *database, gpointer data, GError **error)
{
  LoadOp *op = data;
  UlakStatement *statement;
  gboolean has_row;

  if (!load_pending (database, op, error) || !ulak_store_read_used_bytes (database, &op->used_bytes, error))
    return FALSE;
  statement = ulak_database_statement (database, SQL ("event-bounds"), error);
  if (statement == NULL || !ulak_statement_step (statement, &has_row, error))
    return FALSE;
  op->last_sequence = ulak_statement_get_integer (statement, "last");
  return ulak_statement_step (statement, &has_row, error);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  UlakWebhookStore *self = ULAK_WEBHOOK_STORE (source);
  LoadOp *op = ulak_webhook_store_take (self, result, load_work, &error);

  if (op == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  for (guint i = 0; i < op->accounts->len; i++)
    apply_pending (self, g_ptr_array_index (op->accounts, i), (int) g_array_index (op->counts, guint64, i));
  self->last_sequence = op->last_sequence;
  self->used_bytes = op->used_bytes;
  g_task_return_pointer (task, g_object_ref (self), g_object_unref);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  UlakWebhookStore *self = g_task_get_task_data (task);
  LoadOp *op;

  (void) source;
  self->store = ulak_store_open_finish (result, &error);
  if (self->store == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  op = g_new0 (LoadOp, 1);
  op->accounts = g_ptr_array_new_with_free_func (g_free);
  op->counts = g_array_new (FALSE, FALSE, sizeof (guint64));
  ulak_webhook_store_run (self, ULAK_STORE_READ, load_work, op, load_op_free, load_work, loaded_cb,
                          g_steal_pointer (&task));
}

/**
 * ulak_webhook_store_get_migrations:
 *
 * Returns: (transfer none): the resources that hold the schema's steps, for moving a file by hand
 */
const char *const *
ulak_webhook_store_get_migrations (void)
{
  static gsize is_registered = 0;

  if (g_once_init_enter (&is_registered))
    {
      ulak_webhooks_sql_register_resource ();
      g_once_init_leave (&is_registered, 1);
    }
  return migrations;
}

/**
 * ulak_webhook_store_open_async:
 * @options: where and how; copied
 * @clock: tells when events were stored
 * @cancellable: (nullable): stops the opening
 *
 * Opens or makes the file. Nothing of the queue is read: a start takes as long with a million deliveries as with none.
 */
void
ulak_webhook_store_open_async (const UlakWebhookStoreOptions *options,
                               UlakClock *clock,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  UlakWebhookStore *self = g_object_new (ULAK_TYPE_WEBHOOK_STORE, NULL);
  UlakStoreOptions engine = { .path = options->path,
                              .migrations = ulak_webhook_store_get_migrations (),
                              .migrate = options->migrate };

  g_task_set_source_tag (task, ulak_webhook_store_open_async);
  g_task_set_task_data (task, self, g_object_unref);
  self->clock = g_object_ref (clock);
  self->max_bytes = options->event_max_bytes;
  ulak_store_open_async (&engine, cancellable, opened_cb, task);
}

UlakWebhookStore *
ulak_webhook_store_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ulak_webhook_store_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_store_close_finish (ULAK_STORE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
ulak_webhook_store_close_async (UlakWebhookStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_webhook_store_close_async);
  ulak_store_close_async (self->store, closed_cb, task);
}

gboolean
ulak_webhook_store_close_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

UlakStore *
ulak_webhook_store_get_engine (UlakWebhookStore *self)
{
  return self->store;
}

void
ulak_webhook_store_set_max_bytes (UlakWebhookStore *self, gint64 max_bytes)
{
  self->max_bytes = max_bytes;
}

void
ulak_webhook_store_get_status (UlakWebhookStore *self, UlakStoreStatus *status_out)
{
  ulak_store_get_status (self->store, status_out);
}

gint64
ulak_webhook_store_get_last_sequence (UlakWebhookStore *self)
{
  return self->last_sequence;
}

gint64
ulak_webhook_store_get_used_bytes (UlakWebhookStore *self)
{
  return self->used_bytes;
}

guint64
ulak_webhook_store_get_pending (UlakWebhookStore *self)
{
  return self->pending_total;
}

/**
 * ulak_webhook_store_foreach_pending:
 * @self: a store
 * @func: gets each account that had deliveries since the start or has some
 * @user_data: for @func
 */
void
ulak_webhook_store_foreach_pending (UlakWebhookStore *self, UlakPendingFunc func, gpointer user_data)
{
  GHashTableIter iter;
  gpointer account, count;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, &account, &count))
    func (account, *(guint64 *) count, user_data);
}
