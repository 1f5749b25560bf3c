/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The gateway store's audit trail. Each entry that comes takes a few of those that are too many with it, so that the table is
 * bounded without a job that holds the store.
 */
#include "api/gateway-private.h"

#define STEP_WITH_ENTRY 8
#define STEP_ALONE 200

typedef struct
{
  UlakAuditEntry entry;
  GPtrArray *entries;
  gint64 before_us;
  guint limit;
  gboolean is_done;
} Work;

static void
clear_entry (UlakAuditEntry *entry)
{
  g_free (entry->who);
  g_free (entry->action);
  g_free (entry->target);
  g_free (entry->result);
}

static void
free_entry (UlakAuditEntry *entry)
{
  clear_entry (entry);
  g_free (entry);
}

static void
work_free (Work *work)
{
  clear_entry (&work->entry);
  g_clear_pointer (&work->entries, g_ptr_array_unref);
  g_free (work);
}

static gboolean
trim_rows (UlakDatabase *database, gint64 step, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("audit-trim-rows"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "keep", ULAK_AUDIT_ROWS_MAX);
  ulak_statement_bind_integer (statement, "step", step);
  return ulak_statement_run (statement, error);
}

static gboolean
trim_age (UlakDatabase *database, gint64 before_us, gint64 step, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("audit-trim-age"), error);

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "before_us", before_us);
  ulak_statement_bind_integer (statement, "step", step);
  return ulak_statement_run (statement, error);
}

static gboolean
add_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("audit-add"), error);
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "time_us", work->entry.time_us);
  ulak_statement_bind_text (statement, "who", work->entry.who);
  ulak_statement_bind_text (statement, "action", work->entry.action);
  ulak_statement_bind_text (statement, "target", work->entry.target);
  ulak_statement_bind_text (statement, "result", work->entry.result);
  return ulak_statement_run (statement, error) && trim_rows (database, STEP_WITH_ENTRY, error)
         && trim_age (database, work->entry.time_us - ULAK_AUDIT_AGE_US, STEP_WITH_ENTRY, error);
}

void
ulak_gateway_store_add_audit_async (UlakGatewayStore *self,
                                    const UlakAuditEntry *entry,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->entry.time_us = entry->time_us;
  work->entry.who = g_strdup (entry->who);
  work->entry.action = g_strdup (entry->action);
  work->entry.target = g_strdup (entry->target);
  work->entry.result = g_strdup (entry->result);
  ulak_gateway_store_start (self, TRUE, add_work, work, (GDestroyNotify) work_free, callback, user_data);
}

static UlakAuditEntry *
read_entry (UlakStatement *statement)
{
  UlakAuditEntry *entry = g_new0 (UlakAuditEntry, 1);

  entry->time_us = ulak_statement_get_integer (statement, "time_us");
  entry->who = g_strdup (ulak_statement_get_text (statement, "who"));
  entry->action = g_strdup (ulak_statement_get_text (statement, "action"));
  entry->target = g_strdup (ulak_statement_get_text (statement, "target"));
  entry->result = g_strdup (ulak_statement_get_text (statement, "result"));
  return entry;
}

static gboolean
load_work (UlakDatabase *database, gpointer data, GError **error)
{
  UlakStatement *statement = ulak_database_statement (database, SQL ("audit-list"), error);
  gboolean has_row = FALSE;
  Work *work = data;

  if (statement == NULL)
    return FALSE;
  ulak_statement_bind_integer (statement, "limit", work->limit);
  while (ulak_statement_step (statement, &has_row, error))
    {
      if (!has_row)
        return TRUE;
      g_ptr_array_add (work->entries, read_entry (statement));
    }
  return FALSE;
}

void
ulak_gateway_store_load_audit_async (UlakGatewayStore *self, guint limit, GAsyncReadyCallback callback, gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) free_entry);
  work->limit = limit;
  ulak_gateway_store_start (self, FALSE, load_work, work, (GDestroyNotify) work_free, callback, user_data);
}

/** ulak_gateway_store_load_audit_finish: Returns: (transfer full) (element-type UlakAuditEntry): the oldest first */
GPtrArray *
ulak_gateway_store_load_audit_finish (UlakGatewayStore *self, GAsyncResult *result, GError **error)
{
  Work *work = ulak_gateway_store_end (self, result, error);

  return work == NULL ? NULL : g_ptr_array_ref (work->entries);
}

static gboolean
trim_work (UlakDatabase *database, gpointer data, GError **error)
{
  Work *work = data;

  if (!trim_age (database, work->before_us, STEP_ALONE, error))
    return FALSE;
  work->is_done = ulak_database_get_changes (database) < STEP_ALONE;
  return TRUE;
}

/** ulak_gateway_store_trim_audit_async: one step of it; others get their turn between two */
void
ulak_gateway_store_trim_audit_async (UlakGatewayStore *self,
                                     gint64 before_us,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  Work *work = g_new0 (Work, 1);

  work->before_us = before_us;
  ulak_gateway_store_start (self, TRUE, trim_work, work, (GDestroyNotify) work_free, callback, user_data);
}

gboolean
ulak_gateway_store_trim_audit_finish (UlakGatewayStore *self, GAsyncResult *result, gboolean *is_done_out, GError **error)
{
  Work *work = ulak_gateway_store_end (self, result, error);

  if (work != NULL)
    *is_done_out = work->is_done;
  return work != NULL;
}
