/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/metrics-text.h"

#include "core/number.h"

#include <math.h>

#define LABEL_MAX_BYTES 256 /* no label of ours is longer; a raw path that slipped in would be */

/** ulak_metrics_append_label: name="value", after a comma if @text has labels; escaped, made valid UTF-8 and cut */
void
ulak_metrics_append_label (GString *text, const char *name, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  g_string_append_printf (text, "%s%s=\"", text->len > 0 ? "," : "", name);
  for (const char *c = valid; *c != '\0' && c < valid + LABEL_MAX_BYTES; c = g_utf8_next_char (c))
    if (*c == '\n')
      g_string_append (text, "\\n");
    else if (*c == '"' || *c == '\\')
      g_string_append_printf (text, "\\%c", *c);
    else
      g_string_append_len (text, c, g_utf8_next_char (c) - c);
  g_string_append_c (text, '"');
}

/** ulak_metrics_append_number: Source: "Exposition formats", comments on NaN and infinity */
void
ulak_metrics_append_number (GString *text, double value)
{
  if (isnan (value))
    g_string_append (text, "NaN");
  else if (isinf (value))
    g_string_append (text, value > 0 ? "+Inf" : "-Inf");
  else
    ulak_append_double (text, value);
}
