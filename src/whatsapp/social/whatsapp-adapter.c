/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One table says for each method who may call it and what handles it, as in connector/account-adapter.c. A method is a question
 * and how its answer is returned (whatsapp-answers.h); only a few do more.
 */
#include "whatsapp/social/whatsapp-adapter.h"

#include "core/names.h"
#include "service/call-methods.h"
#include "whatsapp/social/whatsapp-methods.h"

#include "ulak-bus.h"

#define INTERFACE_VERSION 1

struct _UlakWhatsAppAdapter
{
  GObject parent_instance;

  UlakWhatsAppParts parts;
  UlakBusWhatsApp1 *skeleton; /* (owned) */
  gboolean is_ghost;
};

G_DEFINE_FINAL_TYPE (UlakWhatsAppAdapter, ulak_whatsapp_adapter, G_TYPE_OBJECT)

const UlakWhatsAppParts *
ulak_whatsapp_adapter_get_parts (gpointer adapter)
{
  return &ULAK_WHATSAPP_ADAPTER (adapter)->parts;
}

gboolean
ulak_whatsapp_adapter_is_ghost (gpointer adapter)
{
  return ULAK_WHATSAPP_ADAPTER (adapter)->is_ghost;
}

/* --- the table --- */

static const UlakCallMethod methods[] = {
  { "handle-answer-passkey", ULAK_ACTION_ACCOUNT_LINK, 1, ulak_whatsapp_answer_passkey },
  { "handle-confirm-passkey", ULAK_ACTION_ACCOUNT_LINK, 0, ulak_whatsapp_confirm_passkey },
  { "handle-look-up", ULAK_ACTION_MESSAGE_SEND, 1, ulak_whatsapp_look_up },
  { "handle-get-profile", ULAK_ACTION_MESSAGE_READ, 1, ulak_whatsapp_get_profile },
  { "handle-set-profile", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_whatsapp_set_profile },
  { "handle-set-picture", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_whatsapp_set_picture },
  { "handle-get-privacy", ULAK_ACTION_MESSAGE_READ, 0, ulak_whatsapp_get_privacy },
  { "handle-set-privacy", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_whatsapp_set_privacy },
  { "handle-set-presence", ULAK_ACTION_MESSAGE_SEND, 1, ulak_whatsapp_set_presence },
  { "handle-subscribe-presence", ULAK_ACTION_MESSAGE_READ, 1, ulak_whatsapp_subscribe_presence },
  { "handle-set-typing", ULAK_ACTION_MESSAGE_SEND, 2, ulak_whatsapp_set_typing },
  { "handle-list-blocked", ULAK_ACTION_MESSAGE_READ, 0, ulak_whatsapp_list_blocked },
  { "handle-set-blocked", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_whatsapp_set_blocked },
  { "handle-reject-call", ULAK_ACTION_MESSAGE_SEND, 2, ulak_whatsapp_reject_call },
  { "handle-list-groups", ULAK_ACTION_MESSAGE_READ, 0, ulak_whatsapp_list_groups },
  { "handle-get-group", ULAK_ACTION_MESSAGE_READ, 1, ulak_whatsapp_get_group },
  { "handle-create-group", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_whatsapp_create_group },
  { "handle-update-group", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_whatsapp_update_group },
  { "handle-change-members", ULAK_ACTION_ACCOUNT_MANAGE, 3, ulak_whatsapp_change_members },
  { "handle-list-join-requests", ULAK_ACTION_MESSAGE_READ, 1, ulak_whatsapp_list_join_requests },
  { "handle-leave-group", ULAK_ACTION_ACCOUNT_MANAGE, 1, ulak_whatsapp_leave_group },
  { "handle-get-invite", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_whatsapp_get_invite },
  { "handle-join-group", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_whatsapp_join_group },
  { "handle-change-chat", ULAK_ACTION_MESSAGE_SEND, 2, ulak_whatsapp_change_chat },
  { "handle-star-message", ULAK_ACTION_MESSAGE_SEND, 2, ulak_whatsapp_star_message },
  { "handle-request-history", ULAK_ACTION_ACCOUNT_MANAGE, 2, ulak_whatsapp_request_history },
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
