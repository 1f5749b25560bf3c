/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table says for each method who may call it and what handles it, as in connector/account-adapter.c. A method is a question
 * and how its answer is returned; only a few do more.
 */
#include "whatsapp/social/whatsapp-adapter.h"

#include "core/error.h"
#include "core/json.h"
#include "core/names.h"
#include "service/call-methods.h"
#include "whatsapp/social/picture-reader.h"
#include "whatsapp/social/calls.h"
#include "whatsapp/social/chat-changes.h"
#include "whatsapp/social/group-questions.h"
#include "whatsapp/social/look-up.h"
#include "whatsapp/social/presence.h"
#include "whatsapp/social/profile.h"

#include "ulak-bus.h"

#define INTERFACE_VERSION 1
#define NAME_MAX_CHARACTERS 25 /* what phones let people type */
#define ABOUT_MAX_CHARACTERS 139

struct _UlakWhatsAppAdapter
{
  GObject parent_instance;

  UlakWhatsAppParts parts;
  UlakBusWhatsApp1 *skeleton; /* (owned) */
  gboolean is_ghost;
};

G_DEFINE_FINAL_TYPE (UlakWhatsAppAdapter, ulak_whatsapp_adapter, G_TYPE_OBJECT)

/* --- calls and their answers --- */

static void
return_text (UlakCall *call, const char *text)
{
  ulak_call_return (call, g_variant_new ("(s)", text));
}

static void
text_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autofree char *text = ulak_question_ask_finish (result, &error);

  if (text == NULL)
    ulak_call_fail (user_data, error);
  else
    return_text (user_data, text);
}

static void
done_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_auto (GStrv) texts = ulak_question_ask_all_finish (result, &error);

  if (texts == NULL)
    ulak_call_fail (user_data, error);
  else
    ulak_call_return (user_data, NULL);
}

/* question: (transfer full) (nullable): *error says why there is none. A pointer, since C says not which argument is made first. */
static void
ask (UlakCall *call, UlakQuestion *question, GAsyncReadyCallback callback, GError **error)
{
  if (question == NULL)
    ulak_call_fail (call, g_steal_pointer (error));
  else
    ulak_question_ask_async (question, callback, call);
}

static void
boolean_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

/* --- the passkey --- */

static void
passkey_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (ulak_link_answer_passkey_finish (ULAK_LINK (source), result, &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

static void
answer_passkey_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *assertion;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &assertion, NULL);
  ulak_link_answer_passkey_async (self->parts.link, assertion, passkey_answered_cb, call);
}

static void
passkey_confirmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (ulak_link_confirm_passkey_finish (ULAK_LINK (source), result, &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

static void
confirm_passkey_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;

  ulak_link_confirm_passkey_async (self->parts.link, passkey_confirmed_cb, call);
}

/* --- people --- */

static void
look_up_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  g_autofree const char **phones = NULL;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(^a&s@a{sv})", &phones, NULL);
  ask (call, ulak_look_up_question (self->parts.chat, phones, &error), text_cb, &error);
}

static void
profile_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_auto (GStrv) texts = ulak_question_ask_all_finish (result, &error);
  g_autofree char *profile = NULL;

  if (texts == NULL)
    {
      ulak_call_fail (user_data, error);
      return;
    }
  profile = g_strdup_printf ("{\"picture\":%s,\"about\":%s}", texts[0], texts[1] != NULL ? texts[1] : "null");
  return_text (user_data, profile);
}

static void
get_profile_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_question_free);
  UlakQuestion *picture, *about = NULL;
  const char *chat;
  GError *error = NULL;
  gboolean is_group;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &chat, NULL);
  is_group = g_str_has_suffix (chat, "@g.us");
  picture = ulak_profile_question_picture (self->parts.chat, chat, &error);
  if (picture != NULL)
    g_ptr_array_add (questions, picture);
  if (picture != NULL && !is_group && (about = ulak_profile_question_about (self->parts.chat, chat, &error)) != NULL)
    g_ptr_array_add (questions, about);
  if (error != NULL)
    ulak_call_fail (call, error);
  else
    ulak_question_ask_all_async (g_steal_pointer (&questions), profile_cb, call);
}

/* A profile that is being changed: the name by the app state, then the rest by questions. */
typedef struct
{
  UlakCall *call;
  GPtrArray *questions; /* (owned) */
} ProfileChange;

