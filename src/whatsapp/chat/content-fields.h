/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fields: protobuf bytes reduced to chosen fields without unpacking them, so that what is wrong in others does not matter.
 *
 * What is chosen is a text, "1; 3{2, 17{21}}; 35": numbers of fields, those with braces reduced in the same way. `{}` keeps
 * nothing. The blanks and the separators are all the same.
 */
#pragma once

#include "whatsapp/crypto/span.h"

#include <gio/gio.h>

typedef enum
{
  ULAK_FIELDS_CHOSEN, /* only what is named */
  ULAK_FIELDS_OTHERS, /* all but what is named; braces have no meaning */
} UlakFieldsMode;

/* Sorted by number on each level where is_sorted, else as they came; (transfer full) (nullable): NULL: not a protobuf. */
GByteArray *ulak_fields_reduce (UlakSpan bytes, const char *chosen, UlakFieldsMode mode, gboolean is_sorted);
