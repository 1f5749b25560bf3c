/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/channel.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/codec/node-codec.h"
#include "whatsapp/link/frames.h"

#define TAG_BYTES 16

typedef enum
{
  STATE_CONNECTING,
  STATE_HELLO, /* ours is out, the server's is next */
  STATE_OPEN,
  STATE_CLOSED,
} State;

struct _UlakChannel
{
  grefcount references; /* one of the owner, one while frames are handed out */
  State state;
  gboolean is_paused;
  gboolean is_draining;
  UlakSocket *socket;
  UlakHandshake *handshake; /* until it is done */
  UlakNoiseResult keys;
  UlakFrames *frames;
  GByteArray *unsent; /* sealed frames of this turn */
  guint flush_source;
  guint drain_source;
  UlakClock *clock;
  guint timer;
  const UlakChannelEvents *events;
  gpointer user_data;
  gint64 last_frame_us;
  guint64 frames_in;
  guint64 frames_out;
  guint bad_frames;
};

static void
channel_unref (UlakChannel *self)
{
  if (!g_ref_count_dec (&self->references))
    return;
  ulak_noise_result_clear (&self->keys);
  g_clear_pointer (&self->handshake, ulak_handshake_free);
  ulak_frames_free (self->frames);
  g_byte_array_unref (self->unsent);
  g_object_unref (self->socket);
  g_object_unref (self->clock);
  g_free (self);
}

static void
shut (UlakChannel *self)
{
  self->state = STATE_CLOSED;
  ulak_clock_clear_timer (self->clock, &self->timer);
  g_clear_handle_id (&self->flush_source, g_source_remove);
  g_clear_handle_id (&self->drain_source, g_source_remove);
  ulak_socket_abandon (self->socket);
}

static void
fail (UlakChannel *self, const GError *error)
{
  if (self->state == STATE_CLOSED)
    return;
  shut (self);
  self->events->closed (error, self->user_data);
}

static void
fail_timeout_cb (gpointer user_data)
{
  UlakChannel *self = user_data;
  g_autoptr (GError) error = g_error_new (ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "The server did not %s within %d s",
                                          self->state == STATE_CONNECTING ? "take the connection" : "answer the handshake",
                                          ULAK_CHANNEL_STEP_MS / 1000);

  self->timer = 0;
  fail (self, error);
}

static void
start_step (UlakChannel *self, State state)
{
  self->state = state;
  ulak_clock_clear_timer (self->clock, &self->timer);
  self->timer = ulak_clock_add_timer (self->clock, ULAK_CHANNEL_STEP_MS * G_TIME_SPAN_MILLISECOND, fail_timeout_cb, self);
}

static void
opened_cb (gpointer user_data)
{
  UlakChannel *self = user_data;
  g_autoptr (GByteArray) hello = ulak_handshake_begin (self->handshake);

  start_step (self, STATE_HELLO);
  ulak_frames_set_max (self->frames, ULAK_HANDSHAKE_FRAME_MAX);
  ulak_socket_send (self->socket, hello->data, hello->len);
}

static gboolean
take_hello (UlakChannel *self, UlakSpan frame, GError **error)
{
  guint64 now_s = (guint64) (ulak_clock_get_wall_us (self->clock) / G_USEC_PER_SEC);
  g_autoptr (GByteArray) finish = ulak_handshake_answer (self->handshake, frame, now_s, &self->keys, error);

  if (finish == NULL)
    return FALSE;
  g_clear_pointer (&self->handshake, ulak_handshake_free);
  ulak_clock_clear_timer (self->clock, &self->timer);
  ulak_frames_set_max (self->frames, ULAK_FRAMES_MAX);
  self->state = STATE_OPEN;
  ulak_socket_send (self->socket, finish->data, finish->len);
  self->events->opened (self->user_data);
  return TRUE;
}

/* Whatever these are about, that they came is worth knowing, and they want an answer. What a query was answered is not told by
 * half of an answer. */
