/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The event log: submitting, reading, and making room.
 */
#include "webhooks/webhook-store-private.h"

#include "core/error.h"
#include "core/event-types.h"

#include <string.h>

/* What one row costs beside its data: ids, indexes, deliveries. Only for refusing in time; the measure is the file. */
#define ROW_OVERHEAD_BYTES 1024
#define PRUNE_ROWS 500
#define PRUNE_STEPS_MAX 10

/* Answers stay far below the bus's limit, and a scan for rare events gives its thread back. */
#define READ_BYTES_MAX (4 * 1024 * 1024)
#define READ_ROWS_MAX 5000

typedef struct
{
  UlakStoreOp op;
  GPtrArray *events;    /* (owned) (element-type UlakEvent) */
  GPtrArray *endpoints; /* (owned) (element-type UlakEndpoint), read only */
  gint64 max_bytes;
  gint64 used_bytes;
  gint64 prune_cursor;
  gint64 last_sequence; /* of the batch */
} SubmitOp;

static void
submit_op_free (gpointer data)
{
  SubmitOp *op = data;

  ulak_store_op_clear (&op->op);
  g_ptr_array_unref (op->events);
  g_ptr_array_unref (op->endpoints);
  g_free (op);
}

static gboolean
forget_event (UlakDatabase *database, gint64 sequence, GError **error)
{
  return ulak_store_run_with_number (database, SQL ("retention-attempts"), "sequence", sequence, error) && ulak_store_run_with_number (database, SQL ("retention-finished"), "sequence", sequence, error) && ulak_store_run_with_number (database, SQL ("retention-event"), "sequence", sequence, error);
}

typedef struct
{
  gint64 sequence;
  gint64 stored_us;
  gboolean is_needed;
} OldEvent;

static GArray *
list_oldest (UlakDatabase *database, gint64 after, GError **error)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (OldEvent));
  UlakStatement *statement = ulak_database_statement (database, SQL ("retention-scan"), error);
  gboolean has_row = TRUE;

  if (statement == NULL)
    return NULL;
  ulak_statement_bind_integer (statement, "after", after);
  ulak_statement_bind_integer (statement, "limit", PRUNE_ROWS);
  while (ulak_statement_step (statement, &has_row, error) && has_row)
    {
      OldEvent row = { ulak_statement_get_integer (statement, "sequence"),
                       ulak_statement_get_integer (statement, "stored_us"),
                       ulak_statement_get_integer (statement, "is_needed") != 0 };

      g_array_append_val (rows, row);
    }
  return has_row ? NULL : g_steal_pointer (&rows);
}

/* One step through the oldest events: forgets those that no delivery needs and that are too old, or any while the file is over
 * keep_bytes. *cursor moves over what was looked at and returns to 0 at the end of a round. */
gboolean
ulak_store_prune_events (UlakDatabase *database,
                         gint64 older_than_us,
                         gint64 keep_bytes,
                         gint64 *cursor,
                         gboolean *more_out,
                         GError **error)
{
  g_autoptr (GArray) rows = list_oldest (database, *cursor, error);
  gint64 used_bytes = 0;

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const OldEvent *row = &g_array_index (rows, OldEvent, i);

      if (i % 50 == 0 && !ulak_store_read_used_bytes (database, &used_bytes, error))
        return FALSE;
      if (row->stored_us >= older_than_us && used_bytes <= keep_bytes)
        {
          *cursor = 0;
          *more_out = FALSE;
          return TRUE;
        }
      if (!row->is_needed && !forget_event (database, row->sequence, error))
        return FALSE;
      *cursor = row->sequence;
    }
  *more_out = rows->len == PRUNE_ROWS;
  if (!*more_out)
    *cursor = 0;
  return TRUE;
}

static gint64
estimate_bytes (const SubmitOp *op)
{
  gint64 bytes = 0;

  for (guint i = 0; i < op->events->len; i++)
    bytes += (gint64) strlen (((UlakEvent *) g_ptr_array_index (op->events, i))->data) + ROW_OVERHEAD_BYTES;
  return bytes;
}

/* The oldest events go when the budget is reached, unless a delivery needs them: then the line keeps its outbox. */
static gboolean
make_room (UlakDatabase *database, SubmitOp *op, GError **error)
{
  gint64 wanted = estimate_bytes (op);
  gboolean more = TRUE;

  for (guint i = 0; i < PRUNE_STEPS_MAX; i++)
    {
      if (!ulak_store_read_used_bytes (database, &op->used_bytes, error))
        return FALSE;
      if (op->used_bytes + wanted <= op->max_bytes)
        return TRUE;
      if (!more)
        break;
      if (!ulak_store_prune_events (database, G_MININT64, op->max_bytes - wanted, &op->prune_cursor, &more, error))
        return FALSE;
    }
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL,
               "The event log holds %" G_GINT64_FORMAT " bytes that deliveries still need; [webhooks] event_max_bytes allows %" G_GINT64_FORMAT, op->used_bytes, op->max_bytes);
  return FALSE;
}

