/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/event-streams.h"

#include "api/peer.h"
#include "core/error.h"
#include "core/log.h"
#include "core/names.h"

#include <string.h>

#define PAGE_EVENTS 32 /* of at most 256 KiB each: 8 MiB a stream at the very worst */
#define HEARTBEAT_US (15 * G_GINT64_CONSTANT (1000000))
#define RETRY_US G_GINT64_CONSTANT (1000000)

struct _UlakEventStreams
{
  UlakApi *api;       /* unowned, outlives us */
  GPtrArray *streams; /* (element-type Stream): unowned, each leaves by itself */
  guint stored_id;
  gboolean is_ended;
};

typedef struct
{
  UlakEventStreams *owner; /* unowned; NULL once out of its list */
  UlakRequest *request;    /* (owned) */
  GVariant *filter;        /* (owned) */
  guint64 after;
  guint n_unwritten;       /* pieces that the client has not taken */
  guint timer;
  gboolean is_started;     /* after is known */
  gboolean is_asking;
  gboolean is_woken;
  gboolean is_gone;
} Stream;

static void stream_step (Stream *self);
static void stream_set_timer (Stream *self, gint64 delay_us);

static void
stream_free (Stream *self)
{
  g_variant_unref (self->filter);
  ulak_request_unref (self->request);
  g_free (self);
}

static void
stream_write (Stream *self, char *text)
{
  SoupServerMessage *message = ulak_request_get_message (self->request);

  soup_message_body_append_take (soup_server_message_get_response_body (message), (guchar *) text, strlen (text));
  self->n_unwritten++;
  soup_server_message_unpause (message);
}

static void
stream_end (Stream *self)
{
  SoupServerMessage *message = ulak_request_get_message (self->request);

  if (message == NULL)
    return;
  soup_message_body_complete (soup_server_message_get_response_body (message));
  soup_server_message_unpause (message);
}

static UlakApi *
stream_api (Stream *self)
{
  return ulak_request_get_api (self->request);
}

static void
timer_cb (gpointer user_data)
{
  Stream *self = user_data;

  self->timer = 0;
  if (self->is_started && self->n_unwritten == 0 && !self->is_asking)
    stream_write (self, g_strdup (": still here\n\n"));
  self->is_woken = TRUE; /* ulak-webhooks may have died between a commit and its signal */
  stream_set_timer (self, HEARTBEAT_US);
  stream_step (self);
}

static void
stream_set_timer (Stream *self, gint64 delay_us)
{
  UlakClock *clock = stream_api (self)->clock;

  ulak_clock_clear_timer (clock, &self->timer);
  self->timer = ulak_clock_add_timer (clock, delay_us, timer_cb, self);
}

/* A document on one line, or on as many "data:" lines as it has. */
static void
append_event (GString *text, guint64 sequence, const char *document)
{
  g_auto (GStrv) lines = g_strsplit (document, "\n", -1);

  g_string_append_printf (text, "id: %" G_GUINT64_FORMAT "\n", sequence);
  for (guint i = 0; lines[i] != NULL; i++)
    g_string_append_printf (text, "data: %s\n", lines[i]);
  g_string_append_c (text, '\n');
}

/* The reader asks for what the log no longer has: it hears so, with what is left. */
static void
append_gap (GString *text, guint64 oldest)
{
  g_string_append_printf (text, "event: gap\ndata: {\"oldest_sequence\":%" G_GUINT64_FORMAT "}\n\n", oldest);
}

static void
stream_take (Stream *self, GVariant *values)
{
  g_autoptr (GVariantIter) events = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 sequence, last, oldest, before = self->after;
  const char *document;

  g_variant_get (values, "(a(ts)tt)", &events, &last, &oldest);
  if (before > 0 && oldest > before + 1)
    append_gap (text, oldest);
  while (g_variant_iter_next (events, "(t&s)", &sequence, &document))
    append_event (text, sequence, document);
  self->after = MAX (last, before);
  if (text->len > 0)
    stream_write (self, g_string_free (g_steal_pointer (&text), FALSE));
  if (self->after > before)
    self->is_woken = TRUE; /* there may be more */
}

static void
read_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  Stream *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakPeerReply) reply = ulak_peer_call_finish (result, &error);

  self->is_asking = FALSE;
  if (self->is_gone)
    {
      stream_free (self);
      return;
    }
  if (reply == NULL)
    {
      ulak_log_info (NULL, "A stream of events waits for ulak-webhooks: %s", error->message);
      self->is_woken = TRUE;
      stream_set_timer (self, RETRY_US);
      return;
    }
  stream_take (self, reply->values);
  stream_step (self);
}

static void
stream_read (Stream *self)
{
  const UlakPeerCall call = {
    .method = "ReadEvents",
    .arguments = g_variant_new ("(tu)", self->after, PAGE_EVENTS),
    .options = self->filter,
    .reply_type = "(a(ts)tt)",
  };

  self->is_asking = TRUE;
  self->is_woken = FALSE;
  ulak_peer_call_async (stream_api (self)->connection, &call, ulak_request_get_context (self->request), NULL, read_cb, self);
}

