/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 *   start -> the line's seal (ulak-api; again and again until it is there) -> parts -> the account -> the link connects
 *
 * The parts follow the link from then on, and the line shows it.
 */
#include "whatsapp/linked/linked-backend.h"

#include "core/backoff.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"
#include "whatsapp/linked/linked-health.h"
#include "whatsapp/linked/linked-requests.h"
#include "whatsapp/linked/linked-seal.h"
#include "whatsapp/linked/linked-state.h"

static const UlakBackoff seal_backoff = { .first_ms = 500, .max_ms = 30000, .jitter_percent = 20 };

struct _UlakLinkedBackend
{
  UlakBackend parent_instance;

  UlakLine *line;         /* unowned, outlives us */
  UlakClock *clock;       /* (owned) */
  UlakRandom *random;     /* (owned): the system's */
  JsonObject *account;    /* (owned) (nullable): its document, until configured */
  UlakLinking *linking;   /* (owned) */
  UlakSeal *seal;         /* (owned) (nullable): until ulak-api gave it */
  UlakLinkedParts *parts; /* (owned) (nullable): until the seal is there */

  gboolean is_started;
  guint seal_failures;
  guint seal_timer;
  guint ban_timer;
};

G_DEFINE_FINAL_TYPE (UlakLinkedBackend, ulak_linked_backend, ULAK_TYPE_BACKEND)

/* --- the line's state --- */

/* Not every move is in the table; what is not goes by way of starting. */
static void
set_state (UlakLinkedBackend *self, UlakLineState state, const char *error_code, const char *why)
{
  UlakLineState current = ulak_line_get_state (self->line);

  if (current != state && !ulak_line_state_may_move (current, state)
      && ulak_line_state_may_move (current, ULAK_LINE_STATE_STARTING))
    ulak_line_set_state (self->line, ULAK_LINE_STATE_STARTING, NULL, NULL);
  ulak_line_set_state (self->line, state, error_code, why);
}

/* Whoever logs a line out knows it; that has no code. */
static void
log_end (const UlakLinkedState *state)
{
  if (state->error_code == NULL)
    return;
  if (state->state == ULAK_LINE_STATE_FAILED || state->state == ULAK_LINE_STATE_BANNED
      || state->state == ULAK_LINE_STATE_OUTDATED || state->state == ULAK_LINE_STATE_LOGGED_OUT)
    ulak_log_warning (ULAK_MESSAGE_LINE_NOT_TAKEN, ULAK_FIELDS (ULAK_FIELD_ERROR_CODE, state->error_code),
                      "The network does not take the line: %s (%s)", state->why, state->error_code);
}

static void
account_loaded_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  UlakLinkedBackend *self = user_data;
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  if (!ulak_linked_account_load_finish (result, &credentials, &error))
    ulak_log_warning (NULL, NULL, "The account of the line cannot be read: %s", error->message);
  else if (credentials != NULL)
    ulak_linked_account_use (self->parts->account, credentials);
}

static void
load_account (UlakLinkedBackend *self)
{
  ulak_linked_account_load_async (self->parts->account, G_OBJECT (self), account_loaded_cb, self);
}

static void
ban_over_cb (gpointer user_data)
{
  UlakLinkedBackend *self = user_data;

  self->ban_timer = 0;
  if (self->is_started)
    ulak_link_start (self->parts->link);
}

static void
wait_for_ban (UlakLinkedBackend *self, gint64 until_us)
{
  gint64 wait_us = until_us - ulak_clock_get_wall_us (self->clock);

  ulak_clock_clear_timer (self->clock, &self->ban_timer);
  if (until_us != 0)
    self->ban_timer = ulak_clock_add_timer (self->clock, MAX (wait_us, G_USEC_PER_SEC), ban_over_cb, self);
}

