/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Usync: the frame of queries about users: which facts, of whom.
 */
#pragma once

#include "whatsapp/social/question.h"

G_BEGIN_DECLS

/* Opens the query up to <query>; the caller adds one child for each fact, then ulak_usync_open_list(), then <user>s. What
 * is open at the end needs no closing. */
UlakNodeBuilder *ulak_usync_begin (UlakQuestion *question, const char *context);
void ulak_usync_open_list (UlakNodeBuilder *builder);
/* The first <user> of an answer. NULL with REMOTE. */
const UlakNode *ulak_usync_get_first (const UlakNode *answer, GError **error);

G_END_DECLS
