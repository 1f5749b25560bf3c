/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A thread of the store never drops a caller's object: finished jobs travel back to the caller's main
 * context, all of a commit in one source, and die there. So the last reference to a store cannot be dropped
 * by a thread that the store would then wait for, and data_free runs where the data was made.
 */
#include "store/job.h"

UlakJob *
ulak_job_new (GTask *task, UlakStoreWork work)
{
  UlakJob *self = g_new0 (UlakJob, 1);

  self->task = task;
  self->work = work;
  return self;
}

void
ulak_job_free (UlakJob *self)
{
  g_clear_error (&self->error);
  g_object_unref (self->task);
  g_free (self);
}

gpointer
ulak_job_get_data (UlakJob *self)
{
  return g_task_get_task_data (self->task);
}

/** ulak_job_refuse: fails a job that no thread has seen, on the caller's context. Takes @self and @error */
void
ulak_job_refuse (UlakJob *self, GError *error)
{
  g_task_return_error (self->task, error);
  ulak_job_free (self);
}

static gboolean
return_cb (gpointer user_data)
{
  GPtrArray *jobs = user_data;

  for (guint i = 0; i < jobs->len; i++)
    {
      UlakJob *job = g_ptr_array_index (jobs, i);

      if (job->error != NULL)
        g_task_return_error (job->task, g_steal_pointer (&job->error));
      else
        g_task_return_pointer (job->task, ulak_job_get_data (job), NULL);
    }
  return G_SOURCE_REMOVE;
}

static void
attach_return (GPtrArray *jobs, GMainContext *context)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[ulak] store results");
  g_source_set_callback (source, return_cb, jobs, (GDestroyNotify) g_ptr_array_unref);
  g_source_attach (source, context);
}

/**
 * ulak_job_deliver: returns finished @jobs, in their order, each on its caller's main context. Takes the
 * array
 */
void
ulak_job_deliver (GPtrArray *jobs)
{
  g_autoptr (GMainContext) context = NULL;
  GPtrArray *group = NULL;

  for (guint i = 0; i < jobs->len; i++)
    {
      UlakJob *job = g_ptr_array_index (jobs, i);
      GMainContext *own = g_task_get_context (job->task);

      if (group == NULL || own != context)
        {
          if (group != NULL)
            attach_return (group, context);
          group = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_job_free);
          g_clear_pointer (&context, g_main_context_unref);
          context = own != NULL ? g_main_context_ref (own) : NULL;
        }
      g_ptr_array_add (group, job);
    }
  if (group != NULL)
    attach_return (group, context);
  g_ptr_array_unref (jobs);
}
