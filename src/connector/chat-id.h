/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Chat id: whom a message goes to, as clients write it and rows keep it. Pure; any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ULAK_CHAT_ID_MAX 128 /* characters */

char *ulak_chat_id_parse (const char *to); /* (transfer full): NULL if to is neither a phone nor a chat id */

G_END_DECLS
