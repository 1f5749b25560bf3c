/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/reload.h"

/* What a running process holds on to: its databases and its sockets. */
static const struct
{
  const char *group;
  const char *key;
  gboolean is_list;
} deferred[] = {
  { "ulak", "data_dir", FALSE },
  { "api", "listen", TRUE },
};

static void
load_in_thread (GTask *task,
                gpointer source G_GNUC_UNUSED,
                gpointer task_data,
                GCancellable *cancellable G_GNUC_UNUSED)
{
  g_auto (GStrv) environment = g_get_environ ();
  GError *error = NULL;
  UlakConfig *config = ulak_config_load (task_data, (const char *const *) environment, &error);

  if (config != NULL)
    g_task_return_pointer (task, config, (GDestroyNotify) ulak_config_unref);
  else
    g_task_return_error (task, error);
}

/** ulak_reload_async: @file: (nullable): as for ulak_config_load() */
void
ulak_reload_async (const char *file, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, ulak_reload_async);
  g_task_set_task_data (task, g_strdup (file), g_free);
  g_task_run_in_thread (task, load_in_thread);
}

/** ulak_reload_finish: Errors: those of ulak_config_load() */
UlakConfig *
ulak_reload_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
differs (const UlakConfig *before, const UlakConfig *after, gsize i)
{
  const char *group = deferred[i].group, *key = deferred[i].key;

  if (deferred[i].is_list)
    return !g_strv_equal (ulak_config_get_strings (before, group, key), ulak_config_get_strings (after, group, key));
  return g_strcmp0 (ulak_config_get_string (before, group, key), ulak_config_get_string (after, group, key)) != 0;
}

/** ulak_reload_list_deferred: Returns: (transfer full) (nullable): changed keys that wait for a restart, "ulak/data_dir" */
char *
ulak_reload_list_deferred (const UlakConfig *before, const UlakConfig *after)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (deferred); i++)
    if (differs (before, after, i))
      g_string_append_printf (text, "%s%s/%s", text->len > 0 ? ", " : "", deferred[i].group, deferred[i].key);
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}