static void
ask_rest (UlakCall *call, GPtrArray *questions)
{
  if (questions->len > 0)
    {
      ulak_question_ask_all_async (questions, done_cb, call);
      return;
    }
  g_ptr_array_unref (questions);
  ulak_call_return (call, NULL);
}

static void
name_changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree ProfileChange *change = user_data;
  GError *error = NULL;

  if (ulak_app_state_change_finish (ULAK_APP_STATE (source), result, &error))
    {
      ask_rest (change->call, change->questions);
      return;
    }
  g_ptr_array_unref (change->questions);
  ulak_call_fail (change->call, error);
}

static void
change_name (UlakWhatsAppAdapter *self, UlakCall *call, const char *name, GPtrArray *questions)
{
  const UlakAppStateChange own_name = { .kind = ULAK_APP_STATE_OWN_NAME, .name = name };
  ProfileChange *change = g_new0 (ProfileChange, 1);

  change->call = call;
  change->questions = questions;
  ulak_app_state_change_async (self->parts.app_state, &own_name, NULL, name_changed_cb, change);
}

static void
set_profile_called (UlakCall *call, gpointer user_data)
{
  static const char *const known[] = { "name", "about", "default_timer_s", NULL };
  UlakWhatsAppAdapter *self = user_data;
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (JsonObject) changes = NULL;
  g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_question_free);
  const char *text, *name, *about;
  GError *error = NULL;
  gint64 timer_s;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  if ((changes = ulak_json_parse_text (text, &error)) == NULL)
    {
      ulak_call_fail (call, error);
      return;
    }
  ulak_question_check_changes (changes, known, issues);
  name = ulak_json_read_string (changes, "", "name", ULAK_JSON_OPTIONAL, 1, NAME_MAX_CHARACTERS, issues);
  about = ulak_json_read_string (changes, "", "about", ULAK_JSON_OPTIONAL, 0, ABOUT_MAX_CHARACTERS, issues);
  timer_s = ulak_question_read_timer (changes, "default_timer_s", -1, issues);
  if (!ulak_issues_to_error (issues, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  if (about != NULL)
    g_ptr_array_add (questions, ulak_profile_question_set_about (self->parts.chat, about));
  if (timer_s >= 0)
    g_ptr_array_add (questions, ulak_profile_question_set_timer (self->parts.chat, (guint) timer_s));
  if (name != NULL)
    change_name (self, call, name, g_steal_pointer (&questions));
  else
    ask_rest (call, g_steal_pointer (&questions));
}

/* --- pictures --- */

typedef struct
{
  UlakCall *call;
  UlakWhatsAppAdapter *self; /* (owned) */
} PictureCall;

static void
picture_read_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autofree PictureCall *picture = user_data;
  g_autoptr (UlakWhatsAppAdapter) self = picture->self;
  GError *error = NULL;
  g_autoptr (GBytes) bytes = ulak_picture_read_finish (result, &error);
  const char *chat;

  if (bytes == NULL)
    {
      ulak_call_fail (picture->call, error);
      return;
    }
  g_variant_get_child (ulak_call_get_parameters (picture->call), 0, "&s", &chat);
  ask (picture->call,
       ulak_profile_question_set_picture (self->parts.chat, chat, g_bytes_get_size (bytes) > 0 ? bytes : NULL, &error),
       text_cb, &error);
}

static void
set_picture_called (UlakCall *call, gpointer user_data)
{
  g_autoptr (GVariant) handle = g_variant_get_child_value (ulak_call_get_parameters (call), 1);
  GError *error = NULL;
  int fd = ulak_call_take_fd (call, handle, &error);
  PictureCall *picture;

  if (fd < 0)
    {
      ulak_call_fail (call, error);
      return;
    }
  picture = g_new0 (PictureCall, 1);
  picture->call = call;
  picture->self = g_object_ref (user_data);
  ulak_picture_read_async (fd, ULAK_PROFILE_PICTURE_MAX_BYTES, picture_read_cb, picture);
}

/* --- privacy and blocks --- */

static void
get_privacy_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;

  ask (call, ulak_profile_question_privacy (self->parts.chat), text_cb, NULL);
}

static void
set_privacy_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  g_autoptr (JsonObject) changes = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  ask (call, changes == NULL ? NULL : ulak_profile_question_set_privacy (self->parts.chat, changes, &error), done_cb, &error);
}

static void
list_blocked_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;

  ask (call, ulak_profile_question_blocked (self->parts.chat), text_cb, NULL);
}

