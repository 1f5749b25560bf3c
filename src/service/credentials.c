/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/credentials.h"

#include "core/error.h"

#include <sodium.h>

static void
return_missing (GTask *task)
{
  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no credential ‘%s’",
                           (const char *) g_task_get_task_data (task));
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size_bytes = 0;

  if (g_file_load_contents_finish (G_FILE (source), result, &bytes, &size_bytes, NULL, &error))
    {
      g_task_return_pointer (task, ulak_secret_new (bytes, size_bytes), (GDestroyNotify) ulak_secret_unref);
      sodium_memzero (bytes, size_bytes);
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return_missing (task);
  else
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "Cannot read the credential ‘%s’: %s",
                             (const char *) g_task_get_task_data (task), error->message);
}

/** ulak_credentials_lookup_async: @name: a valid secret name, which is a file name too */
void
ulak_credentials_lookup_async (const char *directory,
                               const char *name,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GFile) file = NULL;

  g_task_set_source_tag (task, ulak_credentials_lookup_async);
  g_task_set_task_data (task, g_strdup (name), g_free);
  if (directory == NULL || !ulak_secret_name_is_valid (name))
    {
      return_missing (task);
      return;
    }

  file = g_file_new_build_filename (directory, name, NULL);
  g_file_load_contents_async (file, cancellable, loaded_cb, g_steal_pointer (&task));
}

/** ulak_credentials_lookup_finish: Errors: NOT_FOUND; UNAVAILABLE when there is a file that cannot be read */
UlakSecret *
ulak_credentials_lookup_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/** ulak_credentials_list: reads the names, once per process. Returns: (transfer full): sorted; empty without a directory */
char **
ulak_credentials_list (const char *directory)
{
  g_autoptr (GDir) dir = directory != NULL ? g_dir_open (directory, 0, NULL) : NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (ulak_secret_name_is_valid (name))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
