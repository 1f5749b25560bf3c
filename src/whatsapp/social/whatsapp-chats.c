/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Methods about chats and calls, and about who sees the line online or typing.
 */
#include "core/json.h"
#include "whatsapp/social/calls.h"
#include "whatsapp/social/chat-changes.h"
#include "whatsapp/social/presence.h"
#include "whatsapp/social/whatsapp-answers.h"
#include "whatsapp/social/whatsapp-methods.h"

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

void
ulak_whatsapp_change_chat (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  g_autoptr (JsonObject) changes = NULL;
  const char *chat, *text;
  GError *error = NULL;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &chat, &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  if (changes == NULL)
    ulak_call_fail (call, error);
  else
    ulak_chat_changes_async (parts->chat, parts->app_state, chat, changes, chat_changed_cb, call);
}

void
ulak_whatsapp_star_message (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *message;
  gboolean starred;

  g_variant_get (ulak_call_get_parameters (call), "(&sb@a{sv})", &message, &starred, NULL);
  ulak_chat_star_async (parts->chat, parts->app_state, message, starred, chat_changed_cb, call);
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

void
ulak_whatsapp_request_history (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *chat;
  guint count;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &chat, &count, NULL);
  ulak_chat_history_async (parts->chat, chat, count, history_asked_cb, call);
}

/* --- presence and calls --- */

void
ulak_whatsapp_set_presence (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  gboolean available;

  g_variant_get (ulak_call_get_parameters (call), "(b@a{sv})", &available, NULL);
  if (!ulak_whatsapp_adapter_is_ghost (adapter))
    {
      ulak_link_set_available (parts->link, available);
      ulak_chat_set_available (parts->chat, available);
    }
  ulak_call_return (call, NULL);
}

void
ulak_whatsapp_subscribe_presence (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *chat;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &chat, NULL);
  ulak_presence_send_async (parts->chat, chat, NULL, ulak_whatsapp_boolean_cb, call);
}

void
ulak_whatsapp_set_typing (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *chat, *state;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &chat, &state, NULL);
  if (ulak_whatsapp_adapter_is_ghost (adapter))
    ulak_call_return (call, NULL);
  else
    ulak_presence_send_async (parts->chat, chat, state, ulak_whatsapp_boolean_cb, call);
}

void
ulak_whatsapp_reject_call (UlakCall *call, gpointer adapter)
{
  const UlakWhatsAppParts *parts = ulak_whatsapp_adapter_get_parts (adapter);
  const char *id, *from;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &id, &from, NULL);
  ulak_calls_reject_async (parts->chat, id, from, ulak_whatsapp_boolean_cb, call);
}
