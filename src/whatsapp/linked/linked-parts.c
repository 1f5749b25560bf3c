/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-parts.h"

#include "core/json.h"
#include "whatsapp/social/calls.h"

/* --- the link, as the media room sees it --- */

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
  ulak_link_ask_async (owner, query, cancellable, callback, user_data);
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

static UlakMediaPort
port_of (UlakLinkedParts *self)
{
  return (UlakMediaPort){ self->link, port_begin_query, port_query_async, port_query_finish, port_send };
}

/* --- one after another --- */

static UlakClock *
clock_of (const UlakLinkedPartsOptions *options)
{
  return ulak_service_get_clock (ulak_line_get_service (options->line));
}

static const char *
config_text (const UlakLinkedPartsOptions *options, const char *key)
{
  return ulak_config_get_string (ulak_service_get_config (ulak_line_get_service (options->line)), "whatsapp", key);
}

/* (nullable): out of the account's settings */
static const char *
setting_text (const UlakLinkedPartsOptions *options, const char *key)
{
  JsonObject *settings = ulak_json_peek_object (options->document, "settings");

  return settings == NULL ? NULL : ulak_json_peek_string (settings, key);
}

/* (transfer full): for what is half here; it may be emptied by hand while the line is stopped. */
static char *
spool_of (const UlakLinkedPartsOptions *options)
{
  return g_build_filename (ulak_service_get_data_dir (ulak_line_get_service (options->line)), "accounts",
                           ulak_line_get_account (options->line), "spool", NULL);
}

static gboolean
make_link (UlakLinkedParts *self, const UlakLinkedPartsOptions *options, GError **error)
{
  JsonObject *settings = ulak_json_peek_object (options->document, "settings");
  const char *name = setting_text (options, "device_name");
  const UlakLinkOptions link = {
    .store = ulak_line_get_store (options->line),
    .seal = options->seal,
    .clock = clock_of (options),
    .random = options->random,
    .server_url = config_text (options, "server_url"),
    .root_key = config_text (options, "root_key"),
    .version = config_text (options, "client_version"),
    .device_name = name != NULL ? name : config_text (options, "device_name"),
    .wants_full_history = g_strcmp0 (setting_text (options, "history"), "full") == 0,
    .history_days = settings == NULL ? 0 : (guint) ulak_json_peek_integer (settings, "history_days", 0),
    .state_changed = options->state_changed,
    .user_data = options->user_data,
  };

  self->link = ulak_link_new (&link, error);
  return self->link != NULL;
}

static void
make_media (UlakLinkedParts *self, const UlakLinkedPartsOptions *options)
{
  g_autofree char *spool = spool_of (options);
  const UlakMediaClientOptions media = {
    .port = port_of (self),
    .store = ulak_line_get_store (options->line),
    .session = self->session = ulak_media_session_new (),
    .clock = clock_of (options),
    .random = options->random,
    .key_random = options->random,
    .spool = spool,
  };

  self->media = ulak_media_client_new (&media);
}

static void
make_chat (UlakLinkedParts *self, const UlakLinkedPartsOptions *options)
{
  UlakChatOptions chat;

  self->wire = ulak_link_wire_new (self->link);
  chat = (UlakChatOptions){
    .line = options->line,
    .wire = self->wire,
    .media = self->media,
    .clock = clock_of (options),
    .random = options->random,
  };
  self->chat = ulak_chat_new (&chat);
  ulak_calls_watch (self->chat);
}

static void
make_account (UlakLinkedParts *self, const UlakLinkedPartsOptions *options)
{
  const UlakLinkedAccountOptions account = {
    .store = ulak_line_get_store (options->line),
    .seal = options->seal,
    .random = options->random,
    .chat = self->chat,
    .media = self->media,
  };

  self->account = ulak_linked_account_new (&account);
  ulak_linked_account_watch (self->account, self->link);
}

static void
make_sync (UlakLinkedParts *self, const UlakLinkedPartsOptions *options)
{
  const char *history = setting_text (options, "history");
  g_autofree char *spool = spool_of (options);
  UlakLinkedSyncOptions sync = {
    .line = options->line,
    .link = self->link,
    .chat = self->chat,
    .media = self->media,
    .port = port_of (self),
    .spool = spool,
    .history = ULAK_HISTORY_RECENT,
  };

  if (history != NULL)
    ulak_history_wish_parse (history, &sync.history);
  self->sync = ulak_linked_sync_new (&sync);
}

static gboolean
make_adapter (UlakLinkedParts *self, const UlakLinkedPartsOptions *options, GError **error)
{
  const UlakWhatsAppParts parts = {
    .line = options->line,
    .link = self->link,
    .chat = self->chat,
    .app_state = ulak_linked_sync_get_app_state (self->sync),
  };

  self->adapter = ulak_whatsapp_adapter_new (&parts, error);
  return self->adapter != NULL;
}

/* --- all of them --- */

UlakLinkedParts *
ulak_linked_parts_new (const UlakLinkedPartsOptions *options, GError **error)
{
  g_autoptr (UlakLinkedParts) self = g_new0 (UlakLinkedParts, 1);

  if (!make_link (self, options, error))
    return NULL;
  make_media (self, options);
  make_chat (self, options);
  make_account (self, options);
  self->cleaner = ulak_session_cleaner_new (ulak_line_get_store (options->line), clock_of (options));
  make_sync (self, options);
  if (!make_adapter (self, options, error))
    return NULL;
  ulak_linked_parts_set_ghost (self, ulak_line_get_settings (options->line)->ghost_mode);
  return g_steal_pointer (&self);
}

void
ulak_linked_parts_set_ghost (UlakLinkedParts *self, gboolean ghost_mode)
{
  if (ghost_mode)
    ulak_chat_set_available (self->chat, FALSE);
  ulak_chat_set_ghost (self->chat, ghost_mode);
  ulak_link_set_ghost (self->link, ghost_mode);
  ulak_whatsapp_adapter_set_ghost (self->adapter, ghost_mode);
}

void
ulak_linked_parts_free (UlakLinkedParts *self)
{
  g_clear_pointer (&self->account, ulak_linked_account_free);
  g_clear_pointer (&self->cleaner, ulak_session_cleaner_free);
  g_clear_object (&self->adapter);
  g_clear_pointer (&self->sync, ulak_linked_sync_free);
  g_clear_object (&self->chat);
  g_clear_object (&self->media);
  g_clear_object (&self->session);
  g_clear_object (&self->wire);
  g_clear_object (&self->link);
  g_free (self);
}
