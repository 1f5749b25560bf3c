/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 *   start -> the line's seal (ulak-api; again and again until it is there) -> parts -> the account -> the link connects
 *
 * Stanzas that come before the account is read wait in order.
 */
#include "whatsapp/linked/linked-backend.h"

#include "core/backoff.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"
#include "whatsapp/chat/chat.h"
#include "whatsapp/chat/content-write.h"
#include "whatsapp/linked/linked-health.h"
#include "whatsapp/linked/linked-keys.h"
#include "whatsapp/linked/linked-media.h"
#include "whatsapp/linked/linked-recipient.h"
#include "whatsapp/linked/linked-state.h"
#include "whatsapp/linked/linked-sync.h"
#include "whatsapp/linked/linking.h"
#include "whatsapp/media/media-client.h"
#include "whatsapp/session/cleaner.h"
#include "whatsapp/social/calls.h"
#include "whatsapp/social/presence.h"
#include "whatsapp/social/whatsapp-adapter.h"

#include <string.h>

#define EARLY_MAX 1000 /* stanzas; those beyond come again at the next login, since nobody acknowledges them */

static const UlakBackoff seal_backoff = { .first_ms = 500, .max_ms = 30000, .jitter_percent = 20 };

struct _UlakLinkedBackend
{
  UlakBackend parent_instance;

  UlakLine *line;     /* unowned, outlives us */
  UlakClock *clock;   /* (owned) */
  UlakRandom *random; /* (owned): the system's */
  JsonObject *account;              /* (owned) (nullable): until configured */
  UlakLinking *linking;             /* (owned) */

  UlakSeal *seal;          /* (owned) (nullable): as all below, until ulak-api gave it */
  UlakLink *link;          /* (owned) */
  UlakWire *wire;          /* (owned) */
  SoupSession *session;    /* (owned): to the media hosts */
  UlakMediaClient *media;  /* (owned) */
  UlakChat *chat;          /* (owned) */
  UlakLinkedSync *sync;    /* (owned) */
  UlakWhatsAppAdapter *adapter; /* (owned) */
  UlakSessionCleaner *cleaner;  /* (owned) */
  gboolean has_account;    /* the chat knows who we are */
  GQueue early;            /* (element-type UlakNode) (owned): stanzas that came before that */

  gboolean is_started;
  guint seal_failures;
  guint seal_timer;
  guint ban_timer;
};

G_DEFINE_FINAL_TYPE (UlakLinkedBackend, ulak_linked_backend, ULAK_TYPE_BACKEND)

static UlakService *
service_of (UlakLinkedBackend *self)
{
  return ulak_line_get_service (self->line);
}

static const char *
config_text (UlakLinkedBackend *self, const char *key)
{
  return ulak_config_get_string (ulak_service_get_config (service_of (self)), "whatsapp", key);
}

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

static void
log_end (const UlakLinkedState *state)
{
  if (state->state == ULAK_LINE_STATE_FAILED || state->state == ULAK_LINE_STATE_BANNED
      || state->state == ULAK_LINE_STATE_OUTDATED || state->state == ULAK_LINE_STATE_LOGGED_OUT)
    ulak_log_warning (ULAK_MESSAGE_REMOTE_REFUSED_ACCESS, ULAK_FIELDS (ULAK_FIELD_ERROR_CODE, state->error_code),
                      "The network does not take the line: %s (%s)", state->why, state->error_code);
}

static void load_account (UlakLinkedBackend *self);

static void
forget_account (UlakLinkedBackend *self)
{
  self->has_account = FALSE;
  g_queue_clear_full (&self->early, (GDestroyNotify) ulak_node_unref);
}

