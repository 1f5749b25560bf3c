/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/account-control.h"

#include "api/account-check.h"
#include "api/account-folder.h"
#include "api/peer.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"

#include <string.h>

#define GONE_POLL_MS 100
#define GONE_TIMEOUT_MS 20000 /* above TimeoutStopSec of a line's drain */

typedef struct
{
  UlakApi *api;         /* unowned, outlives us */
  UlakAccountAction action;
  char *id;             /* (owned) (nullable) */
  char *text;           /* (owned) (nullable) */
  char *who;            /* (owned) */
  UlakContext *context; /* (owned) (nullable) */
  gint64 since_us;      /* monotonic: waiting for the line to be gone */
} Work;

static const char *const action_names[] = {
  "account.add", "account.update", "account.start", "account.stop", "account.remove", NULL,
};

static void
work_free (Work *work)
{
  g_free (work->id);
  g_free (work->text);
  g_free (work->who);
  g_clear_pointer (&work->context, ulak_context_free);
  g_free (work);
}

static void
audit (Work *work, const char *result)
{
  if (action_names[work->action] != NULL)
    ulak_service_audit (work->api->service, work->who, action_names[work->action], work->id == NULL ? "" : work->id,
                        result);
}

/* task: (transfer full) */
static void
fail (GTask *task, GError *error)
{
  Work *work = g_task_get_task_data (task);

  audit (work, error->domain == ULAK_ERROR ? ulak_error_get_name ((UlakError) error->code) : "failed");
  g_task_return_error (task, error);
  g_object_unref (task);
}

static JsonObject *
make_document (UlakApi *api, const UlakAccountRow *row)
{
  JsonObject *document = json_object_new ();
  UlakLineFacts facts;

  ulak_lines_get_facts (api->lines, row->id, &facts);
  json_object_set_string_member (document, "id", row->id);
  json_object_set_string_member (document, "network", row->network);
  json_object_set_string_member (document, "backend", row->backend);
  json_object_set_string_member (document, "name", row->name);
  json_object_set_boolean_member (document, "wanted", row->wanted);
  json_object_set_string_member (document, "state", facts.state);
  json_object_set_object_member (document, "settings",
                                 json_object_ref (ulak_accounts_get_settings (api->accounts, row->id)));
  return document;
}

static char *
print_account (UlakApi *api, const UlakAccountRow *row)
{
  g_autoptr (JsonObject) document = make_document (api, row);

  return ulak_json_print_object (document);
}

static void
described_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Work *work = g_task_get_task_data (task);
  const UlakAccountRow *row = ulak_accounts_find (work->api->accounts, work->id);

  ulak_lines_refresh_units_finish (ULAK_LINES (source), result);
  if (row == NULL)
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no account ‘%s’", work->id);
  else
    g_task_return_pointer (task, print_account (work->api, row), g_free);
}

/* task: (transfer full) */
static void
describe (GTask *task)
{
  Work *work = g_task_get_task_data (task);

  audit (work, "ok");
  ulak_lines_refresh_units_async (work->api->lines, described_cb, task);
}

static void
reconfigured_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakPeerReply) reply = ulak_peer_call_finish (result, &error);
  Work *work = g_task_get_task_data (user_data);

  if (reply == NULL)
    ulak_log_info (ULAK_FIELDS (ULAK_FIELD_ACCOUNT, work->id),
                   "The line did not take its new settings now and reads them at its next start: %s", error->message);
  describe (user_data);
}

static void
reconfigure (GTask *task)
{
  Work *work = g_task_get_task_data (task);
  g_autofree char *document = print_account (work->api, ulak_accounts_find (work->api->accounts, work->id));
  const UlakPeerCall call = { .account = work->id, .method = "Reconfigure", .arguments = g_variant_new ("(s)", document), .reply_type = "()" };

  ulak_peer_call_async (work->api->connection, &call, work->context, NULL, reconfigured_cb, task);
}

static void
unit_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = G_TASK (user_data);
  Work *work = g_task_get_task_data (task);
  GError *error = NULL;

  if (ulak_lines_unit_finish (ULAK_LINES (source), result, &error))
    {
      describe (task);
      return;
    }
  if (work->action == ULAK_ACCOUNT_START)
    ulak_log_warning (ULAK_MESSAGE_LINE_START_FAILED, ULAK_FIELDS (ULAK_FIELD_ACCOUNT, work->id), "%s", error->message);
  fail (task, error);
}

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = G_TASK (user_data);
  Work *work = g_task_get_task_data (task);
  const UlakAccountRow *row;
  GError *error = NULL;

  if (!ulak_accounts_change_finish (ULAK_ACCOUNTS (source), result, &error))
    {
      fail (task, error);
      return;
    }
  row = ulak_accounts_find (work->api->accounts, work->id);
  if (work->action == ULAK_ACCOUNT_START && row != NULL)
    ulak_lines_start_unit_async (work->api->lines, row->network, row->id, unit_cb, task);
  else if (work->action == ULAK_ACCOUNT_STOP && row != NULL)
    ulak_lines_stop_unit_async (work->api->lines, row->network, row->id, unit_cb, task);
  else if (work->action == ULAK_ACCOUNT_UPDATE && row != NULL && ulak_lines_is_present (work->api->lines, work->id))
    reconfigure (task);
  else
    describe (task);
}

