/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Contact book: who is who, whatever the network calls them today.
 *
 * A person has an id of our own. Aliases (user id, LID, wa_id, phone, user name) lead to it, each with the times it was
 * first and last seen. Strong kinds decide; a phone number that comes with another user id has a new owner and moves
 * to that person. Two people who turn out to be one become one: the aliases and chats of the other move over, and what was
 * seen from either is recognised. Runs on the store's threads.
 */
#pragma once

#include "store/database.h"

#include <json-glib/json-glib.h>

/* new_id: an id for the person if nobody has these aliases. *changed_out: (nullable): whether people see something new. */
char *ulak_contact_book_meet (UlakDatabase *database,
                              JsonObject *contact,
                              const char *sender,
                              const char *new_id,
                              gint64 now_us,
                              gboolean *changed_out,
                              GError **error);
/* (transfer full) (nullable): the person behind a sender's or chat's id; NULL without error: nobody that is known. */
gboolean ulak_contact_book_find (UlakDatabase *database, const char *alias, char **contact_out, GError **error);
/* Adds the ids that the person went by before it became one with another to list (of char *). */
gboolean ulak_contact_book_list_former (UlakDatabase *database, const char *id, GPtrArray *list, GError **error);
/* (transfer full): the contact object of events; NULL with error. */
gboolean ulak_contact_book_append (UlakDatabase *database, const char *id, GString *text, GError **error);
JsonObject *ulak_contact_book_show (UlakDatabase *database, const char *id, GError **error);
