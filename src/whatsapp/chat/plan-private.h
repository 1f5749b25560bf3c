/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The inside of a plan, for the files that together are it: plan.c (life, the work), plan-devices.c (who gets it, and the encryption for each),
 * plan-direct.c (one person, our own phone), plan-many.c (groups, the status).
 */
#pragma once

#include "whatsapp/chat/plan.h"

#include "whatsapp/chat/stanza.h"
#include "whatsapp/session/device-lists.h"

G_BEGIN_DECLS

/* One device that gets the message, or our sender key. */
typedef struct
{
  UlakPeerDevice device;
  UlakJid jid;
  gboolean is_own;
} UlakPlanDevice;

/* One run. */
typedef struct
{
  UlakPlan *plan;
  UlakDatabase *database;
  UlakPeer own;
  gboolean as_lid;
  UlakJid me;      /* this device, in the form of the stanza */
  GArray *targets; /* (owned) (element-type UlakPlanDevice) */
  UlakNodeBuilder *builder; /* (owned) (nullable) */
  gboolean has_pkmsg;
} UlakPlanRun;

/* plan-devices.c. All of them: FALSE only for faults of the database; a plan that fails says so in itself. */
gboolean ulak_plan_fail (UlakPlanRun *self, const char *code, const char *message); /* returns TRUE */
void ulak_plan_add_device (UlakPlanRun *self, const UlakPeer *peer, const UlakListedDevice *device);
void ulak_plan_lack_devices (UlakPlanRun *self, const UlakPeer *peer);
gboolean ulak_plan_add_user (UlakPlanRun *self, const UlakPeer *peer, GError **error);
gboolean ulak_plan_check_sessions (UlakPlanRun *self, const UlakPeerDevice *devices, guint n_devices, GError **error);
GArray *ulak_plan_list_devices (const UlakPlanRun *self); /* (transfer full) (element-type UlakPeerDevice) */
GBytes *ulak_plan_pad (UlakPlanRun *self, GBytes *message);
/* *has_it_out: FALSE: the device has no session, and no keys for one. */
gboolean ulak_plan_encrypt_for (UlakPlanRun *self,
                                const UlakPlanDevice *target,
                                GBytes *padded,
                                const UlakContentStanza *description,
                                gboolean in_to,
                                gboolean *has_it_out,
                                GError **error);
gboolean ulak_plan_end_stanza (UlakPlanRun *self);
gboolean ulak_plan_goes_on (const UlakPlanRun *self); /* it lacks nothing, is not too large, and has not failed */

gboolean ulak_plan_run_direct (UlakPlanRun *self, GError **error);
gboolean ulak_plan_run_peer (UlakPlanRun *self, GError **error);
gboolean ulak_plan_run_group (UlakPlanRun *self, GError **error);
gboolean ulak_plan_run_status (UlakPlanRun *self, GError **error);

G_END_DECLS
