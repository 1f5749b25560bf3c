/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * From an answer, or the lack of one, to what became of the call and what it says about the line.
 */
#include "whatsapp/cloud/cloud-call.h"

#include "core/error.h"
#include "core/log.h"
#include "core/names.h"

#include <string.h>

#define TRACE_ID_MAX 64

static UlakJudgement *
judgement_new (UlakVerdict verdict, UlakSendResult *result /* (transfer full) */)
{
  UlakJudgement *self = g_new0 (UlakJudgement, 1);

  self->verdict = verdict;
  self->result = result;
  return self;
}

void
ulak_judgement_free (UlakJudgement *self)
{
  if (self == NULL)
    return;

  ulak_send_result_free (self->result);
  g_free (self);
}

/* A fault of the network or of the keyring concerns every message: the whole line waits. */
static UlakJudgement *
judge_fault (const UlakGraphAnswer *answer)
{
  gboolean is_unclear = answer->fault == ULAK_GRAPH_FAULT_UNCLEAR;
  UlakSendResult *result = ulak_send_result_new (is_unclear ? ULAK_SEND_UNKNOWN : ULAK_SEND_RETRY);
  UlakVerdict verdict = is_unclear ? ULAK_VERDICT_DOUBTFUL : ULAK_VERDICT_UNREACHABLE;

  result->scope = is_unclear ? ULAK_SEND_SCOPE_MESSAGE : ULAK_SEND_SCOPE_LINE;
  result->error_code = g_strdup (answer->fault_code);
  result->error_message = g_strdup (answer->why);
  if (g_strcmp0 (answer->fault_code, "E_WA_TOKEN_MISSING") == 0)
    verdict = ULAK_VERDICT_TOKEN;
  if (g_strcmp0 (answer->fault_code, "E_WA_MEDIA_FILE") == 0)
    {
      verdict = ULAK_VERDICT_NONE;
      result->outcome = ULAK_SEND_FAILED;
      result->scope = ULAK_SEND_SCOPE_MESSAGE;
    }
  return judgement_new (verdict, result);
}

static UlakVerdict
verdict_of (const UlakGraphError *error)
{
  switch (error->rule->effect)
    {
    case ULAK_GRAPH_EFFECT_TOKEN:
      return ULAK_VERDICT_TOKEN;
    case ULAK_GRAPH_EFFECT_FAILED:
      return ULAK_VERDICT_FAILED;
    case ULAK_GRAPH_EFFECT_BANNED:
      return ULAK_VERDICT_BANNED;
    case ULAK_GRAPH_EFFECT_NONE:
      break;
    }
  return ULAK_VERDICT_NONE;
}

/* Meta's support asks for the trace id, which is in no event. It is the peer's text: only a short plain word is logged. */
static void
log_refusal (const UlakGraphError *error)
{
  const char *trace = error->trace_id;

  if (trace == NULL || strlen (trace) > TRACE_ID_MAX || strspn (trace, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-") != strlen (trace))
    trace = "none";
  ulak_log_info (ULAK_FIELDS (ULAK_FIELD_ERROR_CODE, error->rule->code),
                 "Graph answered %u, code %" G_GINT64_FORMAT ", subcode %" G_GINT64_FORMAT ", fbtrace_id %s", error->http_status,
                 error->code, error->subcode, trace);
}

/** ulak_judgement_new: @now_us: wall clock, for dates in Retry-After */
UlakJudgement *
ulak_judgement_new (const UlakGraphAnswer *answer, gint64 now_us)
{
  g_autoptr (UlakGraphError) error = NULL;

  if (answer->fault != ULAK_GRAPH_FAULT_NONE)
    return judge_fault (answer);
  if (ulak_graph_answer_is_success (answer))
    return judgement_new (ULAK_VERDICT_GOOD, ulak_send_result_new (ULAK_SEND_ACCEPTED));

  error = ulak_graph_error_new (answer->status, answer->json, answer->retry_after, now_us);
  log_refusal (error);
  return judgement_new (verdict_of (error), ulak_graph_error_to_result (error));
}

/** ulak_judgement_new_failed: a message that cannot leave, for a reason found here */
UlakJudgement *
ulak_judgement_new_failed (const char *error_code, const char *message)
{
  UlakSendResult *result = ulak_send_result_new (ULAK_SEND_FAILED);

  result->error_code = g_strdup (error_code);
  result->error_message = g_strdup (message);
  return judgement_new (ULAK_VERDICT_NONE, result);
}

/** ulak_judgement_to_error: Returns: %TRUE for a success; otherwise %FALSE with %ULAK_ERROR_REMOTE, code and sentence */
gboolean
ulak_judgement_to_error (const UlakJudgement *self, GError **error)
{
  if (self->result->outcome == ULAK_SEND_ACCEPTED)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_REMOTE, "%s: %s", self->result->error_code, self->result->error_message);
  return FALSE;
}
