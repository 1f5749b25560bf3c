/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Suggest: "did you mean", for words that people mistype.
 */
#pragma once

#include <glib.h>

const char *ulak_suggest (const char *word, const char *const *candidates);
