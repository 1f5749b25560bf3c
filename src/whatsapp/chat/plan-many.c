/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * To a group or the status: sealed once with our sender key, which those get who have not got it.
 */
#include "whatsapp/chat/plan-private.h"

#include "core/json.h"
#include "whatsapp/chat/groups.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/plan-content.h"
#include "whatsapp/crypto/phash.h"
#include "whatsapp/session/group-cipher.h"

#include <string.h>

#define STATUS_RECIPIENTS_MAX 5000

static char *
make_phash (const UlakPlanRun *self)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->targets->len; i++)
    g_ptr_array_add (texts, ulak_jid_print_long (&g_array_index (self->targets, UlakPlanDevice, i).jid));
  g_ptr_array_add (texts, ulak_jid_print_long (&self->me));
  g_ptr_array_add (texts, NULL);
  return ulak_phash ((const char *const *) texts->pdata);
}

/* --- many --- */

static gboolean
is_listed (const GArray *devices, guint from, const UlakPeerDevice *device)
{
  const UlakPeerDevice *next = from < devices->len ? &g_array_index (devices, UlakPeerDevice, from) : NULL;

  return next != NULL && next->peer == device->peer && next->device == device->device;
}

static gboolean
is_distributed_to (const UlakPlanRun *self, gint64 peer)
{
  for (guint i = 0; i < self->plan->holders->len; i++)
    if (g_array_index (self->plan->holders, UlakPeerDevice, i).peer == peer)
      return TRUE;
  return FALSE;
}

/* A status names all who may see it, also those who have our key already. */
static void
name_recipients (UlakPlanRun *self)
{
  gint64 last = 0;

  for (guint i = 0; i < self->targets->len; i++)
    {
      const UlakPlanDevice *target = &g_array_index (self->targets, UlakPlanDevice, i);
      UlakJid account = ulak_jid_get_account (&target->jid);

      if (target->is_own || target->device.peer == last || is_distributed_to (self, target->device.peer))
        continue;
      last = target->device.peer;
      ulak_node_builder_open (self->builder, "to");
      ulak_node_builder_add_jid (self->builder, "jid", &account);
      ulak_node_builder_close (self->builder);
    }
}

static gboolean
distribute_key (UlakPlanRun *self, GArray *missing, GBytes *message, GError **error)
{
  for (guint i = 0, j = 0; i < self->targets->len && j < missing->len; i++)
    {
      const UlakPlanDevice *target = &g_array_index (self->targets, UlakPlanDevice, i);
      g_autoptr (GBytes) padded = NULL;
      gboolean has_it = FALSE;

      if (!is_listed (missing, j, &target->device))
        continue;
      j++;
      padded = ulak_plan_pad (self, message);
      if (!ulak_plan_encrypt_for (self, target, padded, NULL, TRUE, &has_it, error))
        return FALSE;
      if (has_it)
        g_array_append_val (self->plan->holders, target->device);
    }
  return TRUE;
}

/* Those who have not got our sender key get it now. missing: in the order of the targets */
static gboolean
distribute (UlakPlanRun *self, const char *group, GArray *missing, GError **error)
{
  g_auto (UlakDistribution) distribution = { 0 };
  g_autoptr (GBytes) message = NULL;

  if (!ulak_group_get_distribution (self->plan->view.session, self->database, group, self->plan->view.now_us,
                                    &distribution, error))
    return FALSE;
  self->plan->key_id = distribution.key_id;
  if (missing->len == 0 && self->plan->kind == ULAK_PLAN_GROUP)
    return TRUE;
  message = ulak_content_write_sender_key (group, ulak_span_of (distribution.bytes));
  ulak_node_builder_open (self->builder, "participants");
  if (!distribute_key (self, missing, message, error))
    return FALSE;
  if (self->plan->kind == ULAK_PLAN_STATUS)
    name_recipients (self);
  ulak_node_builder_close (self->builder);
  return TRUE;
}