static gboolean
is_worth_its_head (const UlakNode *head)
{
  static const char *const tags[]
      = { "message", "receipt", "notification", "call", "ack", "success", "failure", "stream:error", NULL };

  return g_strv_contains (tags, ulak_node_get_tag (head));
}

/* Ending the connection for one stanza would not help: the server would give it again. Later ones are as good as ever. */
static gboolean
skip_bad (UlakChannel *self, GBytes *frame, const GError *bad, GError **error)
{
  g_autoptr (UlakNode) head = ulak_node_decode_head (frame, NULL);

  if (head != NULL && is_worth_its_head (head))
    {
      ulak_log_warning (NULL, NULL, "A <%s> of the server can only be read in part: %s", ulak_node_get_tag (head), bad->message);
      self->events->received (head, self->user_data);
      return TRUE;
    }
  ulak_log_warning (NULL, NULL, "A stanza of the server cannot be read and is skipped: %s", bad->message);
  if (++self->bad_frames <= ULAK_CHANNEL_BAD_MAX)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED, "More than %d stanzas of the server cannot be read: %s", ULAK_CHANNEL_BAD_MAX,
               bad->message);
  return FALSE;
}

static gboolean
take_node (UlakChannel *self, UlakSpan frame, GError **error)
{
  g_autoptr (GByteArray) plain = g_byte_array_sized_new ((guint) frame.size_bytes);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UlakNode) node = NULL;
  g_autoptr (GError) bad = NULL;

  if (!ulak_counter_cipher_open (self->keys.opens, ULAK_SPAN_NONE, frame, plain, error))
    return FALSE;
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&plain));
  node = ulak_node_decode (bytes, &bad);
  if (node == NULL)
    return skip_bad (self, bytes, bad, error);
  self->events->received (node, self->user_data);
  return TRUE;
}

/* Hands out what is complete. A callback may pause or close us, or send. */
static void
drain (UlakChannel *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_right = TRUE;
  UlakSpan frame;

  if (self->is_draining)
    return;
  g_ref_count_inc (&self->references);
  self->is_draining = TRUE;
  while (is_right && self->state != STATE_CLOSED && !self->is_paused && ulak_frames_take (self->frames, &frame, &error))
    {
      self->frames_in++;
      is_right = self->state == STATE_HELLO ? take_hello (self, frame, &error) : take_node (self, frame, &error);
    }
  self->is_draining = FALSE;
  if (error != NULL)
    fail (self, error);
  channel_unref (self);
}

static void
received_cb (GBytes *bytes, gpointer user_data)
{
  UlakChannel *self = user_data;
  g_autoptr (GError) error = NULL;

  self->last_frame_us = ulak_clock_get_monotonic_us (self->clock);
  if (!ulak_frames_add (self->frames, ulak_span_of (bytes), &error))
    fail (self, error);
  else
    drain (self);
}

static void
closed_cb (const GError *error, gpointer user_data)
{
  fail (user_data, error);
}

static const UlakSocketEvents socket_events = { opened_cb, received_cb, closed_cb };

/**
 * ulak_channel_new:
 * @socket: not opened yet; a reference is taken
 * @handshake: copied
 * @events: outlives the channel
 *
 * Connects. The answer is @opened or @closed, never before this returns.
 */
UlakChannel *
ulak_channel_new (UlakSocket *socket,
                  UlakHandshakeOptions *handshake,
                  UlakClock *clock,
                  UlakRandom *random,
                  const UlakChannelEvents *events,
                  gpointer user_data)
{
  UlakChannel *self = g_new0 (UlakChannel, 1);

  g_ref_count_init (&self->references);
  self->socket = g_object_ref (socket);
  self->handshake = ulak_handshake_new (handshake, random);
  self->frames = ulak_frames_new ();
  self->unsent = g_byte_array_new ();
  self->clock = g_object_ref (clock);
  self->events = events;
  self->user_data = user_data;
  self->last_frame_us = ulak_clock_get_monotonic_us (clock);
  start_step (self, STATE_CONNECTING);
  ulak_socket_open (socket, &socket_events, self);
  return self;
}

