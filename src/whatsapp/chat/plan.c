/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/sending.md.
 */
#include "whatsapp/chat/plan-private.h"

static void
run_clear (UlakPlanRun *self)
{
  g_clear_pointer (&self->targets, g_array_unref);
  g_clear_pointer (&self->builder, ulak_node_builder_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakPlanRun, run_clear)

/* --- the work --- */

static void
forget_output (UlakPlan *self)
{
  g_ptr_array_set_size (self->lacks_devices, 0);
  g_ptr_array_set_size (self->lacks_bundles, 0);
  g_ptr_array_set_size (self->users, 0);
  g_array_set_size (self->holders, 0);
  self->lacks_group = self->is_too_large = FALSE;
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
  g_auto (UlakPlanRun) run = { .plan = plan, .database = database };

  forget_output (plan);
  run.targets = g_array_new (FALSE, FALSE, sizeof (UlakPlanDevice));
  if (!ulak_peers_get_own (database, &run.own, error))
    return FALSE;
  switch (plan->kind)
    {
    case ULAK_PLAN_DIRECT:
      return ulak_plan_run_direct (&run, error);
    case ULAK_PLAN_GROUP:
      return ulak_plan_run_group (&run, error);
    case ULAK_PLAN_STATUS:
      return ulak_plan_run_status (&run, error);
    case ULAK_PLAN_PEER:
      return ulak_plan_run_peer (&run, error);
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
