/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/inbox.h"

#include "core/backoff.h"
#include "core/error.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"

#define ROWS_AT_ONCE 8 /* of at most 4 MiB each */

static const UlakBackoff retry = { 500, 60 * 1000, 20 };

struct _UlakInbox
{
  GObject parent_instance;

  UlakGatewayStore *store; /* (owned) */
  UlakClock *clock;        /* (owned) */
  UlakRandom *random;      /* (owned) */
  UlakMetrics *metrics;    /* (owned) */
  UlakInboxPeer peer;
  GHashTable *pumps; /* (owned) (element-type utf8 Pump) */
  gboolean is_loaded;
  gboolean is_stopped;
};

typedef struct
{
  UlakInbox *inbox;     /* unowned, outlives us */
  char *account;        /* (owned) */
  GPtrArray *rows;      /* (owned) (element-type UlakInboxRow): read, not yet handed over */
  gint64 n_rows;        /* in the store; for a moment below 0 when a body left before its coming was told */
  gint64 done_sequence; /* up to here all were handed over or set aside */
  guint failures;       /* of the first row */
  guint timer;
  gboolean is_busy;  /* a read or a delivery is under way */
  gboolean is_woken; /* something came meanwhile */
} Pump;

G_DEFINE_FINAL_TYPE (UlakInbox, ulak_inbox, G_TYPE_OBJECT)

static void pump_step (Pump *pump);

static void
pump_free (Pump *pump)
{
  ulak_clock_clear_timer (pump->inbox->clock, &pump->timer);
  g_ptr_array_unref (pump->rows);
  g_free (pump->account);
  g_free (pump);
}

static void
count (Pump *pump, gint64 n_more)
{
  pump->n_rows += n_more;
  ulak_metrics_set (pump->inbox->metrics, "ulak_inbox_rows", ULAK_LABELS (pump->account), (double) MAX (pump->n_rows, 0));
}

static void
retry_cb (gpointer user_data)
{
  Pump *pump = user_data;

  pump->timer = 0;
  pump_step (pump);
}

static void
wait_and_retry (Pump *pump)
{
  UlakInbox *self = pump->inbox;
  gint64 delay_ms = ulak_backoff_next_ms (&retry, ++pump->failures, self->random);

  ulak_clock_clear_timer (self->clock, &pump->timer);
  pump->timer = ulak_clock_add_timer (self->clock, delay_ms * 1000, retry_cb, pump);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pump *pump = user_data;
  g_autoptr (UlakInbox) self = pump->inbox; /* taken when the read began */
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = ulak_gateway_store_read_inbox_finish (ULAK_GATEWAY_STORE (source), result, &error);

  pump->is_busy = FALSE;
  if (rows == NULL)
    {
      wait_and_retry (pump);
      return;
    }
  g_ptr_array_extend_and_steal (pump->rows, g_steal_pointer (&rows));
  if (pump->rows->len > 0 || pump->is_woken)
    pump_step (pump);
}

static void
pump_read (Pump *pump)
{
  pump->is_busy = TRUE;
  pump->is_woken = FALSE;
  g_object_ref (pump->inbox);
  ulak_gateway_store_read_inbox_async (pump->inbox->store, pump->account, pump->done_sequence, ROWS_AT_ONCE, read_cb,
                                       pump);
}

/* The row is durable elsewhere: it may stay a while, a second delivery changes nothing. */
static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pump *pump = user_data;
  g_autoptr (UlakInbox) self = pump->inbox; /* taken when the removal began */
  g_autoptr (GError) error = NULL;

  if (ulak_gateway_store_finish (ULAK_GATEWAY_STORE (source), result, &error))
    count (pump, -1);
  else
    ulak_log_warning (ULAK_MESSAGE_DATABASE_ERROR, NULL, "database error: a row of the inbox stays: %s", error->message);
}

static void
finish_row (Pump *pump)
{
  pump->done_sequence = ((UlakInboxRow *) pump->rows->pdata[0])->sequence;
  pump->failures = 0;
  g_ptr_array_remove_index (pump->rows, 0);
}

static gboolean
is_final (const GError *error)
{
  return g_error_matches (error, ULAK_ERROR, ULAK_ERROR_INVALID)
         || g_error_matches (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE);
}

