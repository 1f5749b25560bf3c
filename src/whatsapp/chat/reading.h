/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Reading: what a message means once it is decrypted, judged by who sent it, and put into the batch. Store's thread.
 *
 * It refuses what only the account's own devices may say when others say it, edits by anybody but the author, and deletions
 * by anybody but the author or an administrator of the group.
 */
#pragma once

#include "whatsapp/chat/content.h"
#include "whatsapp/chat/intake.h"
#include "whatsapp/session/peers.h"

G_BEGIN_DECLS

/* Where a message stands. Lives as long as one run of the work. */
typedef struct
{
  UlakDatabase *database;
  UlakInbound *inbound;
  UlakEntry *entry;
  const UlakAddress *address;
  const char *network_id;
  gint64 timestamp_us;
  UlakPeer author;        /* id 0: a newsletter */
  UlakPeer chat_peer;     /* of a direct chat; else id 0 */
  char *chat;             /* (owned): chat id */
  char *from;             /* (owned) (nullable): sender's id; NULL: our own */
  const char *push_name;  /* (nullable) */
  gboolean is_told;       /* by our phone, not by its author: it carries no sender keys */
  JsonObject *contact;    /* (owned) (nullable) */
  guint n_rows;           /* messages added under network_id, placeholders not counted */
} UlakReading;

/* self: database, inbound, entry, address, network_id, timestamp_us and push_name are set, the rest is zero. */
gboolean ulak_reading_begin (UlakReading *self, GError **error);
void ulak_reading_clear (UlakReading *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UlakReading, ulak_reading_clear)

/* content: as ulak_content_read() gave it with ulak_people_name_text(). */
gboolean ulak_reading_take (UlakReading *self, const UlakContent *content, GError **error);
/* A row in place of what could not be read: reason is a word. */
void ulak_reading_add_placeholder (UlakReading *self, const char *reason);

/* What was read has no row of its own: a placeholder that waited for it ends. */
gboolean ulak_reading_end_placeholder (UlakReading *self, GError **error);

/* What only our own phone may say. */
gboolean ulak_reading_take_protocol (UlakReading *self, const Wa__ProtocolMessage *protocol, GError **error);

G_END_DECLS
