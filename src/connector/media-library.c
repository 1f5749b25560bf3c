/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Each operation is a chain of two or three steps: look up, fetch or copy, write the row. A medium that several ask for is
 * fetched once.
 */
#include "connector/media-library.h"

#include "core/error.h"

#include <unistd.h>

#define QUEUED_MAX 256 /* fetches that wait for their turn */

struct _UlakMediaLibrary
{
  GObject parent_instance;

  UlakLineStore *store;    /* (owned) */
  UlakMediaFolder *folder; /* (owned) */
  UlakBackend *backend;    /* (owned) (nullable) */
  GHashTable *fetches;     /* (owned) (element-type utf8 GPtrArray): id to the searches that wait for its fetch */
  GQueue queued;           /* (element-type GTask) (owned): fetches that wait for their turn */
  guint n_fetching;
  goffset max_bytes;
};

G_DEFINE_FINAL_TYPE (UlakMediaLibrary, ulak_media_library, G_TYPE_OBJECT)

static void
ulak_media_library_dispose (GObject *object)
{
  UlakMediaLibrary *self = ULAK_MEDIA_LIBRARY (object);

  g_clear_object (&self->store);
  g_clear_object (&self->folder);
  g_clear_object (&self->backend);
  g_clear_pointer (&self->fetches, g_hash_table_unref);
  G_OBJECT_CLASS (ulak_media_library_parent_class)->dispose (object);
}

static void
ulak_media_library_class_init (UlakMediaLibraryClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_media_library_dispose;
}

static void
ulak_media_library_init (UlakMediaLibrary *self)
{
  self->fetches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
}

/** ulak_media_library_new: @max_bytes: of any medium; backends have limits of their own besides */
UlakMediaLibrary *
ulak_media_library_new (UlakLineStore *store, UlakMediaFolder *folder, goffset max_bytes)
{
  UlakMediaLibrary *self = g_object_new (ULAK_TYPE_MEDIA_LIBRARY, NULL);

  self->store = g_object_ref (store);
  self->folder = g_object_ref (folder);
  self->max_bytes = max_bytes;
  return self;
}

void
ulak_media_library_set_backend (UlakMediaLibrary *self, UlakBackend *backend)
{
  g_set_object (&self->backend, backend);
}

/* --- adding --- */

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  char *id = ulak_line_store_add_medium_finish (ULAK_LINE_STORE (source), result, &error);

  if (id == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, id, g_free);
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakMediaLibrary *self = g_task_get_source_object (task);
  UlakMedium *medium = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakStoredFile) file = ulak_media_folder_store_finish (ULAK_MEDIA_FOLDER (source), result, &error);

  if (file == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  medium->stored_name = g_steal_pointer (&file->name);
  medium->sha256 = g_steal_pointer (&file->sha256);
  medium->size_bytes = file->size_bytes;
  ulak_line_store_add_medium_async (self->store, medium, added_cb, g_steal_pointer (&task));
}

static gboolean
check_type (UlakMediaLibrary *self, const char *mime_type, goffset *max_bytes_out, GError **error)
{
  goffset limit = self->max_bytes;

  if (self->backend != NULL && ULAK_BACKEND_GET_CLASS (self->backend)->check_media != NULL
      && !ULAK_BACKEND_GET_CLASS (self->backend)->check_media (self->backend, mime_type, &limit, error))
    return FALSE;
  *max_bytes_out = MIN (limit, self->max_bytes);
  return TRUE;
}

