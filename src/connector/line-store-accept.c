/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Accepting: a send document becomes a row that will be sent, once per id; with a permit it is claimed in the same transaction,
 * and packed, where the permit has a parcel.
 */
#include "connector/chat-id.h"
#include "connector/claim.h"
#include "connector/lanes.h"
#include "connector/line-work.h"
#include "connector/message-check.h"
#include "connector/sql.h"
#include "connector/stored-message.h"
#include "core/error.h"
#include "core/id.h"
#include "core/json.h"

#include <string.h>

typedef struct
{
  UlakLineWork head;
  char *id;
  char *content; /* the document as JSON text */
  char *to;
  char *type;
  char *reply_to;    /* (nullable) */
  char *media_id;    /* (nullable) */
  gint64 expires_us; /* 0: never */
  char *permitted;   /* (nullable): the chat of the permit */
  gboolean may_be_cold, may_be_new;
  UlakParcel *parcel;  /* (nullable): of the permit */
  char *status;        /* out */
  UlakLaneHead *claimed; /* out (nullable) */
  UlakClaim *claim;      /* out (nullable) */
  gboolean is_packed;    /* out */
} Acceptance;

static void
acceptance_free (gpointer data)
{
  Acceptance *self = data;

  g_free (self->id);
  g_free (self->content);
  g_free (self->to);
  g_free (self->type);
  g_free (self->reply_to);
  g_free (self->media_id);
  g_free (self->permitted);
  ulak_parcel_free (self->parcel);
  g_free (self->status);
  ulak_lane_head_free (self->claimed);
  ulak_claim_free (self->claim);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Acceptance, acceptance_free)

static gboolean
is_same_document (const char *left, const char *right)
{
  g_autoptr (JsonNode) a = NULL;
  g_autoptr (JsonNode) b = NULL;

  if (g_str_equal (left, right))
    return TRUE;
  a = json_from_string (left, NULL);
  b = json_from_string (right, NULL);
  return a != NULL && b != NULL && json_node_equal (a, b);
}

static gboolean
was_changed (UlakStatement *row)
{
  return ulak_statement_is_null (row, "sender")
         && (!ulak_statement_is_null (row, "edited_us")
             || g_str_equal (ulak_statement_get_text (row, "type"), "revoked"));
}

/* The row that has the id already, if there is one, answers. */
static gboolean
find_known (UlakDatabase *database, Acceptance *self, gboolean *known_out, GError **error)
{
  UlakStatement *row;
  const char *status;

  if (!ulak_sql_find (database, ULAK_SQL ("message-find"), ULAK_BINDINGS (ULAK_TEXT ("id", self->id)), &row,
                      error))
    return FALSE;
  *known_out = row != NULL;
  if (row == NULL)
    return TRUE;
  /* What was edited or revoked since no longer holds what was asked for. */
  if (!was_changed (row)
      && (ulak_statement_get_integer (row, "is_request") == 0
          || !is_same_document (self->content, ulak_statement_get_text (row, "content"))))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_CONFLICT, "The id %s belongs to another message", self->id);
      return FALSE;
    }
  status = ulak_statement_get_text (row, "status");
  self->status = g_strdup (g_str_equal (status, "sending") ? "pending" : status);
  return TRUE;
}

static gboolean
find_medium (UlakDatabase *database, Acceptance *self, GError **error)
{
  UlakStatement *row;

  if (self->media_id == NULL)
    return TRUE;
  if (!ulak_sql_find (database, ULAK_SQL ("media-find"), ULAK_BINDINGS (ULAK_TEXT ("id", self->media_id)), &row,
                      error))
    return FALSE;
  if (row != NULL && !ulak_statement_is_null (row, "stored_name"))
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "%s.media_id: names no medium that was uploaded to this line and is still kept", self->type);
  return FALSE;
}

static gboolean
find_quoted (UlakDatabase *database, Acceptance *self, char **id_out, char **network_id_out, GError **error)
{
  UlakStatement *row;
  gboolean is_ours = self->reply_to != NULL && ulak_id_is_valid (self->reply_to);

  if (self->reply_to == NULL)
    return TRUE;
  if (!ulak_sql_find (database, is_ours ? ULAK_SQL ("message-find") : ULAK_SQL ("message-by-network-id"),
                      ULAK_BINDINGS (ULAK_TEXT (is_ours ? "id" : "network_id", self->reply_to)), &row, error))
    return FALSE;
  if (row == NULL && is_ours)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "reply_to: there is no message %s on this line",
                   self->reply_to);
      return FALSE;
    }
  *id_out = row == NULL ? NULL : g_strdup (ulak_statement_get_text (row, "id"));
  *network_id_out
      = row == NULL ? g_strdup (self->reply_to) : g_strdup (ulak_statement_get_text (row, "network_id"));
  return TRUE;
}

