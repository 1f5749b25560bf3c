/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/sending.md.
 */
#include "whatsapp/chat/plan.h"

#include "core/error.h"
#include "core/json.h"
#include "whatsapp/chat/groups.h"
#include "whatsapp/chat/people.h"
#include "whatsapp/chat/plan-content.h"
#include "whatsapp/chat/stanza.h"
#include "whatsapp/codec/padding.h"
#include "whatsapp/crypto/phash.h"
#include "whatsapp/session/device-cipher.h"
#include "whatsapp/session/device-lists.h"
#include "whatsapp/session/group-cipher.h"
#include "whatsapp/session/privacy-tokens.h"

#include <string.h>

#define STATUS_RECIPIENTS_MAX 5000

/* One device that gets the message, or our sender key. */
typedef struct
{
  UlakPeerDevice device;
  UlakJid jid;
  gboolean is_own;
} Target;

/* One run. */
typedef struct
{
  UlakPlan *plan;
  UlakDatabase *database;
  UlakPeer own;
  gboolean as_lid;
  UlakJid me;      /* this device, in the form of the stanza */
  GArray *targets; /* (owned) (element-type Target) */
  UlakNodeBuilder *builder; /* (owned) (nullable) */
  gboolean has_pkmsg;
} Run;

static void
run_clear (Run *self)
{
  g_clear_pointer (&self->targets, g_array_unref);
  g_clear_pointer (&self->builder, ulak_node_builder_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static gboolean
fail (Run *self, const char *code, const char *message)
{
  self->plan->failure = code;
  g_free (self->plan->failure_message);
  self->plan->failure_message = g_strdup (message);
  return TRUE;
}

/* --- devices --- */

static gboolean
make_jid (const UlakPeer *peer, gboolean as_lid, const UlakListedDevice *device, UlakJid *jid_out)
{
  if (!ulak_people_get_jid (peer, as_lid, device->device, jid_out))
    return FALSE;
  if (device->is_hosted)
    {
      g_autofree char *text = g_strdup_printf ("%s:%u@%s", jid_out->user, device->device,
                                               ulak_jid_is_lid (jid_out) ? "hosted.lid" : "hosted");

      return ulak_jid_parse (text, jid_out, NULL);
    }
  return TRUE;
}

static void
add_target (Run *self, const UlakPeer *peer, const UlakListedDevice *device)
{
  Target target = { .device = { peer->id, device->device }, .is_own = peer->id == self->own.id };

  if (device->is_hosted && self->plan->kind != ULAK_PLAN_DIRECT)
    return;
  if (target.is_own && device->device == self->plan->view.me.phone.device)
    return;
  if (make_jid (peer, self->as_lid, device, &target.jid))
    g_array_append_val (self->targets, target);
}

static void
lack_devices (Run *self, const UlakPeer *peer)
{
  UlakJid jid;

  if (ulak_people_get_jid (peer, TRUE, 0, &jid))
    g_ptr_array_add (self->plan->lacks_devices, ulak_jid_print (&jid));
}

/* A list that was asked for and did not come leaves the phone: an account has at least that. */
static gboolean
add_user (Run *self, const UlakPeer *peer, GError **error)
{
  const UlakListedDevice phone = { 0 };
  g_autoptr (GArray) devices = NULL;
  gboolean is_known = FALSE;
  UlakJid jid;

  if (!ulak_devices_list (self->database, peer->id, self->plan->view.now_us, ULAK_DEVICES_AGE_US, &devices, &is_known,
                          error))
    return FALSE;
  if (!is_known && !self->plan->has_asked_devices)
    lack_devices (self, peer);
  if (ulak_people_get_jid (peer, TRUE, 0, &jid))
    g_ptr_array_add (self->plan->users, ulak_jid_print (&jid));
  if (!is_known)
    add_target (self, peer, &phone);
  for (guint i = 0; is_known && i < devices->len; i++)
    add_target (self, peer, &g_array_index (devices, UlakListedDevice, i));
  return TRUE;
}

static gboolean
check_sessions (Run *self, const UlakPeerDevice *devices, guint n_devices, GError **error)
{
  g_autoptr (GArray) missing = NULL;

  if (self->plan->has_asked_bundles || n_devices == 0)
    return TRUE;
  if (!ulak_device_list_without_session (self->database, devices, n_devices, &missing, error))
    return FALSE;
  for (guint i = 0; i < missing->len; i++)
    {
      const UlakPeerDevice *device = &g_array_index (missing, UlakPeerDevice, i);

      for (guint j = 0; j < self->targets->len; j++)
        {
          const Target *target = &g_array_index (self->targets, Target, j);

          if (target->device.peer != device->peer || target->device.device != device->device)
            continue;
          g_ptr_array_add (self->plan->lacks_bundles, ulak_jid_print (&target->jid));
          break;
        }
    }
  return TRUE;
}

static GArray *
list_devices (const Run *self)
{
  GArray *devices = g_array_sized_new (FALSE, FALSE, sizeof (UlakPeerDevice), self->targets->len);

  for (guint i = 0; i < self->targets->len; i++)
    g_array_append_val (devices, g_array_index (self->targets, Target, i).device);
  return devices;
}

static char *
make_phash (const Run *self)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->targets->len; i++)
    g_ptr_array_add (texts, ulak_jid_print_long (&g_array_index (self->targets, Target, i).jid));
  g_ptr_array_add (texts, ulak_jid_print_long (&self->me));
  g_ptr_array_add (texts, NULL);
  return ulak_phash ((const char *const *) texts->pdata);
}

