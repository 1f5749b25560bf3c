/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Events: what is told to webhooks and live readers, put into the outbox in the transaction of what it tells.
 *
 * Runs on the store's threads. The order of the outbox is the order of the commits; events of one chat carry the chat as
 * ordering key. Data are as docs/messages.md says and never more than what org.ulak.Webhooks1 takes, since one event that
 * the log refuses would hold up all later ones: what is too much is left out, and "truncated" says so.
 */
#pragma once

#include "connector/line-work.h"
#include "store/database.h"

#include <json-glib/json-glib.h>

gboolean ulak_events_put (UlakDatabase *database,
                          UlakLineWork *work,
                          const char *id,
                          const char *type,
                          const char *chat,
                          gint64 timestamp_us,
                          const char *data,
                          GError **error);
/* Only the newest of its type and chat waits, and no more than 1,000 of all together. */
gboolean ulak_events_put_passing (UlakDatabase *database,
                                  UlakLineWork *work,
                                  const char *id,
                                  const char *type,
                                  const char *chat,
                                  gint64 timestamp_us,
                                  const char *data,
                                  GError **error);
/* With the message as it is now, and its contact. */
gboolean ulak_events_put_message (UlakDatabase *database,
                                  UlakLineWork *work,
                                  const char *id,
                                  const char *type,
                                  gint64 sequence,
                                  gint64 timestamp_us,
                                  GError **error);

/* A message as its row has it, right after it was stored. */
typedef struct
{
  gint64 sequence;
  const char *id;
  const char *network_id;
  const char *chat;
  const char *from; /* NULL: we */
  const char *type;
  const char *status;
  gint64 timestamp_us;
  const char *quoted_id;         /* (nullable) */
  const char *quoted_network_id; /* (nullable) */
  JsonObject *content;
  const char *person; /* (nullable): the contact of its chat, when that is known */
} UlakNewMessage;

/* The same as ulak_events_put_message(), at the time of the work. */
gboolean ulak_events_put_new_message (UlakDatabase *database,
                                      UlakLineWork *work,
                                      const char *id,
                                      const char *type,
                                      const UlakNewMessage *message,
                                      GError **error);
