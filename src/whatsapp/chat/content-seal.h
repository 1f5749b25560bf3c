/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sealed content: votes and answers that only those can read who have the message they refer to.
 *
 * The keys hang on JIDs, and nobody says in which form (phone number or LID) the other side used them: every pair of the
 * forms given is tried. Pure; any thread.
 */
#pragma once

#include "whatsapp/chat/content.h"

G_BEGIN_DECLS

#define ULAK_CONTENT_FORMS_MAX 4

/* The message that is referred to, and who refers to it. Lists of JIDs without device, ended by NULL, the likeliest first. */
typedef struct
{
  const UlakKey *secret; /* of the message that is referred to */
  const char *const *author_forms;
  const char *const *sender_forms;
  JsonObject *document; /* (nullable): of the message that is referred to: gives names to a vote's options */
} UlakContentOpening;

/* content: SEALED. Gives another: MESSAGE (types poll_vote, event_response), REACTION or EDIT, with the same target.
 * Errors: DAMAGED: no pair of forms opens it; INVALID: what was inside is not what it says. */
UlakContent *ulak_content_open (const UlakContent *content,
                                const UlakContentOpening *opening,
                                const UlakContentNames *names,
                                GError **error);

/* A document in place of what could not be opened: type `unsupported`, with why and what is known. */
JsonObject *ulak_content_show_sealed (const UlakContent *content, const char *reason);

G_END_DECLS
