/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table says where a change goes and in which form; one function each fills in its action.
 */
#include "whatsapp/chat/app-state-change.h"

#include "core/error.h"

typedef UlakAppStateRecord Record;
typedef UlakAppStateChange Change;

static const char *
keep (Record *self, const char *text)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->texts); i++)
    if (self->texts[i] == NULL)
      return self->texts[i] = g_strdup (text);
  g_return_val_if_reached (NULL);
}

static Wa__SyncActionValue__SyncActionMessageRange *
fill_range (Record *self, const UlakAppStateMessage *last)
{
  wa__sync_action_value__sync_action_message_range__init (&self->range);
  if (last == NULL)
    return &self->range;
  wa__message_key__init (&self->key);
  wa__sync_action_value__sync_action_message__init (&self->message);
  self->key.remote_jid = (char *) keep (self, last->chat);
  self->key.has_from_me = TRUE;
  self->key.from_me = last->is_from_me;
  self->key.id = (char *) keep (self, last->network_id);
  self->key.participant = last->participant == NULL || last->is_from_me ? NULL : (char *) keep (self, last->participant);
  self->message.key = &self->key;
  self->message.has_timestamp = self->range.has_last_message_timestamp = TRUE;
  self->message.timestamp = self->range.last_message_timestamp = last->timestamp_s;
  self->messages[0] = &self->message;
  self->range.messages = self->messages;
  self->range.n_messages = 1;
  return &self->range;
}

static void
fill_archive (Record *self, const Change *change)
{
  wa__sync_action_value__archive_chat_action__init (&self->action.archive);
  self->action.archive.has_archived = TRUE;
  self->action.archive.archived = change->is_on;
  self->action.archive.message_range = fill_range (self, change->last);
  self->value.archive_chat_action = &self->action.archive;
}

static void
fill_pin (Record *self, const Change *change)
{
  wa__sync_action_value__pin_action__init (&self->action.pin);
  self->action.pin.has_pinned = TRUE;
  self->action.pin.pinned = change->is_on;
  self->value.pin_action = &self->action.pin;
}

static void
fill_mute (Record *self, const Change *change)
{
  wa__sync_action_value__mute_action__init (&self->action.mute);
  self->action.mute.has_muted = TRUE;
  self->action.mute.muted = change->is_on;
  self->action.mute.has_mute_end_timestamp = change->is_on;
  self->action.mute.mute_end_timestamp = change->until_ms;
  self->value.mute_action = &self->action.mute;
}

static void
fill_read (Record *self, const Change *change)
{
  wa__sync_action_value__mark_chat_as_read_action__init (&self->action.read);
  self->action.read.has_read = TRUE;
  self->action.read.read = change->is_on;
  self->action.read.message_range = fill_range (self, change->last);
  self->value.mark_chat_as_read_action = &self->action.read;
}

static void
fill_star (Record *self, const Change *change)
{
  wa__sync_action_value__star_action__init (&self->action.star);
  self->action.star.has_starred = TRUE;
  self->action.star.starred = change->is_on;
  self->value.star_action = &self->action.star;
}

static void
fill_delete_for_me (Record *self, const Change *change)
{
  wa__sync_action_value__delete_message_for_me_action__init (&self->action.delete_for_me);
  self->action.delete_for_me.has_delete_media = self->action.delete_for_me.has_message_timestamp = TRUE;
  self->action.delete_for_me.message_timestamp = change->last->timestamp_s;
  self->value.delete_message_for_me_action = &self->action.delete_for_me;
}

static void
fill_clear (Record *self, const Change *change)
{
  wa__sync_action_value__clear_chat_action__init (&self->action.clear);
  self->action.clear.message_range = fill_range (self, change->last);
  self->value.clear_chat_action = &self->action.clear;
}

static void
fill_delete_chat (Record *self, const Change *change)
{
  wa__sync_action_value__delete_chat_action__init (&self->action.delete_chat);
  self->action.delete_chat.message_range = fill_range (self, change->last);
  self->value.delete_chat_action = &self->action.delete_chat;
}

static void
fill_contact (Record *self, const Change *change)
{
  wa__sync_action_value__contact_action__init (&self->action.contact);
  self->action.contact.full_name = (char *) keep (self, change->name);
  self->action.contact.has_save_on_primary_addressbook = TRUE;
  self->action.contact.save_on_primary_addressbook = TRUE;
  self->value.contact_action = &self->action.contact;
}

