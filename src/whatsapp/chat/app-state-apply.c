/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A table from the first string of the index to who understands it. Labels, quick replies and settings of the phone's
 * own screen are in the sum and mean nothing here. Source: docs/protocol/app-state.md, "Actions".
 */
#include "whatsapp/chat/app-state-apply.h"

#include "connector/sql.h"
#include "whatsapp/chat/address.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/credentials.h"
#include "whatsapp/session/privacy-tokens.h"

#define TIME_MAX_MS ((gint64) 253402300799000) /* the year 9999 */

typedef UlakAppStateApplying Applying;

typedef gboolean (*Taker) (Applying *self, const UlakAppStateAction *action, GError **error);

void
ulak_app_state_applying_clear (UlakAppStateApplying *self)
{
  g_clear_pointer (&self->own_name, g_free);
}

static gint64
ms_to_us (gint64 ms)
{
  return CLAMP (ms, 0, TIME_MAX_MS) * 1000;
}

static gboolean
parse_jid (const char *text, UlakJid *jid_out)
{
  return text != NULL && *text != '\0' && ulak_jid_parse (text, jid_out, NULL) && jid_out->user[0] != '\0';
}

static gboolean
is_text (const char *text)
{
  return text != NULL && *text != '\0';
}

/* --- chats --- */

/* told: what changes; chat is filled in here. */
static gboolean
tell_chat (Applying *self, const UlakAppStateAction *action, UlakInboundChat *told, GError **error)
{
  g_autofree char *chat = NULL;
  UlakJid jid;

  if (!parse_jid (action->index[1], &jid))
    return TRUE;
  if (!ulak_people_name (self->database, &jid, &chat, error))
    return FALSE;
  told->chat = chat;
  ulak_inbound_add_chat (self->inbound, told);
  return TRUE;
}

static gboolean
take_mute (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__MuteAction *mute = action->value->mute_action;
  UlakInboundChat told = { .fields = ULAK_CHAT_MUTED };

  if (mute == NULL && !action->is_removed)
    return TRUE;
  if (!action->is_removed && mute->muted)
    told.muted_until_us = mute->mute_end_timestamp < 0 || !mute->has_mute_end_timestamp ? G_MAXINT64
                                                                                        : ms_to_us (mute->mute_end_timestamp);
  return tell_chat (self, action, &told, error);
}

static gboolean
take_archive (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__ArchiveChatAction *archive = action->value->archive_chat_action;
  UlakInboundChat told = { .fields = ULAK_CHAT_ARCHIVED };

  if (archive == NULL && !action->is_removed)
    return TRUE;
  told.is_archived = !action->is_removed && archive->archived;
  if (told.is_archived)
    told.fields |= ULAK_CHAT_PINNED;
  return tell_chat (self, action, &told, error);
}

static gboolean
take_pin (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__PinAction *pin = action->value->pin_action;
  UlakInboundChat told = { .fields = ULAK_CHAT_PINNED };

  if (pin == NULL && !action->is_removed)
    return TRUE;
  if (!action->is_removed && pin->pinned)
    told.pinned_us = MAX (ms_to_us (action->value->timestamp), 1);
  return tell_chat (self, action, &told, error);
}

/* Until when: the last message that the other device saw, or the time of the action. */
static gint64
get_until_us (const UlakAppStateAction *action, const Wa__SyncActionValue__SyncActionMessageRange *range)
{
  gint64 last_s = range == NULL ? 0 : MAX (range->last_message_timestamp, range->last_system_message_timestamp);

  if (last_s > 0)
    return ms_to_us (MIN (last_s, TIME_MAX_MS / 1000) * 1000 + 999);
  return action->value->timestamp > 0 ? ms_to_us (action->value->timestamp) : G_MAXINT64;
}

static gboolean
take_read (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__MarkChatAsReadAction *mark = action->value->mark_chat_as_read_action;
  UlakInboundChat told = { .fields = ULAK_CHAT_MARKED };

  if (mark == NULL || action->is_removed)
    return TRUE;
  told.is_marked_unread = !mark->read;
  if (mark->read)
    {
      told.fields |= ULAK_CHAT_READ;
      told.until_us = get_until_us (action, mark->message_range);
    }
  return tell_chat (self, action, &told, error);
}