/* --- encryption --- */

static GBytes *
pad (Run *self, GBytes *message)
{
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (message, &size_bytes);

  return ulak_padding_add (bytes, size_bytes, self->plan->view.random);
}

/* *has_it_out: FALSE: the device has no session, and no keys for one. */
static gboolean
encrypt_for (Run *self,
             const Target *target,
             GBytes *padded,
             const UlakContentStanza *description,
             gboolean in_to,
             gboolean *has_it_out,
             GError **error)
{
  g_auto (UlakCiphertext) ciphertext = { 0 };

  if (!ulak_device_encrypt (self->plan->view.session, self->database, &target->device, ulak_span_of (padded),
                            self->plan->view.now_us, &ciphertext, error))
    return FALSE;
  *has_it_out = ciphertext.bytes != NULL;
  if (ciphertext.bytes == NULL)
    return TRUE;
  self->has_pkmsg |= ciphertext.kind == ULAK_CIPHERTEXT_PKMSG;
  if (in_to)
    {
      ulak_node_builder_open (self->builder, "to");
      ulak_node_builder_add_jid (self->builder, "jid", &target->jid);
    }
  ulak_stanza_add_enc (self->builder, ciphertext.kind, ciphertext.bytes, description, 0);
  if (in_to)
    ulak_node_builder_close (self->builder);
  return TRUE;
}

static gboolean
end_stanza (Run *self)
{
  GBytes *identity
      = ulak_credentials_get_device_identity (ulak_session_get_credentials (self->plan->view.session));
  g_autoptr (GError) why = NULL;

  if (self->has_pkmsg && identity != NULL)
    ulak_stanza_add_bytes (self->builder, "device-identity", identity);
  self->plan->stanza = ulak_node_builder_end (self->builder, &why);
  if (self->plan->stanza == NULL)
    fail (self, "E_TOO_LARGE", why->message);
  return TRUE;
}

/* Whether a run goes on: it lacks nothing and has not failed. */
static gboolean
goes_on (const Run *self)
{
  return self->plan->failure == NULL && !ulak_plan_lacks_something (self->plan);
}

/* --- one person --- */

static gboolean
choose_form (Run *self, const UlakPeer *peer)
{
  const UlakPlan *plan = self->plan;
  UlakJid jid;
  gboolean has_lid = ulak_peer_get_lid_jid (peer, 0, &jid) && plan->view.me.lid.user[0] != '\0';
  gboolean has_phone = ulak_peer_get_phone_jid (peer, 0, &jid);

  self->plan->has_both_forms = has_lid && has_phone;
  if (plan->as_lid && !has_lid && has_phone && !plan->has_asked_devices)
    lack_devices (self, peer);
  self->as_lid = has_lid && (plan->as_lid || !has_phone);
  self->plan->is_lid = self->as_lid;
  self->me = self->as_lid ? plan->view.me.lid : plan->view.me.phone;
  self->me.device = plan->view.me.phone.device;
  return has_lid || has_phone;
}