static void
fill_own_name (Record *self, const Change *change)
{
  wa__sync_action_value__push_name_setting__init (&self->action.name);
  self->action.name.name = (char *) keep (self, change->name);
  self->value.push_name_setting = &self->action.name;
}

typedef enum
{
  NEEDS_CHAT = 1 << 0,
  NEEDS_NAME = 1 << 1,
  NEEDS_MESSAGE = 1 << 2, /* the index names it */
} Needs;

static const struct
{
  const char *name;
  const char *collection;
  gint32 version;
  Needs needs;
  const char *more; /* (nullable): index strings behind the chat, one character each */
  void (*fill) (Record *self, const Change *change);
} forms[] = {
  [ULAK_APP_STATE_ARCHIVE] = { "archive", "regular_low", 3, NEEDS_CHAT, NULL, fill_archive },
  [ULAK_APP_STATE_PIN] = { "pin_v1", "regular_low", 5, NEEDS_CHAT, NULL, fill_pin },
  [ULAK_APP_STATE_MUTE] = { "mute", "regular_high", 2, NEEDS_CHAT, NULL, fill_mute },
  [ULAK_APP_STATE_MARK_READ] = { "markChatAsRead", "regular_low", 3, NEEDS_CHAT, NULL, fill_read },
  [ULAK_APP_STATE_STAR] = { "star", "regular_high", 2, NEEDS_MESSAGE, NULL, fill_star },
  [ULAK_APP_STATE_DELETE_FOR_ME] = { "deleteMessageForMe", "regular_high", 3, NEEDS_MESSAGE, NULL, fill_delete_for_me },
  [ULAK_APP_STATE_CLEAR_CHAT] = { "clearChat", "regular_high", 6, NEEDS_CHAT, "10", fill_clear },
  [ULAK_APP_STATE_DELETE_CHAT] = { "deleteChat", "regular_high", 6, NEEDS_CHAT, "1", fill_delete_chat },
  [ULAK_APP_STATE_CONTACT] = { "contact", "critical_unblock_low", 2, NEEDS_CHAT | NEEDS_NAME, NULL, fill_contact },
  [ULAK_APP_STATE_OWN_NAME] = { "setting_pushName", "critical_block", 1, NEEDS_NAME, NULL, fill_own_name },
};

static void
fill_index (Record *self, const Change *change)
{
  const UlakAppStateMessage *message = change->last;
  const char *more = forms[change->kind].more;
  guint n = 0;

  self->index[n++] = g_strdup (forms[change->kind].name);
  if (forms[change->kind].needs & NEEDS_MESSAGE)
    {
      self->index[n++] = g_strdup (message->chat);
      self->index[n++] = g_strdup (message->network_id);
      self->index[n++] = g_strdup (message->is_from_me ? "1" : "0");
      self->index[n++] = g_strdup (message->participant == NULL || message->is_from_me ? "0" : message->participant);
    }
  else if (forms[change->kind].needs & NEEDS_CHAT)
    self->index[n++] = g_strdup (change->chat);
  for (; more != NULL && *more != '\0'; more++)
    self->index[n++] = g_strndup (more, 1);
}

UlakAppStateRecord *
ulak_app_state_record_new (const UlakAppStateChange *change, gint64 now_ms, GError **error)
{
  Needs needs = forms[change->kind].needs;
  Record *self;

  if (((needs & NEEDS_CHAT) && (change->chat == NULL || *change->chat == '\0'))
      || ((needs & NEEDS_NAME) && (change->name == NULL || *change->name == '\0'))
      || ((needs & NEEDS_MESSAGE) && change->last == NULL))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "A change ‘%s’ needs a chat, a name or a message that is not there",
                   forms[change->kind].name);
      return NULL;
    }
  self = g_new0 (Record, 1);
  self->collection = forms[change->kind].collection;
  self->version = forms[change->kind].version;
  self->operation = ULAK_APP_STATE_SET;
  wa__sync_action_value__init (&self->value);
  self->value.has_timestamp = TRUE;
  self->value.timestamp = now_ms;
  fill_index (self, change);
  forms[change->kind].fill (self, change);
  return self;
}

void
ulak_app_state_record_free (UlakAppStateRecord *self)
{
  if (self == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (self->index); i++)
    g_free (self->index[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (self->texts); i++)
    g_free (self->texts[i]);
  g_free (self);
}
