/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Inbound: a batch of a network becomes rows and events in one transaction.
 *
 * A message is known by a hash of chat, network id and sender, which is kept longer than the message itself: what was cleaned
 * up does not come back as new. A person who wrote under another alias before keeps the chat that is there.
 */
#include "connector/contact-book.h"
#include "connector/events.h"
#include "connector/inbound-items.h"
#include "connector/lanes.h"
#include "connector/line-work.h"
#include "connector/sql.h"
#include "connector/statuses.h"
#include "core/json.h"

#include <string.h>

#define HASH_CHARACTERS 32 /* 128 bits: a collision would lose a message */

/* Ids that an item may need. */
typedef enum
{
  ID_ROW,
  ID_EVENT,
  ID_CONTACT,
  ID_MEDIUM,
  N_IDS,
} IdUse;

typedef struct
{
  UlakLineWork head;
  UlakInbound *inbound; /* (owned) */
  char **ids;           /* (owned): N_IDS for each item */
  guint n_new;          /* out: messages that were not known */
} Commit;

static void
commit_free (gpointer data)
{
  Commit *self = data;

  g_strfreev (self->ids);
  ulak_inbound_free (self->inbound);
  g_free (self);
}

static const char *
id_of (const Commit *self, guint index, IdUse use)
{
  return self->ids[index * N_IDS + use];
}

static JsonObject *
parse (const char *text, GError **error)
{
  static const UlakJsonLimits limits = { 8 * 1024 * 1024, 40, 200000, FALSE };

  return ulak_json_parse_object (text, strlen (text), &limits, error);
}

/* --- one message --- */

typedef struct
{
  const UlakInboundMessage *message;
  JsonObject *content; /* (owned) */
  char *contact;       /* (owned) (nullable): our id of the sender */
  char *contact_name;  /* (owned) (nullable) */
  char *chat;          /* (owned) */
  char *content_text;  /* (owned) */
  char *media_id;      /* (owned) (nullable) */
  gboolean is_reaction;
} Letter;

