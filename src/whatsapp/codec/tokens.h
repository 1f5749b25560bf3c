/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Tokens: the dictionary of binary nodes, numbers for texts that come often.
 *
 * A number below ULAK_TOKEN_DOUBLE is one byte on the wire. The others are two: the byte ULAK_TOKEN_DOUBLE +
 * dictionary, and the place in that dictionary; the number is ULAK_TOKEN_DOUBLE + 256 * dictionary + place. Number 0
 * is no token.
 */
#pragma once

#include <glib.h>

#define ULAK_TOKEN_DOUBLE 236
#define ULAK_N_TOKENS (ULAK_TOKEN_DOUBLE + 4 * 256)

const char *ulak_token_get_text (guint number);
guint ulak_token_find (const char *text);