static gboolean
take_clear (Applying *self, const UlakAppStateAction *action, GError **error)
{
  UlakInboundChat told = { .fields = ULAK_CHAT_CLEARED };

  if (action->value->clear_chat_action == NULL || action->is_removed)
    return TRUE;
  told.until_us = get_until_us (action, action->value->clear_chat_action->message_range);
  told.keeps_starred = action->index[1] != NULL && g_strcmp0 (action->index[2], "0") == 0;
  return tell_chat (self, action, &told, error);
}

static gboolean
take_delete (Applying *self, const UlakAppStateAction *action, GError **error)
{
  UlakInboundChat told = { .fields = ULAK_CHAT_DELETED };

  if (action->value->delete_chat_action == NULL || action->is_removed)
    return TRUE;
  told.until_us = get_until_us (action, action->value->delete_chat_action->message_range);
  return tell_chat (self, action, &told, error);
}

/* --- one message --- */

/* A message as its row names it; from: NULL when it is ours. */
typedef struct
{
  char *chat; /* (owned) (nullable): the index names none */
  char *from; /* (owned) (nullable) */
  const char *network_id;
} Named;

static void
named_clear (Named *self)
{
  g_free (self->chat);
  g_free (self->from);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Named, named_clear)

/* [ACTION, chat, id, "1" when it is ours, author in groups or "0"] */
static gboolean
read_message (Applying *self, const UlakAppStateAction *action, Named *named_out, GError **error)
{
  const char *const *index = action->index;
  UlakJid chat, author;

  if (index[1] == NULL || index[2] == NULL || index[3] == NULL || !parse_jid (index[1], &chat) || *index[2] == '\0')
    return TRUE;
  named_out->network_id = index[2];
  if (!ulak_people_name (self->database, &chat, &named_out->chat, error))
    return FALSE;
  if (g_str_equal (index[3], "1"))
    return TRUE;
  if (!parse_jid (index[4], &author) || !ulak_jid_is_user (&author))
    author = chat;
  return ulak_people_name (self->database, &author, &named_out->from, error);
}

static gboolean
take_delete_for_me (Applying *self, const UlakAppStateAction *action, GError **error)
{
  g_auto (Named) named = { 0 };

  if (action->is_removed || action->value->delete_message_for_me_action == NULL)
    return TRUE;
  if (!read_message (self, action, &named, error))
    return FALSE;
  if (named.chat != NULL)
    ulak_inbound_add_revoke (self->inbound, &(UlakInboundRevoke){
                                                .chat = named.chat,
                                                .network_id = named.network_id,
                                                .from = named.from,
                                                .timestamp_us = ms_to_us (action->value->timestamp),
                                                .flags = ULAK_INBOUND_HISTORY,
                                            });
  return TRUE;
}

/* A star is seen at the message; it is nothing that anybody is told of. */
static gboolean
take_star (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__StarAction *star = action->value->star_action;
  g_auto (Named) named = { 0 };

  if (star == NULL && !action->is_removed)
    return TRUE;
  if (!read_message (self, action, &named, error))
    return FALSE;
  return named.chat == NULL
         || ulak_sql_run (self->database, ULAK_SQL ("message-star"),
                          ULAK_BINDINGS (ULAK_TEXT ("chat", named.chat), ULAK_TEXT ("network_id", named.network_id),
                                         ULAK_TEXT ("sender", named.from),
                                         ULAK_INTEGER ("starred", !action->is_removed && star->starred)),
                          error);
}

/* --- people --- */

