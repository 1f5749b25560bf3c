/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * To one person and our own other devices; and to our own phone, about no chat.
 */
#include "whatsapp/chat/plan-private.h"

#include "whatsapp/chat/people.h"
#include "whatsapp/chat/plan-content.h"
#include "whatsapp/session/privacy-tokens.h"

/* --- one person --- */

static gboolean
choose_form (UlakPlanRun *self, const UlakPeer *peer)
{
  const UlakPlan *plan = self->plan;
  UlakJid jid;
  gboolean has_lid = ulak_peer_get_lid_jid (peer, 0, &jid) && plan->view.me.lid.user[0] != '\0';
  gboolean has_phone = ulak_peer_get_phone_jid (peer, 0, &jid);

  self->plan->has_both_forms = has_lid && has_phone;
  if (plan->as_lid && !has_lid && has_phone && !plan->has_asked_devices)
    ulak_plan_lack_devices (self, peer);
  self->as_lid = has_lid && (plan->as_lid || !has_phone);
  self->plan->is_lid = self->as_lid;
  self->me = self->as_lid ? plan->view.me.lid : plan->view.me.phone;
  self->me.device = plan->view.me.phone.device;
  return has_lid || has_phone;
}

static gboolean
add_token (UlakPlanRun *self, const UlakPeer *peer, GError **error)
{
  gint64 now_s = self->plan->view.now_us / G_USEC_PER_SEC;
  g_autoptr (GBytes) token = NULL;
  guint8 substitute[ULAK_CS_TOKEN_BYTES];
  gboolean has_substitute = FALSE;

  if (!ulak_privacy_tokens_is_ours_due (self->database, peer->id, now_s, &self->plan->owes_token, error)
      || !ulak_privacy_tokens_get (self->database, peer->id, now_s, &token, error))
    return FALSE;
  self->plan->has_token = token != NULL;
  if (token != NULL)
    {
      ulak_stanza_add_bytes (self->builder, "tctoken", token);
      return TRUE;
    }
  if (!ulak_privacy_tokens_make_cs (self->database, peer, substitute, &has_substitute, error))
    return FALSE;
  if (has_substitute)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (substitute, sizeof substitute);

      ulak_stanza_add_bytes (self->builder, "cstoken", bytes);
    }
  return TRUE;
}

static gboolean
add_participants (UlakPlanRun *self, GBytes *message, const UlakJid *to, const UlakContentStanza *description, GError **error)
{
  UlakJid account = ulak_jid_get_account (to);
  g_autofree char *destination = ulak_jid_print (&account);
  g_autoptr (GBytes) copy = NULL;
  guint n_reached = 0, n_others = 0;

  ulak_node_builder_open (self->builder, "participants");
  for (guint i = 0; i < self->targets->len; i++)
    {
      const UlakPlanDevice *target = &g_array_index (self->targets, UlakPlanDevice, i);
      g_autoptr (GBytes) padded = NULL;
      gboolean has_it = FALSE;

      if (target->is_own && copy == NULL)
        copy = ulak_content_wrap_device_sent (message, destination, NULL);
      padded = ulak_plan_pad (self, target->is_own ? copy : message);
      if (!ulak_plan_encrypt_for (self, target, padded, description, TRUE, &has_it, error))
        return FALSE;
      n_others += !target->is_own;
      n_reached += has_it && !target->is_own;
    }
  ulak_node_builder_close (self->builder);
  if (n_others > 0 && n_reached == 0)
    return ulak_plan_fail (self, "E_WA_NO_DEVICES",
                 "No device of the recipient can be written to: the number may not be on WhatsApp");
  return TRUE;
}

