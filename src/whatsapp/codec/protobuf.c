/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The walk keeps one entry for each message that is open, in an array as long as the depth allowed. It charges what
 * protobuf-c will allocate: the structs, an entry for each field, the bytes of strings.
 */
#include "whatsapp/codec/protobuf.h"

#include "core/error.h"

#include <string.h>

#define FIELD_CHARGE \
  64 /* an entry of protobuf-c's list of fields (40) or an unknown field (32), and the pointer to it */
#define TAG_BYTES_MAX 5
#define VARINT_BYTES_MAX 10

typedef struct
{
  const ProtobufCMessageDescriptor *type;
  const guint8 *end;
  guint n_single; /* messages so far in fields that hold one */
} Level;

typedef struct
{
  const guint8 *at;
  Level levels[ULAK_PROTOBUF_DEPTH_MAX];
  guint depth;
  gsize charged;
  GError *error; /* (owned) (nullable): the first */
} Walk;

static gboolean
refuse (Walk *walk, UlakError code, const char *reason)
{
  g_set_error (&walk->error, ULAK_ERROR, code, "The %s %s", walk->levels[0].type->short_name, reason);
  return FALSE;
}

static gboolean
charge (Walk *walk, gsize size_bytes)
{
  if (size_bytes > ULAK_PROTOBUF_MEMORY_MAX - walk->charged)
    return refuse (walk, ULAK_ERROR_TOO_LARGE,
                   "takes more than " G_STRINGIFY (ULAK_PROTOBUF_MEMORY_MAX) " bytes of memory");
  walk->charged += size_bytes;
  return TRUE;
}

static const guint8 *
end_of (const Walk *walk)
{
  return walk->levels[walk->depth - 1].end;
}

static gboolean
skip (Walk *walk, guint64 size_bytes)
{
  if (size_bytes > (guint64) (end_of (walk) - walk->at))
    return refuse (walk, ULAK_ERROR_INVALID, "has a field that ends after its message");
  walk->at += size_bytes;
  return TRUE;
}

static gboolean
take_varint (Walk *walk, guint max_bytes, guint64 *value_out)
{
  guint64 value = 0;

  for (guint i = 0; i < max_bytes && walk->at < end_of (walk); i++)
    {
      guint8 byte = *walk->at++;

      value |= (guint64) (byte & 0x7f) << 7 * i;
      if ((byte & 0x80) == 0)
        {
          *value_out = value;
          return TRUE;
        }
    }
  return refuse (walk, ULAK_ERROR_INVALID, "has a number that does not end");
}

static gboolean
open_message (Walk *walk, const ProtobufCMessageDescriptor *type, const guint8 *end)
{
  if (walk->depth == ULAK_PROTOBUF_DEPTH_MAX)
    return refuse (walk, ULAK_ERROR_TOO_LARGE, "is nested more than " G_STRINGIFY (ULAK_PROTOBUF_DEPTH_MAX) " deep");
  walk->levels[walk->depth++] = (Level){ .type = type, .end = end };
  return charge (walk, type->sizeof_message);
}

/* A single field that comes again is merged with what came before, at the cost of both. */
static gboolean
enter_field (Walk *walk, const ProtobufCFieldDescriptor *field, gsize length)
{
  Level *level = &walk->levels[walk->depth - 1];

  if (field->label != PROTOBUF_C_LABEL_REPEATED && ++level->n_single > level->type->n_fields)
    return refuse (walk, ULAK_ERROR_INVALID, "has more messages in it than fields for them");
  return open_message (walk, field->descriptor, walk->at + length);
}

/* The content of a field with a length, whose beginning walk->at is. */
static gboolean
take_content (Walk *walk, const ProtobufCFieldDescriptor *field, gsize length)
{
  ProtobufCType type = field == NULL ? PROTOBUF_C_TYPE_BYTES : field->type;
  const char *content = (const char *) walk->at;

  if (type == PROTOBUF_C_TYPE_MESSAGE)
    return enter_field (walk, field, length);
  if (type == PROTOBUF_C_TYPE_STRING && !g_utf8_validate_len (content, length, NULL))
    return refuse (walk, ULAK_ERROR_INVALID, "has a string that is not UTF-8 or holds a NUL");
  walk->at += length;
  if (type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES)
    return charge (walk, length);
  return charge (walk, length * sizeof (guint64)); /* packed: at most one number in each byte */
}

