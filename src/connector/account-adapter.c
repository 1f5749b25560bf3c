/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table says for each method who may call it and what handles it.
 */
#include "connector/account-adapter.h"

#include "connector/line-parts.h"
#include "connector/message-check.h"
#include "core/error.h"
#include "core/id.h"
#include "core/json.h"
#include "core/names.h"
#include "service/call-methods.h"

#include "ulak-bus.h"

#include <string.h>

#define INTERFACE_VERSION 1
#define MIME_TYPE_MAX 128
#define FILE_NAME_MAX 240

struct _UlakAccountAdapter
{
  GObject parent_instance;

  UlakLine *line;            /* unowned, outlives us */
  UlakBusAccount1 *skeleton; /* (owned) */
};

G_DEFINE_FINAL_TYPE (UlakAccountAdapter, ulak_account_adapter, G_TYPE_OBJECT)

/* --- helpers --- */

/* A call and what its steps need. */
typedef struct
{
  UlakCall *call;
  UlakAccountAdapter *self; /* (owned) */
  char *id;                 /* (owned) (nullable) */
  gboolean typing;
  gboolean played;
  JsonObject *object; /* (owned) (nullable) */
} Errand;

static Errand *
errand_new (UlakCall *call, gpointer self)
{
  Errand *errand = g_new0 (Errand, 1);

  errand->call = call;
  errand->self = g_object_ref (self);
  return errand;
}

static void
errand_free (Errand *errand)
{
  g_object_unref (errand->self);
  g_free (errand->id);
  g_clear_pointer (&errand->object, json_object_unref);
  g_free (errand);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Errand, errand_free)

static void
fail (UlakCall *call, UlakError code, const char *message)
{
  ulak_call_fail (call, g_error_new_literal (ULAK_ERROR, (gint) code, message));
}

static void
return_json (UlakCall *call, JsonObject *object)
{
  g_autofree char *text = ulak_json_print_object (object);

  ulak_call_return (call, g_variant_new ("(s)", text));
}

static UlakBackendClass *
backend_class (UlakAccountAdapter *self)
{
  return ULAK_BACKEND_GET_CLASS (self->line->backend);
}

/* For calls whose only answer is success. */
static void
finish_errand (Errand *errand, gboolean is_done, GError *error)
{
  if (is_done)
    ulak_call_return (errand->call, NULL);
  else
    ulak_call_fail (errand->call, error);
}

/* --- Send --- */

static void
accepted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *status = ulak_line_store_accept_finish (ULAK_LINE_STORE (source), result, &error);
  UlakMetrics *metrics = ulak_service_get_metrics (errand->self->line->service);

  ulak_metrics_add (metrics, "wp_panel_message_pipeline_task_total",
                    ULAK_LABELS ("accept", status != NULL ? "success" : "error"), 1);
  if (status == NULL)
    {
      ulak_call_fail (errand->call, g_steal_pointer (&error));
      return;
    }
  ulak_call_return (errand->call, g_variant_new ("(s)", status));
  ulak_send_queue_kick (errand->self->line->queue);
}

/* The document that is stored names the recipient as the backend knows it. */
static void
resolve_recipient (UlakAccountAdapter *self, JsonObject *message, UlakIssues *issues)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *chat = NULL;

  if (backend_class (self)->resolve_recipient == NULL)
    return;
  chat = backend_class (self)->resolve_recipient (self->line->backend, ulak_json_peek_string (message, "to"), &error);
  if (chat == NULL)
    ulak_issues_add (issues, "to", "%s", error->message);
  else
    json_object_set_string_member (message, "to", chat);
}

static gboolean
check_send (UlakAccountAdapter *self, const char *id, JsonObject *message, GError **error)
{
  g_autoptr (UlakIssues) issues = ulak_issues_new ();

  if (!ulak_id_is_valid (id))
    ulak_issues_add (issues, "id", "must be a UUID in lower case");
  ulak_message_check (message, issues);
  if (ulak_issues_count (issues) == 0 && backend_class (self)->check_message != NULL)
    backend_class (self)->check_message (self->line->backend, message, issues);
  if (ulak_issues_count (issues) == 0)
    resolve_recipient (self, message, issues);
  return ulak_issues_to_error (issues, error);
}

