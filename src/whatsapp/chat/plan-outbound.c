/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/plan-outbound.h"

#include "core/json.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/session/network-id.h"

static void
copy_target (UlakPlanTarget *to, const UlakOutboundTarget *from)
{
  if (from == NULL)
    return;
  to->network_id = g_strdup (from->network_id);
  to->chat = g_strdup (from->chat);
  to->from = g_strdup (from->from);
  to->message = from->message == NULL ? NULL : ulak_json_print_object (from->message);
}

static void
copy_reply (UlakPlan *plan, const UlakOutbound *outbound)
{
  copy_target (&plan->reply_to, outbound->reply_to);
  if (plan->reply_to.network_id != NULL || outbound->reply_to_network_id == NULL)
    return;
  plan->reply_to.network_id = g_strdup (outbound->reply_to_network_id);
  plan->reply_to.from = g_strdup (plan->chat);
}

static void
read_alternate (UlakPlan *plan, JsonObject *contact)
{
  const char *other = contact == NULL ? NULL
                                      : ulak_json_peek_string (contact, ulak_jid_is_lid (&plan->chat_jid) ? "phone" : "lid");

  if (other != NULL && (!ulak_people_parse_chat (other, &plan->alternate) || !ulak_jid_is_user (&plan->alternate)))
    plan->alternate = (UlakJid){ 0 };
}

static gboolean
choose_kind (UlakPlan *plan)
{
  if (ulak_jid_is_user (&plan->chat_jid))
    plan->kind = ULAK_PLAN_DIRECT;
  else if (plan->chat_jid.server == ULAK_JID_SERVER_GROUP)
    plan->kind = ULAK_PLAN_GROUP;
  else if (ulak_jid_is_status (&plan->chat_jid))
    plan->kind = ULAK_PLAN_STATUS;
  else
    return FALSE;
  return TRUE;
}

UlakPlan *
ulak_plan_new_for (const UlakOutbound *outbound, const UlakMe *me, gboolean as_lid)
{
  g_autoptr (UlakPlan) plan = ulak_plan_new ();
  UlakNetworkId id;

  if (!ulak_people_parse_chat (outbound->chat, &plan->chat_jid) || !choose_kind (plan))
    return NULL;
  ulak_network_id_make (&id, me->phone.user, outbound->id);
  plan->chat = g_strdup (outbound->chat);
  plan->network_id = g_strdup (id.text);
  plan->document = ulak_json_print_object (outbound->message);
  plan->as_lid = as_lid;
  copy_reply (plan, outbound);
  copy_target (&plan->target, outbound->target);
  read_alternate (plan, outbound->contact);
  return g_steal_pointer (&plan);
}
