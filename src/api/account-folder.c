/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/account-folder.h"

#include "core/clock.h"
#include "core/error.h"

#include <errno.h>
#include <stdio.h>

typedef struct
{
  char *folder; /* (owned) */
  char *aside;  /* (owned) */
} Move;

static void
move_free (Move *move)
{
  g_free (move->folder);
  g_free (move->aside);
  g_free (move);
}

static void
move_in_thread (GTask *task, G_GNUC_UNUSED gpointer source, gpointer data, G_GNUC_UNUSED GCancellable *cancellable)
{
  Move *move = data;

  if (rename (move->folder, move->aside) == 0 || errno == ENOENT)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FAILED, "Cannot rename ‘%s’ to ‘%s’: %s", move->folder,
                             move->aside, g_strerror (errno));
}

/** ulak_account_folder_put_aside_async: @now_us: wall clock, for the new name. No folder is no error */
void
ulak_account_folder_put_aside_async (const char *data_dir,
                                     const char *account,
                                     gint64 now_us,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autofree char *stamp = ulak_format_rfc3339 (now_us);
  Move *move = g_new0 (Move, 1);

  move->folder = g_build_filename (data_dir, "accounts", account, NULL);
  move->aside = g_strconcat (move->folder, ".removed-", stamp, NULL);
  g_task_set_source_tag (task, ulak_account_folder_put_aside_async);
  g_task_set_task_data (task, move, (GDestroyNotify) move_free);
  g_task_run_in_thread (task, move_in_thread);
}

gboolean
ulak_account_folder_put_aside_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
