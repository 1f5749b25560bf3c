/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/linked/linked-requests.h"

#include "core/error.h"
#include "whatsapp/chat/content-write.h"
#include "whatsapp/linked/linked-backend.h"
#include "whatsapp/linked/linked-media.h"
#include "whatsapp/linked/linked-recipient.h"

static UlakLinkedParts *
parts_of (UlakBackend *backend)
{
  return ulak_linked_backend_get_parts (ULAK_LINKED_BACKEND (backend));
}

/* The answer of a part is the answer to the request. */
static void
return_done (GTask *task, gboolean is_done, GError *error)
{
  if (is_done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static gboolean
boolean_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
return_no_keys (GTask *task)
{
  g_task_return_new_error (task, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "The line has no keys yet");
}

/* --- out --- */

static void
check_message (UlakBackend *backend G_GNUC_UNUSED, JsonObject *message, UlakIssues *issues)
{
  ulak_content_check (message, issues);
}

static char *
resolve_recipient (UlakBackend *backend G_GNUC_UNUSED, const char *to, GError **error)
{
  return ulak_linked_recipient_resolve (to, error);
}

static gboolean
check_media (UlakBackend *backend G_GNUC_UNUSED, const char *mime_type, goffset *max_bytes_out, GError **error)
{
  return ulak_linked_media_find_limit (mime_type, max_bytes_out, error);
}

static UlakParcel *
new_parcel (UlakBackend *backend)
{
  UlakLinkedParts *parts = parts_of (backend);

  return parts == NULL ? NULL : ulak_chat_new_parcel (parts->chat);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_pointer (task, ulak_chat_send_finish (ULAK_CHAT (source), result), (GDestroyNotify) ulak_send_result_free);
}

static void
send_async (UlakBackend *backend,
            const UlakOutbound *outbound,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  GTask *task = g_task_new (backend, NULL, callback, user_data);

  g_task_set_source_tag (task, send_async);
  ulak_chat_send_async (parts_of (backend)->chat, outbound, cancellable, sent_cb, task);
}

static UlakSendResult *
send_finish (UlakBackend *backend G_GNUC_UNUSED, GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_chat_mark_messages_finish (ULAK_CHAT (source), result, &error);

  return_done (user_data, is_done, error);
}

static void
mark_messages_async (UlakBackend *backend, const UlakReadMark *mark, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (backend, NULL, callback, user_data);

  g_task_set_source_tag (task, mark_messages_async);
  ulak_chat_mark_messages_async (parts_of (backend)->chat, mark, marked_cb, task);
}

/* --- media --- */

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_media_client_download_finish (ULAK_MEDIA_CLIENT (source), result, &error);

  return_done (user_data, is_done, error);
}

static void
fetch_media_async (UlakBackend *backend,
                   JsonObject *json,
                   int fd,
                   goffset max_bytes,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  UlakLinkedParts *parts = parts_of (backend);
  g_autoptr (GTask) task = g_task_new (backend, cancellable, callback, user_data);
  GError *error = NULL;
  g_autoptr (UlakMediaReference) reference = ulak_media_reference_read (json, &error);

  g_task_set_source_tag (task, fetch_media_async);
  if (reference == NULL)
    g_task_return_error (task, error);
  else if (parts == NULL)
    return_no_keys (task);
  else
    ulak_media_client_download_async (parts->media, reference, fd, max_bytes, cancellable, fetched_cb,
                                      g_steal_pointer (&task));
}

/* --- link and logout --- */

static void
waited_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_linking_wait_finish (result, &error);

  return_done (user_data, is_done, error);
}

/* (transfer full) (nullable): "" for a QR. */
static char *
read_phone (const char *method, const char *phone, GError **error)
{
  if (g_str_equal (method, "code"))
    return ulak_linking_read_phone (phone, error);
  if (*phone == '\0')
    return g_strdup ("");
  g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID, "phone: is for the method code only");
  return NULL;
}

static void
link_async (UlakBackend *backend, const char *method, const char *phone, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLinkedParts *parts = parts_of (backend);
  UlakLink *link = parts == NULL ? NULL : parts->link;
  g_autoptr (GTask) task = g_task_new (backend, NULL, callback, user_data);
  GError *error = NULL;
  g_autofree char *digits = read_phone (method, phone, &error);
  UlakLinkPhase phase = link == NULL ? ULAK_LINK_CONNECTING : ulak_link_get_phase (link);

  g_task_set_source_tag (task, link_async);
  if (digits == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (phase == ULAK_LINK_ENDED || phase == ULAK_LINK_STOPPED)
    ulak_link_start (link);
  ulak_linking_wait_async (ulak_linked_backend_get_linking (ULAK_LINKED_BACKEND (backend)), link, backend, digits, waited_cb,
                           g_steal_pointer (&task));
}

static void
logged_out_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean is_done = ulak_link_logout_finish (ULAK_LINK (source), result, &error);

  return_done (user_data, is_done, error);
}

static void
logout_async (UlakBackend *backend, GAsyncReadyCallback callback, gpointer user_data)
{
  UlakLinkedParts *parts = parts_of (backend);
  g_autoptr (GTask) task = g_task_new (backend, NULL, callback, user_data);

  g_task_set_source_tag (task, logout_async);
  if (parts == NULL)
    return_no_keys (task);
  else
    ulak_link_logout_async (parts->link, logged_out_cb, g_steal_pointer (&task));
}

void
ulak_linked_requests_fill (UlakBackendClass *klass)
{
  klass->check_message = check_message;
  klass->resolve_recipient = resolve_recipient;
  klass->check_media = check_media;
  klass->new_parcel = new_parcel;
  klass->send_async = send_async;
  klass->send_finish = send_finish;
  klass->mark_messages_async = mark_messages_async;
  klass->mark_read_finish = boolean_finish;
  klass->fetch_media_async = fetch_media_async;
  klass->fetch_media_finish = boolean_finish;
  klass->link_async = link_async;
  klass->link_finish = boolean_finish;
  klass->logout_async = logout_async;
  klass->logout_finish = boolean_finish;
}
