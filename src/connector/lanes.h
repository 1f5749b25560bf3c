/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Lanes: one per chat that has something to send, in the database.
 *
 * A lane names the oldest open message of its chat, when that may go, and whether it is on its way (busy). The queue
 * looks only at lanes, so the order within a chat is kept by construction. Runs on the store's writer thread.
 */
#pragma once

#include "store/database.h"

/* A chat that wrote within this time is answered before others are addressed. */
#define ULAK_LANES_WARM_US (24 * G_TIME_SPAN_HOUR)

gboolean ulak_lanes_open (UlakDatabase *database,
                          const char *chat,
                          gint64 sequence,
                          gint64 now_us,
                          GError **error);
gboolean ulak_lanes_warm (UlakDatabase *database, const char *chat, GError **error);
/* Takes the lane for its head; *taken_out is FALSE if sequence is not the head or is on its way. */
gboolean ulak_lanes_claim (UlakDatabase *database,
                           const char *chat,
                           gint64 sequence,
                           gboolean *taken_out,
                           GError **error);
gboolean ulak_lanes_delay (UlakDatabase *database, const char *chat, gint64 due_us, GError **error);
/* After the head was closed or is to be tried again: the lane shows the oldest open message, or goes. */
gboolean ulak_lanes_settle (UlakDatabase *database, const char *chat, GError **error);
/* sequence was closed without an answer: the lane moves on if it was its head and is not on its way. */
gboolean ulak_lanes_leave (UlakDatabase *database, const char *chat, gint64 sequence, GError **error);
