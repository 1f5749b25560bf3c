/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The client itself: its fields, the turns of transfers, and what up and down have in common.
 */
#include "whatsapp/media/client-private.h"

#include "core/error.h"
#include "whatsapp/media/spool.h"

#define SLOWEST_BYTES_PER_S 16384 /* 128 kbit/s */
#define DEADLINE_MIN_S 60
#define SWEEP_EVERY_S G_GINT64_CONSTANT (3600)

static const UlakBackoff between_tries = { .first_ms = 500, .max_ms = 8000, .jitter_percent = 20 };

typedef struct
{
  GTask *task; /* (owned) */
  char *name;  /* (owned) (nullable): in the spool */
  UlakTransferStart start;
} Turn;

G_DEFINE_FINAL_TYPE (UlakMediaClient, ulak_media_client, G_TYPE_OBJECT)

static void
turn_free (gpointer data)
{
  Turn *self = data;

  g_clear_object (&self->task);
  g_free (self->name);
  g_free (self);
}

static void
ulak_media_client_finalize (GObject *object)
{
  UlakMediaClient *self = ULAK_MEDIA_CLIENT (object);

  ulak_clock_clear_timer (self->clock, &self->sweep_timer);
  g_queue_clear_full (&self->queued, turn_free);
  g_clear_pointer (&self->busy, g_hash_table_unref);
  g_clear_pointer (&self->asked, g_ptr_array_unref);
  g_clear_object (&self->connection);
  g_clear_object (&self->store);
  g_clear_object (&self->session);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_object (&self->key_random);
  g_free (self->spool);
  g_free (self->host);
  g_free (self->own_user);
  G_OBJECT_CLASS (ulak_media_client_parent_class)->finalize (object);
}

static void
ulak_media_client_class_init (UlakMediaClientClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ulak_media_client_finalize;
}

static void
ulak_media_client_init (UlakMediaClient *self)
{
  g_queue_init (&self->queued);
  self->busy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->asked = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_media_asked_free);
}

static void
sweep (gpointer user_data)
{
  UlakMediaClient *self = user_data;

  ulak_spool_sweep (self->spool, ulak_clock_get_wall_us (self->clock) / G_USEC_PER_SEC);
  self->sweep_timer = ulak_clock_add_timer (self->clock, SWEEP_EVERY_S * G_USEC_PER_SEC, sweep, self);
}

/** ulak_media_client_new: makes the queries known, and sweeps the spool of what nobody came back for, now and then */
UlakMediaClient *
ulak_media_client_new (const UlakMediaClientOptions *options)
{
  UlakMediaClient *self = g_object_new (ULAK_TYPE_MEDIA_CLIENT, NULL);

  ulak_media_register_sql ();
  self->port = options->port;
  self->store = g_object_ref (options->store);
  self->session = g_object_ref (options->session);
  self->clock = g_object_ref (options->clock);
  self->random = g_object_ref (options->random);
  self->key_random = g_object_ref (options->key_random);
  self->spool = g_strdup (options->spool);
  self->host = g_strdup (options->host == NULL ? ULAK_MEDIA_HOST : options->host);
  self->connection = ulak_media_connection_new (&self->port, self->clock);
  sweep (self);
  return self;
}

void
ulak_media_client_set_own_user (UlakMediaClient *self, const UlakJid *user)
{
  UlakJid account = ulak_jid_get_account (user);

  g_free (self->own_user);
  self->own_user = ulak_jid_print (&account);
}

/* --- turns --- */

static Turn *
take_turn (UlakMediaClient *self)
{
  for (GList *link = self->queued.head; link != NULL; link = link->next)
    {
      Turn *turn = link->data;

      if (turn->name != NULL && g_hash_table_contains (self->busy, turn->name))
        continue;
      g_queue_delete_link (&self->queued, link);
      return turn;
    }
  return NULL;
}

static void
start_turns (UlakMediaClient *self)
{
  Turn *turn;

  while (self->n_running < ULAK_MEDIA_TRANSFERS_MAX && (turn = take_turn (self)) != NULL)
    {
      self->n_running++;
      if (turn->name != NULL)
        g_hash_table_add (self->busy, g_strdup (turn->name));
      turn->start (g_steal_pointer (&turn->task));
      turn_free (turn);
    }
}

void
ulak_media_client_enter (UlakMediaClient *self, GTask *task, const char *name, UlakTransferStart start)
{
  Turn *turn;

  if (g_queue_get_length (&self->queued) >= ULAK_MEDIA_QUEUE_MAX)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL, "%d media wait to be transferred already; try again soon",
                               ULAK_MEDIA_QUEUE_MAX);
      g_object_unref (task);
      return;
    }
  turn = g_new0 (Turn, 1);
  turn->task = task;
  turn->name = g_strdup (name);
  turn->start = start;
  g_queue_push_tail (&self->queued, turn);
  start_turns (self);
}

void
ulak_media_client_leave (UlakMediaClient *self, const char *name)
{
  self->n_running--;
  if (name != NULL)
    g_hash_table_remove (self->busy, name);
  start_turns (self);
}

/* --- what up and down have in common --- */

/* Seconds, or a date; RFC 9110 section 10.2.3. */
gint64
ulak_media_get_retry_after_ms (SoupMessage *message, gint64 now_us)
{
  const char *text = soup_message_headers_get_one (soup_message_get_response_headers (message), "Retry-After");
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;

  if (text == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &seconds, NULL))
    return (gint64) seconds * 1000;
  date = soup_date_time_new_from_http_string (text);
  return date == NULL ? 0 : MAX (0, g_date_time_to_unix (date) * 1000 - now_us / 1000);
}

gint64
ulak_media_client_get_wait_ms (UlakMediaClient *self, guint failures)
{
  return ulak_backoff_next_ms (&between_tries, failures, self->random);
}

void
ulak_media_add_headers (SoupMessage *message)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_headers_replace (headers, "Origin", ULAK_MEDIA_ORIGIN);
  soup_message_headers_replace (headers, "Referer", ULAK_MEDIA_ORIGIN "/");
}

gint64
ulak_media_get_deadline_us (goffset size_bytes)
{
  return (DEADLINE_MIN_S + size_bytes / SLOWEST_BYTES_PER_S) * G_USEC_PER_SEC;
}
