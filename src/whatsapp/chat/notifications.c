/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Notifications: what changed elsewhere, stored before it is acknowledged. Unknown ones are acknowledged, too.
 *
 * A row of the table does what this room needs; handlers of others run after it, in the same transaction.
 * Source: docs/protocol/receiving.md, "Notifications".
 */
#include "whatsapp/chat/chat-private.h"

#include "core/log.h"
#include "whatsapp/chat/groups.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/tokens.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cache.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/privacy-tokens.h"

/* --- encrypt --- */

/* The user has another phone, or put WhatsApp there anew: nothing that was agreed with any of their devices holds. */
static gboolean
take_identity (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error)
{
  g_autoptr (JsonObject) data = NULL;
  g_autofree char *name = NULL;
  const UlakJid none = { 0 };
  UlakPeer peer;
  UlakJid from;

  if (ulak_node_get_child (entry->stanza, "identity") == NULL
      || !ulak_node_read_jid (entry->stanza, "from", &from, NULL) || !ulak_jid_is_user (&from)
      || ulak_me_is (&entry->view.me, &from))
    return TRUE;
  if (!ulak_people_meet (database, &from, &none, entry->view.now_us, &peer, error)
      || !ulak_device_delete_sessions (database, peer.id, error) || !ulak_devices_forget (database, peer.id, error)
      || !ulak_privacy_tokens_mark_ours (database, peer.id, 0, error)
      || !ulak_group_forget_holders (database, peer.id, error))
    return FALSE;
  name = ulak_people_name_peer (&peer, &from);
  data = json_object_new ();
  json_object_set_object_member (data, "contact", ulak_people_make_contact (&peer, NULL));
  json_object_set_boolean_member (data, "identity_changed", TRUE);
  ulak_inbound_add_event (inbound, "contact.updated", name, ulak_entry_get_time_us (entry), data);
  return TRUE;
}

/* --- devices --- */

static gboolean
read_news (const UlakNode *change, UlakDevicesNews *news_out)
{
  static const struct
  {
    const char *tag;
    UlakDevicesNews news;
  } words[] = { { "add", ULAK_DEVICES_ADD }, { "remove", ULAK_DEVICES_REMOVE }, { "update", ULAK_DEVICES_UPDATE } };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (ulak_node_is (change, words[i].tag))
      {
        *news_out = words[i].news;
        return TRUE;
      }
  return FALSE;
}

/* A change that does not say which device it is about only makes the list an old one. */
static gboolean
take_change (UlakDatabase *database,
             const UlakPeer *peer,
             const UlakNode *change,
             UlakDevicesNews news,
             GError **error)
{
  const UlakNode *node = ulak_node_get_child (change, "device");
  UlakListedDevice device = { 0 };
  guint64 key_index = 0;
  UlakJid jid;

  if (node == NULL || !ulak_node_read_jid (node, "jid", &jid, NULL))
    news = ULAK_DEVICES_UPDATE;
  else
    {
      device.device = jid.device;
      device.has_key_index = ulak_node_get_attribute (node, "key-index") != NULL
                             && ulak_node_read_number (node, "key-index", G_MAXUINT32, &key_index, NULL);
      device.key_index = (guint32) key_index;
      device.is_hosted = jid.server == ULAK_JID_SERVER_HOSTED || jid.server == ULAK_JID_SERVER_HOSTED_LID;
    }
  return ulak_devices_apply_news (database, peer, news, &device,
                                  ulak_node_get_attribute (change, "device_hash"),
                                  ulak_node_get_attribute (change, "device_lid_hash"), error);
}

static gboolean
take_devices (UlakDatabase *database, UlakInbound *inbound G_GNUC_UNUSED, UlakEntry *entry, GError **error)
{
  const char *other = ulak_node_get_attribute (entry->stanza, "lid");
  UlakJid from, lid = { 0 };
  UlakPeer peer;

  if (!ulak_node_read_jid (entry->stanza, "from", &from, NULL) || !ulak_jid_is_user (&from))
    return TRUE;
  if (other != NULL && (!ulak_jid_parse (other, &lid, NULL) || !ulak_jid_is_lid (&lid) || ulak_jid_is_lid (&from)))
    lid = (UlakJid){ 0 };
  if (!ulak_people_meet (database, &from, &lid, entry->view.now_us, &peer, error))
    return FALSE;
  if (ulak_node_get_first (entry->stanza) == NULL && !ulak_devices_forget (database, peer.id, error))
    return FALSE;
  for (const UlakNode *change = ulak_node_get_first (entry->stanza); change != NULL;
       change = ulak_node_get_next (change))
    {
      UlakDevicesNews news;

      if (read_news (change, &news) && !take_change (database, &peer, change, news, error))
        return FALSE;
    }
  return TRUE;
}

