/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Media rows: what is known of a file, whether it lies in the media folder, and when it was last asked for.
 */
#include "connector/line-work.h"
#include "connector/sql.h"
#include "core/error.h"
#include "core/json.h"

#include <string.h>

void
ulak_medium_free (UlakMedium *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->mime_type);
  g_free (self->file_name);
  g_free (self->stored_name);
  g_free (self->sha256);
  g_free (self->network_handle);
  g_clear_pointer (&self->reference, json_object_unref);
  g_free (self);
}

typedef struct
{
  UlakLineWork head;
  UlakMedium *medium; /* (owned): in or out */
  char *reference;    /* (owned) (nullable): its JSON text */
  gint64 until_us;
} MediaWork;

static void
media_work_free (gpointer data)
{
  MediaWork *self = data;

  ulak_medium_free (self->medium);
  g_free (self->reference);
  g_free (self);
}

static MediaWork *
media_work_new (const char *id)
{
  MediaWork *self = g_new0 (MediaWork, 1);

  self->medium = g_new0 (UlakMedium, 1);
  self->medium->id = g_strdup (id);
  return self;
}

static void
fill_medium (MediaWork *self, UlakStatement *row)
{
  UlakMedium *medium = self->medium;

  medium->mime_type = g_strdup (ulak_statement_get_text (row, "mime_type"));
  medium->file_name = g_strdup (ulak_statement_get_text (row, "file_name"));
  medium->stored_name = g_strdup (ulak_statement_get_text (row, "stored_name"));
  medium->sha256 = g_strdup (ulak_statement_get_text (row, "sha256"));
  medium->size_bytes = ulak_statement_get_integer (row, "size_bytes");
  self->reference = g_strdup (ulak_statement_get_text (row, "reference"));
  if (ulak_statement_get_integer (row, "handle_until_us") > self->head.now_us)
    medium->network_handle = g_strdup (ulak_statement_get_text (row, "network_handle"));
}

static gboolean
find_run (UlakDatabase *database, gpointer data, GError **error)
{
  MediaWork *self = data;
  g_autofree char *id = g_strdup (self->medium->id);
  UlakStatement *row;

  ulak_line_work_start (self);
  if (!ulak_sql_find (database, ULAK_SQL ("media-find"), ULAK_BINDINGS (ULAK_TEXT ("id", id)), &row, error))
    return FALSE;
  if (row == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no medium %.64s on this line", id);
      return FALSE;
    }
  fill_medium (self, row);
  return ulak_sql_run (database, ULAK_SQL ("media-used"),
                       ULAK_BINDINGS (ULAK_TEXT ("id", id), ULAK_INTEGER ("now_us", self->head.now_us)), error);
}

static void
find_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  MediaWork *media = (MediaWork *) work;
  g_autoptr (JsonNode) reference = media->reference == NULL ? NULL : json_from_string (media->reference, NULL);

  if (reference != NULL && JSON_NODE_HOLDS_OBJECT (reference))
    media->medium->reference = json_node_dup_object (reference);
  g_task_return_pointer (task, g_steal_pointer (&media->medium), (GDestroyNotify) ulak_medium_free);
}

void
ulak_line_store_find_medium_async (UlakLineStore *self,
                                   const char *id,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  ulak_line_store_write (self, find_run, media_work_new (id), media_work_free, find_done,
                         g_task_new (self, NULL, callback, user_data));
}

UlakMedium *
ulak_line_store_find_medium_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
add_run (UlakDatabase *database, gpointer data, GError **error)
{
  MediaWork *self = data;
  const UlakMedium *medium = self->medium;

  ulak_line_work_start (self);
  return ulak_sql_run (
      database, ULAK_SQL ("media-insert"),
      ULAK_BINDINGS (ULAK_TEXT ("id", medium->id), ULAK_TEXT ("mime_type", medium->mime_type),
                     ULAK_INTEGER ("size_bytes", medium->size_bytes), ULAK_TEXT ("sha256", medium->sha256),
                     ULAK_TEXT ("file_name", medium->file_name), ULAK_TEXT ("stored_name", medium->stored_name),
                     ULAK_TEXT ("reference", NULL), ULAK_INTEGER ("now_us", self->head.now_us)),
      error);
}

static void
add_done (UlakLineStore *self G_GNUC_UNUSED, UlakLineWork *work, GTask *task)
{
  g_task_return_pointer (task, g_steal_pointer (&((MediaWork *) work)->medium->id), g_free);
}

static MediaWork *
media_work_of (const UlakMedium *medium, const char *id)
{
  MediaWork *self = media_work_new (id);

  self->medium->mime_type = g_strdup (medium->mime_type);
  self->medium->file_name = g_strdup (medium->file_name);
  self->medium->stored_name = g_strdup (medium->stored_name);
  self->medium->sha256 = g_strdup (medium->sha256);
  self->medium->size_bytes = medium->size_bytes;
  return self;
}

void
ulak_line_store_add_medium_async (UlakLineStore *self,
                                  const UlakMedium *medium,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autofree char *id = ulak_line_store_new_id (self);

  ulak_line_store_write (self, add_run, media_work_of (medium, id), media_work_free, add_done,
                         g_task_new (self, NULL, callback, user_data));
}

char *
ulak_line_store_add_medium_finish (UlakLineStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
keep_run (UlakDatabase *database, gpointer data, GError **error)
{
  MediaWork *self = data;
  const UlakMedium *medium = self->medium;

  ulak_line_work_start (self);
  return ulak_sql_run (
      database, ULAK_SQL ("media-stored"),
      ULAK_BINDINGS (ULAK_TEXT ("id", medium->id), ULAK_TEXT ("stored_name", medium->stored_name),
                     ULAK_INTEGER ("size_bytes", medium->size_bytes), ULAK_TEXT ("sha256", medium->sha256),
                     ULAK_INTEGER ("now_us", self->head.now_us)),
      error);
}

void
ulak_line_store_keep_medium_async (UlakLineStore *self,
                                   const UlakMedium *medium,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  ulak_line_store_write (self, keep_run, media_work_of (medium, medium->id), media_work_free,
                         ulak_line_work_done_nothing, g_task_new (self, NULL, callback, user_data));
}

static gboolean
keep_handle_run (UlakDatabase *database, gpointer data, GError **error)
{
  MediaWork *self = data;

  ulak_line_work_start (self);
  return ulak_sql_run (database, ULAK_SQL ("media-handle"),
                       ULAK_BINDINGS (ULAK_TEXT ("id", self->medium->id),
                                      ULAK_TEXT ("handle", self->medium->network_handle),
                                      ULAK_INTEGER ("until_us", self->until_us)),
                       error);
}

/** ulak_line_store_keep_media_handle_async: @until_us: wall clock: the handle is not given out after this */
void
ulak_line_store_keep_media_handle_async (UlakLineStore *self,
                                         const char *id,
                                         const char *handle,
                                         gint64 until_us,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  MediaWork *work = media_work_new (id);

  work->medium->network_handle = g_strdup (handle);
  work->until_us = until_us;
  ulak_line_store_write (self, keep_handle_run, work, media_work_free, ulak_line_work_done_nothing,
                         g_task_new (self, NULL, callback, user_data));
}