static void
set_blocked_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *chat;
  gboolean blocked;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &chat, &blocked, NULL);
  ask (call, ulak_profile_question_set_blocked (self->parts.chat, chat, blocked, &error), done_cb, &error);
}

/* --- presence and calls --- */

static void
set_presence_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  gboolean available;

  g_variant_get (ulak_call_get_parameters (call), "(b@a{sv})", &available, NULL);
  if (!self->is_ghost)
    {
      ulak_link_set_available (self->parts.link, available);
      ulak_chat_set_available (self->parts.chat, available);
    }
  ulak_call_return (call, NULL);
}

static void
subscribe_presence_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *chat;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &chat, NULL);
  ulak_presence_send_async (self->parts.chat, chat, NULL, boolean_cb, call);
}

static void
set_typing_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *chat, *state;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &chat, &state, NULL);
  if (self->is_ghost)
    ulak_call_return (call, NULL);
  else
    ulak_presence_send_async (self->parts.chat, chat, state, boolean_cb, call);
}

static void
reject_call_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *id, *from;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &id, &from, NULL);
  ulak_calls_reject_async (self->parts.chat, id, from, boolean_cb, call);
}

/* --- groups --- */

static void
list_groups_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;

  ask (call, ulak_group_question_list (self->parts.chat), text_cb, NULL);
}

static void
get_group_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *group;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &group, NULL);
  ask (call, ulak_group_question_get (self->parts.chat, group, &error), text_cb, &error);
}

static void
create_group_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  g_autoptr (JsonObject) request = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  request = ulak_json_parse_text (text, &error);
  ask (call, request == NULL ? NULL : ulak_group_question_create (self->parts.chat, request, &error), text_cb, &error);
}

static void
update_group_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  g_autoptr (JsonObject) changes = NULL;
  const char *group, *text;
  GPtrArray *questions;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &group, &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  questions = changes == NULL ? NULL : ulak_group_questions_update (self->parts.chat, group, changes, &error);
  if (questions == NULL)
    ulak_call_fail (call, error);
  else
    ask_rest (call, questions);
}

static void
change_members_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  g_autofree const char **members = NULL;
  const char *group, *action;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s^a&s@a{sv})", &group, &action, &members, NULL);
  ask (call, ulak_group_question_change_members (self->parts.chat, group, action, members, &error), text_cb, &error);
}

static void
list_join_requests_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *group;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &group, NULL);
  ask (call, ulak_group_question_list_requests (self->parts.chat, group, &error), text_cb, &error);
}

static void
leave_group_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *group;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &group, NULL);
  ask (call, ulak_group_question_leave (self->parts.chat, group, &error), done_cb, &error);
}

static void
get_invite_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *group;
  gboolean renew;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &group, &renew, NULL);
  ask (call, ulak_group_question_invite (self->parts.chat, group, renew, &error), text_cb, &error);
}

static void
join_group_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *invite;
  gboolean look_only;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &invite, &look_only, NULL);
  ask (call, ulak_group_question_join (self->parts.chat, invite, look_only, &error), text_cb, &error);
}

/* --- chats --- */

static void
chat_changed_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (ulak_chat_changes_finish (result, &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

static void
change_chat_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  g_autoptr (JsonObject) changes = NULL;
  const char *chat, *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &chat, &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  if (changes == NULL)
    ulak_call_fail (call, error);
  else
    ulak_chat_changes_async (self->parts.chat, self->parts.app_state, chat, changes, chat_changed_cb, call);
}

static void
star_message_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *message;
  gboolean starred;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &message, &starred, NULL);
  ulak_chat_star_async (self->parts.chat, self->parts.app_state, message, starred, chat_changed_cb, call);
}

static void
history_asked_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  if (ulak_chat_history_finish (result, &error))
    ulak_call_return (user_data, NULL);
  else
    ulak_call_fail (user_data, error);
}

static void
request_history_called (UlakCall *call, gpointer user_data)
{
  UlakWhatsAppAdapter *self = user_data;
  const char *chat;
  guint count;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &chat, &count, NULL);
  ulak_chat_history_async (self->parts.chat, chat, count, history_asked_cb, call);
}

/* --- the table --- */

