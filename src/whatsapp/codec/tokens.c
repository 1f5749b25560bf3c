/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Lookups in the table that the build makes of data/whatsapp/tokens.txt: read-only, shared by all processes.
 */
#include "whatsapp/codec/tokens.h"

#include "whatsapp/codec/token-table.h"

#include <string.h>

/**
 * ulak_token_get_text:
 * @number: 1 to ULAK_N_TOKENS - 1
 *
 * Source: docs/protocol/nodes.md, "Dictionary".
 * Returns: (transfer none): the text of token @number
 */
const char *
ulak_token_get_text (guint number)
{
  g_return_val_if_fail (number > 0 && number < ULAK_N_TOKENS, NULL);

  return ulak_token_texts + ulak_token_offsets[number];
}

/**
 * ulak_token_find:
 * @text: any text
 *
 * Returns: the number of the token that is @text, or 0 when none is
 */
guint
ulak_token_find (const char *text)
{
  guint low = 0, high = ULAK_N_TOKENS - 1;

  while (low < high)
    {
      guint middle = (low + high) / 2;
      int difference = strcmp (text, ulak_token_get_text (ulak_token_order[middle]));

      if (difference == 0)
        return ulak_token_order[middle];
      if (difference < 0)
        high = middle;
      else
        low = middle + 1;
    }
  return 0;
}
