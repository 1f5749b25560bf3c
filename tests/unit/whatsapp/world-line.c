/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The line that a side's chat stands on: a store and commits that may fail. History and app state, tested elsewhere, only count.
 */
#include "chat-world-private.h"

#include "core/error.h"
#include "whatsapp/chat/app-state.h"

guint world_history_notes, world_key_shares;

/* --- the line --- */

G_DEFINE_FINAL_TYPE (UlakLine, ulak_line, ULAK_TYPE_DAEMON)

static void
ulak_line_class_init (UlakLineClass *klass G_GNUC_UNUSED)
{
}

static void
ulak_line_init (UlakLine *self G_GNUC_UNUSED)
{
}

UlakStore *
ulak_line_get_store (UlakLine *self)
{
  return ulak_line_store_get_store (self->side->store);
}

static gboolean
break_run (UlakDatabase *database G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED, GError **error)
{
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "the disk is gone");
  return FALSE;
}

static void
committed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ulak_line_store_commit_inbound_finish (ULAK_LINE_STORE (source), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
ulak_line_commit_inbound_async (UlakLine *self, UlakInbound *inbound, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  if (self->side->fail_commits > 0)
    {
      self->side->fail_commits--;
      ulak_inbound_free (inbound);
      g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_FULL, "the disk is full");
      g_object_unref (task);
      return;
    }
  if (self->side->break_commits > 0)
    {
      self->side->break_commits--;
      ulak_inbound_set_extra (inbound, break_run, NULL, NULL);
    }
  ulak_line_store_commit_inbound_async (self->side->store, inbound, committed_cb, task);
}

gboolean
ulak_line_commit_inbound_finish (UlakLine *self, GAsyncResult *result, GError **error)
{
  g_assert_true (g_task_is_valid (result, self));
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ulak_line_retry_held (UlakLine *self G_GNUC_UNUSED, const char *reason)
{
  g_assert_cmpstr (reason, ==, "stranger");
}

void
ulak_line_find_media_async (UlakLine *self, const char *media_id, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no medium ‘%s’", media_id);
}

UlakMediaFile *
ulak_line_find_media_finish (UlakLine *self G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
ulak_line_keep_media_handle (UlakLine *self G_GNUC_UNUSED,
                             const char *media_id G_GNUC_UNUSED,
                             const char *network_handle G_GNUC_UNUSED,
                             gint64 valid_until_us G_GNUC_UNUSED)
{
}

void
ulak_media_file_free (UlakMediaFile *self)
{
  g_free (self);
}

/* --- history and app state, which are tested elsewhere --- */

gboolean
ulak_history_note (UlakDatabase *database G_GNUC_UNUSED,
                   const Wa__HistorySyncNotification *notification G_GNUC_UNUSED,
                   const char *message_id G_GNUC_UNUSED,
                   gint64 now_us G_GNUC_UNUSED,
                   GError **error G_GNUC_UNUSED)
{
  world_history_notes++;
  return TRUE;
}

gboolean
ulak_app_state_keep_keys (UlakDatabase *database G_GNUC_UNUSED,
                          const Wa__AppStateSyncKeyShare *share G_GNUC_UNUSED,
                          gint64 now_us G_GNUC_UNUSED,
                          GError **error G_GNUC_UNUSED)
{
  world_key_shares++;
  return TRUE;
}
