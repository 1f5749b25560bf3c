/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Permits: a message for which nobody waits is claimed in the very transaction that accepts it, and sent before its caller is
 * answered: reading the queue, and a second commit, would only take time. Where the backend gives a parcel it is packed there, too.
 *
 * The queue decides beforehand whether one more message might leave now; whether the chat's own queue is empty, and whether it
 * is a cold one, is seen in the transaction. A permit holds its chat and counts as in flight until it is used or given back. Only where
 * a message may be sent again: a crash between the commit and the first byte leaves it as `sending`.
 */
#include "connector/send-queue-private.h"

static gboolean
is_open (UlakSendQueue *self)
{
  return self->backend != NULL && ULAK_BACKEND_GET_CLASS (self->backend)->sends_idempotently && !self->is_draining
         && !self->is_shifting && self->line_failures == 0
         && self->pause_until_us <= ulak_send_queue_monotonic_us (self)
         && ulak_send_queue_get_hold (self, NULL) == NULL;
}

/* Those who wait for the pace come first. */
static gboolean
has_room (UlakSendQueue *self, const char *chat)
{
  gint64 now_us = ulak_send_queue_monotonic_us (self);

  return self->window->len == 0 && self->in_flight < self->options.concurrency
         && !g_hash_table_contains (self->chats, chat)
         && ulak_pace_get_pair_wait_us (self->pace, chat, now_us) == 0
         && ulak_pace_get_line_wait_us (self->pace, now_us, self->n_permits) == 0;
}

static UlakParcel *
new_parcel (UlakSendQueue *self)
{
  UlakBackendClass *klass = ULAK_BACKEND_GET_CLASS (self->backend);

  return klass->new_parcel == NULL ? NULL : klass->new_parcel (self->backend);
}

/** ulak_send_queue_permit: @permit_out: for an accept, which takes its parcel; then given back by ulak_send_queue_use_permit(). Its
 * chat is @chat */
gboolean
ulak_send_queue_permit (UlakSendQueue *self, const char *chat, UlakSendPermit *permit_out)
{
  gint64 until_us;

  if (!is_open (self) || !has_room (self, chat))
    return FALSE;
  permit_out->chat = chat;
  permit_out->may_be_cold = ulak_send_queue_get_cold_hold (self, &until_us) == NULL;
  permit_out->may_be_new = ulak_pace_get_contact_wait_us (self->pace, ulak_send_queue_monotonic_us (self),
                                                          self->n_permits)
                           == 0;
  permit_out->parcel = new_parcel (self);
  g_hash_table_add (self->chats, g_strdup (chat));
  self->in_flight++;
  self->n_permits++;
  return TRUE;
}

/**
 * ulak_send_queue_use_permit:
 * @chat: that of the permit
 * @head: (transfer full) (nullable): what was claimed; %NULL: the permit was not used
 * @claim: (transfer full) (nullable): the same
 */
void
ulak_send_queue_use_permit (UlakSendQueue *self, const char *chat, UlakLaneHead *head, UlakClaim *claim)
{
  g_return_if_fail ((head == NULL) == (claim == NULL));

  self->n_permits--;
  if (claim != NULL)
    {
      ulak_send_queue_fly (self, head, claim);
      return;
    }
  g_hash_table_remove (self->chats, chat);
  self->in_flight--;
  ulak_send_queue_kick (self);
}
