/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History: the read-only questions about a line's messages.
 *
 * Works on any store opened on a line's database, so that ulak-api can list the history of a stopped line with the same
 * code (docs/architecture.md). Runs as read work, on a thread of the store.
 */
#pragma once

#include "store/store.h"

#include <json-glib/json-glib.h>

/* A question and, once it ran, its answer. */
typedef struct
{
  char *id;     /* a message's id, or a chat's id */
  char *cursor; /* "" for the first page */
  guint limit;
  char *json; /* out: (owned): an array, or one message */
  char *next; /* out: (owned): "" on the last page */
} UlakHistory;

UlakHistory *ulak_history_new (const char *id, const char *cursor, guint limit);
void ulak_history_free (UlakHistory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHistory, ulak_history_free)

/* Errors: NOT_FOUND; INVALID for a cursor that is not ours. */
gboolean ulak_history_get_message (UlakDatabase *database, UlakHistory *self, GError **error);
gboolean ulak_history_list_chats (UlakDatabase *database, UlakHistory *self, GError **error);
gboolean ulak_history_list_messages (UlakDatabase *database, UlakHistory *self, GError **error);
