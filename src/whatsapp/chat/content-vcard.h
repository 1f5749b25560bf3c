/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * vCard: contact cards as phones send them (RFC 2426 and 6350, what of it is seen), and as our documents have them.
 *
 * A card of a stranger is any text: what is not understood is passed over, the card itself is kept beside what was. Pure.
 */
#pragma once

#include <json-glib/json-glib.h>

/* (transfer full): an element of "contacts" of docs/messages.md. display_name: (nullable): where the card has no name. */
JsonObject *ulak_vcard_read (const char *card, const char *display_name);
/* (transfer full): the card of an element that ulak_message_check() found good. */
char *ulak_vcard_write (JsonObject *contact);