static gboolean
write_direct (UlakPlanRun *self, const UlakPeer *peer, const UlakJid *to, GError **error)
{
  g_autoptr (GBytes) message = NULL;
  UlakContentStanza description;
  UlakJid me = ulak_jid_get_account (&self->me);
  UlakJid phone;

  if (!ulak_plan_make_content (self->plan, self->database, to, &me, 0, &message, error))
    return FALSE;
  if (message == NULL)
    return TRUE;
  ulak_stanza_describe (message, &description);
  self->builder = ulak_stanza_begin (self->plan->network_id, to, &description);
  if (self->as_lid && ulak_peer_get_phone_jid (peer, 0, &phone))
    ulak_node_builder_add_jid (self->builder, "peer_recipient_pn", &phone);
  if (!add_participants (self, message, to, &description, error))
    return FALSE;
  if (self->plan->failure != NULL)
    return TRUE;
  ulak_stanza_add_meta (self->builder, &description);
  ulak_stanza_add_reporting (self->builder, message, self->plan->network_id, &me, to);
  if (peer->id != self->own.id && !add_token (self, peer, error))
    return FALSE;
  return ulak_plan_end_stanza (self);
}

gboolean
ulak_plan_run_direct (UlakPlanRun *self, GError **error)
{
  UlakPlan *plan = self->plan;
  g_autoptr (GArray) devices = NULL;
  UlakJid to;
  UlakPeer peer;

  if (!ulak_people_meet (self->database, &plan->chat_jid, &plan->alternate, plan->view.now_us, &peer, error))
    return FALSE;
  if (!choose_form (self, &peer) || !ulak_people_get_jid (&peer, self->as_lid, 0, &to))
    return ulak_plan_fail (self, "E_WA_RECIPIENT", "The recipient is neither a phone number nor a LID");
  plan->peer = peer.id;
  if (!ulak_people_get_jid (&peer, TRUE, 0, &plan->peer_jid))
    plan->peer_jid = to;
  if (!ulak_plan_add_user (self, &peer, error)
      || (peer.id != self->own.id && !ulak_plan_add_user (self, &self->own, error)))
    return FALSE;
  if (!ulak_plan_goes_on (self))
    return TRUE;
  devices = ulak_plan_list_devices (self);
  if (!ulak_plan_check_sessions (self, (const UlakPeerDevice *) (void *) devices->data, devices->len, error))
    return FALSE;
  return !ulak_plan_goes_on (self) || write_direct (self, &peer, &to, error);
}

/* --- our own phone, about no chat --- */

gboolean
ulak_plan_run_peer (UlakPlanRun *self, GError **error)
{
  static const UlakContentStanza description = { .type = "text" };
  static const UlakListedDevice phone = { 0 };
  UlakPlan *plan = self->plan;
  g_autoptr (GBytes) padded = NULL;
  gboolean has_it = FALSE;
  const UlakPlanDevice *target;
  UlakJid to;

  choose_form (self, &self->own);
  ulak_plan_add_device (self, &self->own, &phone);
  if (self->targets->len == 0)
    return ulak_plan_fail (self, "E_WA_NO_DEVICES", "The account's phone is not known");
  target = &g_array_index (self->targets, UlakPlanDevice, 0);
  if (!ulak_plan_check_sessions (self, &target->device, 1, error))
    return FALSE;
  if (!ulak_plan_goes_on (self))
    return TRUE;
  to = ulak_jid_get_account (&target->jid);
  self->builder = ulak_stanza_begin (plan->network_id, &to, &description);
  ulak_node_builder_add_text (self->builder, "category", "peer");
  ulak_node_builder_add_text (self->builder, "push_priority", plan->priority);
  ulak_node_builder_open (self->builder, "meta");
  ulak_node_builder_add_text (self->builder, "appdata", "default");
  ulak_node_builder_close (self->builder);
  padded = ulak_plan_pad (self, plan->message);
  if (!ulak_plan_encrypt_for (self, target, padded, NULL, FALSE, &has_it, error))
    return FALSE;
  if (!has_it)
    return ulak_plan_fail (self, "E_WA_NO_DEVICES", "The account's phone has no keys for this device");
  return ulak_plan_end_stanza (self);
}
