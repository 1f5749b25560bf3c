/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/chat/chat-parcel.h"

#include "whatsapp/chat/plan-outbound.h"
#include "whatsapp/chat/send-private.h"

#define DEVICES_MAX 16 /* some milliseconds */

typedef struct
{
  UlakChatView view;
  gboolean as_lid;
  UlakPlan *plan; /* (owned) (nullable): of the last run */
} Contents;

static void
contents_free (gpointer data)
{
  Contents *self = data;

  g_clear_pointer (&self->plan, ulak_plan_unref);
  ulak_chat_view_clear (&self->view);
  g_free (self);
}

static UlakPlan *
plan_new (const Contents *self, const UlakOutbound *outbound)
{
  UlakPlan *plan = ulak_plan_new_for (outbound, &self->view.me, self->as_lid);

  if (plan == NULL)
    return NULL;
  ulak_chat_view_copy (&plan->view, &self->view);
  plan->devices_max = DEVICES_MAX;
  return plan;
}

/* What cannot be sent at all is not packed either: the other way says why. */
static gboolean
pack (UlakDatabase *database, const UlakOutbound *outbound, gpointer data, gboolean *is_packed_out, GError **error)
{
  Contents *self = data;

  g_clear_pointer (&self->plan, ulak_plan_unref);
  if (ulak_chat_send_has_file (outbound->message))
    return TRUE;
  self->plan = plan_new (self, outbound);
  if (self->plan == NULL)
    return TRUE;
  if (!ulak_plan_run (database, self->plan, error))
    return FALSE;
  *is_packed_out = self->plan->stanza != NULL;
  return TRUE;
}

UlakParcel *
ulak_chat_new_parcel (UlakChat *self)
{
  Contents *contents;

  if (!self->is_online || self->session == NULL || self->stopping != NULL)
    return NULL;
  contents = g_new0 (Contents, 1);
  ulak_chat_view_init (&contents->view, self);
  contents->as_lid = ulak_chat_is_lid (self);
  return ulak_parcel_new (pack, contents, contents_free);
}

UlakPlan *
ulak_chat_parcel_take_plan (UlakParcel *parcel)
{
  Contents *contents = ulak_parcel_get_contents (parcel);

  contents->plan->devices_max = 0; /* a run after the answer may take its time */
  return g_steal_pointer (&contents->plan);
}
