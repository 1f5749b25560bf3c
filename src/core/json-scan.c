/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A walk over the bytes with one byte of stack for each open bracket. It takes RFC 8259 and nothing more: json-glib
 * also reads comments, single quotes and "var x =", recurses on depth, and stops the process on a lone surrogate
 * (an assertion in its scanner), so it is only ever shown what passed here.
 */
#include "core/json-scan.h"

#include "core/error.h"

#include <math.h>
#include <string.h>

#define DEPTH_MAX 128  /* no limit may be higher; 32 is what callers use */
#define NUMBER_MAX 400 /* characters; the longest double without an exponent has 309 digits before the point */

typedef struct
{
  const char *bytes;
  gsize size_bytes;
  gsize at;
  gboolean is_exact;
  const char *expected; /* what stands not at @at, once something is wrong */
} Scan;

static gboolean
expect (Scan *scan, gboolean is_there, const char *expected)
{
  if (!is_there && scan->expected == NULL)
    scan->expected = expected;
  return is_there;
}

static char
peek (const Scan *scan)
{
  return scan->at < scan->size_bytes ? scan->bytes[scan->at] : '\0';
}

static void
skip_blanks (Scan *scan)
{
  while (scan->at < scan->size_bytes && strchr (" \t\r\n", scan->bytes[scan->at]) != NULL)
    scan->at++;
}

static gboolean
skip_word (Scan *scan, const char *word)
{
  gsize length = strlen (word);

  if (scan->size_bytes - scan->at < length || memcmp (scan->bytes + scan->at, word, length) != 0)
    return expect (scan, FALSE, "a value");
  scan->at += length;
  return TRUE;
}

static gboolean
skip_digits (Scan *scan)
{
  gsize start = scan->at;

  while (g_ascii_isdigit (peek (scan)))
    scan->at++;
  return expect (scan, scan->at > start, "a digit");
}

/* Digits, point and exponent. */
static gboolean
skip_numeral (Scan *scan, gboolean *is_integer_out)
{
  *is_integer_out = TRUE;
  if (peek (scan) == '-')
    scan->at++;
  if (peek (scan) == '0')
    scan->at++;
  else if (!skip_digits (scan))
    return FALSE;

  if (peek (scan) == '.')
    {
      *is_integer_out = FALSE;
      scan->at++;
      if (!skip_digits (scan))
        return FALSE;
    }
  if (peek (scan) == 'e' || peek (scan) == 'E')
    {
      *is_integer_out = FALSE;
      scan->at++;
      if (peek (scan) == '+' || peek (scan) == '-')
        scan->at++;
      return skip_digits (scan);
    }
  return TRUE;
}

/* One that overflows would become infinity, which JSON cannot say: it could not be passed on. An integer that fits a double
 * but no gint64 is read by json-glib as another one. */
static gboolean
skip_number (Scan *scan)
{
  char text[NUMBER_MAX + 1] = { 0 };
  gsize start = scan->at;
  gboolean is_integer;

  if (!skip_numeral (scan, &is_integer))
    return FALSE;
  if (scan->at - start <= NUMBER_MAX)
    memcpy (text, scan->bytes + start, scan->at - start);
  if (!expect (scan, *text != '\0' && isfinite (g_ascii_strtod (text, NULL)), "the end of a number that fits a double"))
    return FALSE;
  return !is_integer || !scan->is_exact
         || expect (scan, g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, NULL, NULL),
                    "the end of an integer that fits 64 bits with a sign");
}

/* The four digits of \uXXXX, or -1. */
static gint
read_code_unit (Scan *scan)
{
  gint unit = 0;

  for (guint i = 0; i < 4; i++, scan->at++)
    {
      if (!expect (scan, g_ascii_isxdigit (peek (scan)), "four hexadecimal digits"))
        return -1;
      unit = unit * 16 + g_ascii_xdigit_value (peek (scan));
    }
  return unit;
}

static gboolean
skip_low_surrogate (Scan *scan)
{
  gint unit;

  if (scan->size_bytes - scan->at < 2 || memcmp (scan->bytes + scan->at, "\\u", 2) != 0)
    return expect (scan, FALSE, "the second half of a surrogate pair");
  scan->at += 2;
  unit = read_code_unit (scan);
  return unit >= 0 && expect (scan, unit >= 0xdc00 && unit <= 0xdfff, "the second half of a surrogate pair");
}

/* After the backslash. U+0000 would cut the string short for everyone who reads it as C does. */
static gboolean
skip_escape (Scan *scan)
{
  gint unit;
  char letter = peek (scan);

  if (letter == '\0' || strchr ("\"\\/bfnrtu", letter) == NULL)
    return expect (scan, FALSE, "an escape");
  scan->at++;
  if (letter != 'u')
    return TRUE;

  unit = read_code_unit (scan);
  if (unit < 0 || !expect (scan, unit != 0, "a character other than U+0000")
      || !expect (scan, unit < 0xdc00 || unit > 0xdfff, "the first half of a surrogate pair"))
    return FALSE;
  return unit < 0xd800 || unit > 0xdbff || skip_low_surrogate (scan);
}