static void
put (GTask *task, UlakAccountRow *row)
{
  Work *work = g_task_get_task_data (task);

  row->updated_us = ulak_clock_get_wall_us (work->api->clock);
  if (work->action == ULAK_ACCOUNT_ADD)
    row->created_us = row->updated_us;
  ulak_accounts_put_async (work->api->accounts, row, committed_cb, task);
}

static UlakAccountRow *
check_addition (Work *work, JsonObject *document, GError **error)
{
  g_autoptr (UlakAccountRow) row = ulak_account_check_new (document, error);

  if (row == NULL)
    return NULL;
  work->id = g_strdup (row->id);
  if (ulak_accounts_find (work->api->accounts, row->id) != NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_EXISTS, "There is an account ‘%s’ already", row->id);
      return NULL;
    }
  if (g_hash_table_contains (work->api->leaving, row->id))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The folder of the removed account ‘%s’ is still being put aside",
                   row->id);
      return NULL;
    }
  if (ulak_accounts_count (work->api->accounts) >= ULAK_ACCOUNTS_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FULL, "There are %d accounts already", ULAK_ACCOUNTS_MAX);
      return NULL;
    }
  return g_steal_pointer (&row);
}

/* The row to be committed. */
static UlakAccountRow *
make_row (Work *work, GError **error)
{
  const UlakAccountRow *row = work->id == NULL ? NULL : ulak_accounts_find (work->api->accounts, work->id);
  g_autoptr (JsonObject) document = NULL;
  UlakAccountRow *changed;

  if (row == NULL && work->action != ULAK_ACCOUNT_ADD)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no account ‘%s’", work->id);
      return NULL;
    }
  if (work->text != NULL)
    {
      document = ulak_json_parse_text (work->text, error);
      if (document == NULL)
        return NULL;
      return row == NULL ? check_addition (work, document, error) : ulak_account_check_change (row, document, error);
    }
  changed = ulak_account_row_copy (row);
  changed->wanted = work->action == ULAK_ACCOUNT_START;
  return changed;
}

static void
put_aside_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Work *work = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  char *warning = NULL;

  g_hash_table_remove (work->api->leaving, work->id);
  if (!ulak_account_folder_put_aside_finish (result, &error))
    {
      warning = g_strdup_printf ("The account is gone, but its folder stays in its place: %s", error->message);
      ulak_log_warning (NULL, ULAK_FIELDS (ULAK_FIELD_ACCOUNT, work->id), "%s", warning);
    }
  audit (work, "ok");
  g_task_return_pointer (task, warning == NULL ? g_strdup ("") : warning, g_free);
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = G_TASK (user_data);
  Work *work = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ulak_accounts_change_finish (ULAK_ACCOUNTS (source), result, &error))
    {
      fail (task, error);
      return;
    }
  ulak_inbox_forget (work->api->inbox, work->id);
  g_hash_table_add (work->api->leaving, g_strdup (work->id));
  ulak_account_folder_put_aside_async (ulak_service_get_data_dir (work->api->service), work->id,
                                       ulak_clock_get_wall_us (work->api->clock), put_aside_cb, task);
}

static void
wait_gone_cb (gpointer user_data)
{
  GTask *task = G_TASK (user_data);
  Work *work = g_task_get_task_data (task);
  gint64 waited_us = ulak_clock_get_monotonic_us (work->api->clock) - work->since_us;

  if (!ulak_lines_is_present (work->api->lines, work->id))
    ulak_accounts_remove_async (work->api->accounts, work->id, removed_cb, task);
  else if (waited_us > GONE_TIMEOUT_MS * 1000)
    fail (task, g_error_new_literal (ULAK_ERROR, ULAK_ERROR_TIMED_OUT, "The line does not stop; the account was kept"));
  else
    ulak_clock_add_timer (work->api->clock, GONE_POLL_MS * 1000, wait_gone_cb, task);
}

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = G_TASK (user_data);
  Work *work = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ulak_lines_unit_finish (ULAK_LINES (source), result, &error))
    {
      fail (task, error);
      return;
    }
  work->since_us = ulak_clock_get_monotonic_us (work->api->clock);
  wait_gone_cb (task);
}