static gboolean
write_to_many (UlakPlanRun *self, guint32 timer_s, GArray *missing, GError **error)
{
  UlakPlan *plan = self->plan;
  g_autofree char *group = ulak_jid_print (&plan->chat_jid);
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GBytes) padded = NULL;
  g_autoptr (GBytes) skmsg = NULL;
  UlakContentStanza description;
  UlakJid me = ulak_jid_get_account (&self->me);

  if (!ulak_plan_make_content (plan, self->database, &plan->chat_jid, &me, timer_s, &message, error))
    return FALSE;
  if (message == NULL)
    return TRUE;
  ulak_stanza_describe (message, &description);
  self->builder = ulak_stanza_begin (plan->network_id, &plan->chat_jid, &description);
  if (plan->kind == ULAK_PLAN_GROUP)
    {
      plan->phash = make_phash (self);
      ulak_node_builder_add_text (self->builder, "addressing_mode", self->as_lid ? "lid" : "pn");
      ulak_node_builder_add_text (self->builder, "phash", plan->phash);
      if (timer_s > 0)
        ulak_node_builder_add_number (self->builder, "expiration", timer_s);
    }
  padded = ulak_plan_pad (self, message);
  if (!distribute (self, group, missing, error)
      || !ulak_group_encrypt (plan->view.session, self->database, group, ulak_span_of (padded), plan->view.now_us,
                              &skmsg, error))
    return FALSE;
  ulak_stanza_add_enc (self->builder, ULAK_CIPHERTEXT_SKMSG, skmsg, &description, 0);
  if (plan->kind == ULAK_PLAN_GROUP)
    {
      ulak_stanza_add_meta (self->builder, &description);
      ulak_stanza_add_reporting (self->builder, message, plan->network_id, &me, &plan->chat_jid);
    }
  else if (description.edit == NULL && !g_str_equal (description.type, "reaction"))
    {
      ulak_node_builder_open (self->builder, "meta");
      ulak_node_builder_add_text (self->builder, "status_setting", "allowlist");
      ulak_node_builder_close (self->builder);
    }
  return ulak_plan_end_stanza (self);
}

static gboolean
send_to_many (UlakPlanRun *self, guint32 timer_s, GError **error)
{
  g_autofree char *group = ulak_jid_print (&self->plan->chat_jid);
  g_autoptr (GArray) devices = NULL;
  g_autoptr (GArray) missing = NULL;

  if (!ulak_plan_goes_on (self))
    return TRUE;
  devices = ulak_plan_list_devices (self);
  if (!ulak_group_list_missing (self->database, group, (const UlakPeerDevice *) (void *) devices->data, devices->len,
                                &missing, error)
      || !ulak_plan_check_sessions (self, (const UlakPeerDevice *) (void *) missing->data, missing->len, error))
    return FALSE;
  return !ulak_plan_goes_on (self) || write_to_many (self, timer_s, missing, error);
}

static void
take_form (UlakPlanRun *self, gboolean as_lid)
{
  const UlakMe *me = &self->plan->view.me;

  self->as_lid = as_lid && me->lid.user[0] != '\0';
  self->me = self->as_lid ? me->lid : me->phone;
  self->me.device = me->phone.device;
}

gboolean
ulak_plan_run_group (UlakPlanRun *self, GError **error)
{
  UlakPlan *plan = self->plan;
  g_autofree char *name = ulak_jid_print (&plan->chat_jid);
  g_autoptr (UlakGroup) group = NULL;
  gboolean is_in = FALSE;

  if (!ulak_group_cache_get (self->database, name, &group, error))
    return FALSE;
  plan->lacks_group = group == NULL && !plan->has_asked_group;
  if (group == NULL)
    return plan->lacks_group || ulak_plan_fail (self, "E_WA_NO_GROUP", "The group is not known, or the line is not in it");
  take_form (self, group->uses_lid);
  for (guint i = 0; i < group->members->len; i++)
    {
      gint64 id = g_array_index (group->members, UlakGroupMember, i).peer;
      UlakPeer peer;

      is_in |= id == self->own.id;
      if (!ulak_peers_get (self->database, id, &peer, error) || !ulak_plan_add_user (self, &peer, error))
        return FALSE;
    }
  plan->n_recipients = group->members->len - is_in;
  if (!is_in && !ulak_plan_add_user (self, &self->own, error))
    return FALSE;
  return send_to_many (self, ulak_groups_get_timer_s (group), error);
}

/* Those who may see a status are named by the message: "recipients". */
gboolean
ulak_plan_run_status (UlakPlanRun *self, GError **error)
{
  static const UlakJsonLimits limits = { 4 * 1024 * 1024, 32, 100000, FALSE };
  UlakPlan *plan = self->plan;
  g_autoptr (JsonObject) document
      = ulak_json_parse_object (plan->document, strlen (plan->document), &limits, NULL);
  JsonArray *recipients = document == NULL ? NULL : ulak_json_peek_array (document, "recipients");

  if (recipients == NULL || json_array_get_length (recipients) == 0)
    return ulak_plan_fail (self, "E_WA_NO_RECIPIENTS", "A status needs `recipients`: who may see it");
  take_form (self, TRUE);
  for (guint i = 0; i < MIN (json_array_get_length (recipients), STATUS_RECIPIENTS_MAX); i++)
    {
      JsonNode *node = json_array_get_element (recipients, i);
      UlakPeer peer;
      UlakJid jid;

      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING
          || !ulak_people_parse_chat (json_node_get_string (node), &jid) || !ulak_jid_is_user (&jid))
        continue;
      if (!ulak_peers_resolve (self->database, &jid, plan->view.now_us, &peer, error)
          || !ulak_plan_add_user (self, &peer, error))
        return FALSE;
      plan->n_recipients++;
    }
  return ulak_plan_add_user (self, &self->own, error) && send_to_many (self, 0, error);
}
