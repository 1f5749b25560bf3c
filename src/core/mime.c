/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/mime.h"

#include <string.h>

#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"

static gboolean
is_printable (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isprint (*text))
      return FALSE;
  return TRUE;
}

gboolean
ulak_mime_type_is_valid (const char *text)
{
  gsize type = strspn (text, TOKEN), subtype;
  const char *rest;

  if (type == 0 || text[type] != '/' || strlen (text) > ULAK_MIME_TYPE_MAX)
    return FALSE;
  subtype = strspn (text + type + 1, TOKEN);
  rest = text + type + 1 + subtype;
  rest += strspn (rest, " ");
  return subtype > 0 && (*rest == '\0' || *rest == ';') && is_printable (rest);
}

static gboolean
is_fit (gunichar character)
{
  GUnicodeType type = g_unichar_type (character);

  return character != '/' && character != '\\' && type != G_UNICODE_CONTROL && type != G_UNICODE_LINE_SEPARATOR
         && type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

gboolean
ulak_file_name_is_valid (const char *text)
{
  if (g_utf8_strlen (text, -1) > ULAK_FILE_NAME_MAX)
    return FALSE;
  for (; *text != '\0'; text = g_utf8_next_char (text))
    if (!is_fit (g_utf8_get_char (text)))
      return FALSE;
  return TRUE;
}

char *
ulak_file_name_clean (const char *text)
{
  GString *clean = g_string_new (NULL);

  for (guint n = 0; *text != '\0' && n < ULAK_FILE_NAME_MAX; text = g_utf8_next_char (text), n++)
    if (is_fit (g_utf8_get_char (text)))
      g_string_append_unichar (clean, g_utf8_get_char (text));
    else
      g_string_append_c (clean, '_');
  return g_string_free (clean, FALSE);
}
