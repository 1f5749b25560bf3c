/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Connections: made, given up, and made again. Every way in which one ends comes to ulak_link_lose() with its outcome.
 */
#include "whatsapp/link/link-private.h"

#include "core/backoff.h"
#include "core/error.h"
#include "core/log.h"

#include <string.h>

#define STABLE_MS 30000
#define QUICK_RESTARTS_MAX 3
#define FAILED_HELLOS_MAX 2
#define SLOW_RETRY_MS (5 * 60 * 1000)
#define QR_ROUNDS_MAX 5 /* of 160 s each, then nobody is there */

static const UlakBackoff backoff = { .first_ms = 1000, .max_ms = 15 * 60 * 1000, .jitter_percent = 10 };

void
ulak_link_clear_connection_timers (UlakLink *self)
{
  ulak_clock_clear_timer (self->clock, &self->connection.retry_timer);
  ulak_clock_clear_timer (self->clock, &self->connection.stable_timer);
  ulak_clock_clear_timer (self->clock, &self->connection.first_stanza_timer);
}

/* Ends the epoch: nothing of the connection stays. */
void
ulak_link_drop (UlakLink *self, const char *why)
{
  g_autoptr (GError) error = g_error_new_literal (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, why);

  self->epoch++;
  self->held = 0;
  g_clear_pointer (&self->channel, ulak_channel_close);
  ulak_link_clear_connection_timers (self);
  ulak_link_clear_keepalive (self);
  ulak_link_clear_login (self);
  ulak_link_clear_pre_keys (self);
  ulak_link_clear_pairing (self);
  ulak_link_clear_passkey (self);
  ulak_link_clear_code (self);
  if (!self->is_started)
    g_clear_pointer (&self->connection.owed_ack, ulak_node_unref);
  ulak_pending_fail_all (self->queries, error);
  ulak_pending_fail_all (self->messages, error);
}

static void
stable_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->connection.stable_timer = 0;
  self->connection.failures = self->connection.quick_restarts = 0;
}

/* The server took us for what we are. */
void
ulak_link_settle_connection (UlakLink *self)
{
  ulak_clock_clear_timer (self->clock, &self->connection.first_stanza_timer);
  self->connection.failed_hellos = 0;
  self->connection.skips_routing_info = FALSE;
  if (self->connection.stable_timer == 0)
    self->connection.stable_timer = ulak_link_add_timer (self, STABLE_MS, stable_cb);
}

static void
no_first_stanza_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->connection.first_stanza_timer = 0;
  ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_CONNECTION", "WhatsApp's server says nothing after the handshake"));
}

static void
channel_opened_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->connection.first_stanza_timer = ulak_link_add_timer (self, ULAK_LINK_FIRST_STANZA_MS, no_first_stanza_cb);
  ulak_link_begin_keepalive (self);
}

static void
channel_received_cb (UlakNode *node, gpointer user_data)
{
  ulak_link_receive (user_data, node);
}

static void
forget_routing_info (UlakLink *self)
{
  UlakAccountChange *change = ulak_account_change_new ();

  change->routing_info = g_bytes_new (NULL, 0);
  ulak_link_change_quietly (self, change, "That the routing info is of no use any more");
  self->connection.skips_routing_info = TRUE;
}

static void
channel_closed_cb (const GError *error, gpointer user_data)
{
  UlakLink *self = user_data;
  gboolean failed_hello = !ulak_channel_is_past_hello (self->channel);

  if (failed_hello && ++self->connection.failed_hellos == FAILED_HELLOS_MAX
      && ulak_credentials_get_routing_info (self->credentials) != NULL)
    forget_routing_info (self);
  ulak_link_interrupt_pairing (self);
  ulak_link_lose (self, ulak_outcome_from_error (error));
}

static const UlakChannelEvents channel_events = { channel_opened_cb, channel_received_cb, channel_closed_cb };

