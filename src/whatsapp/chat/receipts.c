/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Receipts: what others say of our messages, and what our other devices say of others' messages.
 *
 * Retry receipts go to resend.c. In chats of several the status is kept by person. All are acknowledged once stored.
 * Source: docs/protocol/receiving.md, "Receipts".
 */
#include "whatsapp/chat/chat-private.h"

#include "core/log.h"
#include "whatsapp/chat/content.h"
#include "whatsapp/chat/people.h"

#include <string.h>

typedef enum
{
  MEANS_NOTHING,
  MEANS_STATUS, /* of a message of ours, by somebody else */
} Meaning;

static const struct
{
  const char *type; /* "": none */
  Meaning meaning;
  const char *status;
  gboolean is_seen; /* from an own device: it has seen somebody's message */
} meanings[] = {
  { "", MEANS_STATUS, "delivered", FALSE },
  { "delivery", MEANS_STATUS, "delivered", FALSE },
  { "inactive", MEANS_STATUS, "delivered", FALSE },
  { "read", MEANS_STATUS, "read", TRUE },
  { "played", MEANS_STATUS, "played", TRUE },
  { "read-self", MEANS_NOTHING, NULL, TRUE },
  { "played-self", MEANS_NOTHING, NULL, TRUE },
  { "sender", MEANS_NOTHING, NULL, FALSE },
  { "peer_msg", MEANS_NOTHING, NULL, FALSE },
  { "hist_sync", MEANS_NOTHING, NULL, FALSE },
  { "server-error", MEANS_NOTHING, NULL, FALSE },
};

static const char *
type_of (const UlakNode *stanza)
{
  const char *type = ulak_node_get_attribute (stanza, "type");

  return type == NULL ? "" : type;
}

static gint64
time_of (const UlakNode *node, gint64 fallback_us)
{
  guint64 t = 0;

  if (!ulak_node_read_number (node, "t", G_MAXINT64 / G_USEC_PER_SEC, &t, NULL))
    return fallback_us;
  return (gint64) t * G_USEC_PER_SEC;
}

static void
add_id (GPtrArray *ids, const char *id)
{
  if (id != NULL && strlen (id) <= ULAK_CONTENT_ID_MAX && ids->len < 2 * ULAK_RECEIPT_IDS_MAX)
    g_ptr_array_add (ids, (gpointer) id);
}

static GPtrArray *
list_ids (const UlakNode *stanza)
{
  GPtrArray *ids = g_ptr_array_new ();
  const UlakNode *list = ulak_node_get_child (stanza, "list");

  add_id (ids, ulak_node_get_attribute (stanza, "id"));
  for (const UlakNode *item = list == NULL ? NULL : ulak_node_get_first (list); item != NULL;
       item = ulak_node_get_next (item))
    add_id (ids, ulak_node_get_attribute (item, "id"));
  g_ptr_array_add (ids, NULL);
  return ids;
}

typedef struct
{
  UlakDatabase *database;
  UlakInbound *inbound;
  UlakEntry *entry;
} Run;

static gboolean
name_person (const Run *run, const UlakJid *jid, char **name_out, GError **error)
{
  UlakPeer peer;
  const UlakJid none = { 0 };

  if (!ulak_people_meet (run->database, jid,
                         ulak_jid_equal (jid, &run->entry->address.author) ? &run->entry->address.author_alternate
                                                                           : &none,
                         run->entry->view.now_us, &peer, error))
    return FALSE;
  *name_out = ulak_people_name_peer (&peer, jid);
  return TRUE;
}

static gboolean
add_statuses (const Run *run, const char *word, GError **error)
{
  const UlakAddress *address = &run->entry->address;
  g_autoptr (GPtrArray) ids = list_ids (run->entry->stanza);
  g_autofree char *participant = NULL;
  UlakInboundStatus status
      = { .status = word, .timestamp_us = time_of (run->entry->stanza, run->entry->view.now_us) };

  if (!name_person (run, &address->author, &participant, error))
    return FALSE;
  status.participant = participant;
  status.is_alone = address->kind == ULAK_ADDRESS_DIRECT;
  ulak_inbound_add_statuses (run->inbound, &status, (const char *const *) ids->pdata);
  return TRUE;
}

