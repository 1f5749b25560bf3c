/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/app-state-job.h"

#include "core/error.h"

GError *
ulak_app_state_new_stopped_error (void)
{
  return g_error_new_literal (ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The line stops");
}

UlakAppStateJob *
ulak_app_state_job_new (const char *collection)
{
  UlakAppStateJob *self = g_new0 (UlakAppStateJob, 1);

  self->collection = g_strdup (collection);
  return self;
}

UlakAppStateJob *
ulak_app_state_job_new_change (UlakAppStateRecord *record, GTask *task)
{
  UlakAppStateJob *self = ulak_app_state_job_new (record->collection);

  self->record = record;
  self->task = task;
  return self;
}

void
ulak_app_state_job_free (gpointer data)
{
  UlakAppStateJob *self = data;

  if (self->task != NULL)
    {
      g_task_return_error (self->task, ulak_app_state_new_stopped_error ());
      g_object_unref (self->task);
    }
  g_clear_pointer (&self->record, ulak_app_state_record_free);
  g_free (self->collection);
  g_free (self);
}

gboolean
ulak_app_state_job_uploads (const UlakAppStateJob *self)
{
  return self->record != NULL && !self->is_uploaded && !self->fetches_first;
}
