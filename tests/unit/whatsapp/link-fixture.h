/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Link fixture: a link with a database of its own, a clock that stands still, and a peer that is its server.
 */
#pragma once

#include "whatsapp/link/link.h"
#include "whatsapp/session/pre-keys.h"

#include "unit/fakes/clock.h"
#include "unit/whatsapp/link-peer.h"

#include "core/error.h"

#define OWN_JID "15550001111:12@s.whatsapp.net"
#define OWN_LID "100000000000000:12@lid"

typedef struct
{
  char *folder;
  UlakStore *store;
  UlakSeal *seal;
  UlakFakeClock *clock;
  LinkPeer *peer;
  UlakLink *link;
  UlakKeyPair phone; /* the identity of the account's phone */

  /* The last state, and all of them: "connecting qr qr paired ". */
  GString *phases;
  UlakLinkPhase phase;
  char *text;
  gint64 expires_us, until_us;
  gboolean needs_confirmation, may_skip_confirmation;
  UlakOutcomeKind outcome;
  char *outcome_code; /* (nullable): "" for an outcome without one */
  guint n_states;
} Fixture;

void fixture_set_up (Fixture *self, gconstpointer data);
void fixture_tear_down (Fixture *self, gconstpointer data);

void fixture_link_account (Fixture *self, guint n_uploaded); /* as if pairing had happened before */
void fixture_run (Fixture *self, UlakStoreWork work, gpointer data);
gboolean fixture_has_account (Fixture *self);
UlakCredentials *fixture_load (Fixture *self); /* (transfer full) (nullable) */

void fixture_wait_for (Fixture *self, UlakLinkPhase phase); /* the state, reported from now on or before */
void fixture_wait_for_next (Fixture *self, UlakLinkPhase phase, guint seen); /* after the first @seen states */
void fixture_advance (Fixture *self, gint64 by_ms);         /* timer by timer, with what follows from each */

void fixture_log_in (Fixture *self);  /* starts, accepts, <success>; the queries of the login wait */
void fixture_be_ready (Fixture *self);

void send_tag (Fixture *self, const char *tag, const char *attribute, const char *value, const char *child, const char *type);
void send_success (Fixture *self);
void send_ib (Fixture *self, const char *child);
void send_pair_device (Fixture *self, guint n_refs);