/* What the parts must know of a phase, besides the line. */
static void
follow (UlakLinkedBackend *self, const UlakLinkState *state)
{
  switch (state->phase)
    {
    case ULAK_LINK_PAIRED:
      ulak_linked_account_forget (self->parts->account);
      load_account (self);
      break;
    case ULAK_LINK_ONLINE:
      ulak_chat_connected (self->parts->chat);
      load_account (self); /* our LID may be known now */
      ulak_linked_sync_go_online (self->parts->sync);
      break;
    case ULAK_LINK_DISCONNECTED:
    case ULAK_LINK_STOPPED:
      ulak_linked_account_drop_early (self->parts->account);
      ulak_chat_disconnected (self->parts->chat);
      break;
    case ULAK_LINK_ENDED:
      ulak_chat_disconnected (self->parts->chat);
      if (state->outcome != NULL && ulak_outcome_kind_drops_keys (state->outcome->kind))
        {
          ulak_linked_account_forget (self->parts->account);
          ulak_linked_sync_forget (self->parts->sync);
        }
      if (state->outcome != NULL && state->outcome->kind == ULAK_OUTCOME_BANNED)
        wait_for_ban (self, state->until_us);
      break;
    case ULAK_LINK_CONNECTING:
    case ULAK_LINK_QR:
    case ULAK_LINK_CODE:
    case ULAK_LINK_PASSKEY:
    case ULAK_LINK_READY:
      break;
    }
}

static void
state_changed (UlakLink *link, const UlakLinkState *link_state, gpointer user_data)
{
  UlakLinkedBackend *self = user_data;
  g_auto (UlakLinkedState) state = { 0 };

  follow (self, link_state);
  ulak_linked_state_read (&state, link_state, ulak_line_get_state (self->line));
  if (state.is_said && self->is_started)
    {
      if (link_state->phase == ULAK_LINK_ENDED)
        log_end (&state);
      set_state (self, state.state, state.error_code, state.why);
      ulak_line_set_link (self->line, state.link);
    }
  ulak_linking_follow (self->linking, link, link_state);
}

/* --- start --- */

static void
begin (UlakLinkedBackend *self, UlakCredentials *credentials)
{
  if (!self->is_started)
    return;
  if (credentials != NULL)
    ulak_linked_account_use (self->parts->account, credentials);
  ulak_link_start (self->parts->link);
}

static void
first_account_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  UlakLinkedBackend *self = user_data;
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  if (ulak_linked_account_load_finish (result, &credentials, &error))
    begin (self, credentials);
  else if (self->is_started)
    set_state (self, ULAK_LINE_STATE_FAILED, "E_WA_KEYS", error->message);
}

static void load_seal (UlakLinkedBackend *self);

static void
seal_timer_cb (gpointer user_data)
{
  UlakLinkedBackend *self = user_data;

  self->seal_timer = 0;
  load_seal (self);
}

static void
give_up (UlakLinkedBackend *self, const char *error_code, const char *why)
{
  set_state (self, ULAK_LINE_STATE_FAILED, error_code, why);
  ulak_linking_give_up (self->linking, why);
}

/* ulak-api may be starting, the keyring may be locked: nothing of it is final. */
static void
try_seal_again (UlakLinkedBackend *self, const GError *error)
{
  gint64 wait_ms = ulak_backoff_next_ms (&seal_backoff, ++self->seal_failures, self->random);
  g_autofree char *why = g_strdup_printf ("The line has no key of its own yet: %s", error->message);

  set_state (self, ULAK_LINE_STATE_DISCONNECTED, "E_WA_KEYS", error->message);
  ulak_linking_explain (self->linking, why);
  self->seal_timer = ulak_clock_add_timer (self->clock, wait_ms * 1000, seal_timer_cb, self);
}

static gboolean
make_parts (UlakLinkedBackend *self, GError **error)
{
  const UlakLinkedPartsOptions options = {
    .line = self->line,
    .document = self->account,
    .seal = self->seal,
    .random = self->random,
    .state_changed = state_changed,
    .user_data = self,
  };

  self->parts = ulak_linked_parts_new (&options, error);
  return self->parts != NULL;
}

static void
seal_loaded_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLinkedBackend) self = user_data;
  g_autoptr (GError) error = NULL;

  self->seal = ulak_linked_seal_load_finish (result, &error);
  if (!self->is_started)
    return;
  if (self->seal == NULL)
    {
      try_seal_again (self, error);
      return;
    }
  if (!make_parts (self, &error))
    {
      give_up (self, "E_WA_SETTINGS", error->message);
      return;
    }
  ulak_linked_account_load_async (self->parts->account, G_OBJECT (self), first_account_cb, self);
}

static void
load_seal (UlakLinkedBackend *self)
{
  ulak_linked_seal_load_async (ulak_line_get_secrets (self->line), seal_loaded_cb, g_object_ref (self));
}

