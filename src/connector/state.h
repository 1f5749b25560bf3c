/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * State: what a line is doing, with one table of legal moves.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum
{
  ULAK_LINE_STATE_STOPPED,
  ULAK_LINE_STATE_STARTING,
  ULAK_LINE_STATE_QR,
  ULAK_LINE_STATE_PASSKEY,
  ULAK_LINE_STATE_READY,
  ULAK_LINE_STATE_DISCONNECTED,
  ULAK_LINE_STATE_LOGGED_OUT,
  ULAK_LINE_STATE_OUTDATED,
  ULAK_LINE_STATE_BANNED,
  ULAK_LINE_STATE_FAILED,
} UlakLineState;

#define ULAK_N_LINE_STATES (ULAK_LINE_STATE_FAILED + 1)

const char *ulak_line_state_to_string (UlakLineState state); /* as in docs/messages.md */
gboolean ulak_line_state_from_string (const char *text, UlakLineState *state_out);
gboolean ulak_line_state_may_move (UlakLineState from, UlakLineState to);
gboolean ulak_line_state_takes_messages (UlakLineState state);

G_END_DECLS
