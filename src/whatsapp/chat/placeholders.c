/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/placeholders.h"

#include "core/log.h"
#include "whatsapp/chat/chat-private.h"
#include "whatsapp/chat/content-write.h"
#include "whatsapp/session/retry-count.h"

struct _UlakPlaceholders
{
  UlakChat *chat;     /* unowned, owns us */
  GHashTable *asking; /* (owned) (element-type utf8 Ask): by chat and id */
  gboolean has_resumed;
};

typedef struct
{
  UlakPlaceholders *owner; /* unowned */
  char *key;               /* (owned) */
  char *chat, *id, *participant;
  gboolean is_from_me;
  guint timer;
} Ask;

static void
ask_free (gpointer data)
{
  Ask *self = data;

  ulak_clock_clear_timer (ulak_chat_get_clock (self->owner->chat), &self->timer);
  g_free (self->key);
  g_free (self->chat);
  g_free (self->id);
  g_free (self->participant);
  g_free (self);
}

static char *
make_key (const char *chat, const char *network_id)
{
  return g_strconcat (chat, " ", network_id, NULL);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  if (!ulak_chat_send_peer_finish (ULAK_CHAT (source), result, &error))
    ulak_log_info (NULL, "The phone was not asked for a message that cannot be read: %s", error->message);
}

static void start_timer (Ask *ask);

static void
due_cb (gpointer user_data)
{
  Ask *ask = user_data;
  UlakChat *chat = ask->owner->chat;
  const UlakContentKey key
      = { .chat = ask->chat, .from_me = ask->is_from_me, .id = ask->id, .participant = ask->participant };
  g_autoptr (GBytes) message = ulak_content_write_resend_request (&key);

  ask->timer = 0;
  if (!ulak_wire_is_online (ulak_chat_get_wire (chat)))
    {
      start_timer (ask);
      return;
    }
  ulak_chat_send_peer_async (chat, message, "high_force", sent_cb, NULL);
  g_hash_table_remove (ask->owner->asking, ask->key);
}

static void
start_timer (Ask *ask)
{
  ask->timer
      = ulak_clock_add_timer (ulak_chat_get_clock (ask->owner->chat), ULAK_PLACEHOLDERS_WAIT_MS * 1000, due_cb, ask);
}

/* participant: (nullable) */
static void
add (UlakPlaceholders *self, const char *chat, const char *network_id, const char *participant, gboolean is_from_me)
{
  g_autofree char *key = make_key (chat, network_id);
  Ask *ask;

  if (g_hash_table_contains (self->asking, key) || g_hash_table_size (self->asking) >= ULAK_PLACEHOLDERS_MAX)
    return;
  ask = g_new0 (Ask, 1);
  ask->owner = self;
  ask->key = g_steal_pointer (&key);
  ask->chat = g_strdup (chat);
  ask->id = g_strdup (network_id);
  ask->participant = g_strdup (participant);
  ask->is_from_me = is_from_me;
  start_timer (ask);
  g_hash_table_insert (self->asking, ask->key, ask);
}

void
ulak_placeholders_ask (UlakPlaceholders *self, const UlakAddress *address, const char *network_id)
{
  g_autofree char *chat = ulak_jid_print (&address->chat);
  UlakJid account = ulak_jid_get_account (&address->author);
  g_autofree char *author = ulak_jid_print (&account);

  add (self, chat, network_id, address->kind == ULAK_ADDRESS_DIRECT ? NULL : author, address->is_from_me);
}

/* --- at the start --- */

typedef struct
{
  gint64 after_us;
  GPtrArray *open; /* (owned) (nullable) (element-type UlakOpenRetry) */
} OpenWork;

static void
open_work_free (gpointer data)
{
  OpenWork *self = data;

  g_clear_pointer (&self->open, g_ptr_array_unref);
  g_free (self);
}

static gboolean
open_run (UlakDatabase *database, gpointer data, GError **error)
{
  OpenWork *self = data;

  g_clear_pointer (&self->open, g_ptr_array_unref);
  return ulak_retry_count_list_open (database, self->after_us, ULAK_PLACEHOLDERS_MAX, &self->open, error);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UlakChat) chat = user_data;
  g_autoptr (GError) error = NULL;
  const OpenWork *work = ulak_store_finish (ULAK_STORE (source), result, &error);
  UlakJid jid;

  if (work == NULL)
    {
      ulak_log_info (NULL, "What the phone is to be asked for was not found: %s", error->message);
      chat->placeholders->has_resumed = FALSE;
      return;
    }
  for (guint i = 0; chat->stopping == NULL && i < work->open->len; i++)
    {
      const UlakOpenRetry *retry = g_ptr_array_index (work->open, i);

      if (ulak_jid_parse (retry->chat, &jid, NULL))
        add (chat->placeholders, retry->chat, retry->network_id, ulak_jid_is_user (&jid) ? NULL : retry->author,
             retry->is_own);
    }
}

void
ulak_placeholders_connected (UlakPlaceholders *self)
{
  OpenWork *work;

  if (self->has_resumed)
    return;
  self->has_resumed = TRUE;
  work = g_new0 (OpenWork, 1);
  work->after_us = ulak_clock_get_wall_us (self->chat->clock) - ULAK_PLACEHOLDERS_RESUME_AGE_US;
  ulak_store_read_async (ulak_line_get_store (self->chat->line), open_run, work, open_work_free, found_cb,
                         g_object_ref (self->chat));
}

void
ulak_placeholders_forget (UlakPlaceholders *self, const UlakAddress *address, const char *network_id)
{
  g_autofree char *chat = NULL;
  g_autofree char *key = NULL;

  if (g_hash_table_size (self->asking) == 0)
    return;
  chat = ulak_jid_print (&address->chat);
  key = make_key (chat, network_id);
  g_hash_table_remove (self->asking, key);
}

void
ulak_placeholders_stop (UlakPlaceholders *self)
{
  g_hash_table_remove_all (self->asking);
}

UlakPlaceholders *
ulak_placeholders_new (UlakChat *chat)
{
  UlakPlaceholders *self = g_new0 (UlakPlaceholders, 1);

  self->chat = chat;
  self->asking = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, ask_free);
  return self;
}

void
ulak_placeholders_free (UlakPlaceholders *self)
{
  g_hash_table_unref (self->asking);
  g_free (self);
}
