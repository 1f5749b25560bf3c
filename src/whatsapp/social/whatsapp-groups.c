/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Methods about groups.
 */
#include "core/json.h"
#include "whatsapp/social/group-questions.h"
#include "whatsapp/social/whatsapp-answers.h"
#include "whatsapp/social/whatsapp-methods.h"

void
ulak_whatsapp_list_groups (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);

  ulak_whatsapp_ask (call, ulak_group_question_list (parts->chat), ulak_whatsapp_text_cb, NULL);
}

void
ulak_whatsapp_get_group (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *group;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &group, NULL);
  ulak_whatsapp_ask (call, ulak_group_question_get (parts->chat, group, &error), ulak_whatsapp_text_cb, &error);
}

void
ulak_whatsapp_create_group (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  g_autoptr (JsonObject) request = NULL;
  const char *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  request = ulak_json_parse_text (text, &error);
  ulak_whatsapp_ask (call, request == NULL ? NULL : ulak_group_question_create (parts->chat, request, &error), ulak_whatsapp_text_cb, &error);
}

void
ulak_whatsapp_update_group (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  g_autoptr (JsonObject) changes = NULL;
  const char *group, *text;
  GPtrArray *questions;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &group, &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  questions = changes == NULL ? NULL : ulak_group_questions_update (parts->chat, group, changes, &error);
  if (questions == NULL)
    ulak_call_fail (call, error);
  else
    ulak_whatsapp_ask_all (call, questions);
}

void
ulak_whatsapp_change_members (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  g_autofree const char **members = NULL;
  const char *group, *action;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s^a&s@a{sv})", &group, &action, &members, NULL);
  ulak_whatsapp_ask (call, ulak_group_question_change_members (parts->chat, group, action, members, &error), ulak_whatsapp_text_cb, &error);
}

void
ulak_whatsapp_list_join_requests (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *group;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &group, NULL);
  ulak_whatsapp_ask (call, ulak_group_question_list_requests (parts->chat, group, &error), ulak_whatsapp_text_cb, &error);
}

void
ulak_whatsapp_leave_group (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *group;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &group, NULL);
  ulak_whatsapp_ask (call, ulak_group_question_leave (parts->chat, group, &error), ulak_whatsapp_done_cb, &error);
}

void
ulak_whatsapp_get_invite (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *group;
  gboolean renew;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &group, &renew, NULL);
  ulak_whatsapp_ask (call, ulak_group_question_invite (parts->chat, group, renew, &error), ulak_whatsapp_text_cb, &error);
}

void
ulak_whatsapp_join_group (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *invite;
  gboolean look_only;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &invite, &look_only, NULL);
  ulak_whatsapp_ask (call, ulak_group_question_join (parts->chat, invite, look_only, &error), ulak_whatsapp_text_cb, &error);
}
