/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Event: one row of the event log, and the document that readers and endpoints get of it.
 *
 * The document is composed from the row each time and byte for byte the same each time, so that the signature of a
 * retry covers what the first attempt sent.
 */
#pragma once

#include "core/event-types.h"

#define ULAK_EVENT_BATCH_MAX 500

typedef struct
{
  gint64 sequence; /* 0: not in the log */
  char *id;        /* (owned) */
  char *account;   /* (owned): "" for none */
  char *type;      /* (owned) */
  char *chat;      /* (owned): "" for none */
  gint64 timestamp_us;
  char *data; /* (owned): a JSON object */
} UlakEvent;

UlakEvent *ulak_event_new (const char *id, const char *account, const char *type, const char *chat, gint64 timestamp_us, const char *data, gssize data_bytes);
void ulak_event_free (UlakEvent *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakEvent, ulak_event_free)

gboolean ulak_event_check (const UlakEvent *self, GError **error);
char *ulak_event_get_lane (const char *account, const char *type, const char *chat);
char *ulak_event_print (const UlakEvent *self);
