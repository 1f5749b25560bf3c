/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * One row per state: its word, where it may go, and whether messages are taken meanwhile.
 *
 * `stopped` is reachable from everywhere, since a drain may come at any time; `starting` from everywhere that an
 * administrator can mend.
 */
#include "connector/state.h"

#define TO(state) (1u << ULAK_LINE_STATE_##state)
#define TO_AN_END (TO (LOGGED_OUT) | TO (OUTDATED) | TO (BANNED) | TO (FAILED) | TO (STOPPED))

typedef struct
{
  const char *word;
  guint moves; /* a bit per state */
  gboolean takes_messages;
} UlakLineStateRow;

static const UlakLineStateRow ulak_line_states[] = {
  [ULAK_LINE_STATE_STOPPED] = { "stopped", TO (STARTING), FALSE },
  [ULAK_LINE_STATE_STARTING]
  = { "starting", TO (QR) | TO (PASSKEY) | TO (READY) | TO (DISCONNECTED) | TO_AN_END, TRUE },
  [ULAK_LINE_STATE_QR]
  = { "qr", TO (STARTING) | TO (PASSKEY) | TO (READY) | TO (DISCONNECTED) | TO_AN_END, TRUE },
  [ULAK_LINE_STATE_PASSKEY]
  = { "passkey", TO (STARTING) | TO (QR) | TO (READY) | TO (DISCONNECTED) | TO_AN_END, TRUE },
  [ULAK_LINE_STATE_READY] = { "ready", TO (STARTING) | TO (DISCONNECTED) | TO_AN_END, TRUE },
  [ULAK_LINE_STATE_DISCONNECTED] = { "disconnected", TO (STARTING) | TO (QR) | TO (READY) | TO_AN_END, TRUE },
  [ULAK_LINE_STATE_LOGGED_OUT] = { "logged_out", TO (STARTING) | TO (QR) | TO (FAILED) | TO (STOPPED), FALSE },
  [ULAK_LINE_STATE_OUTDATED] = { "outdated", TO (STARTING) | TO (FAILED) | TO (STOPPED), TRUE },
  [ULAK_LINE_STATE_BANNED] = { "banned", TO (STARTING) | TO (FAILED) | TO (STOPPED), FALSE },
  [ULAK_LINE_STATE_FAILED]
  = { "failed", TO (STARTING) | TO (READY) | TO (DISCONNECTED) | TO (LOGGED_OUT) | TO (BANNED) | TO (STOPPED),
      FALSE },
};

G_STATIC_ASSERT (G_N_ELEMENTS (ulak_line_states) == ULAK_N_LINE_STATES);

/** ulak_line_state_to_string: Returns: the state's word on the bus, in events and in HTTP answers */
const char *
ulak_line_state_to_string (UlakLineState state)
{
  g_return_val_if_fail (state < ULAK_N_LINE_STATES, "failed");
  return ulak_line_states[state].word;
}

/** ulak_line_state_from_string: Returns: %FALSE, and @state_out untouched, if @text is none of our words */
gboolean
ulak_line_state_from_string (const char *text, UlakLineState *state_out)
{
  for (guint i = 0; i < ULAK_N_LINE_STATES; i++)
    if (g_str_equal (text, ulak_line_states[i].word))
      {
        *state_out = (UlakLineState) i;
        return TRUE;
      }
  return FALSE;
}

/** ulak_line_state_may_move: Returns: whether the table has the edge; staying is no move */
gboolean
ulak_line_state_may_move (UlakLineState from, UlakLineState to)
{
  g_return_val_if_fail (from < ULAK_N_LINE_STATES && to < ULAK_N_LINE_STATES, FALSE);
  return (ulak_line_states[from].moves & (1u << to)) != 0;
}

/** ulak_line_state_takes_messages: Returns: whether Send is allowed; before `ready` the messages wait */
gboolean
ulak_line_state_takes_messages (UlakLineState state)
{
  g_return_val_if_fail (state < ULAK_N_LINE_STATES, FALSE);
  return ulak_line_states[state].takes_messages;
}