static void
ban_over_cb (gpointer user_data)
{
  UlakLinkedBackend *self = user_data;

  self->ban_timer = 0;
  if (self->is_started)
    ulak_link_start (self->link);
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
      forget_account (self);
      load_account (self);
      break;
    case ULAK_LINK_ONLINE:
      ulak_chat_connected (self->chat);
      load_account (self); /* our LID may be known now */
      ulak_linked_sync_go_online (self->sync);
      break;
    case ULAK_LINK_DISCONNECTED:
    case ULAK_LINK_STOPPED:
      g_queue_clear_full (&self->early, (GDestroyNotify) ulak_node_unref); /* they come again */
      ulak_chat_disconnected (self->chat);
      break;
    case ULAK_LINK_ENDED:
      ulak_chat_disconnected (self->chat);
      if (state->outcome != NULL && ulak_outcome_kind_drops_keys (state->outcome->kind))
        {
          forget_account (self);
          ulak_linked_sync_forget (self->sync);
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

/* --- stanzas --- */

static gboolean
take_stanza (UlakLink *link G_GNUC_UNUSED, UlakNode *node, gpointer user_data)
{
  UlakLinkedBackend *self = user_data;

  if (self->has_account)
    ulak_chat_take_stanza (self->chat, node);
  else if (g_queue_get_length (&self->early) < EARLY_MAX)
    g_queue_push_tail (&self->early, ulak_node_ref (node));
  return TRUE;
}

/* Who is online and who types passes: nothing is lost when we do not know yet who we are. */
static gboolean
take_presence (UlakLink *link G_GNUC_UNUSED, UlakNode *node, gpointer user_data)
{
  UlakLinkedBackend *self = user_data;

  if (self->has_account)
    ulak_presence_take (self->chat, node);
  return TRUE;
}

static void
take_early (UlakLinkedBackend *self)
{
  UlakNode *node;

  while ((node = g_queue_pop_head (&self->early)) != NULL)
    {
      ulak_chat_take_stanza (self->chat, node);
      ulak_node_unref (node);
    }
}

/* --- who we are --- */

static void
use_account (UlakLinkedBackend *self, UlakCredentials *credentials)
{
  g_autoptr (UlakSession) session = ulak_session_new (credentials, self->random);
  const UlakJid *lid = ulak_credentials_get_lid (credentials);
  UlakMe me = { .phone = *ulak_credentials_get_jid (credentials) };
  UlakJid user = me.phone;

  if (lid != NULL)
    me.lid = *lid;
  user.device = 0;
  ulak_chat_set_account (self->chat, session, &me);
  ulak_chat_set_migration (self->chat, ulak_credentials_get_lid_migration (credentials));
  ulak_media_client_set_own_user (self->media, &user);
  self->has_account = TRUE;
  take_early (self);
}

static void
account_loaded_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLinkedBackend) self = user_data;
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  if (!ulak_linked_account_load_finish (result, &credentials, &error))
    ulak_log_warning (NULL, NULL, "The account of the line cannot be read: %s", error->message);
  else if (credentials != NULL && self->chat != NULL)
    use_account (self, credentials);
}

static void
load_account (UlakLinkedBackend *self)
{
  ulak_linked_account_load_async (ulak_line_get_store (self->line), self->seal, account_loaded_cb, g_object_ref (self));
}

/* --- the parts --- */

static UlakNodeBuilder *
port_begin_query (gpointer owner, const char *type, const char *xmlns)
{
  return ulak_link_begin_query (owner, type, xmlns, NULL);
}

static void
port_query_async (gpointer owner,
                  UlakNodeBuilder *query,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  ulak_link_query_async (owner, query, ULAK_LINK_QUERY_MS, cancellable, callback, user_data);
}

static UlakNode *
port_query_finish (gpointer owner, GAsyncResult *result, guint *code_out, GError **error)
{
  return ulak_link_query_finish (owner, result, code_out, error);
}

static gboolean
port_send (gpointer owner, const UlakNode *stanza, GError **error)
{
  return ulak_link_send (owner, stanza, error);
}

