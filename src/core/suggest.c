/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/suggest.h"

#include <string.h>

#define WORD_MAX 64

/* Edits (insert, delete, replace) between two words, row by row. Source: Wagner and Fischer, 1974. */
static guint
count_edits (const char *a, gsize a_length, const char *b, gsize b_length)
{
  guint row[WORD_MAX + 1];

  for (guint j = 0; j <= b_length; j++)
    row[j] = j;

  for (guint i = 1; i <= a_length; i++)
    {
      guint diagonal = row[0];

      row[0] = i;
      for (guint j = 1; j <= b_length; j++)
        {
          guint replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

          diagonal = row[j];
          row[j] = MIN (replaced, MIN (row[j], row[j - 1]) + 1);
        }
    }
  return row[b_length];
}

/**
 * ulak_suggest:
 * @word: what somebody wrote
 * @candidates: (array zero-terminated=1): what is allowed
 *
 * Returns: (transfer none) (nullable): the nearest candidate within two edits (one, for words below five characters),
 *   or %NULL. Words of more than 64 bytes have none.
 */
const char *
ulak_suggest (const char *word, const char *const *candidates)
{
  gsize length = strlen (word);
  guint best = length < 5 ? 2 : 3;
  const char *found = NULL;

  if (length > WORD_MAX)
    return NULL;

  for (gsize i = 0; candidates[i] != NULL; i++)
    {
      gsize candidate_length = strlen (candidates[i]);
      guint edits = candidate_length > WORD_MAX ? best : count_edits (word, length, candidates[i], candidate_length);

      if (edits < best)
        {
          best = edits;
          found = candidates[i];
        }
    }
  return found;
}