static const UlakCallMethod methods[] = {
  { "handle-answer-passkey", ULAK_ACTION_ACCOUNT_LINK, 1, answer_passkey_called },
  { "handle-confirm-passkey", ULAK_ACTION_ACCOUNT_LINK, 0, confirm_passkey_called },
  { "handle-look-up", ULAK_ACTION_MESSAGE_SEND, 1, look_up_called },
  { "handle-get-profile", ULAK_ACTION_MESSAGE_READ, 1, get_profile_called },
  { "handle-set-profile", ULAK_ACTION_ACCOUNT_MANAGE, 1, set_profile_called },
  { "handle-set-picture", ULAK_ACTION_ACCOUNT_MANAGE, 2, set_picture_called },
  { "handle-get-privacy", ULAK_ACTION_MESSAGE_READ, 0, get_privacy_called },
  { "handle-set-privacy", ULAK_ACTION_ACCOUNT_MANAGE, 1, set_privacy_called },
  { "handle-set-presence", ULAK_ACTION_MESSAGE_SEND, 1, set_presence_called },
  { "handle-subscribe-presence", ULAK_ACTION_MESSAGE_READ, 1, subscribe_presence_called },
  { "handle-set-typing", ULAK_ACTION_MESSAGE_SEND, 2, set_typing_called },
  { "handle-list-blocked", ULAK_ACTION_MESSAGE_READ, 0, list_blocked_called },
  { "handle-set-blocked", ULAK_ACTION_ACCOUNT_MANAGE, 2, set_blocked_called },
  { "handle-reject-call", ULAK_ACTION_MESSAGE_SEND, 2, reject_call_called },
  { "handle-list-groups", ULAK_ACTION_MESSAGE_READ, 0, list_groups_called },
  { "handle-get-group", ULAK_ACTION_MESSAGE_READ, 1, get_group_called },
  { "handle-create-group", ULAK_ACTION_ACCOUNT_MANAGE, 1, create_group_called },
  { "handle-update-group", ULAK_ACTION_ACCOUNT_MANAGE, 2, update_group_called },
  { "handle-change-members", ULAK_ACTION_ACCOUNT_MANAGE, 3, change_members_called },
  { "handle-list-join-requests", ULAK_ACTION_MESSAGE_READ, 1, list_join_requests_called },
  { "handle-leave-group", ULAK_ACTION_ACCOUNT_MANAGE, 1, leave_group_called },
  { "handle-get-invite", ULAK_ACTION_ACCOUNT_MANAGE, 2, get_invite_called },
  { "handle-join-group", ULAK_ACTION_ACCOUNT_MANAGE, 2, join_group_called },
  { "handle-change-chat", ULAK_ACTION_MESSAGE_SEND, 2, change_chat_called },
  { "handle-star-message", ULAK_ACTION_MESSAGE_SEND, 2, star_message_called },
  { "handle-request-history", ULAK_ACTION_ACCOUNT_MANAGE, 2, request_history_called },
};

/* --- the object --- */

static void
ulak_whatsapp_adapter_dispose (GObject *object)
{
  UlakWhatsAppAdapter *self = ULAK_WHATSAPP_ADAPTER (object);

  g_clear_object (&self->skeleton);
  G_OBJECT_CLASS (ulak_whatsapp_adapter_parent_class)->dispose (object);
}

static void
ulak_whatsapp_adapter_class_init (UlakWhatsAppAdapterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ulak_whatsapp_adapter_dispose;
}

static void
ulak_whatsapp_adapter_init (UlakWhatsAppAdapter *self G_GNUC_UNUSED)
{
}

UlakWhatsAppAdapter *
ulak_whatsapp_adapter_new (const UlakWhatsAppParts *parts, GError **error)
{
  g_autoptr (UlakWhatsAppAdapter) self = g_object_new (ULAK_TYPE_WHATSAPP_ADAPTER, NULL);

  self->parts = *parts;
  self->skeleton = ulak_bus_whats_app1_skeleton_new ();
  ulak_bus_whats_app1_set_version (self->skeleton, INTERFACE_VERSION);
  ulak_call_methods_connect (G_DBUS_INTERFACE_SKELETON (self->skeleton), ulak_line_get_service (parts->line), methods,
                             G_N_ELEMENTS (methods), G_OBJECT (self));
  return ulak_line_export (parts->line, G_DBUS_INTERFACE_SKELETON (self->skeleton), error) ? g_steal_pointer (&self)
                                                                                           : NULL;
}

void
ulak_whatsapp_adapter_set_ghost (UlakWhatsAppAdapter *self, gboolean is_ghost)
{
  self->is_ghost = is_ghost;
}