static void
send_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  g_autoptr (JsonObject) message = NULL;
  g_autofree char *sentence = NULL;
  const char *id, *text;
  GError *error = NULL;

  if (!ulak_line_state_takes_messages (self->line->state))
    {
      sentence = g_strdup_printf ("The line is %s and takes no messages",
                                  ulak_line_state_to_string (self->line->state));
      fail (call, ULAK_ERROR_WRONG_STATE, sentence);
      return;
    }
  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &id, &text, NULL);
  message = ulak_json_parse_text (text, &error);
  if (message == NULL || !check_send (self, id, message, &error))
    ulak_call_fail (call, error);
  else
    ulak_line_store_accept_async (self->line->store, id, message, accepted_cb, errand_new (call, self));
}

/* --- reading --- */

/* What holds the whole line is not written to each row; it is shown on those that would go next. */
static void
show_line_hold (UlakAccountAdapter *self, JsonObject *message)
{
  gint64 until_us = 0;
  const char *reason = ulak_send_queue_get_hold (self->line->queue, &until_us);
  g_autofree char *until = until_us == 0 ? NULL : ulak_format_rfc3339 (until_us);
  JsonObject *hold;

  if (reason == NULL || g_strcmp0 (ulak_json_peek_string (message, "status"), "pending") != 0
      || json_object_has_member (message, "hold"))
    return;
  hold = json_object_new ();
  json_object_set_string_member (hold, "reason", reason);
  if (until != NULL)
    json_object_set_string_member (hold, "until", until);
  else
    json_object_set_null_member (hold, "until");
  json_object_set_object_member (message, "hold", hold);
}

static void
message_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) message
      = ulak_line_store_get_message_finish (ULAK_LINE_STORE (source), result, &error);

  if (message == NULL)
    {
      ulak_call_fail (errand->call, g_steal_pointer (&error));
      return;
    }
  show_line_hold (errand->self, message);
  return_json (errand->call, message);
}

static void
get_message_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  ulak_line_store_get_message_async (self->line->store, id, message_cb, errand_new (call, self));
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;
  g_autofree char *json = ulak_line_store_list_finish (ULAK_LINE_STORE (source), result, &next, &error);

  if (json == NULL)
    ulak_call_fail (errand->call, g_steal_pointer (&error));
  else
    ulak_call_return (errand->call, g_variant_new ("(ss)", json, next));
}

static gboolean
check_limit (UlakCall *call, guint limit)
{
  if (limit >= 1 && limit <= ULAK_LINE_STORE_PAGE_MAX)
    return TRUE;
  fail (call, ULAK_ERROR_INVALID, "limit: must be 1 to 200");
  return FALSE;
}

static void
list_chats_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  const char *cursor;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &cursor, &limit, NULL);
  if (check_limit (call, limit))
    ulak_line_store_list_chats_async (self->line->store, cursor, limit, listed_cb, errand_new (call, self));
}

static void
list_messages_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  const char *chat, *cursor;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(&s&su@a{sv})", &chat, &cursor, &limit, NULL);
  if (check_limit (call, limit))
    ulak_line_store_list_messages_async (self->line->store, chat, cursor, limit, listed_cb,
                                         errand_new (call, self));
}

/* --- MarkRead --- */

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  GError *error = NULL;
  gboolean is_done = ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error);

  finish_errand (errand, is_done, error);
}

static void
told_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Errand *errand = user_data;
  GError *error = NULL;

  if (ULAK_BACKEND_GET_CLASS (source)->mark_read_finish (ULAK_BACKEND (source), result, &error))
    ulak_line_store_mark_read_async (errand->self->line->store, errand->id, marked_cb, errand);
  else
    {
      ulak_call_fail (errand->call, error);
      errand_free (errand);
    }
}

static void
inbound_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  UlakLine *line = errand->self->line;
  const char *id = errand->id;
  gboolean typing = errand->typing;
  g_autoptr (GError) error = NULL;
  g_autofree char *network_id = ulak_line_store_find_inbound_finish (ULAK_LINE_STORE (source), result, &error);

  if (network_id == NULL)
    ulak_call_fail (errand->call, g_steal_pointer (&error));
  else if (line->settings.ghost_mode)
    ulak_line_store_mark_read_async (line->store, id, marked_cb, g_steal_pointer (&errand));
  else if (line->state != ULAK_LINE_STATE_READY)
    fail (errand->call, ULAK_ERROR_WRONG_STATE, "The line is not ready, so that the network cannot be told");
  else
    ULAK_BACKEND_GET_CLASS (line->backend)
        ->mark_read_async (line->backend, network_id, typing, told_cb, g_steal_pointer (&errand));
}

