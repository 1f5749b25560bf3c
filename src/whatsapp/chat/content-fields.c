/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * It goes only as deep as the chosen text has braces. A field is copied as it stands, its tag included.
 */
#include "whatsapp/chat/content-fields.h"

#include <stdlib.h>

#define VARINT_BYTES_MAX 10

enum
{
  WIRE_VARINT = 0,
  WIRE_FIXED64 = 1,
  WIRE_BYTES = 2,
  WIRE_FIXED32 = 5,
};

typedef struct
{
  guint64 number;
  guint wire;
  UlakSpan whole;
  UlakSpan content; /* WIRE_BYTES */
} Field;

typedef struct
{
  guint64 number;
  guint order; /* sorting is stable */
  GByteArray *bytes;
} Piece;

static void
piece_clear (gpointer data)
{
  g_byte_array_unref (((Piece *) data)->bytes);
}

static gboolean
take_varint (const guint8 **at, const guint8 *end, guint64 *value_out)
{
  *value_out = 0;
  for (guint i = 0; i < VARINT_BYTES_MAX && *at < end; i++)
    {
      guint8 byte = *(*at)++;

      *value_out |= (guint64) (byte & 0x7f) << 7 * i;
      if ((byte & 0x80) == 0)
        return TRUE;
    }
  return FALSE;
}

/* The field at *at, which is moved behind it. */
static gboolean
take_field (const guint8 **at, const guint8 *end, Field *field_out)
{
  const guint8 *start = *at;
  guint64 tag, value;

  if (!take_varint (at, end, &tag))
    return FALSE;
  *field_out = (Field){ .number = tag >> 3, .wire = (guint) (tag & 7) };
  switch (field_out->wire)
    {
    case WIRE_VARINT:
      if (!take_varint (at, end, &value))
        return FALSE;
      value = 0;
      break;
    case WIRE_FIXED64:
      value = 8;
      break;
    case WIRE_FIXED32:
      value = 4;
      break;
    case WIRE_BYTES:
      if (!take_varint (at, end, &value))
        return FALSE;
      break;
    default:
      return FALSE;
    }
  if (value > (guint64) (end - *at))
    return FALSE;
  field_out->content = ULAK_SPAN (*at, (gsize) value);
  *at += value;
  field_out->whole = ULAK_SPAN (start, (gsize) (*at - start));
  return TRUE;
}

static const char *
skip_braces (const char *text)
{
  guint depth = 0;

  do
    {
      if (*text == '{')
        depth++;
      else if (*text == '}')
        depth--;
      text++;
    }
  while (depth > 0);
  return text;
}

/* Whether @number stands on the first level of @chosen, which ends with the text or a brace; *inner_out: what its braces hold. */
static gboolean
is_chosen (const char *chosen, guint64 number, const char **inner_out)
{
  while (*chosen != '\0' && *chosen != '}')
    {
      char *end;
      guint64 found;

      if (!g_ascii_isdigit (*chosen))
        {
          chosen++;
          continue;
        }
      found = g_ascii_strtoull (chosen, &end, 10);
      *inner_out = *end == '{' ? end + 1 : NULL;
      if (found == number)
        return TRUE;
      chosen = *end == '{' ? skip_braces (end) : end;
    }
  return FALSE;
}

static void
append_varint (GByteArray *bytes, guint64 value)
{
  do
    {
      guint8 byte = (guint8) ((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

      g_byte_array_append (bytes, &byte, 1);
    }
  while ((value >>= 7) > 0);
}

static int
compare_pieces (gconstpointer a, gconstpointer b)
{
  const Piece *first = a, *second = b;

  if (first->number != second->number)
    return first->number < second->number ? -1 : 1;
  return first->order < second->order ? -1 : 1;
}

/* FALSE: what is inside is not a protobuf. */
static gboolean
append_field (GByteArray *out, const Field *field, const char *inner, gboolean is_sorted)
{
  g_autoptr (GByteArray) reduced = NULL;

  if (inner == NULL || field->wire != WIRE_BYTES)
    {
      g_byte_array_append (out, field->whole.bytes, (guint) field->whole.size_bytes);
      return TRUE;
    }
  reduced = ulak_fields_reduce (field->content, inner, ULAK_FIELDS_CHOSEN, is_sorted);
  if (reduced == NULL)
    return FALSE;
  if (reduced->len == 0)
    return TRUE;
  append_varint (out, field->number << 3 | WIRE_BYTES);
  append_varint (out, reduced->len);
  g_byte_array_append (out, reduced->data, reduced->len);
  return TRUE;
}

static gboolean
add_piece (GArray *pieces, const Field *field, const char *inner)
{
  Piece piece = { field->number, pieces->len, g_byte_array_new () };
  gboolean is_good = append_field (piece.bytes, field, inner, TRUE);

  g_array_append_val (pieces, piece);
  return is_good;
}

static void
append_sorted (GByteArray *out, GArray *pieces)
{
  g_array_sort (pieces, compare_pieces);
  for (guint i = 0; i < pieces->len; i++)
    {
      const Piece *piece = &g_array_index (pieces, Piece, i);

      g_byte_array_append (out, piece->bytes->data, piece->bytes->len);
    }
}

/* Strangers' bytes are never sorted: each field would be a piece of memory. */
GByteArray *
ulak_fields_reduce (UlakSpan bytes, const char *chosen, UlakFieldsMode mode, gboolean is_sorted)
{
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const guint8 *at = bytes.size_bytes > 0 ? bytes.bytes : (const guint8 *) "";
  const guint8 *end = at + bytes.size_bytes;

  g_array_set_clear_func (pieces, piece_clear);
  while (at < end)
    {
      const char *inner = NULL;
      Field field;

      if (!take_field (&at, end, &field))
        return NULL;
      if (is_chosen (chosen, field.number, &inner) != (mode == ULAK_FIELDS_CHOSEN))
        continue;
      if (mode != ULAK_FIELDS_CHOSEN)
        inner = NULL;
      if (!(is_sorted ? add_piece (pieces, &field, inner) : append_field (out, &field, inner, FALSE)))
        return NULL;
    }
  append_sorted (out, pieces);
  return g_steal_pointer (&out);
}