/* Several people at once: <participants key="ID"><user jid t/></participants>. */
static gboolean
add_participants (const Run *run, const UlakNode *participants, const char *word, GError **error)
{
  const char *id = ulak_node_get_attribute (participants, "key");

  if (id == NULL || strlen (id) > ULAK_CONTENT_ID_MAX)
    return TRUE;
  for (const UlakNode *user = ulak_node_get_first (participants); user != NULL;
       user = ulak_node_get_next (user))
    {
      UlakInboundStatus status
          = { .network_id = id, .status = word, .timestamp_us = time_of (user, run->entry->view.now_us) };
      g_autofree char *participant = NULL;
      UlakJid jid;

      if (!ulak_node_read_jid (user, "jid", &jid, NULL) || !ulak_jid_is_user (&jid)
          || ulak_me_is (&run->entry->view.me, &jid))
        continue;
      if (!name_person (run, &jid, &participant, error))
        return FALSE;
      status.participant = participant;
      ulak_inbound_add_status (run->inbound, &status);
    }
  return TRUE;
}

/* Another device of ours has shown the chat's messages: what came until now is read. */
static gboolean
add_seen (const Run *run, GError **error)
{
  const UlakAddress *address = &run->entry->address;
  g_autofree char *name = NULL;
  UlakInboundChat chat
      = { .fields = ULAK_CHAT_READ, .until_us = time_of (run->entry->stanza, run->entry->view.now_us) };

  if (!ulak_people_name (run->database, &address->chat, &name, error))
    return FALSE;
  chat.chat = name;
  if (!ulak_jid_is_status (&address->chat) && !ulak_me_is (&run->entry->view.me, &address->chat))
    ulak_inbound_add_chat (run->inbound, &chat);
  return TRUE;
}

static gboolean
apply (const Run *run, GError **error)
{
  const UlakNode *participants = ulak_node_get_child (run->entry->stanza, "participants");
  const char *type = type_of (run->entry->stanza);

  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++)
    {
      if (!g_str_equal (meanings[i].type, type))
        continue;
      if (meanings[i].meaning == MEANS_STATUS && participants != NULL)
        return add_participants (run, participants, meanings[i].status, error);
      if (meanings[i].meaning == MEANS_STATUS && !run->entry->address.is_from_me)
        return add_statuses (run, meanings[i].status, error);
      /* Whether our own device says read or read-self makes no difference: it has told the sender, or has not. */
      return !meanings[i].is_seen || !run->entry->address.is_from_me || add_seen (run, error);
    }
  return TRUE;
}

static gboolean
receipt_run (UlakDatabase *database, UlakInbound *inbound, UlakEntry *entry, GError **error)
{
  const Run run = { database, inbound, entry };
  const UlakStanzaHandler *handler = entry->handler;

  if (!apply (&run, error))
    return FALSE;
  return handler == NULL || handler->work == NULL
         || handler->work (database, inbound, entry->stanza, handler->data, error);
}

static void
answer (UlakChat *self, UlakEntry *entry)
{
  if (entry->handler != NULL && entry->handler->done != NULL)
    entry->handler->done (self, entry->stanza, entry->handler->data);
  ulak_chat_answer_ack (self, entry);
}

/* Receipts about several people have no participant of their own. */
static gboolean
read_address (UlakChat *self, const UlakNode *stanza, UlakAddress *address)
{
  g_autoptr (GError) error = NULL;

  if (ulak_node_get_attribute (stanza, "id") == NULL)
    return FALSE;
  if (ulak_address_read (stanza, &self->me, address, &error))
    return TRUE;
  if (ulak_node_get_child (stanza, "participants") != NULL && ulak_node_read_jid (stanza, "from", &address->from, NULL))
    {
      address->kind = ULAK_ADDRESS_GROUP;
      address->chat = ulak_jid_get_account (&address->from);
      return TRUE;
    }
  ulak_log_info (NULL, "A receipt says nothing: %s", error->message);
  return FALSE;
}

void
ulak_chat_take_receipt (UlakChat *self, const UlakNode *stanza)
{
  g_autofree char *key = g_strdup_printf ("receipt %s", type_of (stanza));
  UlakAddress address = { 0 };
  gboolean is_good = read_address (self, stanza, &address);
  UlakEntry *entry;

  if (is_good && g_str_equal (type_of (stanza), "retry"))
    {
      ulak_resend_take (self->resend, stanza, &address);
      return;
    }
  entry = ulak_entry_new (self, stanza, is_good ? receipt_run : NULL, answer);
  entry->address = address;
  entry->handler = g_hash_table_lookup (self->handlers, key);
  ulak_intake_take (self->intake, entry);
}