static gboolean
find_event (UlakDatabase *database, const char *id, gint64 *sequence_out, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("event-find"), error);
  gboolean has_row;

  *sequence_out = 0;
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", id);
  if (!ulak_statement_step (statement, &has_row, error))
    return FALSE;
  if (!has_row)
    return TRUE;
  *sequence_out = ulak_statement_get_integer (statement, "sequence");
  return ulak_statement_step (statement, &has_row, error);
}

static gboolean
insert_event (UlakDatabase *database, SubmitOp *op, UlakEvent *event, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("event-insert"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_text (statement, "id", event->id);
  ulak_statement_bind_text (statement, "account", event->account);
  ulak_statement_bind_text (statement, "type", event->type);
  ulak_statement_bind_text (statement, "chat", event->chat);
  ulak_statement_bind_integer (statement, "timestamp_us", event->timestamp_us);
  ulak_statement_bind_integer (statement, "stored_us", op->op.now_us);
  ulak_statement_bind_text (statement, "data", event->data);
  if (!ulak_statement_run (statement, error))
    return FALSE;
  event->sequence = ulak_database_get_last_rowid (database);
  return TRUE;
}

static gboolean
enqueue_event (UlakDatabase *database, SubmitOp *op, const UlakEvent *event, GError **error)
{
  g_autofree char *lane = ulak_event_get_lane (event->account, event->type, event->chat);
  int queued = 0;

  for (guint i = 0; i < op->endpoints->len; i++)
    {
      const UlakEndpoint *endpoint = g_ptr_array_index (op->endpoints, i);
      gboolean is_new;

      if (!ulak_endpoint_takes (endpoint, event->account, event->type))
        continue;
      if (!ulak_store_enqueue (&op->op, database, endpoint->row, event->sequence, lane, &is_new, error))
        return FALSE;
      queued += is_new;
    }
  return ulak_store_op_add_pending (&op->op, database, event->account, queued, error);
}

static gboolean
submit_event (UlakDatabase *database, SubmitOp *op, UlakEvent *event, GError **error)
{
  gint64 known;

  if (!find_event (database, event->id, &known, error))
    return FALSE;
  if (known == 0 && (!insert_event (database, op, event, error) || !enqueue_event (database, op, event, error)))
    return FALSE;
  op->last_sequence = MAX (op->last_sequence, known == 0 ? event->sequence : known);
  return TRUE;
}

static gboolean
submit_work (UlakDatabase *database, gpointer data, GError **error)
{
  SubmitOp *op = data;

  for (guint i = 0; i < op->events->len; i++)
    if (!ulak_event_check (g_ptr_array_index (op->events, i), error))
      return FALSE;
  if (!make_room (database, op, error))
    return FALSE;
  for (guint i = 0; i < op->events->len; i++)
    if (!submit_event (database, op, g_ptr_array_index (op->events, i), error))
      return FALSE;
  return TRUE;
}

static void
submitted (UlakWebhookStore *self, gpointer data, gboolean is_committed)
{
  SubmitOp *op = data;

  if (!is_committed)
    return;
  self->last_sequence = MAX (self->last_sequence, op->last_sequence);
  self->used_bytes = op->used_bytes;
  self->prune_cursor = op->prune_cursor;
}

/**
 * ulak_webhook_store_submit_async:
 * @self: a store
 * @events: (transfer full) (element-type UlakEvent): 1 to %ULAK_EVENT_BATCH_MAX
 * @endpoints: (transfer none) (element-type UlakEndpoint): who may get them; must not change while the call runs
 *
 * All or nothing; ids that are known are skipped. Errors: %ULAK_ERROR_INVALID, %ULAK_ERROR_TOO_LARGE,
 * %ULAK_ERROR_FULL (the disk budget), and the engine's.
 */
void
ulak_webhook_store_submit_async (UlakWebhookStore *self,
                                 GPtrArray *events,
                                 GPtrArray *endpoints,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  SubmitOp *op = g_new0 (SubmitOp, 1);

  op->op.after = submitted;
  op->events = events;
  op->endpoints = g_ptr_array_ref (endpoints);
  op->max_bytes = self->max_bytes;
  op->prune_cursor = self->prune_cursor;
  ulak_webhook_store_run (self, ULAK_STORE_WRITE, submit_work, op, submit_op_free, submit_work, callback, user_data);
}

/**
 * ulak_webhook_store_submit_finish:
 *
 * Returns: the sequence of the last event of the batch; 0 with an error
 */
gint64
ulak_webhook_store_submit_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  SubmitOp *op = ulak_webhook_store_take (self, result, submit_work, error);

  return op != NULL ? op->last_sequence : 0;
}