void
ulak_channel_close (UlakChannel *self)
{
  if (self->state != STATE_CLOSED)
    {
      ulak_channel_flush (self);
      shut (self);
    }
  channel_unref (self);
}

gboolean
ulak_channel_is_open (const UlakChannel *self)
{
  return self->state == STATE_OPEN;
}

gboolean
ulak_channel_is_past_hello (const UlakChannel *self)
{
  return self->handshake == NULL;
}

/** ulak_channel_flush: gives everything sealed to the socket now instead of at the end of this turn of the main loop */
void
ulak_channel_flush (UlakChannel *self)
{
  g_clear_handle_id (&self->flush_source, g_source_remove);
  if (self->unsent->len == 0)
    return;
  ulak_socket_send (self->socket, self->unsent->data, self->unsent->len);
  g_byte_array_set_size (self->unsent, 0);
}

static gboolean
flush_cb (gpointer user_data)
{
  UlakChannel *self = user_data;

  self->flush_source = 0;
  ulak_channel_flush (self);
  return G_SOURCE_REMOVE;
}

static void
append_length (GByteArray *out, gsize length)
{
  const guint8 header[] = { (guint8) (length >> 16), (guint8) (length >> 8), (guint8) length };

  g_byte_array_append (out, header, sizeof header);
}

/**
 * ulak_channel_send:
 *
 * Errors: ULAK_ERROR_WRONG_STATE before the handshake is done and after the end, ULAK_ERROR_FULL while
 * ULAK_CHANNEL_UNSENT_MAX bytes wait, and what ulak_node_encode() says. Nothing left then, and the channel goes on.
 *
 * Returns: whether @node is on its way
 */
gboolean
ulak_channel_send (UlakChannel *self, const UlakNode *node, GError **error)
{
  g_autoptr (GBytes) plain = NULL;

  if (self->state != STATE_OPEN)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "There is no connection to WhatsApp");
      return FALSE;
    }
  if (ulak_channel_count_unsent (self) > ULAK_CHANNEL_UNSENT_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "More than %d bytes wait to be sent", ULAK_CHANNEL_UNSENT_MAX);
      return FALSE;
    }
  plain = ulak_node_encode (node, error);
  if (plain == NULL)
    return FALSE;
  append_length (self->unsent, g_bytes_get_size (plain) + TAG_BYTES);
  if (!ulak_counter_cipher_seal (self->keys.seals, ULAK_SPAN_NONE, ulak_span_of (plain), self->unsent, error))
    {
      g_byte_array_set_size (self->unsent, self->unsent->len - ULAK_FRAMES_HEADER_BYTES);
      return FALSE;
    }
  self->frames_out++;
  /* Before what else this turn set going: signals and answers on the bus take longer than all of this. */
  if (self->flush_source == 0)
    self->flush_source = g_idle_add_full (G_PRIORITY_HIGH, flush_cb, self, NULL);
  return TRUE;
}

static gboolean
drain_cb (gpointer user_data)
{
  UlakChannel *self = user_data;

  self->drain_source = 0;
  drain (self);
  return G_SOURCE_REMOVE;
}

/** ulak_channel_set_paused: while paused no node is handed out; going on happens from the main loop */
void
ulak_channel_set_paused (UlakChannel *self, gboolean is_paused)
{
  if (self->is_paused == is_paused)
    return;
  self->is_paused = is_paused;
  if (!is_paused && self->state != STATE_CLOSED && self->drain_source == 0)
    self->drain_source = g_idle_add_full (G_PRIORITY_DEFAULT, drain_cb, self, NULL);
}

/** ulak_channel_count_unsent: Returns: bytes that did not leave the process yet */
gsize
ulak_channel_count_unsent (const UlakChannel *self)
{
  return self->unsent->len + ulak_socket_count_unsent (self->socket);
}

guint64
ulak_channel_count_frames_in (const UlakChannel *self)
{
  return self->frames_in;
}

guint64
ulak_channel_count_frames_out (const UlakChannel *self)
{
  return self->frames_out;
}

gint64
ulak_channel_get_last_frame_us (const UlakChannel *self)
{
  return self->last_frame_us;
}
