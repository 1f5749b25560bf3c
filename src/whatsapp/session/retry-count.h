/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Retry count: how often we asked for a message that we could not read. Store's thread.
 */
#pragma once

#include "whatsapp/session/peers.h"

G_BEGIN_DECLS

#define ULAK_RETRY_COUNT_MAX 5

/* enc_count: the `count` of the failed <enc>, 0 without. *count_out: what the receipt says, from 1; above
 * ULAK_RETRY_COUNT_MAX: ask no more. */
gboolean ulak_retry_count_next (UlakDatabase *database,
                                const UlakJid *chat,
                                const char *network_id,
                                const UlakPeerDevice *author,
                                guint enc_count,
                                gint64 now_us,
                                guint *count_out,
                                GError **error);
gboolean ulak_retry_count_get (UlakDatabase *database,
                               const UlakJid *chat,
                               const char *network_id,
                               const UlakPeerDevice *author,
                               guint *count_out,
                               GError **error);
/* It arrived. */
gboolean ulak_retry_count_forget (UlakDatabase *database,
                                  const UlakJid *chat,
                                  const char *network_id,
                                  const UlakPeerDevice *author,
                                  GError **error);

/* A message that was asked for and has not come. */
typedef struct
{
  char *chat;       /* (owned) */
  char *network_id; /* (owned) */
  char *author;     /* (owned): the account's JID */
  gboolean is_own;  /* written by our account */
} UlakOpenRetry;

/* Asked for after after_us, newest first, at most limit; *open_out (element-type UlakOpenRetry) */
gboolean ulak_retry_count_list_open (UlakDatabase *database,
                                     gint64 after_us,
                                     guint limit,
                                     GPtrArray **open_out,
                                     GError **error);

G_END_DECLS