static UlakLink *
make_link (UlakLinkedBackend *self, GError **error)
{
  JsonObject *settings = ulak_json_peek_object (self->account, "settings");
  const char *name = settings == NULL ? NULL : ulak_json_peek_string (settings, "device_name");
  const char *history = settings == NULL ? NULL : ulak_json_peek_string (settings, "history");
  const UlakLinkOptions options = {
    .store = ulak_line_get_store (self->line),
    .seal = self->seal,
    .clock = self->clock,
    .random = self->random,
    .server_url = config_text (self, "server_url"),
    .root_key = config_text (self, "root_key"),
    .version = config_text (self, "client_version"),
    .device_name = name != NULL ? name : config_text (self, "device_name"),
    .wants_full_history = g_strcmp0 (history, "full") == 0,
    .history_days = settings == NULL ? 0 : (guint) ulak_json_peek_integer (settings, "history_days", 0),
    .state_changed = state_changed,
    .user_data = self,
  };

  return ulak_link_new (&options, error);
}

static UlakMediaPort
port_of (UlakLinkedBackend *self)
{
  return (UlakMediaPort){ self->link, port_begin_query, port_query_async, port_query_finish, port_send };
}

/* (transfer full): for what is half here; it may be emptied by hand while the line is stopped. */
static char *
spool_of (UlakLinkedBackend *self)
{
  return g_build_filename (ulak_service_get_data_dir (service_of (self)), "accounts", ulak_line_get_account (self->line),
                           "spool", NULL);
}

static void
make_media (UlakLinkedBackend *self)
{
  g_autofree char *spool = spool_of (self);
  const UlakMediaClientOptions options = {
    .port = port_of (self),
    .store = ulak_line_get_store (self->line),
    .session = self->session = ulak_media_session_new (),
    .clock = self->clock,
    .random = self->random,
    .key_random = self->random,
    .spool = spool,
  };

  self->media = ulak_media_client_new (&options);
}

static void
make_chat (UlakLinkedBackend *self)
{
  static const char *const tags[] = { "message", "receipt", "notification", "call" };
  UlakChatOptions options;

  self->wire = ulak_link_wire_new (self->link);
  options = (UlakChatOptions){
    .line = self->line, .wire = self->wire, .media = self->media, .clock = self->clock, .random = self->random,
  };
  self->chat = ulak_chat_new (&options);
  ulak_chat_set_ghost (self->chat, ulak_line_get_settings (self->line)->ghost_mode);
  ulak_calls_watch (self->chat);
  for (gsize i = 0; i < G_N_ELEMENTS (tags); i++)
    ulak_link_add_handler (self->link, tags[i], NULL, take_stanza, self);
  ulak_link_add_handler (self->link, "presence", NULL, take_presence, self);
  ulak_link_add_handler (self->link, "chatstate", NULL, take_presence, self);
}

static void
make_sync (UlakLinkedBackend *self)
{
  JsonObject *settings = ulak_json_peek_object (self->account, "settings");
  const char *history = settings == NULL ? NULL : ulak_json_peek_string (settings, "history");
  g_autofree char *spool = spool_of (self);
  UlakLinkedSyncOptions options = {
    .line = self->line,
    .link = self->link,
    .chat = self->chat,
    .media = self->media,
    .port = port_of (self),
    .spool = spool,
    .history = ULAK_HISTORY_RECENT,
  };

  if (history != NULL)
    ulak_history_wish_parse (history, &options.history);
  self->sync = ulak_linked_sync_new (&options);
}

static gboolean
make_adapter (UlakLinkedBackend *self, GError **error)
{
  const UlakWhatsAppParts parts = {
    .line = self->line,
    .link = self->link,
    .chat = self->chat,
    .app_state = ulak_linked_sync_get_app_state (self->sync),
  };

  self->adapter = ulak_whatsapp_adapter_new (&parts, error);
  if (self->adapter == NULL)
    return FALSE;
  ulak_whatsapp_adapter_set_ghost (self->adapter, ulak_line_get_settings (self->line)->ghost_mode);
  return TRUE;
}

