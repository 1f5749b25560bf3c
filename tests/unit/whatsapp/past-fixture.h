/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Past fixture: a whole line store with the tables of a linked line, a media host, and a server that answers what the test says;
 * for history and app state.
 */
#pragma once

#include "connector/line-store.h"
#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"
#include "unit/whatsapp/media-host.h"
#include "whatsapp/chat/history.h"

typedef struct
{
  char *folder;
  char *spool;
  char *hosts;
  MediaHost *host;
  FakeServer server;
  UlakFakeClock *clock;
  UlakFakeRandom *random;
  SoupSession *session;
  UlakLineStore *line;
  UlakStore *store; /* unowned: the line's */
  UlakMediaClient *media;
  guint n_commits;
  guint fails_at_commit; /* 0: never */
} Past;

void past_set_up (Past *self, gconstpointer data);
void past_tear_down (Past *self, gconstpointer data);
UlakCommitter past_get_committer (Past *self);

void past_keep_cb (GObject *source, GAsyncResult *result, gpointer user_data); /* user_data: GAsyncResult ** */
void past_wait (Past *self, GAsyncResult **result);
/* Until nothing is under way: no reference to object but the caller's. */
void past_settle (Past *self, gpointer object);

/* Runs work on the store's writer thread. */
void past_write (Past *self, UlakStoreWork work, gpointer data);

JsonArray *past_list_chats (Past *self);                        /* (transfer full) */
JsonArray *past_list_messages (Past *self, const char *chat);   /* (transfer full): a page */
guint past_count_messages (Past *self); /* of the first page of chats */
JsonObject *past_find_chat (JsonArray *chats, const char *id);  /* (nullable) */
guint past_count_events (Past *self);

/* Puts bytes on the media host at /v/NAME, encrypted; (transfer full). */
UlakMediaReference *past_publish (Past *self, UlakMediaKind kind, const char *name, UlakSpan plain);
