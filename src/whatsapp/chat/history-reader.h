/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * History reader: a zlib stream of a HistorySync, taken apart into its pieces without ever being in memory.
 *
 * What comes out is still protobuf: one message, one chat without its messages, one name. A piece larger than its limit is
 * passed over and counted; a stream that is none, or that inflates beyond ULAK_HISTORY_INFLATED_MAX, ends in an error.
 * Pieces come in the same order each time, so a place is a number. Blocking: for a thread, one at a time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define ULAK_HISTORY_INFLATED_MAX ((guint64) 4 * 1024 * 1024 * 1024) /* bytes of one blob */
#define ULAK_HISTORY_PIECE_MAX (4 * 1024 * 1024)                     /* bytes */

typedef enum
{
  ULAK_HISTORY_MESSAGE = 1 << 0,  /* a HistorySyncMsg */
  ULAK_HISTORY_STATUS = 1 << 1,   /* a WebMessageInfo of status@broadcast */
  ULAK_HISTORY_CHAT = 1 << 2,     /* a Conversation without messages; after its messages */
  ULAK_HISTORY_NAME = 1 << 3,     /* a Pushname */
  ULAK_HISTORY_PAIR = 1 << 4,     /* a PhoneNumberToLIDMapping */
  ULAK_HISTORY_SALT = 1 << 5,     /* the bytes of nct_salt */
  ULAK_HISTORY_SETTINGS = 1 << 6, /* GlobalSettings */
} UlakHistoryKind;

typedef struct
{
  UlakHistoryKind kind;
  GBytes *bytes; /* (owned) */
} UlakHistoryPiece;

void ulak_history_piece_free (UlakHistoryPiece *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHistoryPiece, ulak_history_piece_free)

typedef struct _UlakHistoryReader UlakHistoryReader;

/* compressed: at its start. kinds: what is wanted; the rest is passed over. */
UlakHistoryReader *ulak_history_reader_new (GInputStream *compressed, UlakHistoryKind kinds);
void ulak_history_reader_free (UlakHistoryReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakHistoryReader, ulak_history_reader_free)

/* *piece_out: NULL at the end. Errors: INVALID, TOO_LARGE, and those of the stream. */
gboolean ulak_history_reader_next (UlakHistoryReader *self, UlakHistoryPiece **piece_out, GError **error);
guint ulak_history_reader_count_left_out (UlakHistoryReader *self); /* pieces over the limit */

G_END_DECLS
