/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-sync.h"

#include "core/log.h"
#include "whatsapp/chat/content-write.h"
#include "whatsapp/session/credentials.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/peers.h"

#define DIRTY_APP_STATE "syncd_app_state"

struct _UlakLinkedSync
{
  UlakLine *line;           /* unowned, as link and chat */
  UlakLink *link;
  UlakChat *chat;
  UlakHistorySync *history; /* (owned) */
  UlakAppState *app_state;  /* (owned) */
};

/* --- where batches go --- */

static void
commit_async (gpointer owner, UlakInbound *inbound, GAsyncReadyCallback callback, gpointer user_data)
{
  ulak_line_commit_inbound_async (owner, inbound, callback, user_data);
}

static gboolean
commit_finish (gpointer owner, GAsyncResult *result, GError **error)
{
  return ulak_line_commit_inbound_finish (owner, result, error);
}

/* --- what chats and link tell --- */

static void
history_came (UlakChat *chat G_GNUC_UNUSED, Wa__ProtocolMessage__Type type G_GNUC_UNUSED, gpointer data)
{
  ulak_history_sync_wake (((UlakLinkedSync *) data)->history);
}

static void
keys_came (UlakChat *chat G_GNUC_UNUSED, Wa__ProtocolMessage__Type type G_GNUC_UNUSED, gpointer data)
{
  ulak_app_state_keys_came (((UlakLinkedSync *) data)->app_state);
}

static void
state_changed (UlakChat *chat G_GNUC_UNUSED, const UlakNode *notification, gpointer data)
{
  ulak_app_state_take_notification (((UlakLinkedSync *) data)->app_state, notification);
}

/* --- what has changed while we were away --- */

typedef struct
{
  UlakLink *link; /* (owned) */
  char *type;     /* (owned) */
  gint64 timestamp_s;
} Dirt;

static void
dirt_clear (gpointer data)
{
  Dirt *self = data;

  g_object_unref (self->link);
  g_free (self->type);
}

static void
dirt_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, dirt_clear);
}

static gboolean
forget_groups (UlakDatabase *database, GError **error)
{
  return ulak_group_cache_make_all_stale (database, error);
}

static gboolean
forget_own_devices (UlakDatabase *database, GError **error)
{
  UlakPeer own;

  return ulak_peers_get_own (database, &own, error) && ulak_devices_forget (database, own.id, error);
}

/* What is old is asked for when it is needed next. App state is synced anyway whenever the line comes online. */
static const struct
{
  const char *type;
  gboolean (*forget) (UlakDatabase *database, GError **error);
} dirts[] = { { "groups", forget_groups }, { "account_sync", forget_own_devices } };

static gboolean
forget_run (UlakDatabase *database, gpointer data, GError **error)
{
  const Dirt *self = data;

  for (gsize i = 0; i < G_N_ELEMENTS (dirts); i++)
    if (g_str_equal (self->type, dirts[i].type) && !dirts[i].forget (database, error))
      return FALSE;
  return TRUE;
}

static void
forgotten_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Dirt *self = user_data;
  g_autoptr (GError) error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    ulak_log_warning (NULL, NULL, "What has changed while the line was away was not noted: %s", error->message);
  else
    ulak_link_clean (self->link, self->type, self->timestamp_s);
  dirt_unref (self);
}

/* <ib><dirty type timestamp/>: others changed something; the server says so until it is told that we know. */
static gboolean
take_dirty (UlakLink *link, UlakNode *ib, gpointer data)
{
  UlakLinkedSync *self = data;
  const UlakNode *dirty = ulak_node_get_first (ib);
  const char *type = ulak_node_get_attribute (dirty, "type");
  guint64 timestamp_s = 0;
  Dirt *dirt;

  if (type == NULL)
    return FALSE;
  if (g_str_equal (type, DIRTY_APP_STATE))
    ulak_app_state_sync (self->app_state, NULL);
  ulak_node_read_number (dirty, "timestamp", G_MAXINT64, &timestamp_s, NULL);
  dirt = g_atomic_rc_box_new0 (Dirt);
  dirt->link = g_object_ref (link);
  dirt->type = g_strdup (type);
  dirt->timestamp_s = (gint64) timestamp_s;
  ulak_store_write_async (ulak_line_get_store (self->line), forget_run, g_atomic_rc_box_acquire (dirt), dirt_unref,
                          forgotten_cb, dirt);
  return FALSE;
}

/* --- what they need of us --- */

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  if (!ulak_chat_send_peer_finish (ULAK_CHAT (source), result, &error))
    ulak_log_debug (NULL, "The phone was not asked for app state keys: %s", error->message);
}