/* The same for a network that wants each message named. */
static void
unread_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  UlakLine *line = errand->self->line;
  const char *id = errand->id;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakUnread) unread = ulak_line_store_list_unread_finish (ULAK_LINE_STORE (source), result, &error);
  UlakReadMark mark;

  if (unread == NULL)
    {
      ulak_call_fail (errand->call, g_steal_pointer (&error));
      return;
    }
  mark = (UlakReadMark){ unread->chat, (const UlakReadMessage *) (gpointer) unread->messages->data,
                         unread->messages->len, errand->typing, errand->played };
  if (line->settings.ghost_mode || (mark.n_messages == 0 && !mark.typing))
    ulak_line_store_mark_read_async (line->store, id, marked_cb, g_steal_pointer (&errand));
  else if (line->state != ULAK_LINE_STATE_READY)
    fail (errand->call, ULAK_ERROR_WRONG_STATE, "The line is not ready, so that the network cannot be told");
  else
    ULAK_BACKEND_GET_CLASS (line->backend)
        ->mark_messages_async (line->backend, &mark, told_cb, g_steal_pointer (&errand));
}

static void
mark_read_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  Errand *errand = errand_new (call, self);

  g_variant_get (ulak_call_get_parameters (call), "(sb@a{sv})", &errand->id, &errand->typing, NULL);
  g_variant_lookup (ulak_call_get_options (call), "played", "b", &errand->played);
  if (backend_class (self)->mark_messages_async != NULL)
    ulak_line_store_list_unread_async (self->line->store, errand->id, unread_cb, errand);
  else
    ulak_line_store_find_inbound_async (self->line->store, errand->id, inbound_cb, errand);
}

/* --- media --- */

static void
uploaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = ulak_media_library_add_finish (ULAK_MEDIA_LIBRARY (source), result, &error);

  if (id == NULL)
    {
      ulak_call_fail (errand->call, g_steal_pointer (&error));
      return;
    }
  ulak_call_return (errand->call, g_variant_new ("(s)", id));
  ulak_cleaner_run_soon (errand->self->line->cleaner);
}

static void
upload_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  GVariant *parameters = ulak_call_get_parameters (call);
  g_autoptr (GVariant) handle = g_variant_get_child_value (parameters, 0);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  const char *mime_type, *file_name;
  GError *error = NULL;
  int fd;

  g_variant_get_child (parameters, 1, "&s", &mime_type);
  g_variant_get_child (parameters, 2, "&s", &file_name);
  if (strchr (mime_type, '/') == NULL || strlen (mime_type) > MIME_TYPE_MAX)
    ulak_issues_add (issues, "mime_type", "must be a MIME type such as image/jpeg");
  if (g_utf8_strlen (file_name, -1) > FILE_NAME_MAX || strchr (file_name, '/') != NULL)
    ulak_issues_add (issues, "file_name", "must have at most %d characters and no slash", FILE_NAME_MAX);
  if (!ulak_issues_to_error (issues, &error) || (fd = ulak_call_take_fd (call, handle, &error)) < 0)
    ulak_call_fail (call, error);
  else
    ulak_media_library_add_async (self->line->library, fd, mime_type, file_name, uploaded_cb,
                                  errand_new (call, self));
}

static GVariant *
medium_attributes (const UlakMedium *medium)
{
  GVariantDict attributes;

  g_variant_dict_init (&attributes, NULL);
  g_variant_dict_insert (&attributes, "mime-type", "s",
                         medium->mime_type != NULL ? medium->mime_type : "application/octet-stream");
  g_variant_dict_insert (&attributes, "size-bytes", "t", (guint64) medium->size_bytes);
  g_variant_dict_insert (&attributes, "sha256", "s", medium->sha256 != NULL ? medium->sha256 : "");
  g_variant_dict_insert (&attributes, "file-name", "s", medium->file_name != NULL ? medium->file_name : "");
  return g_variant_dict_end (&attributes);
}

static void
medium_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  GError *error = NULL;
  g_autoptr (UlakMedium) medium = ulak_media_library_find_finish (ULAK_MEDIA_LIBRARY (source), result, &error);
  int fd
      = medium == NULL ? -1 : ulak_media_folder_read (errand->self->line->folder, medium->stored_name, &error);

  if (fd < 0)
    ulak_call_fail (errand->call, error);
  else
    ulak_call_return_with_fd (errand->call, g_variant_new ("(h@a{sv})", 0, medium_attributes (medium)), fd);
}

