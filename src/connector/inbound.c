/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A batch owns copies of all that it was given and keeps the order in which it was given.
 */
#include "connector/inbound.h"

#include "connector/inbound-items.h"
#include "core/json.h"

#include <string.h>

struct _UlakInbound
{
  GPtrArray *items; /* (owned) (element-type UlakInboundItem) */
  UlakInboundPrepare prepare;
  gpointer prepare_data;
  GDestroyNotify prepare_free;
  gboolean is_preparing;
  UlakStoreWork extra;
  gpointer extra_data;
  GDestroyNotify extra_free;
};

/* --- one item --- */

/* Frees the strings of a struct that all were copied. */
#define FREE_TEXT(text) g_free ((char *) (text))

static void
clear_message (UlakInboundMessage *self)
{
  FREE_TEXT (self->chat);
  FREE_TEXT (self->network_id);
  FREE_TEXT (self->from);
  FREE_TEXT (self->quoted_network_id);
  FREE_TEXT (self->status);
  g_clear_pointer (&self->content, json_object_unref);
  g_clear_pointer (&self->media_reference, json_object_unref);
  g_clear_pointer (&self->contact, json_object_unref);
}

static void
clear_edit (UlakInboundEdit *self)
{
  FREE_TEXT (self->chat);
  FREE_TEXT (self->network_id);
  FREE_TEXT (self->from);
  g_clear_pointer (&self->content, json_object_unref);
  g_clear_pointer (&self->media_reference, json_object_unref);
  g_clear_pointer (&self->contact, json_object_unref);
}

static void
clear_revoke (UlakInboundRevoke *self)
{
  FREE_TEXT (self->chat);
  FREE_TEXT (self->network_id);
  FREE_TEXT (self->from);
  FREE_TEXT (self->by);
  g_clear_pointer (&self->contact, json_object_unref);
}

static void
clear_status (UlakInboundStatus *self)
{
  FREE_TEXT (self->network_id);
  FREE_TEXT (self->opaque_id);
  FREE_TEXT (self->status);
  FREE_TEXT (self->error_code);
  FREE_TEXT (self->error_message);
  FREE_TEXT (self->original_details);
  FREE_TEXT (self->participant);
}

static void
clear_chat (UlakInboundChat *self)
{
  FREE_TEXT (self->chat);
  FREE_TEXT (self->name);
  g_clear_pointer (&self->contact, json_object_unref);
}

static void
clear_contact (UlakInboundContact *self)
{
  FREE_TEXT (self->id);
  g_clear_pointer (&self->contact, json_object_unref);
}

static void
clear_event (UlakInboundEvent *self)
{
  FREE_TEXT (self->type);
  FREE_TEXT (self->chat);
}

static void
clear_kind (UlakInboundItem *self)
{
  switch (self->kind)
    {
    case ULAK_INBOUND_MESSAGE:
      clear_message (&self->message);
      break;
    case ULAK_INBOUND_EDIT:
      clear_edit (&self->edit);
      break;
    case ULAK_INBOUND_REVOKE:
      clear_revoke (&self->revoke);
      break;
    case ULAK_INBOUND_STATUS:
      clear_status (&self->status);
      break;
    case ULAK_INBOUND_CHAT:
      clear_chat (&self->chat);
      break;
    case ULAK_INBOUND_CONTACT:
      clear_contact (&self->contact);
      break;
    case ULAK_INBOUND_EVENT:
      clear_event (&self->event);
      break;
    }
}

static void
item_free (gpointer data)
{
  UlakInboundItem *self = data;

  clear_kind (self);
  g_free (self->content_text);
  g_free (self->contact_text);
  g_free (self->media_reference);
  g_free (self);
}

static char *
print (JsonObject *object)
{
  return object == NULL ? NULL : ulak_json_print_object (object);
}

static JsonObject *
reference (JsonObject *object)
{
  return object == NULL ? NULL : json_object_ref (object);
}