static gboolean
make_parts (UlakLinkedBackend *self, GError **error)
{
  self->link = make_link (self, error);
  if (self->link == NULL)
    return FALSE;
  make_media (self);
  make_chat (self);
  self->cleaner = ulak_session_cleaner_new (ulak_line_get_store (self->line), self->clock);
  make_sync (self);
  return make_adapter (self, error);
}

/* --- start --- */

static void
begin (UlakLinkedBackend *self, UlakCredentials *credentials)
{
  if (!self->is_started)
    return;
  if (credentials != NULL)
    use_account (self, credentials);
  ulak_link_start (self->link);
}

static void
first_account_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakLinkedBackend) self = user_data;
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

/* ulak-api may be starting, the keyring may be locked: nothing of it is final. */
static void
try_seal_again (UlakLinkedBackend *self, const GError *error)
{
  gint64 wait_ms = ulak_backoff_next_ms (&seal_backoff, ++self->seal_failures, self->random);

  set_state (self, ULAK_LINE_STATE_DISCONNECTED, "E_WA_KEYS", error->message);
  self->seal_timer = ulak_clock_add_timer (self->clock, wait_ms * 1000, seal_timer_cb, self);
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
      set_state (self, ULAK_LINE_STATE_FAILED, "E_WA_SETTINGS", error->message);
      return;
    }
  ulak_linked_account_load_async (ulak_line_get_store (self->line), self->seal, first_account_cb, g_object_ref (self));
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

  if (self->chat == NULL)
    return;
  ulak_chat_set_ghost (self->chat, settings->ghost_mode);
  ulak_whatsapp_adapter_set_ghost (self->adapter, settings->ghost_mode);
}

/* --- stop --- */

static void
chat_stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakLinkedBackend *self = g_task_get_source_object (task);

  ulak_chat_stop_finish (ULAK_CHAT (source), result, NULL);
  ulak_link_stop (self->link);
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
  if (self->sync != NULL)
    ulak_linked_sync_stop (self->sync);
  if (self->chat == NULL)
    g_task_return_boolean (task, TRUE);
  else
    ulak_chat_stop_async (self->chat, chat_stopped_cb, g_steal_pointer (&task));
}

static gboolean
boolean_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- out --- */

static void
check_message (UlakBackend *backend G_GNUC_UNUSED, JsonObject *message, UlakIssues *issues)
{
  ulak_content_check (message, issues);
}

static char *
resolve_recipient (UlakBackend *backend G_GNUC_UNUSED, const char *to, GError **error)
{
  return ulak_linked_recipient_resolve (to, error);
}

static gboolean
check_media (UlakBackend *backend G_GNUC_UNUSED, const char *mime_type, goffset *max_bytes_out, GError **error)
{
  return ulak_linked_media_find_limit (mime_type, max_bytes_out, error);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_pointer (task, ulak_chat_send_finish (ULAK_CHAT (source), result), (GDestroyNotify) ulak_send_result_free);
}

static void
send_async (UlakBackend *backend,
            const UlakOutbound *outbound,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, send_async);
  ulak_chat_send_async (self->chat, outbound, cancellable, sent_cb, task);
}

static UlakSendResult *
send_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
return_done (GTask *task, gboolean is_done, GError *error)
{
  if (is_done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_chat_mark_messages_finish (ULAK_CHAT (source), result, &error);

  return_done (user_data, is_done, error);
}

static void
mark_messages_async (UlakBackend *backend, const UlakReadMark *mark, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, mark_messages_async);
  ulak_chat_mark_messages_async (self->chat, mark, marked_cb, task);
}

/* --- media --- */

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_media_client_download_finish (ULAK_MEDIA_CLIENT (source), result, &error);

  return_done (user_data, is_done, error);
}

