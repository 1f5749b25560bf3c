/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Methods about people: numbers, profiles, privacy, blocks.
 */
#include "core/json.h"
#include "whatsapp/social/look-up.h"
#include "whatsapp/social/picture-reader.h"
#include "whatsapp/social/profile.h"
#include "whatsapp/social/whatsapp-answers.h"
#include "whatsapp/social/whatsapp-methods.h"

#define NAME_MAX_CHARACTERS 25 /* what phones let people type */
#define ABOUT_MAX_CHARACTERS 139

/* --- people --- */

void
ulak_whatsapp_look_up (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  g_autofree const char **phones = NULL;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(^a&s@a{sv})", &phones, NULL);
  ulak_whatsapp_ask (call, ulak_look_up_question (parts->chat, phones, &error), ulak_whatsapp_text_cb, &error);
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
  ulak_whatsapp_return_text (user_data, profile);
}

void
ulak_whatsapp_get_profile (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  g_autoptr (GPtrArray) questions = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_question_free);
  UlakQuestion *picture, *about = NULL;
  const char *chat;
  GError *error = NULL;
  gboolean is_group;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &chat, NULL);
  is_group = g_str_has_suffix (chat, "@g.us");
  picture = ulak_profile_question_picture (parts->chat, chat, &error);
  if (picture != NULL)
    g_ptr_array_add (questions, picture);
  if (picture != NULL && !is_group && (about = ulak_profile_question_about (parts->chat, chat, &error)) != NULL)
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
name_changed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree ProfileChange *change = user_data;
  GError *error = NULL;

  if (ulak_app_state_change_finish (ULAK_APP_STATE (source), result, &error))
    {
      ulak_whatsapp_ask_all (change->call, change->questions);
      return;
    }
  g_ptr_array_unref (change->questions);
  ulak_call_fail (change->call, error);
}

static void
change_name (const UlakWhatsAppParts *parts, UlakCall *call, const char *name, GPtrArray *questions)
{
  const UlakAppStateChange own_name = { .kind = ULAK_APP_STATE_OWN_NAME, .name = name };
  ProfileChange *change = g_new0 (ProfileChange, 1);

  change->call = call;
  change->questions = questions;
  ulak_app_state_change_async (parts->app_state, &own_name, NULL, name_changed_cb, change);
}

void
ulak_whatsapp_set_profile (UlakCall *call, gpointer adapter)
{
  static const char *const known[] = { "name", "about", "default_timer_s", NULL };
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
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
    g_ptr_array_add (questions, ulak_profile_question_set_about (parts->chat, about));
  if (timer_s >= 0)
    g_ptr_array_add (questions, ulak_profile_question_set_timer (parts->chat, (guint) timer_s));
  if (name != NULL)
    change_name (parts, call, name, g_steal_pointer (&questions));
  else
    ulak_whatsapp_ask_all (call, g_steal_pointer (&questions));
}

/* --- pictures --- */

typedef struct
{
  UlakCall *call;
  UlakWhatsAppAdapter *adapter; /* (owned) */
} PictureCall;

static void
picture_read_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  g_autofree PictureCall *picture = user_data;
  g_autoptr (UlakWhatsAppAdapter) adapter = picture->adapter;
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = ulak_picture_read_finish (result, &error);
  const char *chat;

  if (bytes == NULL)
    {
      ulak_call_fail (picture->call, error);
      return;
    }
  g_variant_get_child (ulak_call_get_parameters (picture->call), 0, "&s", &chat);
  ulak_whatsapp_ask (picture->call,
       ulak_profile_question_set_picture (parts->chat, chat, g_bytes_get_size (bytes) > 0 ? bytes : NULL, &error),
       ulak_whatsapp_text_cb, &error);
}

void
ulak_whatsapp_set_picture (UlakCall *call, gpointer adapter)
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
  picture->adapter = g_object_ref (adapter);
  ulak_picture_read_async (fd, ULAK_PROFILE_PICTURE_MAX_BYTES, picture_read_cb, picture);
}

/* --- privacy and blocks --- */

void
ulak_whatsapp_get_privacy (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);

  ulak_whatsapp_ask (call, ulak_profile_question_privacy (parts->chat), ulak_whatsapp_text_cb, NULL);
}

void
ulak_whatsapp_set_privacy (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  g_autoptr (JsonObject) changes = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  ulak_whatsapp_ask (call, changes == NULL ? NULL : ulak_profile_question_set_privacy (parts->chat, changes, &error), ulak_whatsapp_done_cb, &error);
}

void
ulak_whatsapp_list_blocked (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);

  ulak_whatsapp_ask (call, ulak_profile_question_blocked (parts->chat), ulak_whatsapp_text_cb, NULL);
}

void
ulak_whatsapp_set_blocked (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *chat;
  gboolean blocked;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &chat, &blocked, NULL);
  ulak_whatsapp_ask (call, ulak_profile_question_set_blocked (parts->chat, chat, blocked, &error), ulak_whatsapp_done_cb, &error);
}