/* content, contact: what the store will read; it gets text only from the main thread. */
static UlakInboundItem *
add (UlakInbound *self, UlakInboundKind kind, JsonObject *content, JsonObject *contact)
{
  UlakInboundItem *item = g_new0 (UlakInboundItem, 1);

  item->kind = kind;
  item->is_prepared = self->is_preparing;
  if (!item->is_prepared)
    {
      item->content_text = print (content);
      item->contact_text = print (contact);
    }
  g_ptr_array_add (self->items, item);
  return item;
}

/* --- the batch --- */

UlakInbound *
ulak_inbound_new (void)
{
  UlakInbound *self = g_new0 (UlakInbound, 1);

  self->items = g_ptr_array_new_with_free_func (item_free);
  return self;
}

void
ulak_inbound_free (UlakInbound *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->items);
  if (self->prepare_free != NULL)
    self->prepare_free (self->prepare_data);
  if (self->extra_free != NULL)
    self->extra_free (self->extra_data);
  g_free (self);
}

/**
 * ulak_inbound_add_message:
 * @message: chat, network_id and content are required; a NULL from is a message of the line's own owner, written on
 *   another device. timestamp_us: wall clock, microseconds
 *
 * Messages of a history are stored the newest first, whatever their order here.
 */
void
ulak_inbound_add_message (UlakInbound *self, const UlakInboundMessage *message)
{
  UlakInboundItem *item;

  g_return_if_fail (message->chat != NULL && message->network_id != NULL && message->content != NULL);

  item = add (self, ULAK_INBOUND_MESSAGE, message->content, message->contact);
  item->message = *message;
  item->message.chat = g_strdup (message->chat);
  item->message.network_id = g_strdup (message->network_id);
  item->message.from = g_strdup (message->from);
  item->message.quoted_network_id = g_strdup (message->quoted_network_id);
  item->message.status = g_strdup (message->status);
  item->message.content = reference (message->content);
  item->message.media_reference = reference (message->media_reference);
  item->message.contact = reference (message->contact);
  item->media_reference = print (message->media_reference);
}

/** ulak_inbound_add_edit: @edit: chat, network_id and content are required */
void
ulak_inbound_add_edit (UlakInbound *self, const UlakInboundEdit *edit)
{
  UlakInboundItem *item;

  g_return_if_fail (edit->chat != NULL && edit->network_id != NULL && edit->content != NULL);

  item = add (self, ULAK_INBOUND_EDIT, edit->content, edit->contact);
  item->edit = *edit;
  item->edit.chat = g_strdup (edit->chat);
  item->edit.network_id = g_strdup (edit->network_id);
  item->edit.from = g_strdup (edit->from);
  item->edit.content = reference (edit->content);
  item->edit.media_reference = reference (edit->media_reference);
  item->edit.contact = reference (edit->contact);
  item->media_reference = print (edit->media_reference);
}

/** ulak_inbound_add_revoke: @revoke: chat and network_id are required */
void
ulak_inbound_add_revoke (UlakInbound *self, const UlakInboundRevoke *revoke)
{
  UlakInboundItem *item;

  g_return_if_fail (revoke->chat != NULL && revoke->network_id != NULL);

  item = add (self, ULAK_INBOUND_REVOKE, NULL, revoke->contact);
  item->revoke = *revoke;
  item->revoke.chat = g_strdup (revoke->chat);
  item->revoke.network_id = g_strdup (revoke->network_id);
  item->revoke.from = g_strdup (revoke->from);
  item->revoke.by = g_strdup (revoke->by);
  item->revoke.contact = reference (revoke->contact);
}