static gboolean
add_token (Run *self, const UlakPeer *peer, GError **error)
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
add_participants (Run *self, GBytes *message, const UlakJid *to, const UlakContentStanza *description, GError **error)
{
  UlakJid account = ulak_jid_get_account (to);
  g_autofree char *destination = ulak_jid_print (&account);
  g_autoptr (GBytes) copy = NULL;
  guint n_reached = 0, n_others = 0;

  ulak_node_builder_open (self->builder, "participants");
  for (guint i = 0; i < self->targets->len; i++)
    {
      const Target *target = &g_array_index (self->targets, Target, i);
      g_autoptr (GBytes) padded = NULL;
      gboolean has_it = FALSE;

      if (target->is_own && copy == NULL)
        copy = ulak_content_wrap_device_sent (message, destination, NULL);
      padded = pad (self, target->is_own ? copy : message);
      if (!encrypt_for (self, target, padded, description, TRUE, &has_it, error))
        return FALSE;
      n_others += !target->is_own;
      n_reached += has_it && !target->is_own;
    }
  ulak_node_builder_close (self->builder);
  if (n_others > 0 && n_reached == 0)
    return fail (self, "E_WA_NO_DEVICES",
                 "No device of the recipient can be written to: the number may not be on WhatsApp");
  return TRUE;
}

static gboolean
write_direct (Run *self, const UlakPeer *peer, const UlakJid *to, GError **error)
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
  return end_stanza (self);
}

static gboolean
run_direct (Run *self, GError **error)
{
  UlakPlan *plan = self->plan;
  g_autoptr (GArray) devices = NULL;
  UlakJid to;
  UlakPeer peer;

  if (!ulak_people_meet (self->database, &plan->chat_jid, &plan->alternate, plan->view.now_us, &peer, error))
    return FALSE;
  if (!choose_form (self, &peer) || !ulak_people_get_jid (&peer, self->as_lid, 0, &to))
    return fail (self, "E_WA_RECIPIENT", "The recipient is neither a phone number nor a LID");
  plan->peer = peer.id;
  if (!ulak_people_get_jid (&peer, TRUE, 0, &plan->peer_jid))
    plan->peer_jid = to;
  if (!add_user (self, &peer, error)
      || (peer.id != self->own.id && !add_user (self, &self->own, error)))
    return FALSE;
  if (!goes_on (self))
    return TRUE;
  devices = list_devices (self);
  if (!check_sessions (self, (const UlakPeerDevice *) (void *) devices->data, devices->len, error))
    return FALSE;
  return !goes_on (self) || write_direct (self, &peer, &to, error);
}

/* --- our own phone, about no chat --- */

static gboolean
run_peer (Run *self, GError **error)
{
  static const UlakContentStanza description = { .type = "text" };
  static const UlakListedDevice phone = { 0 };
  UlakPlan *plan = self->plan;
  g_autoptr (GBytes) padded = NULL;
  gboolean has_it = FALSE;
  const Target *target;
  UlakJid to;

  choose_form (self, &self->own);
  add_target (self, &self->own, &phone);
  if (self->targets->len == 0)
    return fail (self, "E_WA_NO_DEVICES", "The account's phone is not known");
  target = &g_array_index (self->targets, Target, 0);
  if (!check_sessions (self, &target->device, 1, error))
    return FALSE;
  if (!goes_on (self))
    return TRUE;
  to = ulak_jid_get_account (&target->jid);
  self->builder = ulak_stanza_begin (plan->network_id, &to, &description);
  ulak_node_builder_add_text (self->builder, "category", "peer");
  ulak_node_builder_add_text (self->builder, "push_priority", plan->priority);
  ulak_node_builder_open (self->builder, "meta");
  ulak_node_builder_add_text (self->builder, "appdata", "default");
  ulak_node_builder_close (self->builder);
  padded = pad (self, plan->message);
  if (!encrypt_for (self, target, padded, NULL, FALSE, &has_it, error))
    return FALSE;
  if (!has_it)
    return fail (self, "E_WA_NO_DEVICES", "The account's phone has no keys for this device");
  return end_stanza (self);
}