static gboolean
take_field (Walk *walk)
{
  const ProtobufCFieldDescriptor *field;
  guint64 tag, value;

  if (!take_varint (walk, TAG_BYTES_MAX, &tag) || !charge (walk, FIELD_CHARGE))
    return FALSE;
  if (tag >> 3 == 0 || tag >> 3 > 536870911)
    return refuse (walk, ULAK_ERROR_INVALID, "has a field of a number that there is not");
  field = protobuf_c_message_descriptor_get_field (walk->levels[walk->depth - 1].type, (unsigned) (tag >> 3));

  switch (tag & 7)
    {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
      return take_varint (walk, VARINT_BYTES_MAX, &value);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
      return skip (walk, 8);
    case PROTOBUF_C_WIRE_TYPE_32BIT:
      return skip (walk, 4);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
      if (!take_varint (walk, TAG_BYTES_MAX, &value))
        return FALSE;
      if (value > (guint64) (end_of (walk) - walk->at))
        return refuse (walk, ULAK_ERROR_INVALID, "has a field that ends after its message");
      return take_content (walk, field, (gsize) value);
    default:
      return refuse (walk, ULAK_ERROR_INVALID, "has a field of a kind that there is not");
    }
}

/* Messages lie inside each other, so that the end of the innermost comes first. */
static gboolean
walk_message (Walk *walk, const ProtobufCMessageDescriptor *type, const guint8 *bytes, gsize size_bytes)
{
  walk->at = bytes;
  walk->levels[0].type = type;
  if (!open_message (walk, type, bytes + size_bytes))
    return FALSE;
  while (walk->depth > 0)
    {
      if (walk->at == end_of (walk))
        walk->depth--;
      else if (!take_field (walk))
        return FALSE;
    }
  return TRUE;
}

/**
 * ulak_protobuf_unpack:
 * @type: what the bytes should be, e.g. &wa__message__descriptor
 * @bytes: (nullable): a message
 * @size_bytes: how many
 * @error: INVALID: they are none; TOO_LARGE: a limit of protobuf.h is passed
 *
 * Returns: (transfer full) (nullable): the message; free it with ulak_protobuf_free()
 */
gpointer
ulak_protobuf_unpack (const ProtobufCMessageDescriptor *type, const guint8 *bytes, gsize size_bytes, GError **error)
{
  Walk walk = { .depth = 0 };
  ProtobufCMessage *message;

  if (size_bytes == 0)
    bytes = (const guint8 *) "";
  if (size_bytes > ULAK_PROTOBUF_SIZE_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The %s has %" G_GSIZE_FORMAT " bytes; allowed %d",
                   type->short_name, size_bytes, ULAK_PROTOBUF_SIZE_MAX);
      return NULL;
    }
  if (!walk_message (&walk, type, bytes, size_bytes))
    {
      g_propagate_error (error, walk.error);
      return NULL;
    }
  message = protobuf_c_message_unpack (type, NULL, size_bytes, bytes);
  if (message == NULL)
    g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "The %s has a known field of another kind", type->short_name);
  return message;
}

/**
 * ulak_protobuf_unpack_bytes:
 * @type: what the bytes should be
 * @bytes: a bytes field of another message, which holds a message
 * @error: INVALID: they are none; TOO_LARGE: a limit of protobuf.h is passed
 *
 * Returns: (transfer full) (nullable): the message; free it with ulak_protobuf_free()
 */
gpointer
ulak_protobuf_unpack_bytes (const ProtobufCMessageDescriptor *type, const ProtobufCBinaryData *bytes, GError **error)
{
  return ulak_protobuf_unpack (type, bytes->data, bytes->len, error);
}

/**
 * ulak_protobuf_free:
 * @message: (nullable) (transfer full): a message that ulak_protobuf_unpack() made, never one made by hand
 */
void
ulak_protobuf_free (gpointer message)
{
  if (message != NULL)
    protobuf_c_message_free_unpacked (message, NULL);
}

/**
 * ulak_protobuf_pack:
 * @message: a message of our own making, or an unpacked one
 *
 * Returns: (transfer full): its bytes, with the unknown fields it came with
 */
GBytes *
ulak_protobuf_pack (gconstpointer message)
{
  gsize size_bytes = protobuf_c_message_get_packed_size (message);
  guint8 *bytes = g_malloc (size_bytes);

  protobuf_c_message_pack (message, bytes);
  return g_bytes_new_take (bytes, size_bytes);
}