static void
letter_clear (Letter *self)
{
  g_clear_pointer (&self->content, json_object_unref);
  g_free (self->contact);
  g_free (self->contact_name);
  g_free (self->chat);
  g_free (self->content_text);
  g_free (self->media_id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Letter, letter_clear)

static gboolean
meet_sender (UlakDatabase *database,
             const Commit *self,
             guint index,
             const UlakInboundItem *item,
             Letter *letter,
             GError **error)
{
  g_autoptr (JsonObject) contact = NULL;

  if (item->message.from == NULL)
    return TRUE;
  if (item->contact != NULL && (contact = parse (item->contact, error)) == NULL)
    return FALSE;
  letter->contact_name = contact == NULL ? NULL : g_strdup (ulak_json_peek_string (contact, "name"));
  letter->contact = ulak_contact_book_meet (database, contact, item->message.from,
                                            id_of (self, index, ID_CONTACT), self->head.now_us, error);
  return letter->contact != NULL;
}

static gboolean
is_direct (const UlakInboundMessage *message)
{
  return message->from == NULL || g_str_equal (message->chat, message->from);
}

static gboolean
find_chat (UlakDatabase *database, Letter *letter, GError **error)
{
  if (letter->contact != NULL && is_direct (letter->message)
      && !ulak_sql_get_text (database, ULAK_SQL ("chat-of-contact"),
                             ULAK_BINDINGS (ULAK_TEXT ("contact", letter->contact)), "id", &letter->chat,
                             error))
    return FALSE;
  if (letter->chat == NULL)
    letter->chat = g_strdup (letter->message->chat);
  return TRUE;
}

/* parts: ended by NULL; what makes an item the same one when the network repeats it. */
static gboolean
add_seen (UlakDatabase *database, const char *const *parts, gint64 now_us, gboolean *is_new_out, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *hash = NULL;

  for (gsize i = 0; parts[i] != NULL; i++)
    g_checksum_update (checksum, (const guchar *) parts[i], (gssize) strlen (parts[i]) + 1);
  hash = g_strndup (g_checksum_get_string (checksum), HASH_CHARACTERS);
  if (!ulak_sql_run (database, ULAK_SQL ("seen-add"),
                     ULAK_BINDINGS (ULAK_TEXT ("hash", hash), ULAK_INTEGER ("now_us", now_us)), error))
    return FALSE;
  *is_new_out = ulak_database_get_changes (database) > 0;
  return TRUE;
}

static gboolean
is_new (UlakDatabase *database, const Letter *letter, gint64 now_us, gboolean *is_new_out, GError **error)
{
  const char *const parts[]
      = { letter->chat, letter->message->network_id, letter->contact != NULL ? letter->contact : "", NULL };

  return add_seen (database, parts, now_us, is_new_out, error);
}

static gboolean
add_medium (UlakDatabase *database,
            const Commit *self,
            guint index,
            const UlakInboundItem *item,
            Letter *letter,
            GError **error)
{
  JsonObject *media = ulak_json_peek_object (letter->content, "media");

  if (item->media_reference == NULL)
    return TRUE;
  if (media == NULL)
    {
      media = json_object_new ();
      json_object_set_object_member (letter->content, "media", media);
    }
  letter->media_id = g_strdup (id_of (self, index, ID_MEDIUM));
  json_object_set_string_member (media, "media_id", letter->media_id);
  return ulak_sql_run (
      database, ULAK_SQL ("media-insert"),
      ULAK_BINDINGS (ULAK_TEXT ("id", letter->media_id),
                     ULAK_TEXT ("mime_type", ulak_json_peek_string (media, "mime_type")),
                     ULAK_INTEGER ("size_bytes", ulak_json_peek_integer (media, "size_bytes", 0)),
                     ULAK_TEXT ("sha256", ulak_json_peek_string (media, "sha256")),
                     ULAK_TEXT ("file_name", ulak_json_peek_string (media, "file_name")),
                     ULAK_TEXT ("stored_name", NULL), ULAK_TEXT ("reference", item->media_reference),
                     ULAK_INTEGER ("now_us", self->head.now_us)),
      error);
}

static gboolean
insert_letter (UlakDatabase *database, const Commit *self, guint index, Letter *letter, GError **error)
{
  const UlakInboundMessage *message = letter->message;
  const char *type = ulak_json_peek_string (letter->content, "type");
  g_autofree char *quoted_id = NULL;

  if (message->quoted_network_id != NULL
      && !ulak_sql_get_text (database, ULAK_SQL ("message-by-network-id"),
                             ULAK_BINDINGS (ULAK_TEXT ("network_id", message->quoted_network_id)), "id",
                             &quoted_id, error))
    return FALSE;
  letter->content_text = ulak_json_print_object (letter->content);
  letter->is_reaction = g_strcmp0 (type, "reaction") == 0;
  return ulak_sql_run (
      database, ULAK_SQL ("message-insert"),
      ULAK_BINDINGS (
          ULAK_TEXT ("id", id_of (self, index, ID_ROW)), ULAK_TEXT ("network_id", message->network_id),
          ULAK_TEXT ("chat", letter->chat), ULAK_TEXT ("sender", message->from), ULAK_INTEGER ("is_request", 0),
          ULAK_TEXT ("type", type != NULL ? type : "unsupported"),
          ULAK_TEXT ("status", message->from == NULL ? "sent" : "received"),
          ULAK_INTEGER ("timestamp_us", message->timestamp_us), ULAK_TEXT ("content", letter->content_text),
          ULAK_TEXT ("quoted_id", quoted_id), ULAK_TEXT ("quoted_network_id", message->quoted_network_id),
          ULAK_TEXT ("media_id", letter->media_id), ULAK_INTEGER ("open", 0), ULAK_INTEGER ("due_us", 0),
          ULAK_INTEGER ("expires_us", 0)),
      error);
}

static gboolean
touch_chat (UlakDatabase *database, const Commit *self, const Letter *letter, GError **error)
{
  if (letter->message->from == NULL)
    return ulak_sql_run (
        database, ULAK_SQL ("chat-touch"),
        ULAK_BINDINGS (ULAK_TEXT ("id", letter->chat), ULAK_INTEGER ("now_us", self->head.now_us)), error);
  return ulak_sql_run (
             database, ULAK_SQL ("chat-inbound"),
             ULAK_BINDINGS (ULAK_TEXT ("id", letter->chat),
                            ULAK_TEXT ("contact", is_direct (letter->message) ? letter->contact : NULL),
                            ULAK_TEXT ("name", is_direct (letter->message) ? letter->contact_name : NULL),
                            ULAK_INTEGER ("unread", letter->is_reaction ? 0 : 1),
                            ULAK_INTEGER ("now_us", self->head.now_us)),
             error)
         && ulak_lanes_warm (database, letter->chat, error);
}

static const char *
event_type_of (const Letter *letter)
{
  if (letter->is_reaction)
    return "message.reaction";
  return letter->message->from == NULL ? "message.sent" : "message.received";
}

static gboolean
store_message (UlakDatabase *database, Commit *self, guint index, const UlakInboundItem *item, GError **error)
{
  g_auto (Letter) letter = { .message = &item->message };
  gboolean is_fresh;
  gint64 sequence;

  letter.content = parse (item->content, error);
  if (letter.content == NULL || !meet_sender (database, self, index, item, &letter, error)
      || !find_chat (database, &letter, error)
      || !is_new (database, &letter, self->head.now_us, &is_fresh, error))
    return FALSE;
  if (!is_fresh)
    return TRUE;
  self->n_new++;
  if (!add_medium (database, self, index, item, &letter, error)
      || !insert_letter (database, self, index, &letter, error))
    return FALSE;
  sequence = ulak_database_get_last_rowid (database);
  return touch_chat (database, self, &letter, error)
         && ulak_events_put_message (database, &self->head, id_of (self, index, ID_EVENT),
                                     event_type_of (&letter), sequence, self->head.now_us, error);
}

/* --- one event --- */

/* Networks give events no id: the same type, chat, time and contents are the same event, delivered again. */
static gboolean
store_event (UlakDatabase *database, Commit *self, guint index, const UlakInboundItem *item, GError **error)
{
  const char *chat = item->chat != NULL ? item->chat : "";
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, item->timestamp_us);
  const char *const parts[] = { "event", item->type, chat, time, item->content, NULL };
  gboolean is_first = FALSE;

  if (!add_seen (database, parts, self->head.now_us, &is_first, error))
    return FALSE;
  return !is_first
         || ulak_events_put (database, &self->head, id_of (self, index, ID_EVENT), item->type, chat,
                             item->timestamp_us, item->content, error);
}