/* The chat that the recipient has already, under whatever alias. */
static gboolean
find_chat (UlakDatabase *database, const char *to, char **chat_out, GError **error)
{
  UlakStatement *row;
  g_autofree char *chat = NULL;

  if (!ulak_sql_find (database, ULAK_SQL ("chat-find"), ULAK_BINDINGS (ULAK_TEXT ("id", to)), &row, error))
    return FALSE;
  if (row == NULL
      && !ulak_sql_get_text (database, ULAK_SQL ("chat-of-alias"), ULAK_BINDINGS (ULAK_TEXT ("value", to)),
                             "id", &chat, error))
    return FALSE;
  *chat_out = chat != NULL ? g_steal_pointer (&chat) : g_strdup (to);
  return TRUE;
}

static gboolean
insert (UlakDatabase *database, Acceptance *self, const char *chat, GError **error)
{
  g_autofree char *quoted_id = NULL;
  g_autofree char *quoted_network_id = NULL;
  gint64 now_us = self->head.now_us;

  if (!find_quoted (database, self, &quoted_id, &quoted_network_id, error))
    return FALSE;
  return ulak_sql_run (
      database, ULAK_SQL ("message-insert"),
      ULAK_BINDINGS (ULAK_TEXT ("id", self->id), ULAK_TEXT ("network_id", NULL), ULAK_TEXT ("chat", chat),
                     ULAK_TEXT ("sender", NULL), ULAK_INTEGER ("is_request", 1), ULAK_TEXT ("type", self->type),
                     ULAK_TEXT ("status", "pending"), ULAK_INTEGER ("timestamp_us", now_us),
                     ULAK_TEXT ("content", self->content), ULAK_TEXT ("quoted_id", quoted_id),
                     ULAK_TEXT ("quoted_network_id", quoted_network_id), ULAK_TEXT ("media_id", self->media_id),
                     ULAK_INTEGER ("open", 1), ULAK_INTEGER ("due_us", now_us),
                     ULAK_INTEGER ("expires_us", self->expires_us)),
      error);
}

/* --- at once --- */

static UlakLaneHead *
head_new (const Acceptance *self, gint64 sequence, gboolean is_cold, gboolean is_new)
{
  UlakLaneHead *head = g_new0 (UlakLaneHead, 1);

  head->sequence = sequence;
  head->id = g_strdup (self->id);
  head->chat = g_strdup (self->permitted);
  head->is_cold = is_cold;
  head->is_new = is_new;
  head->due_us = self->head.now_us;
  return head;
}

static gboolean
claim_if_permitted (UlakDatabase *database, Acceptance *self, const char *chat, gint64 sequence, GError **error)
{
  gboolean is_cold, is_new;
  UlakStatement *row;

  if (g_strcmp0 (self->permitted, chat) != 0 || (self->expires_us != 0 && self->expires_us <= self->head.now_us))
    return TRUE;
  if (!ulak_sql_find (database, ULAK_SQL ("lane-just-opened"),
                      ULAK_BINDINGS (ULAK_TEXT ("chat", chat), ULAK_INTEGER ("head", sequence)), &row, error))
    return FALSE;
  if (row == NULL)
    return TRUE;
  is_cold = ulak_statement_get_integer (row, "is_cold") != 0;
  is_new = ulak_statement_get_integer (row, "is_new") != 0;
  if ((is_cold && !self->may_be_cold) || (is_new && !self->may_be_new))
    return TRUE;
  self->claimed = head_new (self, sequence, is_cold, is_new);
  return ulak_line_work_claim (database, &self->head, sequence, chat, &self->claim, error);
}

static void
pack (UlakDatabase *database, Acceptance *self)
{
  UlakOutbound outbound;

  if (self->claim == NULL || self->parcel == NULL)
    return;
  outbound = ulak_claim_show (self->claim, self->claimed->is_cold);
  self->is_packed = ulak_parcel_pack (self->parcel, database, &outbound);
}

static void
forget_output (Acceptance *self)
{
  ulak_line_work_start (self);
  self->is_packed = FALSE;
  g_clear_pointer (&self->status, g_free);
  g_clear_pointer (&self->claimed, ulak_lane_head_free);
  g_clear_pointer (&self->claim, ulak_claim_free);
}