static void
newest_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Stream *self = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autoptr (GVariant) value = NULL;

  self->is_asking = FALSE;
  if (self->is_gone)
    {
      stream_free (self);
      return;
    }
  if (reply == NULL)
    {
      stream_set_timer (self, RETRY_US);
      return;
    }
  g_variant_get (reply, "(v)", &value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    self->after = g_variant_get_uint64 (value);
  self->is_started = TRUE;
  stream_step (self);
}

static void
stream_find_newest (Stream *self)
{
  self->is_asking = TRUE;
  g_dbus_connection_call (stream_api (self)->connection, ULAK_BUS_NAME_WEBHOOKS, ULAK_OBJECT_PATH_WEBHOOKS,
                          "org.freedesktop.DBus.Properties", "Get", g_variant_new ("(ss)", "org.ulak.Webhooks1", "LastSequence"),
                          G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, newest_cb, self);
}

static void
stream_step (Stream *self)
{
  if (self->is_gone || self->is_asking || self->owner == NULL || self->owner->is_ended)
    return;
  if (!self->is_started)
    stream_find_newest (self);
  else if (self->is_woken && self->n_unwritten == 0)
    stream_read (self);
}

static void
wrote_chunk_cb (G_GNUC_UNUSED SoupServerMessage *message, gpointer user_data)
{
  Stream *self = user_data;

  if (self->is_gone || self->n_unwritten == 0)
    return;
  self->n_unwritten--;
  stream_step (self);
}

static void
gone_cb (gpointer user_data)
{
  Stream *self = user_data;

  self->is_gone = TRUE;
  ulak_clock_clear_timer (stream_api (self)->clock, &self->timer);
  if (self->owner != NULL)
    g_ptr_array_remove_fast (self->owner->streams, self);
  self->owner = NULL;
  if (!self->is_asking)
    stream_free (self);
}

static void
stored_cb (G_GNUC_UNUSED GDBusConnection *connection,
           G_GNUC_UNUSED const char *sender,
           G_GNUC_UNUSED const char *path,
           G_GNUC_UNUSED const char *interface,
           G_GNUC_UNUSED const char *signal,
           G_GNUC_UNUSED GVariant *parameters,
           gpointer user_data)
{
  UlakEventStreams *self = user_data;

  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = self->streams->pdata[i];

      stream->is_woken = TRUE;
      stream_step (stream);
    }
}

UlakEventStreams *
ulak_event_streams_new (UlakApi *api)
{
  UlakEventStreams *self = g_new0 (UlakEventStreams, 1);

  self->api = api;
  self->streams = g_ptr_array_new ();
  self->stored_id = g_dbus_connection_signal_subscribe (api->connection, ULAK_BUS_NAME_WEBHOOKS, "org.ulak.Webhooks1",
                                                        "EventsStored", ULAK_OBJECT_PATH_WEBHOOKS, NULL,
                                                        G_DBUS_SIGNAL_FLAGS_NONE, stored_cb, self, NULL);
  return self;
}

void
ulak_event_streams_free (UlakEventStreams *self)
{
  if (self == NULL)
    return;

  g_dbus_connection_signal_unsubscribe (self->api->connection, self->stored_id);
  for (guint i = 0; i < self->streams->len; i++)
    ((Stream *) self->streams->pdata[i])->owner = NULL;
  g_ptr_array_unref (self->streams);
  g_free (self);
}

/* HTTP/1.0 knows no chunks: the end of the connection ends the answer. */
static void
put_headers (UlakRequest *request)
{
  SoupServerMessage *message = ulak_request_get_message (request);
  gboolean is_old = soup_server_message_get_http_version (message) == SOUP_HTTP_1_0;

  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message),
                                     is_old ? SOUP_ENCODING_EOF : SOUP_ENCODING_CHUNKED);
}

void
ulak_event_streams_add (UlakEventStreams *self, UlakRequest *request, gint64 after, GVariant *filter)
{
  Stream *stream;

  if (self->is_ended || self->streams->len >= ULAK_EVENT_STREAMS_MAX)
    {
      g_variant_unref (g_variant_ref_sink (filter));
      ulak_request_answer_fault (request, 503, "E_FULL", "There are too many streams of events already");
      return;
    }
  stream = g_new0 (Stream, 1);
  stream->owner = self;
  stream->request = ulak_request_ref (request);
  stream->filter = g_variant_ref_sink (filter);
  stream->is_started = after >= 0;
  stream->after = after >= 0 ? (guint64) after : 0;
  stream->is_woken = TRUE;
  g_ptr_array_add (self->streams, stream);
  g_signal_connect (ulak_request_get_message (request), "wrote-chunk", G_CALLBACK (wrote_chunk_cb), stream);
  ulak_request_set_gone_func (request, gone_cb, stream);
  put_headers (request);
  ulak_request_begin_stream (request, 200, "text/event-stream");
  stream_write (stream, g_strdup (": events of Ulak\nretry: 1000\n\n"));
  stream_set_timer (stream, HEARTBEAT_US);
  stream_step (stream);
}

void
ulak_event_streams_end (UlakEventStreams *self)
{
  self->is_ended = TRUE;
  for (guint i = 0; i < self->streams->len; i++)
    stream_end (self->streams->pdata[i]);
}