static void
open_media_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  ulak_media_library_find_async (self->line->library, id, medium_cb, errand_new (call, self));
}

/* --- Link and Logout --- */

static void
return_link (UlakAccountAdapter *self, UlakCall *call)
{
  g_autoptr (JsonObject) link = json_object_new ();
  JsonObject *known = self->line->link;

  json_object_set_string_member (link, "state", ulak_line_state_to_string (self->line->state));
  if (known != NULL)
    {
      g_autoptr (GList) members = json_object_get_members (known);

      for (GList *l = members; l != NULL; l = l->next)
        json_object_set_member (link, l->data, json_node_copy (json_object_get_member (known, l->data)));
    }
  return_json (call, link);
}

static void
get_link_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;

  if (backend_class (self)->link_async == NULL)
    fail (call, ULAK_ERROR_UNSUPPORTED, "This line is linked by the settings of its account, not by a code");
  else
    return_link (self, call);
}

static void
linked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  GError *error = NULL;

  if (!ULAK_BACKEND_GET_CLASS (source)->link_finish (ULAK_BACKEND (source), result, &error))
    ulak_call_fail (errand->call, error);
  else
    return_link (errand->self, errand->call);
}

static void
link_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  const char *method, *phone;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &method, &phone, NULL);
  if (backend_class (self)->link_async == NULL)
    fail (call, ULAK_ERROR_UNSUPPORTED, "This line is linked by the settings of its account, not by a code");
  else if (!g_str_equal (method, "qr") && !g_str_equal (method, "code"))
    fail (call, ULAK_ERROR_INVALID, "method: must be \"qr\" or \"code\"");
  else
    backend_class (self)->link_async (self->line->backend, method, phone, linked_cb, errand_new (call, self));
}

static void
logged_out_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  GError *error = NULL;
  gboolean is_done = ULAK_BACKEND_GET_CLASS (source)->logout_finish (ULAK_BACKEND (source), result, &error);

  finish_errand (errand, is_done, error);
}

static void
logout_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;

  if (backend_class (self)->logout_async == NULL)
    fail (call, ULAK_ERROR_UNSUPPORTED,
          "This line cannot be logged out: remove the account or its access token");
  else
    backend_class (self)->logout_async (self->line->backend, logged_out_cb, errand_new (call, self));
}

/* --- settings --- */

static void
return_settings (UlakAccountAdapter *self, UlakCall *call)
{
  g_autoptr (JsonObject) settings = ulak_line_settings_to_json (&self->line->settings);

  return_json (call, settings);
}

static void
get_settings_called (UlakCall *call, gpointer user_data)
{
  return_settings (user_data, call);
}

static void
settings_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  GError *error = NULL;
  g_autoptr (JsonObject) values
      = ulak_line_store_get_settings_finish (ULAK_LINE_STORE (source), result, &error);

  if (values == NULL)
    {
      ulak_call_fail (errand->call, error);
      return;
    }
  ulak_line_apply_settings (errand->self->line, values);
  return_settings (errand->self, errand->call);
}

static void
changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  GError *error = NULL;

  if (!ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error))
    ulak_call_fail (errand->call, error);
  else
    ulak_line_store_get_settings_async (ULAK_LINE_STORE (source), settings_cb, g_steal_pointer (&errand));
}

static void
set_settings_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) changes = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  if (changes != NULL)
    {
      ulak_line_settings_check (changes, issues);
      ulak_issues_to_error (issues, &error);
    }
  if (error != NULL)
    ulak_call_fail (call, error);
  else
    {
      ulak_service_audit (self->line->service, ulak_call_get_who (call), "line.settings",
                          ulak_line_get_account (self->line), "ok");
      ulak_line_store_change_settings_async (self->line->store, changes, changed_cb, errand_new (call, self));
    }
}

/* --- Reconfigure --- */

static void
document_kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Errand) errand = user_data;
  GError *error = NULL;
  gboolean is_done = ulak_line_store_finish (ULAK_LINE_STORE (source), result, &error)
                     && ulak_line_use_document (errand->self->line, errand->object, &error);

  finish_errand (errand, is_done, error);
}

