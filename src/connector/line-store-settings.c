/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Settings and the account document.
 */
#include "connector/line-settings.h"
#include "connector/line-work.h"
#include "connector/sql.h"
#include "core/error.h"
#include "core/json.h"

typedef struct
{
  UlakLineWork head;
  JsonObject *object; /* (owned): get_settings: out */
  GPtrArray *names;   /* (owned): change: name, JSON text or NULL in turn */
  char *document;     /* (owned): the account: in or out */
} Papers;

static void
papers_free (gpointer data)
{
  Papers *self = data;

  g_clear_pointer (&self->object, json_object_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_free (self->document);
  g_free (self);
}

static gboolean
get_settings_run (UlakDatabase *database, gpointer data, GError **error)
{
  Papers *self = data;
  UlakStatement *rows = ulak_sql_query (database, ULAK_SQL ("settings-list"), ULAK_BINDINGS (), error);
  gboolean has_row;

  g_clear_pointer (&self->object, json_object_unref);
  self->object = json_object_new ();
  while (rows != NULL)
    {
      JsonNode *value;

      if (!ulak_statement_step (rows, &has_row, error))
        return FALSE;
      if (!has_row)
        return TRUE;
      value = json_from_string (ulak_statement_get_text (rows, "value"), NULL);
      if (value != NULL)
        json_object_set_member (self->object, ulak_statement_get_text (rows, "name"), value);
    }
  return FALSE;
}

static void
get_settings_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_pointer (task, g_steal_pointer (&((Papers *) work)->object),
                         (GDestroyNotify) json_object_unref);
}

/** ulak_line_store_get_settings_async: only those that differ from their defaults */
void
ulak_line_store_get_settings_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  ulak_line_store_read (self, get_settings_run, g_new0 (Papers, 1), papers_free, get_settings_done,
                        g_task_new (self, NULL, callback, user_data));
}

JsonObject *
ulak_line_store_get_settings_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
change_one (UlakDatabase *database, const char *name, const char *json, GError **error)
{
  if (json == NULL)
    return ulak_sql_run (database, ULAK_SQL ("setting-remove"), ULAK_BINDINGS (ULAK_TEXT ("name", name)),
                         error);
  return ulak_sql_run (database, ULAK_SQL ("setting-put"),
                       ULAK_BINDINGS (ULAK_TEXT ("name", name), ULAK_TEXT ("value", json)), error);
}

static gboolean
change_settings_run (UlakDatabase *database, gpointer data, GError **error)
{
  Papers *self = data;

  ulak_line_work_start (self);
  for (guint i = 0; i < self->names->len; i += 2)
    if (!change_one (database, g_ptr_array_index (self->names, i), g_ptr_array_index (self->names, i + 1),
                     error))
      return FALSE;
  return TRUE;
}

static void
collect_change (const char *name, const char *json_or_null, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (name));
  g_ptr_array_add (user_data, g_strdup (json_or_null));
}

/** ulak_line_store_change_settings_async: @changes: checked; null forgets a setting, so that its default counts */
void
ulak_line_store_change_settings_async (UlakLineStore *self,
                                       JsonObject *changes,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  Papers *papers = g_new0 (Papers, 1);

  papers->names = g_ptr_array_new_with_free_func (g_free);
  ulak_line_settings_foreach_change (changes, collect_change, papers->names);
  ulak_line_store_write (self, change_settings_run, papers, papers_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}

static gboolean
get_account_run (UlakDatabase *database, gpointer data, GError **error)
{
  Papers *self = data;

  g_clear_pointer (&self->document, g_free);
  if (!ulak_sql_get_text (database, ULAK_SQL ("account-find"), ULAK_BINDINGS (), "document", &self->document,
                          error))
    return FALSE;
  if (self->document != NULL)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "No account document was stored yet");
  return FALSE;
}

static void
get_account_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_autoptr (JsonNode) node = json_from_string (((Papers *) work)->document, NULL);

  g_task_return_pointer (task, json_node_dup_object (node), (GDestroyNotify) json_object_unref);
}

void
ulak_line_store_get_account_async (UlakLineStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  ulak_line_store_read (self, get_account_run, g_new0 (Papers, 1), papers_free, get_account_done,
                        g_task_new (self, NULL, callback, user_data));
}

JsonObject *
ulak_line_store_get_account_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
keep_account_run (UlakDatabase *database, gpointer data, GError **error)
{
  Papers *self = data;

  ulak_line_work_start (self);
  return ulak_sql_run (
      database, ULAK_SQL ("account-put"),
      ULAK_BINDINGS (ULAK_TEXT ("document", self->document), ULAK_INTEGER ("now_us", self->head.now_us)),
      error);
}

void
ulak_line_store_keep_account_async (UlakLineStore *self,
                                    JsonObject *account,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  Papers *papers = g_new0 (Papers, 1);

  papers->document = ulak_json_print_object (account);
  ulak_line_store_write (self, keep_account_run, papers, papers_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
