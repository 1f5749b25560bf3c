/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/fakes/backend.h"

#include "core/error.h"

#include <unistd.h>

struct _UlakFakeBackend
{
  UlakBackend parent_instance;

  GQueue *plans;   /* (owned) (element-type UlakSendResult) */
  GQueue *waiting; /* (owned) (element-type GTask) */
  GPtrArray *sent; /* (owned) (element-type utf8) */
  UlakParcelPack pack;
  gpointer contents;
  guint n_parcels;
  gboolean is_slow;
  gboolean fails_fetches;
  gboolean holds_fetches;
  GQueue *fetches; /* (owned) (element-type GTask): held */
  guint n_fetches;
};

G_DEFINE_FINAL_TYPE (UlakFakeBackend, ulak_fake_backend, ULAK_TYPE_BACKEND)

static const char *
get_network (UlakBackend *backend G_GNUC_UNUSED)
{
  return "whatsapp";
}

static const char *
get_name (UlakBackend *backend G_GNUC_UNUSED)
{
  return "fake";
}

static gboolean
configure (UlakBackend *backend G_GNUC_UNUSED, JsonObject *account G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  return TRUE;
}

static void
start (UlakBackend *backend G_GNUC_UNUSED)
{
}

static void
return_true (UlakBackend *backend, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (backend, NULL, callback, user_data);

  g_task_return_boolean (task, TRUE);
}

static gboolean
finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static UlakSendResult *
next_result (UlakFakeBackend *self)
{
  UlakSendResult *result = g_queue_pop_head (self->plans);

  if (result == NULL)
    result = ulak_send_result_new (ULAK_SEND_ACCEPTED);
  if (result->outcome == ULAK_SEND_ACCEPTED)
    result->network_id = g_strdup_printf ("net.%u", self->sent->len);
  else
    result->error_code = g_strdup ("E_WA_FAKE");
  return result;
}

static void
keep_contents (gpointer contents G_GNUC_UNUSED)
{
}

static UlakParcel *
new_parcel (UlakBackend *backend)
{
  UlakFakeBackend *self = ULAK_FAKE_BACKEND (backend);

  return self->pack == NULL ? NULL : ulak_parcel_new (self->pack, self->contents, keep_contents);
}

static void
send_async (UlakBackend *backend,
            const UlakOutbound *outbound,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  UlakFakeBackend *self = ULAK_FAKE_BACKEND (backend);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_ptr_array_add (self->sent, g_strdup (outbound->id));
  self->n_parcels += outbound->parcel != NULL;
  g_task_set_task_data (task, next_result (self), NULL);
  g_queue_push_tail (self->waiting, task);
  if (!self->is_slow)
    ulak_fake_backend_release (self);
}

static UlakSendResult *
send_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
mark_read_async (UlakBackend *backend,
                 const char *network_id G_GNUC_UNUSED,
                 gboolean typing G_GNUC_UNUSED,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  return_true (backend, callback, user_data);
}

static void
fetch_media_async (UlakBackend *backend,
                   JsonObject *reference G_GNUC_UNUSED,
                   int fd,
                   goffset max_bytes G_GNUC_UNUSED,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  UlakFakeBackend *self = ULAK_FAKE_BACKEND (backend);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  self->n_fetches++;
  if (self->holds_fetches && write (fd, "hello", 5) == 5)
    g_queue_push_tail (self->fetches, g_steal_pointer (&task));
  else if (!self->fails_fetches && write (fd, "hello", 5) == 5)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_REMOTE, "The network does not give it");
}

static void
ulak_fake_backend_finalize (GObject *object)
{
  UlakFakeBackend *self = ULAK_FAKE_BACKEND (object);

  g_assert_true (g_queue_is_empty (self->waiting));
  g_queue_free_full (self->plans, (GDestroyNotify) ulak_send_result_free);
  g_queue_free (self->waiting);
  g_assert_true (g_queue_is_empty (self->fetches));
  g_queue_free (self->fetches);
  g_ptr_array_unref (self->sent);
  G_OBJECT_CLASS (ulak_fake_backend_parent_class)->finalize (object);
}

static void
ulak_fake_backend_class_init (UlakFakeBackendClass *klass)
{
  UlakBackendClass *backend_class = ULAK_BACKEND_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ulak_fake_backend_finalize;
  backend_class->get_network = get_network;
  backend_class->get_name = get_name;
  backend_class->configure = configure;
  backend_class->start = start;
  backend_class->stop_async = return_true;
  backend_class->stop_finish = finish;
  backend_class->new_parcel = new_parcel;
  backend_class->send_async = send_async;
  backend_class->send_finish = send_finish;
  backend_class->mark_read_async = mark_read_async;
  backend_class->mark_read_finish = finish;
  backend_class->fetch_media_async = fetch_media_async;
  backend_class->fetch_media_finish = finish;
}

static void
ulak_fake_backend_init (UlakFakeBackend *self)
{
  self->plans = g_queue_new ();
  self->waiting = g_queue_new ();
  self->fetches = g_queue_new ();
  self->sent = g_ptr_array_new_with_free_func (g_free);
}

UlakFakeBackend *
ulak_fake_backend_new (void)
{
  return g_object_new (ULAK_TYPE_FAKE_BACKEND, NULL);
}

void
ulak_fake_backend_plan (UlakFakeBackend *self,
                        UlakSendOutcome outcome,
                        UlakSendScope scope,
                        gint64 retry_after_ms)
{
  UlakSendResult *result = ulak_send_result_new (outcome);

  result->scope = scope;
  result->retry_after_ms = retry_after_ms;
  g_queue_push_tail (self->plans, result);
}

void
ulak_fake_backend_set_hold_reason (UlakFakeBackend *self, const char *reason)
{
  ((UlakSendResult *) g_queue_peek_tail (self->plans))->hold_reason = reason;
}

void
ulak_fake_backend_set_idempotent (UlakFakeBackend *self, gboolean is_idempotent)
{
  ULAK_BACKEND_GET_CLASS (self)->sends_idempotently = is_idempotent;
}

void
ulak_fake_backend_set_pack (UlakFakeBackend *self, UlakParcelPack pack, gpointer contents)
{
  self->pack = pack;
  self->contents = contents;
}

guint
ulak_fake_backend_count_parcels (UlakFakeBackend *self)
{
  return self->n_parcels;
}

void
ulak_fake_backend_set_slow (UlakFakeBackend *self, gboolean is_slow)
{
  self->is_slow = is_slow;
}

void
ulak_fake_backend_release (UlakFakeBackend *self)
{
  g_autoptr (GTask) task = g_queue_pop_head (self->waiting);

  g_task_return_pointer (task, g_task_get_task_data (task), (GDestroyNotify) ulak_send_result_free);
}

guint
ulak_fake_backend_count_waiting (UlakFakeBackend *self)
{
  return g_queue_get_length (self->waiting);
}

guint
ulak_fake_backend_count_sent (UlakFakeBackend *self)
{
  return self->sent->len;
}

const char *
ulak_fake_backend_get_sent (UlakFakeBackend *self, guint index)
{
  return g_ptr_array_index (self->sent, index);
}

void
ulak_fake_backend_fail_fetches (UlakFakeBackend *self, gboolean fails)
{
  self->fails_fetches = fails;
}

guint
ulak_fake_backend_count_fetches (UlakFakeBackend *self)
{
  return self->n_fetches;
}

void
ulak_fake_backend_hold_fetches (UlakFakeBackend *self, gboolean holds)
{
  GTask *task;

  self->holds_fetches = holds;
  while (!holds && (task = g_queue_pop_head (self->fetches)) != NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}