static void
start (UlakBackend *backend)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);

  self->is_started = TRUE;
  load_seal (self);
}

static gboolean
configure (UlakBackend *backend, JsonObject *account, GError **error G_GNUC_UNUSED)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);

  g_clear_pointer (&self->account, json_object_unref);
  self->account = json_object_ref (account); /* the name and the history count from the next start on */
  return TRUE;
}

static void
apply_settings (UlakBackend *backend, const UlakLineSettings *settings)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);

  if (self->parts != NULL)
    ulak_linked_parts_set_ghost (self->parts, settings->ghost_mode);
}

/* --- stop --- */

static void
chat_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLinkedBackend *self = g_task_get_source_object (task);

  ulak_chat_stop_finish (ULAK_CHAT (source), result, NULL);
  ulak_link_stop (self->parts->link);
  g_task_return_boolean (task, TRUE);
}

/* What is under way is stored and answered first: the server gives again only what is left. */
static void
stop_async (UlakBackend *backend, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, stop_async);
  self->is_started = FALSE;
  ulak_clock_clear_timer (self->clock, &self->seal_timer);
  ulak_clock_clear_timer (self->clock, &self->ban_timer);
  ulak_linking_fail (self->linking, "The line stops");
  if (self->parts == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  ulak_linked_sync_stop (self->parts->sync);
  ulak_chat_stop_async (self->parts->chat, chat_stopped_cb, g_steal_pointer (&task));
}

static gboolean
stop_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- what operators see --- */

static UlakLink *
peek_link (UlakLinkedBackend *self)
{
  return self->parts == NULL ? NULL : self->parts->link;
}

static void
check_health (UlakBackend *backend, UlakHealth *health)
{
  ulak_linked_health_check (peek_link (ULAK_LINKED_BACKEND (backend)), health);
}

static void
refresh_metrics (UlakBackend *backend, UlakMetrics *metrics)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);

  ulak_linked_health_measure (peek_link (self), ulak_line_get_account (self->line), metrics);
}

/* --- the object --- */

static const char *
get_network (UlakBackend *backend G_GNUC_UNUSED)
{
  return "whatsapp";
}

static const char *
get_name (UlakBackend *backend G_GNUC_UNUSED)
{
  return "linked";
}

static void
ulak_linked_backend_dispose (GObject *object)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (object);

  if (self->clock != NULL)
    {
      ulak_clock_clear_timer (self->clock, &self->seal_timer);
      ulak_clock_clear_timer (self->clock, &self->ban_timer);
    }
  g_clear_pointer (&self->parts, ulak_linked_parts_free);
  g_clear_pointer (&self->seal, ulak_seal_free);
  g_clear_pointer (&self->linking, ulak_linking_free);
  g_clear_pointer (&self->account, json_object_unref);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  G_OBJECT_CLASS (ulak_linked_backend_parent_class)->dispose (object);
}

static void
ulak_linked_backend_class_init (UlakLinkedBackendClass *klass)
{
  UlakBackendClass *backend = ULAK_BACKEND_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ulak_linked_backend_dispose;
  backend->sends_idempotently = TRUE; /* the id on the network is made from ours */
  backend->get_network = get_network;
  backend->get_name = get_name;
  backend->configure = configure;
  backend->start = start;
  backend->stop_async = stop_async;
  backend->stop_finish = stop_finish;
  backend->check_health = check_health;
  backend->refresh_metrics = refresh_metrics;
  backend->apply_settings = apply_settings;
  ulak_linked_requests_fill (backend);
}

static void
ulak_linked_backend_init (UlakLinkedBackend *self G_GNUC_UNUSED)
{
}

UlakBackend *
ulak_linked_backend_new (UlakLine *line)
{
  UlakLinkedBackend *self = g_object_new (ULAK_TYPE_LINKED_BACKEND, NULL);

  self->line = line;
  self->clock = g_object_ref (ulak_service_get_clock (ulak_line_get_service (line)));
  self->random = g_object_ref (ulak_service_get_random (ulak_line_get_service (line)));
  self->linking = ulak_linking_new (self->clock);
  return ULAK_BACKEND (self);
}

UlakLinkedParts *
ulak_linked_backend_get_parts (UlakLinkedBackend *self)
{
  return self->parts;
}

UlakLinking *
ulak_linked_backend_get_linking (UlakLinkedBackend *self)
{
  return self->linking;
}
