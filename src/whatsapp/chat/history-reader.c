/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A reader of protobuf's wire format on two levels: the fields of the HistorySync, and inside a conversation its fields.
 * Everything deeper is left to the guarded unpacker.
 */
#include "whatsapp/chat/history-reader.h"

#include "core/error.h"

#define BUFFER_BYTES (64 * 1024)

enum
{
  WIRE_VARINT = 0,
  WIRE_64 = 1,
  WIRE_BYTES = 2,
  WIRE_32 = 5,
};

enum
{
  FIELD_CONVERSATIONS = 2, /* of HistorySync */
  FIELD_MESSAGES = 2,      /* of Conversation */
};

static const struct
{
  guint field;
  UlakHistoryKind kind;
} kinds_of_fields[] = {
  { 3, ULAK_HISTORY_STATUS }, { 7, ULAK_HISTORY_NAME },  { 8, ULAK_HISTORY_SETTINGS },
  { 15, ULAK_HISTORY_PAIR },  { 19, ULAK_HISTORY_SALT },
};

struct _UlakHistoryReader
{
  GInputStream *stream; /* (owned): inflated */
  UlakHistoryKind kinds;
  guint8 *buffer; /* (owned) */
  gsize n_buffered, taken;
  guint64 position;      /* in the inflated stream */
  guint64 chat_end;      /* where the conversation that is being read ends; 0: none is */
  GByteArray *chat;      /* (owned): its fields but the messages */
  gboolean is_chat_over; /* the limit */
  guint n_left_out;
};

typedef struct
{
  guint number;
  guint wire;
  guint64 size_bytes; /* WIRE_BYTES; of the others the bytes that follow the tag */
  guint64 varint;
} Field;

void
ulak_history_piece_free (UlakHistoryPiece *self)
{
  g_bytes_unref (self->bytes);
  g_free (self);
}

UlakHistoryReader *
ulak_history_reader_new (GInputStream *compressed, UlakHistoryKind kinds)
{
  UlakHistoryReader *self = g_new0 (UlakHistoryReader, 1);
  g_autoptr (GZlibDecompressor) inflater = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB);

  self->stream = g_converter_input_stream_new (compressed, G_CONVERTER (inflater));
  self->kinds = kinds;
  self->buffer = g_malloc (BUFFER_BYTES);
  self->chat = g_byte_array_new ();
  return self;
}

void
ulak_history_reader_free (UlakHistoryReader *self)
{
  g_object_unref (self->stream);
  g_byte_array_unref (self->chat);
  g_free (self->buffer);
  g_free (self);
}

guint
ulak_history_reader_count_left_out (UlakHistoryReader *self)
{
  return self->n_left_out;
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The history is damaged: %s", what);
  return FALSE;
}

/* --- bytes --- */

