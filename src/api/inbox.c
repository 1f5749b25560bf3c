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
  UlakInboxPeer peer;
  GHashTable *pumps;       /* (owned) (element-type utf8 Pump) */
  gboolean is_stopped;
};

typedef struct
{
  UlakInbox *inbox;     /* unowned, outlives us */
  char *account;        /* (owned) */
  GPtrArray *rows;      /* (owned) (element-type UlakInboxRow): read, not yet handed over */
  gint64 done_sequence; /* up to here all were handed over or set aside */
  guint failures;       /* of the first row */
  guint timer;
  gboolean is_busy;     /* a read or a delivery is under way */
  gboolean is_woken;    /* something came meanwhile */
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
removed_cb (GObject *source, GAsyncResult *result, G_GNUC_UNUSED gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ulak_gateway_store_finish (ULAK_GATEWAY_STORE (source), result, &error))
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
  ulak_gateway_store_set_inbox_aside_async (self->store, row->sequence, error->message,
                                            ulak_clock_get_wall_us (self->clock), removed_cb, NULL);
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
  ulak_gateway_store_remove_inbox_async (self->store, ((UlakInboxRow *) pump->rows->pdata[0])->sequence, removed_cb, NULL);
  finish_row (pump);
  pump_step (pump);
}

static void
pump_step (Pump *pump)
{
  UlakInbox *self = pump->inbox;

  if (self->is_stopped || pump->is_busy || pump->timer != 0 || !self->peer.is_present (pump->account, self->peer.data))
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
  return pump;
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
ulak_inbox_new (UlakGatewayStore *store, UlakClock *clock, UlakRandom *random, const UlakInboxPeer *peer)
{
  UlakInbox *self = g_object_new (ULAK_TYPE_INBOX, NULL);

  self->store = g_object_ref (store);
  self->clock = g_object_ref (clock);
  self->random = g_object_ref (random);
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