/* Only the server and our own account may say what our account is. */
static gboolean
take_account (UlakDatabase *database, UlakInbound *inbound G_GNUC_UNUSED, UlakEntry *entry, GError **error)
{
  UlakPeer own;
  UlakJid from;

  if (ulak_node_get_child (entry->stanza, "devices") == NULL
      || !ulak_node_read_jid (entry->stanza, "from", &from, NULL)
      || (from.user[0] != '\0' && !ulak_me_is (&entry->view.me, &from)))
    return TRUE;
  return ulak_peers_get_own (database, &own, error) && ulak_devices_forget (database, own.id, error);
}

static gboolean
take_tokens (UlakDatabase *database, UlakInbound *inbound G_GNUC_UNUSED, UlakEntry *entry, GError **error)
{
  return ulak_tokens_take (database, entry, error);
}

static gboolean
take_media (UlakDatabase *database, UlakInbound *inbound G_GNUC_UNUSED, UlakEntry *entry, GError **error)
{
  return ulak_media_retry_keep (database, entry->stanza, error);
}

static const struct
{
  const char *type;
  UlakEntryWork take;
} takers[] = {
  { "encrypt", take_identity }, { "devices", take_devices },       { "account_sync", take_account },
  { "w:gp2", ulak_groups_apply }, { "privacy_token", take_tokens },
  { "mediaretry", take_media },
};

/* --- the work and the answer --- */

static gboolean
notification_run (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error)
{
  const char *type = ulak_node_get_attribute (entry->stanza, "type");
  const UlakStanzaHandler *handler = entry->handler;

  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (ulak_node_is (entry->stanza, "notification") && g_strcmp0 (type, takers[i].type) == 0
        && !takers[i].take (database, inbound, entry, error))
      return FALSE;
  return handler == NULL || handler->work == NULL
         || handler->work (database, inbound, entry->stanza, handler->data, error);
}

/* What could not be stored has made old what is here. */
static gboolean
let_go_run (UlakDatabase *database, UlakInbound *inbound G_GNUC_UNUSED, UlakEntry *entry, GError **error)
{
  const char *type = ulak_node_get_attribute (entry->stanza, "type");
  UlakPeer peer;
  UlakJid from;

  if (!ulak_node_is (entry->stanza, "notification") || !ulak_node_read_jid (entry->stanza, "from", &from, NULL))
    return TRUE;
  if (g_strcmp0 (type, "w:gp2") == 0)
    return ulak_group_cache_make_stale (database, ulak_node_get_attribute (entry->stanza, "from"), error);
  if (!ulak_jid_is_user (&from))
    return TRUE;
  return ulak_peers_find (database, &from, &peer, error) && ulak_devices_forget (database, peer.id, error);
}

static void
answer (UlakChat *self, UlakEntry *entry)
{
  if (entry->handler != NULL && entry->handler->done != NULL)
    entry->handler->done (self, entry->stanza, entry->handler->data);
  if (self->media != NULL && g_strcmp0 (ulak_node_get_attribute (entry->stanza, "type"), "mediaretry") == 0)
    ulak_media_client_retry_kept (self->media, entry->stanza);
  if (entry->verdict.has_new_token)
    ulak_line_retry_held (self->line, "stranger");
  ulak_chat_answer_ack (self, entry);
}

static gboolean
is_ours (const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (takers); i++)
    if (g_strcmp0 (type, takers[i].type) == 0)
      return TRUE;
  return FALSE;
}

void
ulak_chat_take_notification (UlakChat *self, const UlakNode *stanza)
{
  const char *type = ulak_node_get_attribute (stanza, "type");
  gboolean is_call = ulak_node_is (stanza, "call");
  g_autofree char *key = g_strdup_printf ("%s %s", ulak_node_get_tag (stanza), type == NULL || is_call ? "" : type);
  const UlakStanzaHandler *handler = g_hash_table_lookup (self->handlers, key);
  gboolean has_work = (!is_call && is_ours (type)) || (handler != NULL && handler->work != NULL);
  UlakEntry *entry;

  entry = ulak_entry_new (self, stanza, has_work ? notification_run : NULL, answer);
  entry->handler = handler;
  entry->last = let_go_run;
  ulak_intake_take (self->intake, entry);
}
