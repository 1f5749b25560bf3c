/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Keepalive: a ping every 20 to 30 s from the handshake on, and what its silence means.
 *
 * The server answers pings of devices that are not linked yet, too, so people do not look at a QR of a dead connection.
 * Nothing at all within 20 s after a ping: the connection is dead, at most 50 s after its last sign of life. Stanzas but no
 * pong for three minutes: dead, too. Timers stand still while the machine sleeps, so a tick that finds the wall clock far
 * ahead of the monotonic one gives the connection up at once.
 */
#include "whatsapp/link/link-private.h"

#include "core/log.h"

#define INTERVAL_MIN_MS 20000
#define INTERVAL_SPREAD_MS 10000
#define SILENCE_MS 20000
#define PONG_MAX_US (180 * G_USEC_PER_SEC)
#define SLEEP_US (30 * G_USEC_PER_SEC)

static void set_ping_timer (UlakLink *self);

void
ulak_link_clear_keepalive (UlakLink *self)
{
  ulak_clock_clear_timer (self->clock, &self->keepalive.ping_timer);
  ulak_clock_clear_timer (self->clock, &self->keepalive.silence_timer);
  self->keepalive = (UlakLinkKeepalive){ 0 };
}

static void
die (UlakLink *self, const char *why)
{
  self->keepalive.is_dead = TRUE;
  ulak_link_interrupt_pairing (self);
  ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_CONNECTION", why));
}

/* A step of the wall clock forward looks the same, and costs one reconnect. */
static gboolean
has_slept (UlakLink *self)
{
  gint64 wall_us = ulak_clock_get_wall_us (self->clock) - self->keepalive.tick_wall_us;
  gint64 awake_us = ulak_clock_get_monotonic_us (self->clock) - self->keepalive.tick_us;

  return wall_us - awake_us > SLEEP_US;
}

static void
pong_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (UlakLinkAsk) ask = user_data;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, NULL);

  if (ulak_link_ask_is_current (ask) && answer != NULL)
    self->keepalive.pong_us = ulak_clock_get_monotonic_us (self->clock);
}

static void
silence_cb (gpointer user_data)
{
  UlakLink *self = user_data;
  gint64 now_us = ulak_clock_get_monotonic_us (self->clock);
  gint64 pong_us = MAX (self->keepalive.pong_us, self->keepalive.began_us);

  self->keepalive.silence_timer = 0;
  if (has_slept (self))
    die (self, "This machine slept");
  else if (ulak_channel_get_last_frame_us (self->channel) < self->keepalive.pinged_us)
    die (self, "WhatsApp's server fell silent");
  else if (now_us - pong_us > PONG_MAX_US)
    die (self, "WhatsApp's server answers no ping");
}

static void
ping_cb (gpointer user_data)
{
  UlakLink *self = user_data;
  UlakNodeBuilder *builder;

  self->keepalive.ping_timer = 0;
  if (has_slept (self))
    {
      die (self, "This machine slept");
      return;
    }
  builder = ulak_link_begin_query (self, "get", "w:p", NULL);
  ulak_node_builder_open (builder, "ping");
  self->keepalive.pinged_us = ulak_clock_get_monotonic_us (self->clock);
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, pong_cb, ulak_link_ask_new (self));
  if (self->keepalive.silence_timer == 0)
    self->keepalive.silence_timer = ulak_link_add_timer (self, SILENCE_MS, silence_cb);
  set_ping_timer (self);
}

static void
set_ping_timer (UlakLink *self)
{
  self->keepalive.tick_wall_us = ulak_clock_get_wall_us (self->clock);
  self->keepalive.tick_us = ulak_clock_get_monotonic_us (self->clock);
  self->keepalive.ping_timer
      = ulak_link_add_timer (self, INTERVAL_MIN_MS + ulak_random_below (self->random, INTERVAL_SPREAD_MS + 1), ping_cb);
}

void
ulak_link_begin_keepalive (UlakLink *self)
{
  self->keepalive.began_us = ulak_clock_get_monotonic_us (self->clock);
  set_ping_timer (self);
}