static void
reconfigure_called (UlakCall *call, gpointer user_data)
{
  UlakAccountAdapter *self = user_data;
  Errand *errand;
  g_autoptr (JsonObject) document = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  document = ulak_json_parse_text (text, &error);
  if (document == NULL || !ulak_line_check_document (self->line, document, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  errand = errand_new (call, self);
  errand->object = g_steal_pointer (&document);
  ulak_line_store_keep_account_async (self->line->store, errand->object, document_kept_cb, errand);
}

/* --- the table --- */

static const UlakCallOption read_options[] = { { "played", "b" }, { NULL, NULL } };

static const UlakCallMethod methods[] = {
  { "handle-send", ULAK_ACTION_MESSAGE_SEND, 2, send_called },
  { "handle-get-message", ULAK_ACTION_MESSAGE_READ, 1, get_message_called },
  { "handle-list-chats", ULAK_ACTION_MESSAGE_READ, 2, list_chats_called },
  { "handle-list-messages", ULAK_ACTION_MESSAGE_READ, 3, list_messages_called },
  { "handle-mark-read", ULAK_ACTION_MESSAGE_SEND, 2, mark_read_called, read_options },
  { "handle-upload-media", ULAK_ACTION_MESSAGE_SEND, 3, upload_called },
  { "handle-open-media", ULAK_ACTION_MESSAGE_READ, 1, open_media_called },
  { "handle-get-link", ULAK_ACTION_ACCOUNT_LINK, 0, get_link_called },
  { "handle-link", ULAK_ACTION_ACCOUNT_LINK, 2, link_called },
  { "handle-logout", ULAK_ACTION_ACCOUNT_LINK, 0, logout_called },
  { "handle-get-settings", ULAK_ACTION_MESSAGE_READ, 0, get_settings_called },
  { "handle-set-settings", ULAK_ACTION_ACCOUNT_MANAGE, 1, set_settings_called },
  { "handle-reconfigure", ULAK_ACTION_SUITE_ONLY, 1, reconfigure_called },
};

/* --- the object --- */

static void
ulak_account_adapter_dispose (GObject *object)
{
  UlakAccountAdapter *self = ULAK_ACCOUNT_ADAPTER (object);

  if (self->skeleton != NULL)
    ulak_account_adapter_unexport (self);
  g_clear_object (&self->skeleton);
  G_OBJECT_CLASS (ulak_account_adapter_parent_class)->dispose (object);
}

static void
ulak_account_adapter_class_init (UlakAccountAdapterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_account_adapter_dispose;
}

static void
ulak_account_adapter_init (UlakAccountAdapter *self G_GNUC_UNUSED)
{
}

UlakAccountAdapter *
ulak_account_adapter_new (UlakLine *line)
{
  UlakAccountAdapter *self = g_object_new (ULAK_TYPE_ACCOUNT_ADAPTER, NULL);

  self->line = line;
  self->skeleton = ulak_bus_account1_skeleton_new ();
  ulak_bus_account1_set_version (self->skeleton, INTERFACE_VERSION);
  ulak_bus_account1_set_account (self->skeleton, ulak_line_get_account (line));
  ulak_bus_account1_set_network (self->skeleton, line->network);
  ulak_bus_account1_set_backend (self->skeleton, backend_class (self)->get_name (line->backend));
  ulak_call_methods_connect (G_DBUS_INTERFACE_SKELETON (self->skeleton), line->service, methods, G_N_ELEMENTS (methods),
                             G_OBJECT (self));
  ulak_account_adapter_refresh (self);
  return self;
}

gboolean
ulak_account_adapter_export (UlakAccountAdapter *self,
                             GDBusConnection *connection,
                             const char *path,
                             GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection, path, error);
}

void
ulak_account_adapter_unexport (UlakAccountAdapter *self)
{
  if (g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton)) != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}

/**
 * ulak_account_adapter_refresh:
 *
 * A changed state is told at once, so that nobody who gets a later reply reads an older one; counts change with every
 * message and are told together, once in a turn of the main loop.
 */
void
ulak_account_adapter_refresh (UlakAccountAdapter *self)
{
  UlakLine *line = self->line;
  const char *state = ulak_line_state_to_string (line->state);
  gboolean is_moved = g_strcmp0 (state, ulak_bus_account1_get_state (self->skeleton)) != 0;

  ulak_bus_account1_set_state (self->skeleton, state);
  ulak_bus_account1_set_last_error (self->skeleton, line->error_code != NULL ? line->error_code : "");
  ulak_bus_account1_set_queue_depth (self->skeleton, ulak_line_store_get_depth (line->store));
  ulak_bus_account1_set_held_count (self->skeleton, ulak_line_store_get_held (line->store));
  if (is_moved)
    g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}
