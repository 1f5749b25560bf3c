/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/state.h"

#include <string.h>

/* The picture of docs/architecture.md, written a second time and differently: a letter per state, a word per row. */
static const char letters[]
    = "SIQPRDLOBF"; /* stopped, startIng, qr, passkey, ready, disconnected, logged out, ... */
static const char *const rows[]
    = { "I", "QPRDLOBFS", "IPRDLOBFS", "IQRDLOBFS", "IDLOBFS", "IQRLOBFS", "IQFS", "IFS", "IFS", "IRDLBS" };

static void
test_every_pair (void)
{
  for (guint from = 0; from < ULAK_N_LINE_STATES; from++)
    for (guint to = 0; to < ULAK_N_LINE_STATES; to++)
      {
        gboolean expected = strchr (rows[from], letters[to]) != NULL;

        g_test_message ("%s -> %s", ulak_line_state_to_string (from), ulak_line_state_to_string (to));
        g_assert_cmpint (ulak_line_state_may_move (from, to), ==, expected);
      }
}

static void
test_words (void)
{
  for (guint i = 0; i < ULAK_N_LINE_STATES; i++)
    {
      UlakLineState state = ULAK_N_LINE_STATES;

      g_assert_true (ulak_line_state_from_string (ulak_line_state_to_string (i), &state));
      g_assert_cmpuint (state, ==, i);
    }
}

static void
test_unknown_word (void)
{
  UlakLineState state = ULAK_LINE_STATE_QR;

  g_assert_false (ulak_line_state_from_string ("READY", &state));
  g_assert_false (ulak_line_state_from_string ("", &state));
  g_assert_cmpuint (state, ==, ULAK_LINE_STATE_QR);
}

static void
test_messages (void)
{
  static const gboolean takes[] = { FALSE, TRUE, TRUE, TRUE, TRUE, TRUE, FALSE, TRUE, FALSE, FALSE };

  for (guint i = 0; i < ULAK_N_LINE_STATES; i++)
    g_assert_cmpint (ulak_line_state_takes_messages (i), ==, takes[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state/every pair of states is in the table or refused", test_every_pair);
  g_test_add_func ("/state/words lead back to their states", test_words);
  g_test_add_func ("/state/an unknown word is no state", test_unknown_word);
  g_test_add_func ("/state/messages are taken unless the line is stopped or lost", test_messages);
  return g_test_run ();
}
