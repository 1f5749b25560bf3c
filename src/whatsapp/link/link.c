/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/link/link-private.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/link/websocket.h"

#include <string.h>

#define DEVICE_NAME_DEFAULT "Ulak"

G_DEFINE_FINAL_TYPE (UlakLink, ulak_link, G_TYPE_OBJECT)

static const char *const phase_names[] = {
  [ULAK_LINK_STOPPED] = "stopped",
  [ULAK_LINK_CONNECTING] = "connecting",
  [ULAK_LINK_QR] = "qr",
  [ULAK_LINK_CODE] = "code",
  [ULAK_LINK_PASSKEY] = "passkey",
  [ULAK_LINK_PAIRED] = "paired",
  [ULAK_LINK_ONLINE] = "online",
  [ULAK_LINK_READY] = "ready",
  [ULAK_LINK_DISCONNECTED] = "disconnected",
  [ULAK_LINK_ENDED] = "ended",
};
G_STATIC_ASSERT (G_N_ELEMENTS (phase_names) == ULAK_N_LINK_PHASES);

const char *
ulak_link_phase_to_string (UlakLinkPhase phase)
{
  g_return_val_if_fail (phase < ULAK_N_LINK_PHASES, "ended");
  return phase_names[phase];
}

static void
handler_row_clear (gpointer data)
{
  UlakLinkHandlerRow *row = data;

  g_free (row->tag);
  g_free (row->type);
}

static void
ulak_link_dispose (GObject *object)
{
  UlakLink *self = ULAK_LINK (object);

  if (self->queries != NULL)
    ulak_link_stop (self);
  g_clear_pointer (&self->queries, ulak_pending_free);
  g_clear_pointer (&self->messages, ulak_pending_free);
  g_clear_object (&self->soup);
  G_OBJECT_CLASS (ulak_link_parent_class)->dispose (object);
}

static void
ulak_link_finalize (GObject *object)
{
  UlakLink *self = ULAK_LINK (object);

  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_clear_pointer (&self->url, g_uri_unref);
  g_clear_pointer (&self->root_key, g_bytes_unref);
  g_free (self->device_name);
  g_free (self->push_name);
  g_clear_pointer (&self->credentials, ulak_credentials_unref);
  g_array_unref (self->handlers);
  G_OBJECT_CLASS (ulak_link_parent_class)->finalize (object);
}

static void
ulak_link_class_init (UlakLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_link_dispose;
  G_OBJECT_CLASS (klass)->finalize = ulak_link_finalize;
}

static void
ulak_link_init (UlakLink *self)
{
  self->handlers = g_array_new (FALSE, TRUE, sizeof (UlakLinkHandlerRow));
  g_array_set_clear_func (self->handlers, handler_row_clear);
  self->login.connect_ms = self->login.ready_ms = -1;
}

static UlakSocket *
make_websocket (gpointer user_data)
{
  UlakLink *self = user_data;

  if (self->soup == NULL)
    self->soup = ulak_websocket_session_new ();
  return ulak_websocket_new (self->soup, self->url);
}

static GBytes *
parse_root_key (const char *hex, GError **error)
{
  guint8 key[ULAK_KEY_BYTES];

  for (gsize i = 0; i < sizeof key && strlen (hex) == 2 * sizeof key; i++)
    {
      int high = g_ascii_xdigit_value (hex[2 * i]), low = g_ascii_xdigit_value (hex[2 * i + 1]);

      if (high < 0 || low < 0)
        break;
      key[i] = (guint8) (high << 4 | low);
      if (i == sizeof key - 1)
        return g_bytes_new (key, sizeof key);
    }
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "root_key is to be 64 hex digits");
  return NULL;
}

static gboolean
take_settings (UlakLink *self, const UlakLinkOptions *options, GError **error)
{
  const char *url = options->server_url == NULL ? ULAK_WEBSOCKET_URL : options->server_url;
  const char *version = options->version == NULL ? ULAK_LINK_VERSION_DEFAULT : options->version;
  const char *name = options->device_name == NULL ? DEVICE_NAME_DEFAULT : options->device_name;

  self->root_key = parse_root_key (options->root_key == NULL ? ULAK_CERTIFICATE_ROOT_KEY : options->root_key, error);
  if (self->root_key == NULL || !ulak_client_version_parse (version, &self->version, error))
    return FALSE;
  self->url = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, error);
  if (self->url == NULL)
    {
      g_prefix_error (error, "server_url: ");
      return FALSE;
    }
  if (*name == '\0' || strlen (name) > ULAK_DEVICE_NAME_MAX || !g_utf8_validate (name, -1, NULL))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "device_name is to have 1 to %d bytes of UTF-8", ULAK_DEVICE_NAME_MAX);
      return FALSE;
    }
  self->device_name = g_strdup (name);
  self->wishes = (UlakDeviceWishes){
    .name = self->device_name,
    .wants_full_history = options->wants_full_history,
    .history_days = options->history_days,
    .history_size_mb = options->history_size_mb,
  };
  return TRUE;
}