/* *is_end_out: (nullable): nothing comes any more; without it the end is an error. */
static gboolean
fill (UlakHistoryReader *self, gboolean *is_end_out, GError **error)
{
  gssize n;

  if (is_end_out != NULL)
    *is_end_out = FALSE;
  if (self->taken < self->n_buffered)
    return TRUE;
  n = g_input_stream_read (self->stream, self->buffer, BUFFER_BYTES, NULL, error);
  if (n < 0)
    {
      if (error != NULL && (*error)->domain == G_IO_ERROR)
        {
          (*error)->domain = ULAK_ERROR;
          (*error)->code = ULAK_ERROR_INVALID;
          g_prefix_error (error, "The history is damaged: ");
        }
      return FALSE;
    }
  self->taken = 0;
  self->n_buffered = (gsize) n;
  if (n == 0 && is_end_out == NULL)
    return refuse (error, "it is cut short");
  if (n == 0)
    *is_end_out = TRUE;
  if (self->position + (guint64) n > ULAK_HISTORY_INFLATED_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE,
                   "The history inflates to more than %" G_GUINT64_FORMAT " bytes", ULAK_HISTORY_INFLATED_MAX);
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_byte (UlakHistoryReader *self, guint8 *byte_out, GError **error)
{
  if (!fill (self, NULL, error))
    return FALSE;
  *byte_out = self->buffer[self->taken++];
  self->position++;
  return TRUE;
}

static gboolean
read_varint (UlakHistoryReader *self, guint64 *number_out, GError **error)
{
  guint64 number = 0;
  guint8 byte;

  for (guint shift = 0; shift < 70; shift += 7)
    {
      if (!read_byte (self, &byte, error))
        return FALSE;
      if (shift < 64)
        number |= (guint64) (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0)
        {
          *number_out = number;
          return TRUE;
        }
    }
  return refuse (error, "a number has more than ten bytes");
}

/* out: (nullable): passed over. */
static gboolean
read_bytes (UlakHistoryReader *self, guint64 size_bytes, GByteArray *out, GError **error)
{
  while (size_bytes > 0)
    {
      gsize n;

      if (!fill (self, NULL, error))
        return FALSE;
      n = (gsize) MIN (size_bytes, (guint64) (self->n_buffered - self->taken));
      if (out != NULL)
        g_byte_array_append (out, self->buffer + self->taken, (guint) n);
      self->taken += n;
      self->position += n;
      size_bytes -= n;
    }
  return TRUE;
}

/* --- fields --- */

static gboolean
read_field (UlakHistoryReader *self, Field *field_out, GError **error)
{
  guint64 tag;

  *field_out = (Field){ 0 };
  if (!read_varint (self, &tag, error))
    return FALSE;
  field_out->number = (guint) MIN (tag >> 3, (guint64) G_MAXUINT);
  field_out->wire = (guint) (tag & 7);
  switch (field_out->wire)
    {
    case WIRE_VARINT:
      return read_varint (self, &field_out->varint, error);
    case WIRE_64:
      field_out->size_bytes = 8;
      return TRUE;
    case WIRE_32:
      field_out->size_bytes = 4;
      return TRUE;
    case WIRE_BYTES:
      return read_varint (self, &field_out->size_bytes, error);
    }
  return refuse (error, "a field is of no known form");
}

static UlakHistoryPiece *
make_piece (UlakHistoryKind kind, GByteArray *bytes /* (transfer full) */)
{
  UlakHistoryPiece *piece = g_new0 (UlakHistoryPiece, 1);

  piece->kind = kind;
  piece->bytes = g_byte_array_free_to_bytes (bytes);
  return piece;
}

/* *piece_out: NULL: not wanted, or too large. */
static gboolean
take_piece (UlakHistoryReader *self, UlakHistoryKind kind, const Field *field, UlakHistoryPiece **piece_out, GError **error)
{
  g_autoptr (GByteArray) bytes = NULL;

  *piece_out = NULL;
  if ((self->kinds & kind) == 0)
    return read_bytes (self, field->size_bytes, NULL, error);
  if (field->size_bytes > ULAK_HISTORY_PIECE_MAX)
    {
      self->n_left_out++;
      return read_bytes (self, field->size_bytes, NULL, error);
    }
  bytes = g_byte_array_new ();
  if (!read_bytes (self, field->size_bytes, bytes, error))
    return FALSE;
  *piece_out = make_piece (kind, g_steal_pointer (&bytes));
  return TRUE;
}

static void
append_varint (GByteArray *bytes, guint64 number)
{
  do
    {
      guint8 byte = (guint8) (number & 0x7f);

      number >>= 7;
      if (number != 0)
        byte |= 0x80;
      g_byte_array_append (bytes, &byte, 1);
    }
  while (number != 0);
}

/* A field of a conversation that is no message is kept as it is, until the conversation is whole. */
static gboolean
keep_chat_field (UlakHistoryReader *self, const Field *field, GError **error)
{
  if ((self->kinds & ULAK_HISTORY_CHAT) == 0 || self->is_chat_over
      || self->chat->len + field->size_bytes > ULAK_HISTORY_PIECE_MAX)
    {
      self->is_chat_over |= (self->kinds & ULAK_HISTORY_CHAT) != 0;
      return read_bytes (self, field->size_bytes, NULL, error);
    }
  append_varint (self->chat, (guint64) field->number << 3 | field->wire);
  if (field->wire == WIRE_VARINT)
    append_varint (self->chat, field->varint);
  if (field->wire == WIRE_BYTES)
    append_varint (self->chat, field->size_bytes);
  return read_bytes (self, field->size_bytes, self->chat, error);
}

static gboolean
end_chat (UlakHistoryReader *self, UlakHistoryPiece **piece_out)
{
  self->chat_end = 0;
  *piece_out = NULL;
  if (self->is_chat_over)
    self->n_left_out++;
  else if ((self->kinds & ULAK_HISTORY_CHAT) != 0)
    {
      *piece_out = make_piece (ULAK_HISTORY_CHAT, self->chat);
      self->chat = g_byte_array_new ();
    }
  g_byte_array_set_size (self->chat, 0);
  self->is_chat_over = FALSE;
  return TRUE;
}

static gboolean
step_in_chat (UlakHistoryReader *self, UlakHistoryPiece **piece_out, GError **error)
{
  Field field;

  *piece_out = NULL;
  if (self->position == self->chat_end)
    return end_chat (self, piece_out);
  if (!read_field (self, &field, error))
    return FALSE;
  if (self->position > self->chat_end || field.size_bytes > self->chat_end - self->position)
    return refuse (error, "a field is longer than the chat that it is in");
  if (field.number == FIELD_MESSAGES && field.wire == WIRE_BYTES)
    return take_piece (self, ULAK_HISTORY_MESSAGE, &field, piece_out, error);
  return keep_chat_field (self, &field, error);
}

static gboolean
step_outside (UlakHistoryReader *self, UlakHistoryPiece **piece_out, GError **error)
{
  Field field;

  *piece_out = NULL;
  if (!read_field (self, &field, error))
    return FALSE;
  if (field.size_bytes > ULAK_HISTORY_INFLATED_MAX)
    return refuse (error, "a field is longer than all may be");
  if (field.wire == WIRE_BYTES && field.number == FIELD_CONVERSATIONS)
    {
      self->chat_end = self->position + field.size_bytes;
      return TRUE;
    }
  for (gsize i = 0; field.wire == WIRE_BYTES && i < G_N_ELEMENTS (kinds_of_fields); i++)
    if (kinds_of_fields[i].field == field.number)
      return take_piece (self, kinds_of_fields[i].kind, &field, piece_out, error);
  return read_bytes (self, field.size_bytes, NULL, error);
}

gboolean
ulak_history_reader_next (UlakHistoryReader *self, UlakHistoryPiece **piece_out, GError **error)
{
  GError *fault = NULL;
  UlakHistoryPiece *piece = NULL;
  gboolean is_end = FALSE;

  while (fault == NULL && piece == NULL && !is_end)
    {
      if (self->chat_end != 0)
        step_in_chat (self, &piece, &fault);
      else if (fill (self, &is_end, &fault) && !is_end)
        step_outside (self, &piece, &fault);
    }
  if (fault != NULL)
    {
      g_propagate_error (error, fault);
      return FALSE;
    }
  *piece_out = piece;
  return TRUE;
}