/* --- many --- */

static gboolean
is_listed (const GArray *devices, guint from, const UlakPeerDevice *device)
{
  const UlakPeerDevice *next = from < devices->len ? &g_array_index (devices, UlakPeerDevice, from) : NULL;

  return next != NULL && next->peer == device->peer && next->device == device->device;
}

static gboolean
is_distributed_to (const Run *self, gint64 peer)
{
  for (guint i = 0; i < self->plan->holders->len; i++)
    if (g_array_index (self->plan->holders, UlakPeerDevice, i).peer == peer)
      return TRUE;
  return FALSE;
}

/* A status names all who may see it, also those who have our key already. */
static void
name_recipients (Run *self)
{
  gint64 last = 0;

  for (guint i = 0; i < self->targets->len; i++)
    {
      const Target *target = &g_array_index (self->targets, Target, i);
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
distribute_key (Run *self, GArray *missing, GBytes *message, GError **error)
{
  for (guint i = 0, j = 0; i < self->targets->len && j < missing->len; i++)
    {
      const Target *target = &g_array_index (self->targets, Target, i);
      g_autoptr (GBytes) padded = NULL;
      gboolean has_it = FALSE;

      if (!is_listed (missing, j, &target->device))
        continue;
      j++;
      padded = pad (self, message);
      if (!encrypt_for (self, target, padded, NULL, TRUE, &has_it, error))
        return FALSE;
      if (has_it)
        g_array_append_val (self->plan->holders, target->device);
    }
  return TRUE;
}

/* Those who have not got our sender key get it now. missing: in the order of the targets */
static gboolean
distribute (Run *self, const char *group, GArray *missing, GError **error)
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
write_to_many (Run *self, guint32 timer_s, GArray *missing, GError **error)
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
  padded = pad (self, message);
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
  return end_stanza (self);
}

static gboolean
send_to_many (Run *self, guint32 timer_s, GError **error)
{
  g_autofree char *group = ulak_jid_print (&self->plan->chat_jid);
  g_autoptr (GArray) devices = NULL;
  g_autoptr (GArray) missing = NULL;

  if (!goes_on (self))
    return TRUE;
  devices = list_devices (self);
  if (!ulak_group_list_missing (self->database, group, (const UlakPeerDevice *) (void *) devices->data, devices->len,
                                &missing, error)
      || !check_sessions (self, (const UlakPeerDevice *) (void *) missing->data, missing->len, error))
    return FALSE;
  return !goes_on (self) || write_to_many (self, timer_s, missing, error);
}

static void
take_form (Run *self, gboolean as_lid)
{
  const UlakMe *me = &self->plan->view.me;

  self->as_lid = as_lid && me->lid.user[0] != '\0';
  self->me = self->as_lid ? me->lid : me->phone;
  self->me.device = me->phone.device;
}

static gboolean
run_group (Run *self, GError **error)
{
  UlakPlan *plan = self->plan;
  g_autofree char *name = ulak_jid_print (&plan->chat_jid);
  g_autoptr (UlakGroup) group = NULL;
  gboolean is_in = FALSE;

  if (!ulak_group_cache_get (self->database, name, &group, error))
    return FALSE;
  plan->lacks_group = group == NULL && !plan->has_asked_group;
  if (group == NULL)
    return plan->lacks_group || fail (self, "E_WA_NO_GROUP", "The group is not known, or the line is not in it");
  take_form (self, group->uses_lid);
  for (guint i = 0; i < group->members->len; i++)
    {
      gint64 id = g_array_index (group->members, UlakGroupMember, i).peer;
      UlakPeer peer;

      is_in |= id == self->own.id;
      if (!ulak_peers_get (self->database, id, &peer, error) || !add_user (self, &peer, error))
        return FALSE;
    }
  plan->n_recipients = group->members->len - is_in;
  if (!is_in && !add_user (self, &self->own, error))
    return FALSE;
  return send_to_many (self, ulak_groups_get_timer_s (group), error);
}

/* Those who may see a status are named by the message: "recipients". */
static gboolean
run_status (Run *self, GError **error)
{
  static const UlakJsonLimits limits = { 4 * 1024 * 1024, 32, 100000, FALSE };
  UlakPlan *plan = self->plan;
  g_autoptr (JsonObject) document
      = ulak_json_parse_object (plan->document, strlen (plan->document), &limits, NULL);
  JsonArray *recipients = document == NULL ? NULL : ulak_json_peek_array (document, "recipients");

  if (recipients == NULL || json_array_get_length (recipients) == 0)
    return fail (self, "E_WA_NO_RECIPIENTS", "A status needs `recipients`: who may see it");
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
          || !add_user (self, &peer, error))
        return FALSE;
      plan->n_recipients++;
    }
  return add_user (self, &self->own, error) && send_to_many (self, 0, error);
}