/** ulak_inbound_add_status: @status: network_id and status are required */
void
ulak_inbound_add_status (UlakInbound *self, const UlakInboundStatus *status)
{
  UlakInboundItem *item;

  g_return_if_fail (status->network_id != NULL && status->status != NULL);

  item = add (self, ULAK_INBOUND_STATUS, NULL, NULL);
  item->status = *status;
  item->status.network_id = g_strdup (status->network_id);
  item->status.opaque_id = g_strdup (status->opaque_id);
  item->status.status = g_strdup (status->status);
  item->status.error_code = g_strdup (status->error_code);
  item->status.error_message = g_strdup (status->error_message);
  item->status.original_details = g_strdup (status->original_details);
  item->status.participant = g_strdup (status->participant);
}

/** ulak_inbound_add_statuses: @network_ids: NULL-terminated */
void
ulak_inbound_add_statuses (UlakInbound *self, const UlakInboundStatus *status, const char *const *network_ids)
{
  UlakInboundStatus one = *status;

  for (gsize i = 0; network_ids[i] != NULL; i++)
    {
      one.network_id = network_ids[i];
      ulak_inbound_add_status (self, &one);
    }
}

/** ulak_inbound_add_chat: @chat: its id is required */
void
ulak_inbound_add_chat (UlakInbound *self, const UlakInboundChat *chat)
{
  UlakInboundItem *item;

  g_return_if_fail (chat->chat != NULL);

  item = add (self, ULAK_INBOUND_CHAT, NULL, chat->contact);
  item->chat = *chat;
  item->chat.chat = g_strdup (chat->chat);
  item->chat.name = g_strdup (chat->name);
  item->chat.contact = reference (chat->contact);
}

/** ulak_inbound_add_contact: @contact: id and contact are required */
void
ulak_inbound_add_contact (UlakInbound *self, const UlakInboundContact *contact)
{
  UlakInboundItem *item;

  g_return_if_fail (contact->id != NULL && contact->contact != NULL);

  item = add (self, ULAK_INBOUND_CONTACT, NULL, contact->contact);
  item->contact = *contact;
  item->contact.id = g_strdup (contact->id);
  item->contact.contact = reference (contact->contact);
}

static void
add_event (UlakInbound *self, const UlakInboundEvent *event, JsonObject *data)
{
  UlakInboundItem *item = add (self, ULAK_INBOUND_EVENT, NULL, NULL);

  item->event = *event;
  item->event.type = g_strdup (event->type);
  item->event.chat = g_strdup (event->chat != NULL ? event->chat : "");
  item->content_text = ulak_json_print_object (data);
}

/** ulak_inbound_add_event: @chat: (nullable): the ordering key */
void
ulak_inbound_add_event (UlakInbound *self,
                        const char *type,
                        const char *chat,
                        gint64 timestamp_us,
                        JsonObject *data)
{
  g_return_if_fail (type != NULL && data != NULL);

  add_event (self, &(UlakInboundEvent){ type, chat, timestamp_us, FALSE }, data);
}

/** ulak_inbound_add_passing_event: @chat: (nullable): the ordering key */
void
ulak_inbound_add_passing_event (UlakInbound *self,
                                const char *type,
                                const char *chat,
                                gint64 timestamp_us,
                                JsonObject *data)
{
  g_return_if_fail (type != NULL && data != NULL);

  add_event (self, &(UlakInboundEvent){ type, chat, timestamp_us, TRUE }, data);
}

/** ulak_inbound_set_prepare: @prepare: runs before the items, in their transaction */
void
ulak_inbound_set_prepare (UlakInbound *self, UlakInboundPrepare prepare, gpointer data, GDestroyNotify data_free)
{
  g_return_if_fail (self->prepare == NULL);

  self->prepare = prepare;
  self->prepare_data = data;
  self->prepare_free = data_free;
}

/** ulak_inbound_set_extra: @work: runs after the items, in their transaction; its failure undoes them */
void
ulak_inbound_set_extra (UlakInbound *self, UlakStoreWork work, gpointer data, GDestroyNotify data_free)
{
  g_return_if_fail (self->extra == NULL);

  self->extra = work;
  self->extra_data = data;
  self->extra_free = data_free;
}