UlakLink *
ulak_link_new (const UlakLinkOptions *options, GError **error)
{
  g_autoptr (UlakLink) self = g_object_new (ULAK_TYPE_LINK, NULL);

  self->store = g_object_ref (options->store);
  self->seal = options->seal;
  self->clock = g_object_ref (options->clock);
  self->random = g_object_ref (options->random);
  self->state_changed = options->state_changed;
  self->user_data = options->user_data;
  self->make_socket = options->make_socket == NULL ? make_websocket : options->make_socket;
  self->socket_data = options->make_socket == NULL ? self : options->socket_data;
  self->queries = ulak_pending_new (self->clock, ULAK_LINK_QUERIES_MAX);
  self->messages = ulak_pending_new (self->clock, ULAK_LINK_MESSAGES_MAX);
  ulak_random_fill (self->random, (guint8 *) &self->id_prefix, sizeof self->id_prefix);
  if (!take_settings (self, options, error))
    return NULL;
  return g_steal_pointer (&self);
}

UlakLinkAsk *
ulak_link_ask_new (UlakLink *self)
{
  UlakLinkAsk *ask = g_new0 (UlakLinkAsk, 1);

  ask->link = g_object_ref (self);
  ask->epoch = self->epoch;
  ask->code_serial = self->code.serial;
  return ask;
}

void
ulak_link_ask_free (UlakLinkAsk *ask)
{
  g_object_unref (ask->link);
  g_free (ask);
}

gboolean
ulak_link_ask_is_current (const UlakLinkAsk *ask)
{
  return ask->link->epoch == ask->epoch;
}

guint
ulak_link_add_timer (UlakLink *self, gint64 delay_ms, GSourceOnceFunc func)
{
  return ulak_clock_add_timer (self->clock, delay_ms * G_TIME_SPAN_MILLISECOND, func, self);
}

/* The last thing that a caller does, or it compares the epoch. */
void
ulak_link_report (UlakLink *self, const UlakLinkState *state)
{
  self->phase = state->phase;
  ulak_log_debug (NULL, "The link is %s", ulak_link_phase_to_string (state->phase));
  if (self->state_changed != NULL)
    self->state_changed (self, state, self->user_data);
}

void
ulak_link_take_credentials (UlakLink *self, UlakAccountState *state)
{
  g_clear_pointer (&self->credentials, ulak_credentials_unref);
  self->credentials = g_steal_pointer (&state->credentials);
}

/* @callback's source is the store; it ends with ulak_account_change_finish(). */
void
ulak_link_change (UlakLink *self, UlakAccountChange *change, GAsyncReadyCallback callback, gpointer user_data)
{
  ulak_account_change_async (change, self->store, self->seal, self->random, self->clock, callback, user_data);
}

typedef struct
{
  UlakLinkAsk *ask;
  const char *what;
} Quiet;

static void
changed_quietly_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Quiet *quiet = user_data;
  UlakLink *self = quiet->ask->link;
  g_auto (UlakAccountState) state = { 0 };
  g_autoptr (GError) error = NULL;

  if (!ulak_account_change_finish (ULAK_STORE (source), result, &state, &error))
    ulak_log_warning (NULL, NULL, "%s cannot be stored: %s", quiet->what, error->message);
  else if (self->is_started && state.credentials != NULL)
    ulak_link_take_credentials (self, &state);
  ulak_link_ask_free (quiet->ask);
  g_free (quiet);
}

/* For what does no harm when it is lost; @what begins the warning. */
void
ulak_link_change_quietly (UlakLink *self, UlakAccountChange *change, const char *what)
{
  Quiet *quiet = g_new0 (Quiet, 1);

  quiet->ask = ulak_link_ask_new (self);
  quiet->what = what;
  ulak_link_change (self, change, changed_quietly_cb, quiet);
}

static void
opened_account_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLinkAsk) ask = user_data;
  UlakLink *self = ask->link;
  g_auto (UlakAccountState) state = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_open = ulak_account_change_finish (ULAK_STORE (source), result, &state, &error);

  if (!ulak_link_ask_is_current (ask))
    return;
  if (!is_open)
    {
      g_prefix_error (&error, "The line's keys cannot be read: ");
      ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_LOCAL, "E_WA_STORE", error->message));
      return;
    }
  self->pre_keys.is_first = state.was_copy || state.n_pre_keys == 0;
  ulak_link_take_credentials (self, &state);
  ulak_link_connect (self);
}

/* The credentials are read for each connection: others may have changed them. */
void
ulak_link_open_account (UlakLink *self)
{
  UlakAccountChange *change = ulak_account_change_new ();

  change->opens = TRUE;
  ulak_link_change (self, change, opened_account_cb, ulak_link_ask_new (self));
}

