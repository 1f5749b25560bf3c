/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/resend.h"

#include "core/error.h"
#include "core/log.h"
#include "whatsapp/chat/chat-private.h"
#include "whatsapp/chat/resend-work.h"

struct _UlakResend
{
  UlakChat *chat;      /* unowned, owns us */
  GQueue waiting;      /* (element-type Job) */
  GHashTable *devices; /* (owned) (element-type utf8): devices that are being served */
};

typedef struct
{
  UlakChat *chat;       /* (owned) */
  UlakResendWork *work; /* (owned) */
  char *device;         /* (owned) */
  guint epoch, hold;
} Job;

static void
job_free (Job *self)
{
  ulak_wire_release (self->chat->wire, self->hold);
  ulak_resend_work_unref (self->work);
  g_free (self->device);
  g_object_unref (self->chat);
  g_free (self);
}

static void start_next (UlakResend *self);
static void run (Job *job);

static void
end (Job *job, gboolean is_handled)
{
  UlakChat *chat = job->chat;
  g_autoptr (UlakChat) kept = g_object_ref (chat);
  g_autoptr (UlakNode) ack = NULL;

  if (is_handled && chat->is_online && job->epoch == ulak_intake_get_epoch (chat->intake))
    {
      ack = ulak_answer_ack (job->work->receipt, &chat->me, ULAK_NACK_NONE);
      if (ack != NULL)
        ulak_wire_send (chat->wire, ack, NULL);
    }
  g_hash_table_remove (chat->resend->devices, job->device);
  job_free (job);
  start_next (kept->resend);
  ulak_chat_check_stopped (kept);
}

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;

  /* What the server does not tell is judged by the next run. */
  if (!ulak_fetch_finish (ULAK_CHAT (source)->fetch, result, NULL, &error)
      && !g_error_matches (error, ULAK_ERROR, ULAK_ERROR_REMOTE))
    end (job, FALSE);
  else
    run (job);
}

static void
fetch (Job *job, UlakFetchKind kind, const UlakJid *jid)
{
  g_autofree char *text = ulak_jid_print (jid);
  const char *const keys[] = { text, NULL };

  ulak_fetch_async (job->chat->fetch, kind, keys, fetched_cb, job);
}

/* What did not leave is asked for again at the next login, since its receipt has no ack. */
static gboolean
send_again (Job *job)
{
  g_autoptr (GError) error = NULL;

  if (job->chat->is_online && ulak_wire_send (job->chat->wire, job->work->stanza, &error))
    return TRUE;
  ulak_log_info (NULL, "A message was not sent again: %s", error == NULL ? "the line is not connected" : error->message);
  return FALSE;
}

static void
conclude (Job *job)
{
  UlakResendWork *work = job->work;
  UlakJid account = ulak_jid_get_account (&work->address.author);

  work->is_admitted |= work->was_admitted;
  if (work->lacks_devices)
    {
      work->has_asked_devices = TRUE;
      fetch (job, ULAK_FETCH_DEVICES, &account);
      return;
    }
  if (work->lacks_bundle && !work->has_asked_bundle)
    {
      work->has_asked_bundle = TRUE;
      fetch (job, ULAK_FETCH_NEW_BUNDLES, &work->address.author);
      return;
    }
  if (work->why != NULL)
    ulak_log_info (NULL, "A message was not sent again: %s", work->why);
  end (job, work->stanza == NULL || send_again (job));
}

static void
worked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) != NULL)
    {
      conclude (job);
      return;
    }
  ulak_log_info (NULL, "A message was not sent again: %s", error->message);
  end (job, FALSE);
}

static void
run (Job *job)
{
  ulak_store_write_async (ulak_line_get_store (job->chat->line), ulak_resend_work_run, ulak_resend_work_ref (job->work),
                          ulak_resend_work_unref, worked_cb, job);
}

static void
start_next (UlakResend *self)
{
  GList *link = self->waiting.head;

  while (link != NULL && g_hash_table_size (self->devices) < ULAK_RESEND_RUNNING_MAX)
    {
      GList *next = link->next;
      Job *job = link->data;

      if (!g_hash_table_contains (self->devices, job->device))
        {
          g_queue_delete_link (&self->waiting, link);
          g_hash_table_add (self->devices, g_strdup (job->device));
          run (job);
        }
      link = next;
    }
}

void
ulak_resend_take (UlakResend *self, const UlakNode *receipt, const UlakAddress *address)
{
  Job *job;

  if (g_queue_get_length (&self->waiting) >= ULAK_RESEND_WAITING_MAX)
    return;
  job = g_new0 (Job, 1);
  job->chat = g_object_ref (self->chat);
  job->work = ulak_resend_work_new (self->chat, receipt, address);
  job->device = ulak_jid_print (&address->author);
  job->epoch = ulak_intake_get_epoch (self->chat->intake);
  job->hold = ulak_wire_hold (self->chat->wire);
  g_queue_push_tail (&self->waiting, job);
  start_next (self);
}

void
ulak_resend_cut (UlakResend *self)
{
  Job *job;

  while ((job = g_queue_pop_head (&self->waiting)) != NULL)
    job_free (job);
}

guint
ulak_resend_count (UlakResend *self)
{
  return g_hash_table_size (self->devices);
}

UlakResend *
ulak_resend_new (UlakChat *chat)
{
  UlakResend *self = g_new0 (UlakResend, 1);

  self->chat = chat;
  g_queue_init (&self->waiting);
  self->devices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
ulak_resend_free (UlakResend *self)
{
  g_hash_table_unref (self->devices);
  g_free (self);
}
