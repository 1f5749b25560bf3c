/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Linked recipient: how a linked line is told whom to write to. Pure.
 *
 *   +49 151..., 49151...     a phone number: its digits
 *   123456789@lid            a person whose number is hidden
 *   49151...@s.whatsapp.net  a phone number, as other programs write it: its digits
 *   120363...@g.us           a group
 *   status@broadcast         the line's status
 */
#pragma once

#include <glib.h>

/* (transfer full): the chat id; NULL with INVALID, whose message says what is allowed and never names the number. */
char *ulak_linked_recipient_resolve (const char *to, GError **error);
