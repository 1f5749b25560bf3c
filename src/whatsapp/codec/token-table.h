/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The arrays that token-table.py makes at build time, for tokens.c alone.
 */
#pragma once

#include "whatsapp/codec/tokens.h"

extern const char ulak_token_texts[];                     /* every text with its NUL, by number */
extern const guint16 ulak_token_offsets[ULAK_N_TOKENS];   /* where the text of a number begins */
extern const guint16 ulak_token_order[ULAK_N_TOKENS - 1]; /* numbers from 1 up, sorted by text as strcmp() does */
