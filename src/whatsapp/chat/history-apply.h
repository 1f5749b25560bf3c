/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History apply: pieces of a history become items of a batch and rows of whatsapp/session. Store's thread.
 *
 * What the phone says of its own past is trusted, as it came over the Signal session with it; what it says is still taken
 * apart with care, since it is what strangers once sent to it. A piece that is odd is left out and the rest goes on.
 */
#pragma once

#include "connector/inbound.h"
#include "whatsapp/chat/history-reader.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_HISTORY_PASS_PEOPLE,   /* names, pairs, tokens, the salt, the settings */
  ULAK_HISTORY_PASS_MESSAGES, /* messages and chats */
} UlakHistoryPass;

UlakHistoryKind ulak_history_get_kinds (UlakHistoryPass pass, gboolean with_messages);

/* FALSE: only for a fault of the database. */
gboolean ulak_history_apply (UlakDatabase *database,
                             UlakInbound *inbound,
                             UlakHistoryPass pass,
                             const UlakHistoryPiece *piece,
                             gint64 now_us,
                             GError **error);

G_END_DECLS