static GBytes *
make_registration (UlakLink *self)
{
  const UlakSignedPreKey *pre_key = ulak_credentials_get_signed_pre_key (self->credentials);
  UlakRegistration keys = {
    .registration_id = ulak_credentials_get_registration_id (self->credentials),
    .signed_pre_key_id = pre_key->id,
  };

  memcpy (keys.identity, ulak_credentials_get_identity (self->credentials)->public_key, sizeof keys.identity);
  memcpy (keys.signed_pre_key, pre_key->public_key, sizeof keys.signed_pre_key);
  memcpy (keys.signature, pre_key->signature, sizeof keys.signature);
  return ulak_payload_register (&self->version, &self->wishes, &keys);
}

static GBytes *
make_payload (UlakLink *self, GError **error)
{
  if (!ulak_credentials_is_linked (self->credentials))
    return make_registration (self);
  return ulak_payload_log_in (&self->version, ulak_credentials_get_jid (self->credentials),
                              ulak_link_get_push_name (self), error);
}

static void
open_channel (UlakLink *self, GBytes *payload)
{
  g_autoptr (UlakSocket) socket = self->make_socket (self->socket_data);
  GBytes *routing_info = ulak_credentials_get_routing_info (self->credentials);
  g_auto (UlakHandshakeOptions) handshake = { .noise = *ulak_credentials_get_noise (self->credentials) };

  handshake.root_key = g_bytes_ref (self->root_key);
  handshake.payload = g_bytes_ref (payload);
  if (routing_info != NULL && !self->connection.skips_routing_info)
    handshake.routing_info = g_bytes_ref (routing_info);
  self->connection.began_us = ulak_clock_get_monotonic_us (self->clock);
  self->channel = ulak_channel_new (socket, &handshake, self->clock, self->random, &channel_events, self);
}

void
ulak_link_connect (UlakLink *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) payload = make_payload (self, &error);
  const UlakLinkState state = { .phase = ULAK_LINK_CONNECTING };

  if (payload == NULL)
    {
      ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_LOCAL, "E_WA_STORE", error->message));
      return;
    }
  open_channel (self, payload);
  ulak_link_report (self, &state);
}

static void
retry_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->connection.retry_timer = 0;
  self->reconnects++;
  ulak_link_open_account (self);
}

static void
restart (UlakLink *self)
{
  self->reconnects++;
  self->phase = ULAK_LINK_CONNECTING; /* reported when the keys are read */
  ulak_link_open_account (self);
}

static void
retry (UlakLink *self, const UlakOutcome *outcome)
{
  gint64 wait_ms = ulak_backoff_next_ms (&backoff, ++self->connection.failures, self->random);
  UlakLinkState state = { .phase = ULAK_LINK_DISCONNECTED, .outcome = outcome };

  if (outcome->kind == ULAK_OUTCOME_SLOW_RETRY)
    wait_ms = MAX (wait_ms, SLOW_RETRY_MS);
  self->connection.retry_timer = ulak_link_add_timer (self, wait_ms, retry_cb);
  state.until_us = ulak_clock_get_wall_us (self->clock) + wait_ms * G_TIME_SPAN_MILLISECOND;
  ulak_log_info (NULL, "Disconnected: %s; the next try is in %" G_GINT64_FORMAT " ms", outcome->message, wait_ms);
  ulak_link_report (self, &state);
}

/* Reports the end; only ulak_link_start() leaves it. */
void
ulak_link_end (UlakLink *self, const UlakOutcome *outcome)
{
  UlakLinkState state = { .phase = ULAK_LINK_ENDED, .outcome = outcome };

  if (outcome->wait_s > 0)
    state.until_us = ulak_clock_get_wall_us (self->clock) + outcome->wait_s * G_USEC_PER_SEC;
  ulak_log_debug (NULL, "The link has ended: %s", outcome->message);
  ulak_link_report (self, &state);
}

typedef struct
{
  UlakLinkAsk *ask;
  UlakOutcome *outcome;
} Wipe;

