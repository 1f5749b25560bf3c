/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/chat-id.h"

#include <string.h>

#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15
#define PLAIN_CHAT_MIN 16

/**
 * ulak_chat_id_parse:
 * @to: what a client wrote
 *
 * A phone number becomes its digits; anything else must be a chat id: up to %ULAK_CHAT_ID_MAX of letters, digits
 * and ._:@- with at least one that is no digit. Ids of people have a dot, a colon or an @ in them, ids of groups are long:
 * a short plain word is a slip of the pen, not an id.
 *
 * Returns: (transfer full) (nullable): the chat id
 */
char *
ulak_chat_id_parse (const char *to)
{
  const char *digits = *to == '+' ? to + 1 : to;
  gsize n_digits = strspn (digits, "0123456789");
  gsize length;

  if (digits[n_digits] == '\0')
    return n_digits >= PHONE_DIGITS_MIN && n_digits <= PHONE_DIGITS_MAX && *digits != '0' ? g_strdup (digits)
                                                                                          : NULL;

  length = strspn (to, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._:@-");
  if (to[length] != '\0' || length > ULAK_CHAT_ID_MAX
      || (length < PLAIN_CHAT_MIN && strpbrk (to, ".:@") == NULL))
    return NULL;
  return g_strdup (to);
}
