/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state apply: what a record of the shared state means for chats, people and this device. Store's thread.
 */
#pragma once

#include "connector/inbound.h"
#include "whatsapp/chat/app-state-patch.h"

G_BEGIN_DECLS

typedef struct
{
  UlakDatabase *database;
  UlakInbound *inbound;
  gint64 now_us;
  gboolean is_snapshot; /* it tells how things are, not that they changed: no events */
  char *own_name;       /* (owned) (nullable): out: how we call ourselves now */
} UlakAppStateApplying;

void ulak_app_state_applying_clear (UlakAppStateApplying *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakAppStateApplying, ulak_app_state_applying_clear)

/* An UlakAppStateTaker; applying: UlakAppStateApplying. What is unknown or odd changes nothing. */
gboolean ulak_app_state_apply_action (const UlakAppStateAction *action, gpointer applying, GError **error);

G_END_DECLS
