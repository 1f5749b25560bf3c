/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked backend: a line as a linked device of somebody's phone, as the line sees it.
 *
 * Wires the parts together and holds no rules of its own: the key of the line, the link (connection, login, pairing), the chats, the
 * media hosts, org.ulak.WhatsApp1. A lost connection is the link's to mend; the line is told by linked-state.h. Logging out
 * forgets what proves the account and keeps the history.
 */
#pragma once

#include "connector/line.h"
#include "whatsapp/linked/linked-parts.h"
#include "whatsapp/linked/linking.h"

G_BEGIN_DECLS

#define ULAK_TYPE_LINKED_BACKEND (ulak_linked_backend_get_type ())
G_DECLARE_FINAL_TYPE (UlakLinkedBackend, ulak_linked_backend, ULAK, LINKED_BACKEND, UlakBackend)

UlakBackend *ulak_linked_backend_new (UlakLine *line); /* line: unowned, outlives it */

/* For linked-requests.h. */
UlakLinkedParts *ulak_linked_backend_get_parts (UlakLinkedBackend *self); /* (nullable): until the seal is there */
UlakLinking *ulak_linked_backend_get_linking (UlakLinkedBackend *self);

G_END_DECLS