typedef struct
{
  UlakStoreOp op;
  gint64 after;
  guint limit;
  UlakEventFilter filter; /* members owned */
  UlakEventPage page;
} ReadOp;

static void
read_op_free (gpointer data)
{
  ReadOp *op = data;

  ulak_store_op_clear (&op->op);
  g_strfreev (op->filter.accounts);
  g_strfreev (op->filter.types);
  g_free (op->filter.chat);
  g_ptr_array_unref (op->page.events);
  g_free (op);
}

static gboolean
words_take (GStrv filters, const char *type)
{
  if (filters == NULL || filters[0] == NULL)
    return TRUE;
  for (char **filter = filters; *filter != NULL; filter++)
    if (ulak_event_filter_matches (*filter, type))
      return TRUE;
  return FALSE;
}

static gboolean
filter_takes (const UlakEventFilter *filter, const char *account, const char *type, const char *chat)
{
  if (filter->accounts != NULL && filter->accounts[0] != NULL && !g_strv_contains ((const char *const *) filter->accounts, account))
    return FALSE;
  if (filter->chat != NULL && !g_str_equal (filter->chat, chat))
    return FALSE;
  return words_take (filter->types, type);
}

/* Returns the bytes taken, 0 when the filter passed the row over. */
static gsize
read_row (UlakStatement *statement, ReadOp *op)
{
  const char *account = ulak_statement_get_text (statement, "account");
  const char *type = ulak_statement_get_text (statement, "type");
  const char *chat = ulak_statement_get_text (statement, "chat");
  const char *data;
  UlakEvent *event;

  op->page.searched_sequence = ulak_statement_get_integer (statement, "sequence");
  if (!filter_takes (&op->filter, account, type, chat))
    return 0;
  data = ulak_statement_get_text (statement, "data");
  event = ulak_event_new (ulak_statement_get_text (statement, "id"), account, type, chat,
                          ulak_statement_get_integer (statement, "timestamp_us"), data, -1);
  event->sequence = op->page.searched_sequence;
  g_ptr_array_add (op->page.events, event);
  return strlen (data);
}

static gboolean
read_bounds (UlakDatabase *database, ReadOp *op, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("event-bounds"), error);
  gboolean has_row;
  gint64 last;

  if (statement == NULL || !ulak_statement_step (statement, &has_row, error))
    return FALSE;
  last = ulak_statement_get_integer (statement, "last");
  op->page.oldest_sequence = ulak_statement_is_null (statement, "oldest") ? last + 1 : ulak_statement_get_integer (statement, "oldest");
  return ulak_statement_step (statement, &has_row, error);
}

static gboolean
read_work (UlakDatabase *database, gpointer data, GError **error)
{
  ReadOp *op = data;
  UlakStatement *statement;
  gboolean has_row = TRUE;
  gsize bytes = 0;

  if (!read_bounds (database, op, error))
    return FALSE;
  op->page.searched_sequence = op->after;
  statement = ulak_database_statement (database, SQL ("event-read"), error);
  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "after", op->after);
  ulak_statement_bind_integer (statement, "limit", READ_ROWS_MAX);
  while (op->page.events->len < op->limit && bytes < READ_BYTES_MAX)
    {
      if (!ulak_statement_step (statement, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      bytes += read_row (statement, op);
    }
  return ulak_database_statement (database, SQL ("event-read"), error) != NULL; /* ends it early */
}

/**
 * ulak_webhook_store_read_async:
 * @self: a store
 * @after_sequence: only later ones
 * @limit: 1 to 500
 * @filter: (nullable): which; copied
 *
 * Reads the log in commit order. The answer ends early after 4 MiB of data or 5,000 rows that the filter passed over:
 * searched_sequence says how far it came.
 */
void
ulak_webhook_store_read_async (UlakWebhookStore *self,
                               gint64 after_sequence,
                               guint limit,
                               const UlakEventFilter *filter,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  ReadOp *op = g_new0 (ReadOp, 1);

  op->after = after_sequence;
  op->limit = limit;
  op->page.events = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_event_free);
  if (filter != NULL)
    {
      op->filter.accounts = g_strdupv (filter->accounts);
      op->filter.types = g_strdupv (filter->types);
      op->filter.chat = g_strdup (filter->chat);
    }
  ulak_webhook_store_run (self, ULAK_STORE_READ, read_work, op, read_op_free, read_work, callback, user_data);
}

/**
 * ulak_webhook_store_read_finish:
 *
 * Returns: (transfer none): the page, alive while @result is
 */
const UlakEventPage *
ulak_webhook_store_read_finish (UlakWebhookStore *self, GAsyncResult *result, GError **error)
{
  ReadOp *op = ulak_webhook_store_take (self, result, read_work, error);

  return op != NULL ? &op->page : NULL;
}