/** ulak_link_start: begins, and begins anew after ENDED or while a retry waits; nothing happens while it is connected */
void
ulak_link_start (UlakLink *self)
{
  if (self->is_started && self->phase != ULAK_LINK_ENDED && self->phase != ULAK_LINK_DISCONNECTED)
    return;
  ulak_link_drop (self, "The line was started anew");
  self->is_started = TRUE;
  self->is_logging_out = FALSE;
  self->phase = ULAK_LINK_CONNECTING;
  self->connection.failures = self->connection.quick_restarts = 0;
  self->pairing.rounds = 0;
  ulak_link_open_account (self);
}

void
ulak_link_stop (UlakLink *self)
{
  self->is_started = FALSE;
  self->phase = ULAK_LINK_STOPPED;
  ulak_link_drop (self, "The line was stopped");
}

UlakLinkPhase
ulak_link_get_phase (UlakLink *self)
{
  return self->phase;
}

UlakCredentials *
ulak_link_get_credentials (UlakLink *self)
{
  return self->credentials;
}

gboolean
ulak_link_get_own (UlakLink *self, UlakJid *phone_out, UlakJid *lid_out)
{
  const UlakJid *phone = self->credentials == NULL ? NULL : ulak_credentials_get_jid (self->credentials);
  const UlakJid *lid = phone == NULL ? NULL : ulak_credentials_get_lid (self->credentials);

  if (phone == NULL)
    return FALSE;
  if (phone_out != NULL)
    *phone_out = *phone;
  if (lid_out != NULL)
    *lid_out = lid == NULL ? (UlakJid){ 0 } : *lid;
  return TRUE;
}

gint64
ulak_link_get_server_time_us (UlakLink *self)
{
  gint64 offset_s = self->credentials == NULL ? 0 : ulak_credentials_get_server_time_offset_s (self->credentials);

  return ulak_clock_get_wall_us (self->clock) + offset_s * G_USEC_PER_SEC;
}

void
ulak_link_mark_decrypted (UlakLink *self)
{
  self->decrypted_us = ulak_clock_get_monotonic_us (self->clock);
}

void
ulak_link_set_available (UlakLink *self, gboolean is_available)
{
  self->is_available = is_available;
  if (self->login.is_active)
    ulak_link_send_presence (self);
}

void
ulak_link_set_ghost (UlakLink *self, gboolean is_ghost)
{
  if (self->is_ghost == is_ghost)
    return;
  if (self->is_available)
    ulak_link_set_available (self, FALSE);
  self->is_ghost = is_ghost;
  if (self->login.is_active)
    ulak_link_send_presence (self);
}

void
ulak_link_set_push_name (UlakLink *self, const char *name)
{
  if (g_strcmp0 (self->push_name, name) == 0)
    return;
  g_free (self->push_name);
  self->push_name = g_strdup (name);
  if (self->login.is_active)
    ulak_link_send_presence (self);
}

const char *
ulak_link_get_push_name (UlakLink *self)
{
  return self->push_name != NULL ? self->push_name : ulak_credentials_get_push_name (self->credentials);
}

static gint64
age_ms (UlakLink *self, gint64 since_us)
{
  return since_us == 0 ? -1 : (ulak_clock_get_monotonic_us (self->clock) - since_us) / G_TIME_SPAN_MILLISECOND;
}

void
ulak_link_get_status (UlakLink *self, UlakLinkStatus *status_out)
{
  gboolean has_frames = self->channel != NULL && ulak_channel_count_frames_in (self->channel) > 0;

  *status_out = (UlakLinkStatus){
    .phase = self->phase,
    .frame_age_ms = has_frames ? age_ms (self, ulak_channel_get_last_frame_us (self->channel)) : -1,
    .pong_age_ms = age_ms (self, self->keepalive.pong_us),
    .decrypted_age_ms = age_ms (self, self->decrypted_us),
    .connected_age_ms = age_ms (self, self->login.online_us),
    .connect_ms = self->login.connect_ms,
    .ready_ms = self->login.ready_ms,
    .queries = ulak_pending_count (self->queries),
    .messages = ulak_pending_count (self->messages),
    .oldest_ack_ms = ulak_pending_get_oldest_age_us (self->messages) / G_TIME_SPAN_MILLISECOND,
    .held = self->held,
    .unsent_bytes = self->channel == NULL ? 0 : ulak_channel_count_unsent (self->channel),
    .reconnects = self->reconnects,
    .frames_in = self->channel == NULL ? 0 : ulak_channel_count_frames_in (self->channel),
    .frames_out = self->channel == NULL ? 0 : ulak_channel_count_frames_out (self->channel),
    .client_expires_s = self->login.client_expires_s,
  };
}