static gboolean
accept_run (UlakDatabase *database, gpointer data, GError **error)
{
  Acceptance *self = data;
  g_autofree char *chat = NULL;
  gboolean is_known;
  gint64 sequence;

  forget_output (self);
  if (!find_known (database, self, &is_known, error))
    return FALSE;
  if (is_known)
    return TRUE;
  if (!find_medium (database, self, error) || !find_chat (database, self->to, &chat, error)
      || !insert (database, self, chat, error))
    return FALSE;
  self->head.depth_change = 1;
  self->status = g_strdup ("pending");
  sequence = ulak_database_get_last_rowid (database);
  if (!ulak_lanes_open (database, chat, sequence, self->head.now_us, error)
      || !claim_if_permitted (database, self, chat, sequence, error)
      || !ulak_sql_run (database, ULAK_SQL ("chat-touch"),
                        ULAK_BINDINGS (ULAK_TEXT ("id", chat), ULAK_INTEGER ("now_us", self->head.now_us)), error))
    return FALSE;
  pack (database, self);
  return TRUE;
}

/* What the caller gets. */
typedef struct
{
  char *status;
  UlakLaneHead *head; /* (nullable) */
  UlakClaim *claim;   /* (nullable) */
} Accepted;

static void
accepted_free (gpointer data)
{
  Accepted *self = data;

  g_free (self->status);
  ulak_lane_head_free (self->head);
  ulak_claim_free (self->claim);
  g_free (self);
}

static void
accept_done (UlakLineStore *store G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  Acceptance *self = (Acceptance *) work;
  Accepted *accepted = g_new0 (Accepted, 1);

  accepted->status = g_steal_pointer (&self->status);
  accepted->head = g_steal_pointer (&self->claimed);
  accepted->claim = g_steal_pointer (&self->claim);
  if (self->is_packed)
    accepted->claim->parcel = g_steal_pointer (&self->parcel);
  g_task_return_pointer (task, accepted, accepted_free);
}

static Acceptance *
acceptance_new (const char *id, JsonObject *message, UlakSendPermit *permit)
{
  Acceptance *self = g_new0 (Acceptance, 1);
  const char *expires_at = ulak_json_peek_string (message, "expires_at");

  self->id = g_strdup (id);
  self->content = ulak_json_print_object (message);
  self->to = ulak_chat_id_parse (ulak_json_peek_string (message, "to"));
  self->type = g_strdup (ulak_stored_message_type (message));
  self->reply_to = g_strdup (ulak_json_peek_string (message, "reply_to"));
  self->media_id = g_strdup (ulak_message_get_media_id (message));
  if (expires_at != NULL)
    ulak_parse_rfc3339 (expires_at, &self->expires_us);
  if (permit != NULL)
    {
      self->permitted = g_strdup (permit->chat);
      self->may_be_cold = permit->may_be_cold;
      self->may_be_new = permit->may_be_new;
      self->parcel = g_steal_pointer (&permit->parcel);
    }
  return self;
}

void
ulak_line_store_accept_async (UlakLineStore *self,
                              const char *id,
                              JsonObject *message,
                              UlakSendPermit *permit,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (Acceptance) acceptance = acceptance_new (id, message, permit);

  g_task_set_source_tag (task, ulak_line_store_accept_async);
  if (!ulak_line_store_charge (self))
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL,
                               "The line has %u messages to send, which is its limit",
                               ulak_line_store_get_depth (self));
      return;
    }
  g_task_set_task_data (task, self, NULL); /* marks the charge */
  ulak_line_store_write (self, accept_run, g_steal_pointer (&acceptance), acceptance_free, accept_done,
                         g_steal_pointer (&task));
}

char *
ulak_line_store_accept_finish (UlakLineStore *self,
                               GAsyncResult *result,
                               UlakLaneHead **head_out,
                               UlakClaim **claim_out,
                               GError **error)
{
  Accepted *accepted;
  char *status;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  if (g_task_get_task_data (G_TASK (result)) != NULL)
    ulak_line_store_discharge (self);
  *head_out = NULL;
  *claim_out = NULL;
  accepted = g_task_propagate_pointer (G_TASK (result), error);
  if (accepted == NULL)
    return NULL;
  status = g_steal_pointer (&accepted->status);
  *head_out = g_steal_pointer (&accepted->head);
  *claim_out = g_steal_pointer (&accepted->claim);
  accepted_free (accepted);
  return status;
}