/* A device that the server refuses right after pairing never got linked: a cut came between our answer and the server. */
static void
end_or_pair_again (UlakLink *self, const UlakOutcome *outcome)
{
  if (!self->pairing.is_fresh)
    {
      ulak_link_end (self, outcome);
      return;
    }
  self->pairing.is_fresh = FALSE;
  g_clear_pointer (&self->pairing.complaint, ulak_outcome_free);
  self->pairing.complaint = ulak_outcome_new (ULAK_OUTCOME_UNPAIRED, "E_WA_UNPAIRED", "The connection was cut before WhatsApp had linked the line");
  restart (self);
}

static void
wiped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wipe *wipe = user_data;
  UlakLink *self = wipe->ask->link;
  g_auto (UlakAccountState) state = { 0 };
  g_autoptr (GError) error = NULL;

  if (!ulak_account_change_finish (ULAK_STORE (source), result, &state, &error))
    ulak_log_warning (NULL, NULL, "The keys of an unlinked device cannot be removed: %s", error->message);
  if (ulak_link_ask_is_current (wipe->ask))
    {
      ulak_link_take_credentials (self, &state);
      end_or_pair_again (self, wipe->outcome);
    }
  ulak_link_ask_free (wipe->ask);
  ulak_outcome_free (wipe->outcome);
  g_free (wipe);
}

/* Removes the keys, then reports the end; @outcome: (transfer full). */
void
ulak_link_end_without_keys (UlakLink *self, UlakOutcome *outcome)
{
  UlakAccountChange *change = ulak_account_change_new ();
  Wipe *wipe = g_new0 (Wipe, 1);

  wipe->ask = ulak_link_ask_new (self);
  wipe->outcome = outcome;
  change->wipes = TRUE;
  ulak_link_change (self, change, wiped_cb, wipe);
}

static void
pair_again (UlakLink *self)
{
  g_autoptr (UlakOutcome) given_up = NULL;

  if (++self->pairing.rounds < QR_ROUNDS_MAX)
    {
      restart (self);
      return;
    }
  given_up = ulak_outcome_new (ULAK_OUTCOME_UNPAIRED, "E_WA_UNPAIRED", "Nobody linked the line in time; link it again to get a new QR");
  ulak_link_end (self, given_up);
}

/* A restart is no failure, unless the server asks for nothing else. */
static gboolean
may_restart (UlakLink *self, UlakOutcomeKind kind)
{
  if (kind != ULAK_OUTCOME_RESTART && kind != ULAK_OUTCOME_ACK_MISSING)
    return FALSE;
  return ++self->connection.quick_restarts <= QUICK_RESTARTS_MAX;
}

static void
follow (UlakLink *self, UlakOutcome *outcome, gboolean was_pairing, gboolean was_paired)
{
  gboolean ends = ulak_outcome_kind_ends (outcome->kind);

  if (ulak_outcome_kind_drops_keys (outcome->kind))
    ulak_link_end_without_keys (self, outcome);
  else
    {
      g_autoptr (UlakOutcome) owned = outcome;

      if (ends)
        ulak_link_end (self, owned);
      else if (was_paired || may_restart (self, owned->kind))
        restart (self);
      else if (was_pairing)
        pair_again (self);
      else
        retry (self, owned);
    }
}

/** ulak_link_lose: gives the connection up, and does what @outcome says */
void
ulak_link_lose (UlakLink *self, UlakOutcome *outcome)
{
  /* Who closes gave people the time of a QR; silence did not, and its next connection waits like any other. */
  gboolean was_pairing = ulak_link_is_pairing (self) && !self->keepalive.is_dead, was_paired = self->phase == ULAK_LINK_PAIRED;
  const guint epoch = self->epoch + 1;

  if (outcome->ack != NULL)
    {
      g_clear_pointer (&self->connection.owed_ack, ulak_node_unref);
      self->connection.owed_ack = ulak_node_ref (outcome->ack);
    }
  ulak_link_drop (self, outcome->message);
  if (self->epoch != epoch || !self->is_started || self->is_logging_out)
    ulak_outcome_free (outcome);
  else
    follow (self, outcome, was_pairing, was_paired);
}
