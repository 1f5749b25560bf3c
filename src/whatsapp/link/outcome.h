/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Outcome: what the end of a connection means, by one table over every stream error and failure code.
 *
 * A stream error comes at any time, a failure instead of <success>; what has no code of its own falls into a row for
 * its kind. The table decides whether we come back and what people are told; it does nothing itself.
 * Source: docs/protocol/connection.md, "How connections end".
 */
#pragma once

#include "whatsapp/codec/node.h"

G_BEGIN_DECLS

typedef enum
{
  ULAK_OUTCOME_RETRY,       /* reconnect after a wait that grows */
  ULAK_OUTCOME_RESTART,     /* reconnect at once; no failure */
  ULAK_OUTCOME_SLOW_RETRY,  /* reconnect after minutes: the server has enough of us */
  ULAK_OUTCOME_ACK_MISSING, /* reconnect and acknowledge the stanza it names */
  ULAK_OUTCOME_LOGGED_OUT,  /* unlinked: the keys are worthless; history stays */
  ULAK_OUTCOME_LOCKED,      /* as logged out, and the server says why (error_message) */
  ULAK_OUTCOME_REPLACED,    /* the same keys are connected elsewhere: stay away */
  ULAK_OUTCOME_OUTDATED,    /* [whatsapp] client_version is too old */
  ULAK_OUTCOME_BANNED,      /* until until_us */
  ULAK_OUTCOME_REFUSED,     /* the server does not like what we say of ourselves; trying again does not help */
  ULAK_OUTCOME_CERTIFICATE, /* that is not WhatsApp's server, or a clock is wrong; reconnect after a wait that grows */
  ULAK_OUTCOME_UNPAIRED,    /* pairing was not completed in time, or was refused; the line may try again */
  ULAK_OUTCOME_LOCAL,       /* our own database fails; reconnect after a wait that grows */
} UlakOutcomeKind;

#define ULAK_N_OUTCOMES (ULAK_OUTCOME_LOCAL + 1)

typedef struct
{
  UlakOutcomeKind kind;
  const char *error_code; /* (nullable): "E_WA_..." as in docs/messages.md; NULL for RESTART */
  char *message;          /* (owned): a sentence for people, without private data */
  gint64 original_code;   /* the server's own number, 0 if none */
  gint64 original_detail; /* reason of a ban, 101 to 106; 0 if none */
  gint64 wait_s;          /* BANNED: how long from now; 0: not said */
  UlakNode *ack;          /* (owned) (nullable): ACK_MISSING */
} UlakOutcome;

UlakOutcome *ulak_outcome_new (UlakOutcomeKind kind, const char *error_code, const char *message);
UlakOutcome *ulak_outcome_from_node (const UlakNode *node);
UlakOutcome *ulak_outcome_from_error (const GError *error);
void ulak_outcome_free (UlakOutcome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakOutcome, ulak_outcome_free)

gboolean ulak_outcome_kind_ends (UlakOutcomeKind kind);
gboolean ulak_outcome_kind_drops_keys (UlakOutcomeKind kind);

G_END_DECLS