static void
begin_removal (GTask *task)
{
  Work *work = g_task_get_task_data (task);
  const UlakAccountRow *row = ulak_accounts_find (work->api->accounts, work->id);

  if (row == NULL)
    fail (task, g_error_new (ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no account ‘%s’", work->id));
  else
    ulak_lines_stop_unit_async (work->api->lines, row->network, row->id, stopped_cb, task);
}

void
ulak_account_control_async (UlakApi *api,
                            UlakAccountAction action,
                            const char *id,
                            const char *text,
                            const char *who,
                            const UlakContext *context,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Work *work = g_new0 (Work, 1);
  UlakAccountRow *row;
  GError *error = NULL;

  work->api = api;
  work->action = action;
  work->id = g_strdup (id);
  work->text = g_strdup (text);
  work->who = g_strdup (who);
  work->context = context == NULL ? NULL : ulak_context_copy (context);
  g_task_set_source_tag (task, ulak_account_control_async);
  g_task_set_task_data (task, work, (GDestroyNotify) work_free);

  if (action == ULAK_ACCOUNT_SHOW)
    describe (task);
  else if (action == ULAK_ACCOUNT_REMOVE)
    begin_removal (task);
  else if ((row = make_row (work, &error)) != NULL)
    put (task, row);
  else
    fail (task, error);
}

char *
ulak_account_control_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
ulak_account_control_finish_removal (GAsyncResult *result, char **warning_out, GError **error)
{
  g_autofree char *warning = g_task_propagate_pointer (G_TASK (result), error);

  if (warning == NULL)
    return FALSE;
  *warning_out = *warning == '\0' ? NULL : g_steal_pointer (&warning);
  return TRUE;
}

typedef struct
{
  UlakApi *api;
  char *cursor; /* (owned): the last id of the page before */
  char *next;   /* (owned) */
  guint limit;
} Page;

static void
page_free (Page *page)
{
  g_free (page->cursor);
  g_free (page->next);
  g_free (page);
}

static char *
print_page (Page *page)
{
  g_autoptr (GPtrArray) rows = ulak_accounts_list (page->api->accounts);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = 0; i < rows->len; i++)
    {
      const UlakAccountRow *row = rows->pdata[i];

      if (strcmp (row->id, page->cursor) <= 0)
        continue;
      if (json_array_get_length (array) == page->limit)
        {
          page->next = g_strdup (((const UlakAccountRow *) rows->pdata[i - 1])->id);
          break;
        }
      json_array_add_object_element (array, make_document (page->api, row));
    }
  json_node_set_array (node, array);
  return ulak_json_print (node);
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);

  ulak_lines_refresh_units_finish (ULAK_LINES (source), result);
  g_task_return_pointer (task, print_page (g_task_get_task_data (task)), g_free);
}

void
ulak_account_control_list_async (UlakApi *api,
                                 const char *cursor,
                                 guint limit,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Page *page = g_new0 (Page, 1);

  page->api = api;
  page->cursor = g_strdup (cursor);
  page->limit = limit;
  g_task_set_source_tag (task, ulak_account_control_list_async);
  g_task_set_task_data (task, page, (GDestroyNotify) page_free);
  ulak_lines_refresh_units_async (api->lines, listed_cb, task);
}

char *
ulak_account_control_list_finish (GAsyncResult *result, char **next_out, GError **error)
{
  Page *page = g_task_get_task_data (G_TASK (result));
  char *json = g_task_propagate_pointer (G_TASK (result), error);

  if (json != NULL)
    *next_out = page->next == NULL ? g_strdup ("") : g_steal_pointer (&page->next);
  return json;
}

typedef struct
{
  guint n_open;
  guint n_started;
} Wanted;

static void
close_one (GTask *task)
{
  Wanted *wanted = g_task_get_task_data (task);

  if (--wanted->n_open == 0)
    g_task_return_int (task, wanted->n_started);
  g_object_unref (task);
}

static void
wanted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wanted *wanted = g_task_get_task_data (user_data);
  g_autoptr (GError) error = NULL;

  if (ulak_lines_unit_finish (ULAK_LINES (source), result, &error))
    wanted->n_started++;
  else
    ulak_log_warning (ULAK_MESSAGE_LINE_START_FAILED, NULL, "%s", error->message);
  close_one (user_data);
}

void
ulak_account_control_start_wanted_async (UlakApi *api, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (GPtrArray) rows = ulak_accounts_list (api->accounts);
  Wanted *wanted = g_new0 (Wanted, 1);

  g_task_set_source_tag (task, ulak_account_control_start_wanted_async);
  g_task_set_task_data (task, wanted, g_free);
  wanted->n_open = 1;
  for (guint i = 0; i < rows->len; i++)
    {
      const UlakAccountRow *row = rows->pdata[i];

      if (!row->wanted)
        continue;
      wanted->n_open++;
      ulak_lines_start_unit_async (api->lines, row->network, row->id, wanted_cb, g_object_ref (task));
    }
  close_one (task);
}

guint
ulak_account_control_start_wanted_finish (GAsyncResult *result)
{
  return (guint) g_task_propagate_int (G_TASK (result), NULL);
}
