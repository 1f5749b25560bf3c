/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A batch owns copies of all that it was given and keeps the order in which it was given.
 */
#include "connector/inbound.h"

#include "connector/inbound-items.h"
#include "core/json.h"

struct _UlakInbound
{
  GPtrArray *items; /* (owned) (element-type UlakInboundItem) */
  UlakStoreWork extra;
  gpointer extra_data;
  GDestroyNotify extra_free;
};

static void
ulak_inbound_message_clear (UlakInboundMessage *self)
{
  g_free ((char *) self->chat);
  g_free ((char *) self->network_id);
  g_free ((char *) self->from);
  g_free ((char *) self->quoted_network_id);
  g_clear_pointer (&self->content, json_object_unref);
  g_clear_pointer (&self->media_reference, json_object_unref);
  g_clear_pointer (&self->contact, json_object_unref);
}

static void
ulak_inbound_status_clear (UlakInboundStatus *self)
{
  g_free ((char *) self->network_id);
  g_free ((char *) self->opaque_id);
  g_free ((char *) self->status);
  g_free ((char *) self->error_code);
  g_free ((char *) self->error_message);
  g_free ((char *) self->original_details);
}

static void
ulak_inbound_item_free (gpointer data)
{
  UlakInboundItem *self = data;

  ulak_inbound_message_clear (&self->message);
  ulak_inbound_status_clear (&self->status);
  g_free (self->content);
  g_free (self->media_reference);
  g_free (self->contact);
  g_free (self->type);
  g_free (self->chat);
  g_free (self);
}

UlakInbound *
ulak_inbound_new (void)
{
  UlakInbound *self = g_new0 (UlakInbound, 1);

  self->items = g_ptr_array_new_with_free_func (ulak_inbound_item_free);
  return self;
}

void
ulak_inbound_free (UlakInbound *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->items);
  if (self->extra_free != NULL)
    self->extra_free (self->extra_data);
  g_free (self);
}

static UlakInboundItem *
ulak_inbound_add (UlakInbound *self, UlakInboundKind kind)
{
  UlakInboundItem *item = g_new0 (UlakInboundItem, 1);

  item->kind = kind;
  g_ptr_array_add (self->items, item);
  return item;
}

static char *
ulak_inbound_print (JsonObject *object)
{
  return object == NULL ? NULL : ulak_json_print_object (object);
}

/**
 * ulak_inbound_add_message:
 * @message: chat, network_id and content are required; a NULL from is a message of the line's own owner, written on
 *   another device. timestamp_us: wall clock, microseconds
 */
void
ulak_inbound_add_message (UlakInbound *self, const UlakInboundMessage *message)
{
  UlakInboundItem *item;

  g_return_if_fail (message->chat != NULL && message->network_id != NULL && message->content != NULL);

  item = ulak_inbound_add (self, ULAK_INBOUND_MESSAGE);
  item->message = (UlakInboundMessage){
    .chat = g_strdup (message->chat),
    .network_id = g_strdup (message->network_id),
    .from = g_strdup (message->from),
    .timestamp_us = message->timestamp_us,
    .quoted_network_id = g_strdup (message->quoted_network_id),
    .content = json_object_ref (message->content),
    .media_reference = message->media_reference == NULL ? NULL : json_object_ref (message->media_reference),
    .contact = message->contact == NULL ? NULL : json_object_ref (message->contact),
  };
  item->content = ulak_inbound_print (message->content);
  item->media_reference = ulak_inbound_print (message->media_reference);
  item->contact = ulak_inbound_print (message->contact);
}

/** ulak_inbound_add_status: @status: network_id and status are required */
void
ulak_inbound_add_status (UlakInbound *self, const UlakInboundStatus *status)
{
  UlakInboundItem *item;

  g_return_if_fail (status->network_id != NULL && status->status != NULL);

  item = ulak_inbound_add (self, ULAK_INBOUND_STATUS);
  item->status = (UlakInboundStatus){
    .network_id = g_strdup (status->network_id),
    .opaque_id = g_strdup (status->opaque_id),
    .status = g_strdup (status->status),
    .timestamp_us = status->timestamp_us,
    .error_code = g_strdup (status->error_code),
    .error_message = g_strdup (status->error_message),
    .original_code = status->original_code,
    .original_details = g_strdup (status->original_details),
  };
}

/** ulak_inbound_add_event: @chat: (nullable): the ordering key */
void
ulak_inbound_add_event (UlakInbound *self,
                        const char *type,
                        const char *chat,
                        gint64 timestamp_us,
                        JsonObject *data)
{
  UlakInboundItem *item;

  g_return_if_fail (type != NULL && data != NULL);

  item = ulak_inbound_add (self, ULAK_INBOUND_EVENT);
  item->type = g_strdup (type);
  item->chat = g_strdup (chat);
  item->timestamp_us = timestamp_us;
  item->content = ulak_inbound_print (data);
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

/** ulak_inbound_count: Returns: messages, statuses and events in all */
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

const UlakInboundItem *
ulak_inbound_get_item (const UlakInbound *self, guint index)
{
  return g_ptr_array_index (self->items, index);
}

/** ulak_inbound_run_extra: on the store's thread. Errors: the work's own */
gboolean
ulak_inbound_run_extra (const UlakInbound *self, UlakDatabase *database, GError **error)
{
  return self->extra == NULL || self->extra (database, self->extra_data, error);
}