/* --- the work --- */

static void
forget_output (UlakPlan *self)
{
  g_ptr_array_set_size (self->lacks_devices, 0);
  g_ptr_array_set_size (self->lacks_bundles, 0);
  g_ptr_array_set_size (self->users, 0);
  g_array_set_size (self->holders, 0);
  self->lacks_group = FALSE;
  self->failure = NULL;
  self->n_recipients = 0;
  self->has_token = self->owes_token = FALSE;
  g_clear_pointer (&self->failure_message, g_free);
  g_clear_pointer (&self->phash, g_free);
  g_clear_pointer (&self->stanza, ulak_node_unref);
}

gboolean
ulak_plan_run (UlakDatabase *database, gpointer data, GError **error)
{
  UlakPlan *plan = data;
  g_auto (Run) run = { .plan = plan, .database = database };

  forget_output (plan);
  run.targets = g_array_new (FALSE, FALSE, sizeof (Target));
  if (!ulak_peers_get_own (database, &run.own, error))
    return FALSE;
  switch (plan->kind)
    {
    case ULAK_PLAN_DIRECT:
      return run_direct (&run, error);
    case ULAK_PLAN_GROUP:
      return run_group (&run, error);
    case ULAK_PLAN_STATUS:
      return run_status (&run, error);
    case ULAK_PLAN_PEER:
      return run_peer (&run, error);
    }
  g_return_val_if_reached (FALSE);
}

gboolean
ulak_plan_lacks_something (const UlakPlan *self)
{
  return self->lacks_group || self->lacks_devices->len > 0 || self->lacks_bundles->len > 0;
}

UlakPlan *
ulak_plan_new (void)
{
  UlakPlan *self = g_atomic_rc_box_new0 (UlakPlan);

  self->lacks_devices = g_ptr_array_new_with_free_func (g_free);
  self->lacks_bundles = g_ptr_array_new_with_free_func (g_free);
  self->users = g_ptr_array_new_with_free_func (g_free);
  self->holders = g_array_new (FALSE, FALSE, sizeof (UlakPeerDevice));
  return self;
}

UlakPlan *
ulak_plan_ref (UlakPlan *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
target_clear (UlakPlanTarget *self)
{
  g_free (self->network_id);
  g_free (self->chat);
  g_free (self->from);
  g_free (self->message);
}

static void
plan_clear (gpointer data)
{
  UlakPlan *self = data;

  forget_output (self);
  g_ptr_array_unref (self->lacks_devices);
  g_ptr_array_unref (self->lacks_bundles);
  g_ptr_array_unref (self->users);
  g_array_unref (self->holders);
  ulak_chat_view_clear (&self->view);
  g_free (self->chat);
  g_free (self->network_id);
  g_free (self->document);
  g_clear_pointer (&self->message, g_bytes_unref);
  target_clear (&self->reply_to);
  target_clear (&self->target);
  g_clear_pointer (&self->upload, ulak_media_upload_free);
  g_free (self->mime_type);
  g_free (self->file_name);
}

void
ulak_plan_unref (UlakPlan *self)
{
  g_atomic_rc_box_release_full (self, plan_clear);
}