/** ulak_inbound_count: Returns: items of every kind; those of a prepare function only once it ran */
guint
ulak_inbound_count (const UlakInbound *self)
{
  return self->items->len;
}

/** ulak_inbound_foreach: both functions may be NULL; items come in their order */
void
ulak_inbound_foreach (const UlakInbound *self,
                      UlakInboundMessageFunc on_message,
                      UlakInboundStatusFunc on_status,
                      gpointer user_data)
{
  for (guint i = 0; i < self->items->len; i++)
    {
      const UlakInboundItem *item = g_ptr_array_index (self->items, i);

      if (item->kind == ULAK_INBOUND_MESSAGE && on_message != NULL)
        on_message (&item->message, user_data);
      if (item->kind == ULAK_INBOUND_STATUS && on_status != NULL)
        on_status (&item->status, user_data);
    }
}

/* --- for the store --- */

const UlakInboundItem *
ulak_inbound_get_item (const UlakInbound *self, guint index)
{
  return g_ptr_array_index (self->items, index);
}

static void
drop_prepared (UlakInbound *self)
{
  guint n = self->items->len;

  while (n > 0 && ulak_inbound_get_item (self, n - 1)->is_prepared)
    n--;
  g_ptr_array_set_size (self->items, (gint) n);
}

/** ulak_inbound_run_prepare: what an earlier run added is dropped first. Errors: the function's own */
gboolean
ulak_inbound_run_prepare (UlakInbound *self, UlakDatabase *database, GError **error)
{
  gboolean is_done;

  if (self->prepare == NULL)
    return TRUE;
  drop_prepared (self);
  self->is_preparing = TRUE;
  is_done = self->prepare (database, self, self->prepare_data, error);
  self->is_preparing = FALSE;
  return is_done;
}

/** ulak_inbound_run_extra: Errors: the work's own */
gboolean
ulak_inbound_run_extra (const UlakInbound *self, UlakDatabase *database, GError **error)
{
  return self->extra == NULL || self->extra (database, self->extra_data, error);
}

static gboolean
get_object (const UlakInboundItem *item, JsonObject *object, const char *text, JsonObject **object_out, GError **error)
{
  static const UlakJsonLimits limits = { 8 * 1024 * 1024, 40, 200000, FALSE };

  if (item->is_prepared || text == NULL)
    *object_out = item->is_prepared ? reference (object) : NULL;
  else
    *object_out = ulak_json_parse_object (text, strlen (text), &limits, error);
  return *object_out != NULL || item->is_prepared || text == NULL;
}

JsonObject *
ulak_inbound_item_get_content (const UlakInboundItem *item, GError **error)
{
  JsonObject *object = item->kind == ULAK_INBOUND_EDIT ? item->edit.content : item->message.content;
  JsonObject *content = NULL;

  g_return_val_if_fail (item->kind == ULAK_INBOUND_MESSAGE || item->kind == ULAK_INBOUND_EDIT, NULL);
  return get_object (item, object, item->content_text, &content, error) ? content : NULL;
}

static JsonObject *
contact_of (const UlakInboundItem *item)
{
  switch (item->kind)
    {
    case ULAK_INBOUND_MESSAGE:
      return item->message.contact;
    case ULAK_INBOUND_EDIT:
      return item->edit.contact;
    case ULAK_INBOUND_REVOKE:
      return item->revoke.contact;
    case ULAK_INBOUND_CHAT:
      return item->chat.contact;
    case ULAK_INBOUND_CONTACT:
      return item->contact.contact;
    case ULAK_INBOUND_STATUS:
    case ULAK_INBOUND_EVENT:
      return NULL;
    }
  g_return_val_if_reached (NULL);
}

gboolean
ulak_inbound_item_get_contact (const UlakInboundItem *item, JsonObject **contact_out, GError **error)
{
  return get_object (item, contact_of (item), item->contact_text, contact_out, error);
}