/* --- the batch --- */

static gboolean
store_item (UlakDatabase *database, Commit *self, guint index, GError **error)
{
  const UlakInboundItem *item = ulak_inbound_get_item (self->inbound, index);

  switch (item->kind)
    {
    case ULAK_INBOUND_MESSAGE:
      return store_message (database, self, index, item, error);
    case ULAK_INBOUND_STATUS:
      return ulak_statuses_apply (database, &self->head, &item->status, id_of (self, index, ID_EVENT), error);
    case ULAK_INBOUND_EVENT:
      return store_event (database, self, index, item, error);
    }
  g_return_val_if_reached (FALSE);
}

static gboolean
commit_run (UlakDatabase *database, gpointer data, GError **error)
{
  Commit *self = data;
  guint n = ulak_inbound_count (self->inbound);

  ulak_line_work_start (self);
  self->n_new = 0;
  for (guint i = 0; i < n; i++)
    if (!store_item (database, self, i, error))
      return FALSE;
  return ulak_inbound_run_extra (self->inbound, database, error);
}

static void
commit_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_int (task, (gssize) ((Commit *) work)->n_new);
}

/** ulak_line_store_commit_inbound_async: @inbound: (transfer full) */
void
ulak_line_store_commit_inbound_async (UlakLineStore *self,
                                      UlakInbound *inbound,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  guint n_ids = ulak_inbound_count (inbound) * N_IDS;
  Commit *commit = g_new0 (Commit, 1);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_line_store_commit_inbound_async);
  commit->inbound = inbound;
  commit->ids = g_new0 (char *, n_ids + 1);
  for (guint i = 0; i < n_ids; i++)
    commit->ids[i] = ulak_line_store_new_id (self);
  ulak_line_store_write (self, commit_run, commit, commit_free, commit_done, task);
}

gboolean
ulak_line_store_commit_inbound_finish (UlakLineStore *self,
                                       GAsyncResult *result,
                                       guint *new_out,
                                       GError **error)
{
  gssize n_new;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  n_new = g_task_propagate_int (G_TASK (result), error);
  if (n_new < 0)
    return FALSE;
  if (new_out != NULL)
    *new_out = (guint) n_new;
  return TRUE;
}

/* --- an event of the line itself --- */

typedef struct
{
  UlakLineWork head;
  char *id, *type, *chat, *data;
} OwnEvent;

static void
own_event_free (gpointer data)
{
  OwnEvent *self = data;

  g_free (self->id);
  g_free (self->type);
  g_free (self->chat);
  g_free (self->data);
  g_free (self);
}

static gboolean
own_event_run (UlakDatabase *database, gpointer data, GError **error)
{
  OwnEvent *self = data;

  ulak_line_work_start (self);
  return ulak_events_put (database, &self->head, self->id, self->type, self->chat, self->head.now_us,
                          self->data, error);
}

/** ulak_line_store_add_event_async: @chat: the ordering key, "" for none */
void
ulak_line_store_add_event_async (UlakLineStore *self,
                                 const char *type,
                                 const char *chat,
                                 JsonObject *data,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  OwnEvent *event = g_new0 (OwnEvent, 1);

  event->id = ulak_line_store_new_id (self);
  event->type = g_strdup (type);
  event->chat = g_strdup (chat);
  event->data = ulak_json_print_object (data);
  ulak_line_store_write (self, own_event_run, event, own_event_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