static void
judge_failure (Pump *pump, const GError *error)
{
  UlakInbox *self = pump->inbox;
  UlakInboxRow *row = pump->rows->pdata[0];

  if (!is_final (error))
    {
      ulak_log_info (ULAK_FIELDS (ULAK_FIELD_ACCOUNT, pump->account), "A callback waits for its line: %s", error->message);
      wait_and_retry (pump);
      return;
    }
  ulak_log_warning (ULAK_MESSAGE_CALLBACK_REFUSED, ULAK_FIELDS (ULAK_FIELD_ACCOUNT, pump->account),
                    "The line calls a callback invalid; it was set aside: %s", error->message);
  g_object_ref (self);
  ulak_gateway_store_set_inbox_aside_async (self->store, row->sequence, error->message,
                                            ulak_clock_get_wall_us (self->clock), removed_cb, pump);
  finish_row (pump);
  pump_step (pump);
}

static void
delivered_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pump *pump = user_data;
  g_autoptr (UlakInbox) self = pump->inbox; /* taken when the delivery began */
  g_autoptr (GError) error = NULL;

  pump->is_busy = FALSE;
  if (!self->peer.deliver_finish (result, &error))
    {
      judge_failure (pump, error);
      return;
    }
  g_object_ref (self);
  ulak_gateway_store_remove_inbox_async (self->store, ((UlakInboxRow *) pump->rows->pdata[0])->sequence, removed_cb, pump);
  finish_row (pump);
  pump_step (pump);
}

static void
pump_step (Pump *pump)
{
  UlakInbox *self = pump->inbox;

  if (!self->is_loaded || self->is_stopped || pump->is_busy || pump->timer != 0
      || !self->peer.is_present (pump->account, self->peer.data))
    return;
  if (pump->rows->len == 0)
    {
      pump_read (pump);
      return;
    }
  pump->is_busy = TRUE;
  g_object_ref (self);
  self->peer.deliver (pump->account, pump->rows->pdata[0], delivered_cb, pump, self->peer.data);
}

static Pump *
get_pump (UlakInbox *self, const char *account)
{
  Pump *pump = g_hash_table_lookup (self->pumps, account);

  if (pump != NULL)
    return pump;
  pump = g_new0 (Pump, 1);
  pump->inbox = self;
  pump->account = g_strdup (account);
  pump->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_inbox_row_free);
  g_hash_table_insert (self->pumps, pump->account, pump);
  count (pump, 0);
  return pump;
}

static void
counted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  UlakInbox *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) counts = ulak_gateway_store_count_inbox_finish (ULAK_GATEWAY_STORE (source), result, &error);

  if (counts == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  self->is_loaded = TRUE;
  for (guint i = 0; i < counts->len; i++)
    {
      const UlakInboxCount *found = counts->pdata[i];

      count (get_pump (self, found->account), found->rows);
      ulak_inbox_wake (self, found->account);
    }
  g_task_return_boolean (task, TRUE);
}

void
ulak_inbox_load_async (UlakInbox *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_inbox_load_async);
  ulak_gateway_store_count_inbox_async (self->store, counted_cb, task);
}

gboolean
ulak_inbox_load_finish (G_GNUC_UNUSED UlakInbox *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ulak_inbox_added (UlakInbox *self, const char *account)
{
  count (get_pump (self, account), 1);
  ulak_inbox_wake (self, account);
}

void
ulak_inbox_forget (UlakInbox *self, const char *account)
{
  Pump *pump = g_hash_table_lookup (self->pumps, account);

  if (pump == NULL)
    return;
  count (pump, -pump->n_rows);
  if (!pump->is_busy) /* else its line has it, and is gone too */
    g_ptr_array_set_size (pump->rows, 0);
}

void
ulak_inbox_wake (UlakInbox *self, const char *account)
{
  Pump *pump = get_pump (self, account);

  pump->is_woken = TRUE;
  pump_step (pump);
}

void
ulak_inbox_stop (UlakInbox *self)
{
  self->is_stopped = TRUE;
}

/** ulak_inbox_new: @peer: copied */
UlakInbox *
ulak_inbox_new (UlakGatewayStore *store,
                UlakClock *clock,
                UlakRandom *random,
                UlakMetrics *metrics,
                const UlakInboxPeer *peer)
{
  UlakInbox *self = g_object_new (ULAK_TYPE_INBOX, NULL);

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
  self->metrics = ulak_metrics_ref (metrics);
  self->peer = *peer;
  return self;
}

static void
ulak_inbox_finalize (GObject *object)
{
  UlakInbox *self = ULAK_INBOX (object);

  g_hash_table_unref (self->pumps);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->metrics, ulak_metrics_unref);
  G_OBJECT_CLASS (ulak_inbox_parent_class)->finalize (object);
}

static void
ulak_inbox_class_init (UlakInboxClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ulak_inbox_finalize;
}

static void
ulak_inbox_init (UlakInbox *self)
{
  self->pumps = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) pump_free);
}
