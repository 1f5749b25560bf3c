/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Asking: questions of whatsapp/social to the server of chat-world.c, and what they put on the wire.
 */
#pragma once

#include "chat-world.h"
#include "whatsapp/social/question.h"

/* The last query, as XML with ' for quotes, without its id; bytes as hex. (transfer full) */
char *asked_last (Side *side);
#define assert_asked(side, expected) \
  G_STMT_START \
  { \
    g_autofree char *asked_ = asked_last (side); \
    g_assert_cmpstr (asked_, ==, expected); \
  } \
  G_STMT_END

/* question: (transfer full). answer: script of the server, NULL for its own. The text of the answer: (transfer full) (nullable); NULL with
 * error. */
char *ask_for (Side *side, UlakQuestion *question, const char *answer, GError **error);
/* Without an error. */
char *ask_well (Side *side, UlakQuestion *question, const char *answer);
JsonObject *object_of (const char *text); /* with ' for quotes; (transfer full) */
