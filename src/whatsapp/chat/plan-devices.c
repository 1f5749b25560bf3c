/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Who gets the message, whose sessions are lacking, and the encryption for each.
 */
#include "whatsapp/chat/plan-private.h"

#include "whatsapp/chat/people.h"
#include "whatsapp/codec/padding.h"
#include "whatsapp/session/device-cipher.h"

gboolean
ulak_plan_fail (UlakPlanRun *self, const char *code, const char *message)
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

void
ulak_plan_add_device (UlakPlanRun *self, const UlakPeer *peer, const UlakListedDevice *device)
{
  UlakPlanDevice target = { .device = { peer->id, device->device }, .is_own = peer->id == self->own.id };

  if (device->is_hosted && self->plan->kind != ULAK_PLAN_DIRECT)
    return;
  if (target.is_own && device->device == self->plan->view.me.phone.device)
    return;
  if (make_jid (peer, self->as_lid, device, &target.jid))
    g_array_append_val (self->targets, target);
}

void
ulak_plan_lack_devices (UlakPlanRun *self, const UlakPeer *peer)
{
  UlakJid jid;

  if (ulak_people_get_jid (peer, TRUE, 0, &jid))
    g_ptr_array_add (self->plan->lacks_devices, ulak_jid_print (&jid));
}

/* A list that was asked for and did not come leaves the phone: an account has at least that. */
gboolean
ulak_plan_add_user (UlakPlanRun *self, const UlakPeer *peer, GError **error)
{
  const UlakListedDevice phone = { 0 };
  g_autoptr (GArray) devices = NULL;
  gboolean is_known = FALSE;
  UlakJid jid;

  if (!ulak_devices_list (self->database, peer->id, self->plan->view.now_us, ULAK_DEVICES_AGE_US, &devices, &is_known,
                          error))
    return FALSE;
  if (!is_known && !self->plan->has_asked_devices)
    ulak_plan_lack_devices (self, peer);
  if (ulak_people_get_jid (peer, TRUE, 0, &jid))
    g_ptr_array_add (self->plan->users, ulak_jid_print (&jid));
  if (!is_known)
    ulak_plan_add_device (self, peer, &phone);
  for (guint i = 0; is_known && i < devices->len; i++)
    ulak_plan_add_device (self, peer, &g_array_index (devices, UlakListedDevice, i));
  return TRUE;
}

gboolean
ulak_plan_check_sessions (UlakPlanRun *self, const UlakPeerDevice *devices, guint n_devices, GError **error)
{
  g_autoptr (GArray) missing = NULL;

  self->plan->is_too_large = self->plan->devices_max > 0 && n_devices > self->plan->devices_max;
  if (self->plan->is_too_large || self->plan->has_asked_bundles || n_devices == 0)
    return TRUE;
  if (!ulak_device_list_without_session (self->database, devices, n_devices, &missing, error))
    return FALSE;
  for (guint i = 0; i < missing->len; i++)
    {
      const UlakPeerDevice *device = &g_array_index (missing, UlakPeerDevice, i);

      for (guint j = 0; j < self->targets->len; j++)
        {
          const UlakPlanDevice *target = &g_array_index (self->targets, UlakPlanDevice, j);

          if (target->device.peer != device->peer || target->device.device != device->device)
            continue;
          g_ptr_array_add (self->plan->lacks_bundles, ulak_jid_print (&target->jid));
          break;
        }
    }
  return TRUE;
}

GArray *
ulak_plan_list_devices (const UlakPlanRun *self)
{
  GArray *devices = g_array_sized_new (FALSE, FALSE, sizeof (UlakPeerDevice), self->targets->len);

  for (guint i = 0; i < self->targets->len; i++)
    g_array_append_val (devices, g_array_index (self->targets, UlakPlanDevice, i).device);
  return devices;
}

/* --- encryption --- */

GBytes *
ulak_plan_pad (UlakPlanRun *self, GBytes *message)
{
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (message, &size_bytes);

  return ulak_padding_add (bytes, size_bytes, self->plan->view.random);
}

/* *has_it_out: FALSE: the device has no session, and no keys for one. */
gboolean
ulak_plan_encrypt_for (UlakPlanRun *self,
             const UlakPlanDevice *target,
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

gboolean
ulak_plan_end_stanza (UlakPlanRun *self)
{
  GBytes *identity
      = ulak_credentials_get_device_identity (ulak_session_get_credentials (self->plan->view.session));
  g_autoptr (GError) why = NULL;

  if (self->has_pkmsg && identity != NULL)
    ulak_stanza_add_bytes (self->builder, "device-identity", identity);
  self->plan->stanza = ulak_node_builder_end (self->builder, &why);
  if (self->plan->stanza == NULL)
    ulak_plan_fail (self, "E_TOO_LARGE", why->message);
  return TRUE;
}

/* Whether a run goes on: it lacks nothing, is not too large, and has not failed. */
gboolean
ulak_plan_goes_on (const UlakPlanRun *self)
{
  return self->plan->failure == NULL && !self->plan->is_too_large && !ulak_plan_lacks_something (self->plan);
}
