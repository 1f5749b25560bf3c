/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked state: what the line is, as its link is. Pure; one table over the phases and one over the outcomes that end it.
 */
#pragma once

#include "connector/state.h"
#include "whatsapp/link/link.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  gboolean is_said;       /* FALSE: this phase says nothing about the line */
  UlakLineState state;
  const char *error_code; /* (nullable): of the outcome */
  const char *why;        /* (nullable): of the outcome, or ours */
  JsonObject *link;       /* (owned) (nullable): what there is to show: ulak_line_set_link() */
} UlakLinkedState;

void ulak_linked_state_clear (UlakLinkedState *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakLinkedState, ulak_linked_state_clear)

/* Texts live as long as link_state's. current: where the line is now. */
void ulak_linked_state_read (UlakLinkedState *self, const UlakLinkState *link_state, UlakLineState current);

G_END_DECLS
