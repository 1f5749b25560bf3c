/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Graph errors: one table from Meta's codes to ours, and what follows from each.
 *
 * The same table serves answers to requests, errors in status callbacks, and docs/whatsapp-cloud.md, which a test compares
 * with it. Meta adds codes at will: an unknown one is judged by the HTTP status and keeps its number.
 */
#pragma once

#include "connector/backend.h"

G_BEGIN_DECLS

/* What an error means for the line as a whole. */
typedef enum
{
  ULAK_GRAPH_EFFECT_NONE,
  ULAK_GRAPH_EFFECT_TOKEN,  /* the token is read anew and tried once more; then the line is `failed` */
  ULAK_GRAPH_EFFECT_FAILED, /* the line is `failed` until an operator acts */
  ULAK_GRAPH_EFFECT_BANNED, /* the line is `banned` */
} UlakGraphEffect;

typedef struct
{
  gint64 first; /* Meta's code, or a range of them; -1: an answer without a code */
  gint64 last;
  const char *code; /* "E_WA_..." */
  UlakSendOutcome outcome;
  UlakSendScope scope;
  UlakGraphEffect effect;
  const char *message; /* for people; without private data */
} UlakGraphRule;

const UlakGraphRule *ulak_graph_rules (gsize *n_rules_out);
const UlakGraphRule *ulak_graph_rule_find (gint64 code);

typedef struct
{
  const UlakGraphRule *rule; /* (not nullable) */
  UlakSendOutcome outcome;   /* the rule's, unless the answer says otherwise */
  guint http_status;
  gint64 code; /* Meta's, 0 if the answer named none */
  gint64 subcode;
  char *details;         /* (owned) (nullable): Meta's words; they may hold a recipient's number */
  char *trace_id;        /* (owned) (nullable): for Meta's support */
  gint64 retry_after_ms; /* 0 if the answer named none */
} UlakGraphError;

UlakGraphError *ulak_graph_error_new (guint http_status, JsonObject *answer, const char *retry_after, gint64 now_us);
void ulak_graph_error_free (UlakGraphError *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakGraphError, ulak_graph_error_free)

UlakSendResult *ulak_graph_error_to_result (const UlakGraphError *self);

gint64 ulak_graph_parse_retry_after_ms (const char *text, gint64 now_us);

G_END_DECLS
