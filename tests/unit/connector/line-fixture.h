/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Line fixture: a real line store in a folder of its own, with a clock that stands still.
 */
#pragma once

#include "connector/line-store.h"
#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"

typedef struct
{
  char *folder;
  char *path;
  UlakFakeClock *clock;
  UlakFakeRandom *random;
  UlakLineStore *store;
  guint queue_max;
  gboolean recovers_later;
} LineFixture;

void line_fixture_set_up (LineFixture *fixture, gconstpointer data);
void line_fixture_tear_down (LineFixture *fixture, gconstpointer data);
/* Closes and opens again, as after a SIGKILL: nothing in memory survives. */
void line_fixture_reopen (LineFixture *fixture);

/* Waits for an async call: pass wait_cb and &wait, then wait_result(). */
typedef struct
{
  GAsyncResult *result;
} Wait;

void wait_cb (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *wait_result (Wait *wait);
void wait_clear (Wait *wait);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wait, wait_clear)

JsonObject *parse_json (const char *text); /* (transfer full); quotes may be written as ' */

/* The steps of many cases. Each asserts success. */
char *line_accept (LineFixture *fixture, const char *id, const char *message);
GError *line_accept_error (LineFixture *fixture, const char *id, const char *message);
JsonObject *line_get (LineFixture *fixture, const char *id);
const char *line_status (LineFixture *fixture, const char *id);
UlakLaneHeads *line_heads (LineFixture *fixture);
UlakClaim *line_claim (LineFixture *fixture, const UlakLaneHead *head); /* NULL: refused */
void line_settle (LineFixture *fixture,
                  const UlakClaim *claim,
                  UlakSendOutcome outcome,
                  const char *network_id);
guint line_commit (LineFixture *fixture, UlakInbound *inbound);
void line_commit_text (LineFixture *fixture, const char *chat, const char *network_id, const char *text);
void line_commit_status (LineFixture *fixture,
                         const char *network_id,
                         const char *opaque_id,
                         const char *status);
char *line_events (LineFixture *fixture); /* "message.sent message.delivered", and empties the outbox */
