/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A message is found by the network's id, else by our own that the network echoes: that one resolves a send of unknown
 * outcome.
 */
#include "connector/statuses.h"

#include "connector/events.h"
#include "connector/lanes.h"
#include "connector/sql.h"

#define PARTICIPANTS_MAX 1024 /* more than a group may have */
#define RANK_DELIVERED 3

typedef struct
{
  gint64 sequence;
  char *chat;
  char *status;
  gboolean is_open;
} Target;

static void
target_clear (Target *self)
{
  g_free (self->chat);
  g_free (self->status);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

static gboolean
find_target (UlakDatabase *database,
             const UlakInboundStatus *status,
             Target *target,
             gboolean *found_out,
             GError **error)
{
  UlakStatement *row;

  if (!ulak_sql_find (database, ULAK_SQL ("message-sent-by-network-id"),
                      ULAK_BINDINGS (ULAK_TEXT ("network_id", status->network_id)), &row, error))
    return FALSE;
  if (row == NULL && status->opaque_id != NULL
      && !ulak_sql_find (database, ULAK_SQL ("message-sent-by-id"),
                         ULAK_BINDINGS (ULAK_TEXT ("id", status->opaque_id)), &row, error))
    return FALSE;
  *found_out = row != NULL;
  if (row == NULL)
    return TRUE;
  target->sequence = ulak_statement_get_integer (row, "sequence");
  target->chat = g_strdup (ulak_statement_get_text (row, "chat"));
  target->status = g_strdup (ulak_statement_get_text (row, "status"));
  target->is_open = ulak_statement_get_integer (row, "open") != 0;
  return TRUE;
}

static gboolean
keep_early (UlakDatabase *database, UlakLineWork *work, const UlakInboundStatus *status, GError **error)
{
  return ulak_sql_run (
      database, ULAK_SQL ("early-add"),
      ULAK_BINDINGS (
          ULAK_TEXT ("network_id", status->network_id), ULAK_TEXT ("status", status->status),
          ULAK_INTEGER ("timestamp_us", status->timestamp_us), ULAK_TEXT ("error_code", status->error_code),
          ULAK_TEXT ("error_message", status->error_message),
          ULAK_INTEGER ("original_code", status->original_code),
          ULAK_TEXT ("original_details", status->original_details), ULAK_INTEGER ("now_us", work->now_us),
          ULAK_TEXT ("participant", status->is_alone ? NULL : status->participant)),
      error);
}

static gboolean
write_status (UlakDatabase *database, const Target *target, const UlakInboundStatus *status, GError **error)
{
  if (g_str_equal (status->status, "failed"))
    return ulak_sql_run (
        database, ULAK_SQL ("message-failed"),
        ULAK_BINDINGS (
            ULAK_INTEGER ("sequence", target->sequence), ULAK_TEXT ("network_id", status->network_id),
            ULAK_TEXT ("error_code", status->error_code), ULAK_TEXT ("error_message", status->error_message),
            ULAK_INTEGER ("original_code", status->original_code), ULAK_INTEGER ("original_subcode", 0),
            ULAK_TEXT ("original_details", status->original_details)),
        error);
  return ulak_sql_run (database, ULAK_SQL ("message-sent"),
                       ULAK_BINDINGS (ULAK_INTEGER ("sequence", target->sequence),
                                      ULAK_TEXT ("status", status->status),
                                      ULAK_TEXT ("network_id", status->network_id)),
                       error);
}

/* An open message that the network knows needs no sending. One that is on its way keeps its lane until its answer comes. */
static gboolean
close_if_open (UlakDatabase *database, UlakLineWork *work, const Target *target, GError **error)
{
  if (!target->is_open)
    return TRUE;
  work->depth_change--;
  if (ulak_status_is_held (target->status))
    work->held_change--;
  return g_str_equal (target->status, "sending")
         || ulak_lanes_leave (database, target->chat, target->sequence, error);
}

static gboolean
move (UlakDatabase *database,
      UlakLineWork *work,
      const Target *target,
      const UlakInboundStatus *status,
      UlakIdSeries *ids,
      GError **error)
{
  g_autofree char *type = g_strconcat ("message.", status->status, NULL);
  g_autofree char *event_id = NULL;

  if (!ulak_status_may_become (target->status, status->status))
    return TRUE;
  event_id = ulak_id_series_next (ids);
  return write_status (database, target, status, error) && close_if_open (database, work, target, error)
         && ulak_events_put_message (database, work, event_id, type, target->sequence, status->timestamp_us, error);
}

/* --- receipts of several people --- */

static gboolean
put_receipt (UlakDatabase *database, const Target *target, const UlakInboundStatus *status, GError **error)
{
  return ulak_sql_run (database, ULAK_SQL ("receipt-put"),
                       ULAK_BINDINGS (ULAK_INTEGER ("message", target->sequence),
                                      ULAK_TEXT ("participant", status->participant),
                                      ULAK_INTEGER ("rank", ulak_status_get_rank (status->status)),
                                      ULAK_INTEGER ("timestamp_us", status->timestamp_us),
                                      ULAK_INTEGER ("limit", PARTICIPANTS_MAX)),
                       error);
}

static gboolean
do_all_have (UlakDatabase *database, const Target *target, guint rank, gboolean *all_out, GError **error)
{
  UlakStatement *row;
  gint64 recipients;

  if (!ulak_sql_find (database, ULAK_SQL ("receipts-count"),
                      ULAK_BINDINGS (ULAK_INTEGER ("message", target->sequence), ULAK_INTEGER ("rank", rank)), &row,
                      error))
    return FALSE;
  recipients = ulak_statement_get_integer (row, "recipients");
  *all_out = recipients > 0 && ulak_statement_get_integer (row, "n") >= recipients;
  return TRUE;
}

/* The highest status that everybody reached; what a single person did tells nothing by itself. */
static gboolean
apply_receipt (UlakDatabase *database,
               UlakLineWork *work,
               const Target *target,
               const UlakInboundStatus *status,
               UlakIdSeries *ids,
               GError **error)
{
  UlakInboundStatus reached = *status;
  gboolean all = FALSE;

  if (!put_receipt (database, target, status, error))
    return FALSE;
  if (ulak_database_get_changes (database) == 0)
    return TRUE;
  for (guint rank = ulak_status_get_rank (status->status); rank >= RANK_DELIVERED; rank--)
    {
      if (!do_all_have (database, target, rank, &all, error))
        return FALSE;
      reached.status = ulak_status_of_rank (rank);
      if (all)
        return move (database, work, target, &reached, ids, error);
    }
  return TRUE;
}

static gboolean
is_of_several (UlakDatabase *database,
               const Target *target,
               const UlakInboundStatus *status,
               gboolean *is_out,
               GError **error)
{
  UlakStatement *row;

  *is_out = status->participant != NULL && ulak_status_get_rank (status->status) >= RANK_DELIVERED;
  if (!*is_out || !status->is_alone)
    return TRUE;
  if (!ulak_sql_find (database, ULAK_SQL ("receipts-count"),
                      ULAK_BINDINGS (ULAK_INTEGER ("message", target->sequence), ULAK_INTEGER ("rank", 0)), &row, error))
    return FALSE;
  *is_out = ulak_statement_get_integer (row, "recipients") > 0;
  return TRUE;
}

/** ulak_statuses_apply: a status that would move the message backwards changes nothing and tells nothing */
gboolean
ulak_statuses_apply (UlakDatabase *database,
                     UlakLineWork *work,
                     const UlakInboundStatus *status,
                     UlakIdSeries *ids,
                     GError **error)
{
  g_auto (Target) target = { 0 };
  gboolean found, is_receipt;

  if (!find_target (database, status, &target, &found, error))
    return FALSE;
  if (!found)
    return keep_early (database, work, status, error);
  if (!is_of_several (database, &target, status, &is_receipt, error))
    return FALSE;
  if (is_receipt)
    return apply_receipt (database, work, &target, status, ids, error);
  return move (database, work, &target, status, ids, error);
}

static void
inbound_status_free (gpointer data)
{
  UlakInboundStatus *self = data;

  g_free ((char *) self->status);
  g_free ((char *) self->error_code);
  g_free ((char *) self->error_message);
  g_free ((char *) self->original_details);
  g_free ((char *) self->participant);
  g_free (self);
}

static GPtrArray *
list_early (UlakDatabase *database, const char *network_id, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (inbound_status_free);
  UlakStatement *rows = ulak_sql_query (database, ULAK_SQL ("early-list"),
                                        ULAK_BINDINGS (ULAK_TEXT ("network_id", network_id)), error);
  gboolean has_row;

  while (rows != NULL)
    {
      UlakInboundStatus *status;

      if (!ulak_statement_step (rows, &has_row, error))
        return NULL;
      if (!has_row)
        return g_steal_pointer (&list);
      status = g_new0 (UlakInboundStatus, 1);
      status->network_id = network_id;
      status->status = g_strdup (ulak_statement_get_text (rows, "status"));
      status->timestamp_us = ulak_statement_get_integer (rows, "timestamp_us");
      status->error_code = g_strdup (ulak_statement_get_text (rows, "error_code"));
      status->error_message = g_strdup (ulak_statement_get_text (rows, "error_message"));
      status->original_code = ulak_statement_get_integer (rows, "original_code");
      status->original_details = g_strdup (ulak_statement_get_text (rows, "original_details"));
      status->participant = g_strdup (ulak_statement_get_text (rows, "participant"));
      g_ptr_array_add (list, status);
    }
  return NULL;
}

gboolean
ulak_statuses_apply_early (UlakDatabase *database,
                           UlakLineWork *work,
                           const char *network_id,
                           UlakIdSeries *ids,
                           GError **error)
{
  g_autoptr (GPtrArray) list = list_early (database, network_id, error);

  if (list == NULL)
    return FALSE;
  for (guint i = 0; i < list->len; i++)
    if (!ulak_statuses_apply (database, work, g_ptr_array_index (list, i), ids, error))
      return FALSE;
  return list->len == 0
         || ulak_sql_run (database, ULAK_SQL ("early-remove"),
                          ULAK_BINDINGS (ULAK_TEXT ("network_id", network_id)), error);
}