void
ulak_media_library_add_async (UlakMediaLibrary *self,
                              int fd,
                              const char *mime_type,
                              const char *file_name,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  UlakMedium *medium = g_new0 (UlakMedium, 1);
  g_autoptr (GError) error = NULL;
  goffset limit;

  g_task_set_source_tag (task, ulak_media_library_add_async);
  medium->mime_type = g_strdup (mime_type);
  medium->file_name = *file_name == '\0' ? NULL : g_strdup (file_name);
  g_task_set_task_data (task, medium, (GDestroyNotify) ulak_medium_free);
  if (!check_type (self, mime_type, &limit, &error))
    {
      close (fd);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  ulak_media_folder_store_async (self->folder, fd, mime_type, limit, stored_cb, g_steal_pointer (&task));
}

char *
ulak_media_library_add_finish (UlakMediaLibrary *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- finding --- */

typedef struct
{
  UlakMedium *medium; /* (owned) */
  char *part;         /* (owned) (nullable): being fetched */
  int fd;
} Search;

static void
search_free (gpointer data)
{
  Search *self = data;

  if (self->fd >= 0)
    close (self->fd);
  ulak_medium_free (self->medium);
  g_free (self->part);
  g_free (self);
}

static void found_cb (GObject *source, GAsyncResult *result, gpointer user_data);

static void
return_medium (GTask *task)
{
  Search *search = g_task_get_task_data (task);

  g_task_return_pointer (task, g_steal_pointer (&search->medium), (GDestroyNotify) ulak_medium_free);
}

/* The fetch of a medium is over: who waited for it looks again, or gets the same error. */
static void start_queued (UlakMediaLibrary *self);

static void
end_fetch (GTask *task, GError *error)
{
  UlakMediaLibrary *self = g_task_get_source_object (task);
  const char *id = ((Search *) g_task_get_task_data (task))->medium->id;
  g_autofree char *key = NULL;
  g_autoptr (GPtrArray) waiting = NULL;

  g_hash_table_steal_extended (self->fetches, id, (gpointer *) &key, (gpointer *) &waiting);
  for (guint i = 0; i < waiting->len; i++)
    {
      GTask *other = g_object_ref (g_ptr_array_index (waiting, i));

      if (error == NULL)
        {
          Search *search = g_task_get_task_data (other);
          g_autofree char *medium_id = g_strdup (search->medium->id);

          g_clear_pointer (&search->medium, ulak_medium_free);
          ulak_line_store_find_medium_async (self->store, medium_id, found_cb, other);
          continue;
        }
      g_task_return_error (other, g_error_copy (error));
      g_object_unref (other);
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    return_medium (task);
  self->n_fetching--;
  start_queued (self);
}

static void
kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error);
  end_fetch (task, error);
}

static void
completed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakMediaLibrary *self = g_task_get_source_object (task);
  UlakMedium *medium = ((Search *) g_task_get_task_data (task))->medium;
  GError *error = NULL;
  g_autoptr (UlakStoredFile) file = ulak_media_folder_store_finish (ULAK_MEDIA_FOLDER (source), result, &error);

  if (file == NULL)
    {
      end_fetch (task, error);
      return;
    }
  g_free (medium->sha256);
  medium->stored_name = g_steal_pointer (&file->name);
  medium->sha256 = g_steal_pointer (&file->sha256);
  medium->size_bytes = file->size_bytes;
  ulak_line_store_keep_medium_async (self->store, medium, kept_cb, g_steal_pointer (&task));
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data G_GNUC_UNUSED)
{
  ulak_media_folder_remove_finish (ULAK_MEDIA_FOLDER (source), result, NULL);
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakMediaLibrary *self = g_task_get_source_object (task);
  Search *search = g_task_get_task_data (task);
  g_autofree char *name = NULL;
  GError *error = NULL;

  if (ULAK_BACKEND_GET_CLASS (source)->fetch_media_finish (ULAK_BACKEND (source), result, &error))
    {
      ulak_media_folder_complete_async (self->folder, search->part, completed_cb, g_steal_pointer (&task));
      return;
    }
  name = g_strconcat (search->part, ".part", NULL);
  ulak_media_folder_remove_async (self->folder, (const char *const[]){ name, NULL }, removed_cb, NULL);
  end_fetch (task, error);
}

static void
start_fetch (UlakMediaLibrary *self, GTask *task)
{
  Search *search = g_task_get_task_data (task);
  GError *error = NULL;

  self->n_fetching++;
  search->fd = ulak_media_folder_begin (self->folder, &search->part, &error);
  if (search->fd < 0)
    {
      end_fetch (task, error);
      g_object_unref (task);
      return;
    }
  ULAK_BACKEND_GET_CLASS (self->backend)
      ->fetch_media_async (self->backend, search->medium->reference, search->fd, self->max_bytes, NULL, fetched_cb,
                           task);
}

static void
start_queued (UlakMediaLibrary *self)
{
  while (self->n_fetching < ULAK_MEDIA_FETCHES_MAX && !g_queue_is_empty (&self->queued))
    start_fetch (self, g_queue_pop_head (&self->queued));
}

static void
queue_fetch (UlakMediaLibrary *self, GTask *task)
{
  Search *search = g_task_get_task_data (task);

  if (g_queue_get_length (&self->queued) >= QUEUED_MAX)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL, "%d media wait to be fetched already; try again soon",
                               QUEUED_MAX);
      g_object_unref (task);
      return;
    }
  g_hash_table_insert (self->fetches, g_strdup (search->medium->id), g_ptr_array_new_with_free_func (g_object_unref));
  g_queue_push_tail (&self->queued, task);
  start_queued (self);
}

static void
fetch (UlakMediaLibrary *self, GTask *task)
{
  Search *search = g_task_get_task_data (task);
  GPtrArray *waiting = g_hash_table_lookup (self->fetches, search->medium->id);

  if (search->medium->reference == NULL || self->backend == NULL)
    {
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND,
                               "The medium was cleaned up (media_max_age_days, media_max_bytes)");
      g_object_unref (task);
    }
  else if (waiting != NULL)
    g_ptr_array_add (waiting, task);
  else
    queue_fetch (self, task);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  UlakMediaLibrary *self = g_task_get_source_object (task);
  Search *search = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  search->medium = ulak_line_store_find_medium_finish (ULAK_LINE_STORE (source), result, &error);
  if (search->medium == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else if (search->medium->stored_name != NULL)
    return_medium (task);
  else
    fetch (self, g_steal_pointer (&task));
}

void
ulak_media_library_find_async (UlakMediaLibrary *self,
                               const char *id,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Search *search = g_new0 (Search, 1);

  search->fd = -1;
  g_task_set_source_tag (task, ulak_media_library_find_async);
  g_task_set_task_data (task, search, search_free);
  ulak_line_store_find_medium_async (self->store, id, found_cb, task);
}

UlakMedium *
ulak_media_library_find_finish (UlakMediaLibrary *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