static void
ask_keys (GPtrArray *key_ids, gpointer data)
{
  UlakLinkedSync *self = data;
  g_autofree UlakSpan *ids = g_new (UlakSpan, key_ids->len);
  g_autoptr (GBytes) message = NULL;

  for (guint i = 0; i < key_ids->len; i++)
    ids[i].bytes = g_bytes_get_data (g_ptr_array_index (key_ids, i), &ids[i].size_bytes);
  message = ulak_content_write_key_request (ids, key_ids->len);
  ulak_chat_send_peer_async (self->chat, message, "high", asked_cb, NULL);
}

typedef struct
{
  char *name;
} Naming;

static void
naming_free (gpointer data)
{
  g_free (((Naming *) data)->name);
  g_free (data);
}

static gboolean
save_name (UlakDatabase *database, gpointer data, GError **error)
{
  return ulak_credentials_save_push_name (database, ((Naming *) data)->name, error);
}

static void
noted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    ulak_log_warning (NULL, NULL, "%s: %s", (const char *) user_data, error->message);
}

static void
own_name (UlakAppState *app_state G_GNUC_UNUSED, const char *name, UlakLinkedSync *self)
{
  Naming *naming = g_new0 (Naming, 1);

  naming->name = g_strdup (name);
  ulak_link_set_push_name (self->link, name);
  ulak_store_write_async (ulak_line_get_store (self->line), save_name, naming, naming_free, noted_cb,
                          "The account's new name was not kept");
}

/* --- life --- */

static void
join (UlakLinkedSync *self)
{
  ulak_chat_handle_protocol (self->chat, WA__PROTOCOL_MESSAGE__TYPE__HISTORY_SYNC_NOTIFICATION, NULL, history_came, self);
  ulak_chat_handle_protocol (self->chat, WA__PROTOCOL_MESSAGE__TYPE__APP_STATE_SYNC_KEY_SHARE, NULL, keys_came, self);
  ulak_chat_handle (self->chat, "notification", "server_sync", NULL, state_changed, self);
  ulak_link_add_handler (self->link, "ib", "dirty", take_dirty, self);
}

UlakLinkedSync *
ulak_linked_sync_new (const UlakLinkedSyncOptions *options)
{
  UlakLinkedSync *self = g_new0 (UlakLinkedSync, 1);
  UlakService *service = ulak_line_get_service (options->line);
  const UlakCommitter committer = { options->line, commit_async, commit_finish };
  const UlakHistorySyncOptions history = {
    .store = ulak_line_get_store (options->line),
    .media = options->media,
    .committer = committer,
    .clock = ulak_service_get_clock (service),
    .random = ulak_service_get_random (service),
    .spool = options->spool,
    .wish = options->history,
  };
  const UlakAppStateOptions app_state = {
    .store = ulak_line_get_store (options->line),
    .port = options->port,
    .media = options->media,
    .committer = committer,
    .ask_keys = ask_keys,
    .ask_keys_data = self,
    .clock = ulak_service_get_clock (service),
    .random = ulak_service_get_random (service),
  };

  self->line = options->line;
  self->link = options->link;
  self->chat = options->chat;
  self->history = ulak_history_sync_new (&history);
  self->app_state = ulak_app_state_new (&app_state);
  g_signal_connect (self->app_state, "own-name", G_CALLBACK (own_name), self);
  join (self);
  return self;
}

void
ulak_linked_sync_free (UlakLinkedSync *self)
{
  if (self == NULL)
    return;
  ulak_history_sync_stop (self->history);
  ulak_app_state_stop (self->app_state); /* it may outlive us while something is under way */
  g_signal_handlers_disconnect_by_data (self->app_state, self);
  g_object_unref (self->history);
  g_object_unref (self->app_state);
  g_free (self);
}

UlakAppState *
ulak_linked_sync_get_app_state (UlakLinkedSync *self)
{
  return self->app_state;
}

void
ulak_linked_sync_go_online (UlakLinkedSync *self)
{
  ulak_history_sync_wake (self->history);
  ulak_app_state_sync (self->app_state, NULL);
}

void
ulak_linked_sync_stop (UlakLinkedSync *self)
{
  ulak_history_sync_stop (self->history);
}

static gboolean
wipe (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return ulak_app_state_wipe (database, error);
}

void
ulak_linked_sync_forget (UlakLinkedSync *self)
{
  ulak_store_write_async (ulak_line_get_store (self->line), wipe, g_new0 (guint8, 1), g_free, noted_cb,
                          "The app state of the account that is gone was not dropped");
}