static gboolean
tell_person (Applying *self, const UlakJid *jid, const char *saved_name, GError **error)
{
  g_autoptr (JsonObject) contact = NULL;
  g_autofree char *id = NULL;
  UlakPeer peer;

  if (!ulak_jid_is_user (jid))
    return TRUE;
  if (!ulak_peers_resolve (self->database, jid, self->now_us, &peer, error))
    return FALSE;
  id = ulak_people_name_peer (&peer, jid);
  contact = ulak_people_make_contact (&peer, NULL);
  json_object_set_string_member (contact, "saved_name", saved_name);
  ulak_inbound_add_contact (self->inbound,
                            &(UlakInboundContact){ id, contact, self->is_snapshot ? ULAK_INBOUND_HISTORY : 0 });
  return TRUE;
}

static gboolean
learn (Applying *self, const char *one_text, const char *other_text, GError **error)
{
  UlakJid one, other;
  gboolean is_news;

  if (!parse_jid (one_text, &one) || !parse_jid (other_text, &other))
    return TRUE;
  if (ulak_jid_is_phone (&one) && ulak_jid_is_lid (&other))
    return ulak_peers_learn (self->database, &one, &other, self->now_us, NULL, &is_news, error);
  if (ulak_jid_is_lid (&one) && ulak_jid_is_phone (&other))
    return ulak_peers_learn (self->database, &other, &one, self->now_us, NULL, &is_news, error);
  return TRUE;
}

static gboolean
take_contact (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__ContactAction *contact = action->value->contact_action;
  const char *name;
  UlakJid jid;

  if (!parse_jid (action->index[1], &jid))
    return TRUE;
  if (action->is_removed)
    return tell_person (self, &jid, "", error);
  if (contact == NULL)
    return TRUE;
  if (!learn (self, action->index[1], contact->lid_jid, error) || !learn (self, action->index[1], contact->pn_jid, error))
    return FALSE;
  name = is_text (contact->full_name) ? contact->full_name : contact->first_name;
  return !is_text (name) || tell_person (self, &jid, name, error);
}

static gboolean
take_lid_contact (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__LidContactAction *contact = action->value->lid_contact_action;
  const char *name;
  UlakJid jid;

  if (!parse_jid (action->index[1], &jid))
    return TRUE;
  if (action->is_removed)
    return tell_person (self, &jid, "", error);
  if (contact == NULL)
    return TRUE;
  name = is_text (contact->full_name) ? contact->full_name : contact->first_name;
  return !is_text (name) || tell_person (self, &jid, name, error);
}

static gboolean
take_pair (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__PnForLidChatAction *pair = action->value->pn_for_lid_chat_action;

  return action->is_removed || pair == NULL || learn (self, action->index[1], pair->pn_jid, error);
}

/* --- ourselves --- */

static gboolean
take_own_name (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__PushNameSetting *setting = action->value->push_name_setting;

  if (action->is_removed || setting == NULL || !is_text (setting->name))
    return TRUE;
  g_free (self->own_name);
  self->own_name = g_strdup (setting->name);
  return ulak_credentials_save_push_name (self->database, setting->name, error);
}

static gboolean
take_salt (Applying *self, const UlakAppStateAction *action, GError **error)
{
  const Wa__SyncActionValue__NctSaltSyncAction *salt = action->value->nct_salt_sync_action;

  return action->is_removed || salt == NULL || !salt->has_salt
         || ulak_privacy_tokens_put_salt (self->database, ULAK_SPAN (salt->salt.data, salt->salt.len), error);
}

static const struct
{
  const char *name;
  Taker taker;
} takers[] = {
  { "archive", take_archive },
  { "clearChat", take_clear },
  { "contact", take_contact },
  { "deleteChat", take_delete },
  { "deleteMessageForMe", take_delete_for_me },
  { "lid_contact", take_lid_contact },
  { "markChatAsRead", take_read },
  { "mute", take_mute },
  { "nct_salt_sync", take_salt },
  { "pin_v1", take_pin },
  { "pnForLidChat", take_pair },
  { "setting_pushName", take_own_name },
  { "star", take_star },
};

gboolean
ulak_app_state_apply_action (const UlakAppStateAction *action, gpointer applying, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (g_str_equal (takers[i].name, action->index[0]))
      return takers[i].taker (applying, action, error);
  return TRUE;
}