static gboolean
skip_string (Scan *scan)
{
  if (!expect (scan, peek (scan) == '"', "a string"))
    return FALSE;

  for (scan->at++; peek (scan) != '"';)
    {
      if (!expect (scan, (guchar) peek (scan) >= ' ', "the end of a string"))
        return FALSE;
      if (scan->bytes[scan->at++] == '\\' && !skip_escape (scan))
        return FALSE;
    }
  scan->at++;
  return TRUE;
}

/* A value that is no container. */
static gboolean
skip_scalar (Scan *scan)
{
  switch (peek (scan))
    {
    case '"':
      return skip_string (scan);
    case 't':
      return skip_word (scan, "true");
    case 'f':
      return skip_word (scan, "false");
    case 'n':
      return skip_word (scan, "null");
    default:
      return expect (scan, peek (scan) == '-' || g_ascii_isdigit (peek (scan)), "a value") && skip_number (scan);
    }
}

static gboolean
skip_name (Scan *scan)
{
  skip_blanks (scan);
  if (!skip_string (scan))
    return FALSE;
  skip_blanks (scan);
  if (!expect (scan, peek (scan) == ':', "a colon"))
    return FALSE;
  scan->at++;
  return TRUE;
}

static gboolean
refuse_too_large (GError **error, const char *what, gsize limit)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
               "The JSON document has too many %s; allowed up to %" G_GSIZE_FORMAT, what, limit);
  return FALSE;
}

/* Closes what ends here and steps over a comma. Returns whether another value must follow. */
static gboolean
skip_ends (Scan *scan, const char *stack, guint *depth)
{
  while (*depth > 0)
    {
      char close = stack[*depth - 1] == '{' ? '}' : ']';

      skip_blanks (scan);
      if (peek (scan) == ',')
        {
          scan->at++;
          return close == ']' || skip_name (scan);
        }
      if (!expect (scan, peek (scan) == close, close == '}' ? "a comma or }" : "a comma or ]"))
        return FALSE;
      scan->at++;
      (*depth)--;
    }
  return FALSE;
}

/* At '{' or '['. Returns whether a value must follow. */
static gboolean
skip_start (Scan *scan, char *stack, guint *depth)
{
  char open = scan->bytes[scan->at++];

  stack[(*depth)++] = open;
  skip_blanks (scan);
  if (peek (scan) == (open == '{' ? '}' : ']'))
    return skip_ends (scan, stack, depth);
  return open == '[' || skip_name (scan);
}

static gboolean
walk (Scan *scan, const UlakJsonLimits *limits, GError **error)
{
  char stack[DEPTH_MAX];
  guint depth = 0;
  gsize n_values = 0;
  gboolean expects_value = TRUE;

  while (expects_value)
    {
      if (n_values++ > limits->max_elements) /* the root is none of them */
        return refuse_too_large (error, "elements", limits->max_elements);

      skip_blanks (scan);
      if (peek (scan) != '{' && peek (scan) != '[')
        expects_value = skip_scalar (scan) && skip_ends (scan, stack, &depth);
      else if (depth < MIN (limits->max_depth, DEPTH_MAX))
        expects_value = skip_start (scan, stack, &depth);
      else
        return refuse_too_large (error, "nested levels", limits->max_depth);
    }
  if (scan->expected != NULL)
    return FALSE;
  skip_blanks (scan);
  return expect (scan, scan->at == scan->size_bytes, "the end of the document");
}

/**
 * ulak_json_scan:
 * @bytes: what came in, which need not end in NUL
 *
 * Returns: %TRUE if @bytes are one JSON value in UTF-8 within @limits; otherwise %FALSE with %ULAK_ERROR_TOO_LARGE,
 *   or with %ULAK_ERROR_INVALID naming the byte where it goes wrong
 */
gboolean
ulak_json_scan (const char *bytes, gsize size_bytes, const UlakJsonLimits *limits, GError **error)
{
  Scan scan = { bytes, size_bytes, 0, limits->is_exact, NULL };
  const char *invalid;

  if (size_bytes > limits->max_bytes)
    return refuse_too_large (error, "bytes", limits->max_bytes);
  if (!g_utf8_validate_len (bytes, size_bytes, &invalid))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "The document is not UTF-8 or holds a NUL at byte %" G_GSIZE_FORMAT, (gsize) (invalid - bytes));
      return FALSE;
    }
  if (walk (&scan, limits, error))
    return TRUE;

  if (scan.expected != NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                 "The document is not JSON at byte %" G_GSIZE_FORMAT ", where %s is expected", scan.at, scan.expected);
  return FALSE;
}