static void
fetch_media_async (UlakBackend *backend,
                   JsonObject *json,
                   int fd,
                   goffset max_bytes,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  g_autoptr (UlakMediaReference) reference = ulak_media_reference_read (json, &error);

  g_task_set_source_tag (task, fetch_media_async);
  if (reference == NULL)
    g_task_return_error (task, error);
  else if (self->media == NULL)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The line has no keys yet");
  else
    ulak_media_client_download_async (self->media, reference, fd, max_bytes, cancellable, fetched_cb,
                                      g_steal_pointer (&task));
}

/* --- link and logout --- */

static void
waited_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_linking_wait_finish (result, &error);

  return_done (user_data, is_done, error);
}

static gboolean
is_phone (const char *phone)
{
  gsize length = strlen (phone);

  return length >= 7 && length <= 15 && *phone != '0' && strspn (phone, "0123456789") == length;
}

static void
link_async (UlakBackend *backend, const char *method, const char *phone, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  gboolean wants_code = g_str_equal (method, "code");
  const char *digits = *phone == '+' ? phone + 1 : phone;
  UlakLinkPhase phase = self->link == NULL ? ULAK_LINK_CONNECTING : ulak_link_get_phase (self->link);

  g_task_set_source_tag (task, link_async);
  if (wants_code && !is_phone (digits))
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_INVALID,
                               "phone: must be 7 to 15 digits with the country code, for the method code");
      return;
    }
  if (phase == ULAK_LINK_ENDED || phase == ULAK_LINK_STOPPED)
    ulak_link_start (self->link);
  ulak_linking_wait_async (self->linking, self->link, self, wants_code ? digits : "", waited_cb, g_steal_pointer (&task));
}

static void
logged_out_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_link_logout_finish (ULAK_LINK (source), result, &error);

  return_done (user_data, is_done, error);
}

static void
logout_async (UlakBackend *backend, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, logout_async);
  if (self->link == NULL)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The line has no keys yet");
  else
    ulak_link_logout_async (self->link, logged_out_cb, g_steal_pointer (&task));
}

/* --- what operators see --- */

static void
check_health (UlakBackend *backend, UlakHealth *health)
{
  ulak_linked_health_check (ULAK_LINKED_BACKEND (backend)->link, health);
}

static void
refresh_metrics (UlakBackend *backend, UlakMetrics *metrics)
{
  UlakLinkedBackend *self = ULAK_LINKED_BACKEND (backend);

  ulak_linked_health_measure (self->link, ulak_line_get_account (self->line), metrics);
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
  g_queue_clear_full (&self->early, (GDestroyNotify) ulak_node_unref);
  g_clear_pointer (&self->cleaner, ulak_session_cleaner_free);
  g_clear_object (&self->adapter);
  g_clear_pointer (&self->sync, ulak_linked_sync_free);
  g_clear_object (&self->chat);
  g_clear_object (&self->media);
  g_clear_object (&self->session);
  g_clear_object (&self->wire);
  g_clear_object (&self->link);
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
  backend->stop_finish = boolean_finish;
  backend->check_message = check_message;
  backend->resolve_recipient = resolve_recipient;
  backend->check_media = check_media;
  backend->send_async = send_async;
  backend->send_finish = send_finish;
  backend->mark_messages_async = mark_messages_async;
  backend->mark_read_finish = boolean_finish;
  backend->fetch_media_async = fetch_media_async;
  backend->fetch_media_finish = boolean_finish;
  backend->link_async = link_async;
  backend->link_finish = boolean_finish;
  backend->logout_async = logout_async;
  backend->logout_finish = boolean_finish;
  backend->check_health = check_health;
  backend->refresh_metrics = refresh_metrics;
  backend->apply_settings = apply_settings;
}

static void
ulak_linked_backend_init (UlakLinkedBackend *self)
{
  g_queue_init (&self->early);
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
