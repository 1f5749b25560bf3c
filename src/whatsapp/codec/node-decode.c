/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A recursive descent over the bytes, as deep as ULAK_NODE_DEPTH_MAX. No length is believed: each is compared with
 * the bytes that are left before anything is allocated for it. Errors say where the node stopped making sense, never
 * what stood there.
 */
#include "whatsapp/codec/node-codec.h"

#include "core/error.h"
#include "whatsapp/codec/inflate.h"
#include "whatsapp/codec/node-private.h"
#include "whatsapp/codec/node-wire.h"
#include "whatsapp/codec/tokens.h"

#include <string.h>

typedef struct
{
  const guint8 *bytes;
  gsize size_bytes;
  gsize at;
  UlakNodeTree *tree; /* unowned */
  gboolean is_for_head; /* what follows the attributes of the first node is not looked at */
  GError *error;      /* (owned) (nullable): the first */
} Reader;

/* A string of the wire. Tokens, packed digits and JIDs are strings of C already; raw ones lie in the frame. */
typedef struct
{
  const char *text;
  gsize length;
  gboolean is_raw;
  gboolean is_jid;
} Text;

static gboolean
refuse (Reader *reader, const char *reason)
{
  if (reader->error == NULL)
    g_set_error (&reader->error, ULAK_ERROR, ULAK_ERROR_INVALID,
                 "The node is malformed at byte %" G_GSIZE_FORMAT ": %s", reader->at, reason);
  return FALSE;
}

static const guint8 *
take (Reader *reader, gsize size_bytes)
{
  const guint8 *bytes = reader->bytes + reader->at;

  if (size_bytes > reader->size_bytes - reader->at)
    {
      refuse (reader, "it ends too early");
      return NULL;
    }
  reader->at += size_bytes;
  return bytes;
}

/* A number of @size_bytes bytes, the highest first. */
static gboolean
take_number (Reader *reader, gsize size_bytes, guint32 *number_out)
{
  const guint8 *bytes = take (reader, size_bytes);
  guint32 number = 0;

  if (bytes == NULL)
    return FALSE;
  for (gsize i = 0; i < size_bytes; i++)
    number = number << 8 | bytes[i];
  *number_out = number;
  return TRUE;
}

static gboolean
take_raw (Reader *reader, gsize length_bytes, guint32 mask, Text *text_out)
{
  guint32 length;
  const guint8 *bytes;

  if (!take_number (reader, length_bytes, &length))
    return FALSE;
  bytes = take (reader, length & mask);
  if (bytes == NULL)
    return FALSE;
  *text_out = (Text){ .text = (const char *) bytes, .length = length & mask, .is_raw = TRUE };
  return TRUE;
}

/* Two characters in each byte; the top bit of the count says that the last of them is a filler. */
static gboolean
take_packed (Reader *reader, const char *alphabet, Text *text_out)
{
  gsize n_alphabet = strlen (alphabet);
  guint32 count;
  const guint8 *bytes;
  gsize length;
  char *text;

  if (!take_number (reader, 1, &count))
    return FALSE;
  length = 2 * (count & ~(guint32) ULAK_WIRE_PACKED_ODD);
  bytes = take (reader, length / 2);
  if (bytes == NULL)
    return FALSE;
  if ((count & ULAK_WIRE_PACKED_ODD) != 0)
    {
      if (length == 0)
        return refuse (reader, "packed text of less than no character");
      length--;
    }
  text = ulak_node_tree_alloc (reader->tree, length + 1, &reader->error);
  for (gsize i = 0; text != NULL && i < length; i++)
    {
      guint8 half = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15;

      if (half >= n_alphabet)
        return refuse (reader, "packed text with a character that there is not");
      text[i] = alphabet[half];
    }
  *text_out = (Text){ .text = text, .length = length };
  return text != NULL;
}

/* Any string but a JID, so that JIDs cannot nest. */
static gboolean
take_plain (Reader *reader, guint8 tag, Text *text_out)
{
  guint32 place;

  switch (tag)
    {
    case ULAK_WIRE_LIST_EMPTY:
      *text_out = (Text){ .text = "" };
      return TRUE;
    case ULAK_WIRE_BINARY_8:
      return take_raw (reader, 1, G_MAXUINT32, text_out);
    case ULAK_WIRE_BINARY_20:
      return take_raw (reader, 3, ULAK_WIRE_BINARY_20_MAX, text_out);
    case ULAK_WIRE_BINARY_32:
      return take_raw (reader, 4, G_MAXUINT32, text_out);
    case ULAK_WIRE_HEX_8:
      return take_packed (reader, ULAK_WIRE_HEX, text_out);
    case ULAK_WIRE_NIBBLE_8:
      return take_packed (reader, ULAK_WIRE_NIBBLES, text_out);
    default:
      if (tag > ULAK_WIRE_DICTIONARY_3)
        return refuse (reader, "a string begins with a byte that begins none");
      if (tag < ULAK_WIRE_DICTIONARY_0)
        place = tag;
      else if (take_number (reader, 1, &place))
        place += ULAK_TOKEN_DOUBLE + 256 * ((guint32) tag - ULAK_WIRE_DICTIONARY_0);
      else
        return FALSE;
      *text_out = (Text){ .text = ulak_token_get_text (place) };
      text_out->length = strlen (text_out->text);
      return TRUE;
    }
}

static const char *
keep (Reader *reader, const Text *text)
{
  return text->is_raw ? ulak_node_tree_copy (reader->tree, text->text, text->length, &reader->error) : text->text;
}

static const char *
take_part (Reader *reader)
{
  guint32 tag;
  Text text;

  if (!take_number (reader, 1, &tag) || !take_plain (reader, (guint8) tag, &text))
    return NULL;
  return keep (reader, &text);
}

/* The parts of a JID as text. What the parser does not take stays plain text: the server's to say, ours to echo. */
static gboolean
finish_jid (Reader *reader, char *composed, Text *text_out)
{
  g_autofree char *text = composed;
  g_autofree char *printed = NULL;
  UlakJid jid;

  text_out->is_raw = FALSE;
  text_out->is_jid = ulak_jid_parse (text, &jid, NULL);
  printed = text_out->is_jid ? ulak_jid_print (&jid) : g_steal_pointer (&text);
  text_out->length = strlen (printed);
  text_out->text = ulak_node_tree_copy (reader->tree, printed, text_out->length, &reader->error);
  return text_out->text != NULL;
}

static gboolean
take_jid_pair (Reader *reader, Text *text_out)
{
  const char *user = take_part (reader);
  const char *server = user == NULL ? NULL : take_part (reader);

  return server != NULL && finish_jid (reader, g_strdup_printf ("%s@%s", user, server), text_out);
}

static gboolean
take_device_jid (Reader *reader, Text *text_out)
{
  guint32 domain, device;
  const char *user;

  if (!take_number (reader, 1, &domain) || !take_number (reader, 1, &device))
    return FALSE;
  user = take_part (reader);
  return user != NULL
         && finish_jid (reader,
                        g_strdup_printf ("%s:%u@%s", user, device, ulak_jid_get_domain_server ((guint8) domain)),
                        text_out);
}

/* Users of Messenger, and of other networks with the number of their integrator. */
static gboolean
take_foreign_jid (Reader *reader, gboolean has_integrator, Text *text_out)
{
  const char *user = take_part (reader), *server;
  guint32 device, integrator = 0;

  if (user == NULL || !take_number (reader, 2, &device) || (has_integrator && !take_number (reader, 2, &integrator)))
    return FALSE;
  server = take_part (reader);
  if (server == NULL)
    return FALSE;
  return finish_jid (reader,
                     has_integrator ? g_strdup_printf ("%u-%s:%u@%s", integrator, user, device, server)
                                    : g_strdup_printf ("%s:%u@%s", user, device, server),
                     text_out);
}

static gboolean
take_text (Reader *reader, guint8 tag, Text *text_out)
{
  switch (tag)
    {
    case ULAK_WIRE_JID_PAIR:
      return take_jid_pair (reader, text_out);
    case ULAK_WIRE_DEVICE_JID:
      return take_device_jid (reader, text_out);
    case ULAK_WIRE_MESSENGER_JID:
      return take_foreign_jid (reader, FALSE, text_out);
    case ULAK_WIRE_INTEROP_JID:
      return take_foreign_jid (reader, TRUE, text_out);
    default:
      return take_plain (reader, tag, text_out);
    }
}

/* The size of a list whose first byte was read; -1 when that byte begins none. */
static gint
take_list (Reader *reader, guint8 tag)
{
  guint32 size;

  if (tag == ULAK_WIRE_LIST_EMPTY)
    return 0;
  if (tag == ULAK_WIRE_LIST_8 || tag == ULAK_WIRE_LIST_16)
    return take_number (reader, tag == ULAK_WIRE_LIST_8 ? 1 : 2, &size) ? (gint) size : -1;
  refuse (reader, "a list begins with a byte that begins none");
  return -1;
}

static gboolean
take_attribute (Reader *reader, UlakNodePen *pen)
{
  const char *name = take_part (reader), *value;
  guint32 tag;
  Text text;

  if (name == NULL)
    return FALSE;
  if (*name == '\0')
    return refuse (reader, "an attribute has no name");
  if (!take_number (reader, 1, &tag) || !take_text (reader, (guint8) tag, &text))
    return FALSE;
  value = keep (reader, &text);
  return value != NULL && ulak_node_pen_add (pen, name, value, text.is_jid, &reader->error);
}

static gboolean take_node (Reader *reader, UlakNodePen *parent, guint depth, UlakNode **node_out);

static gboolean
take_content (Reader *reader, UlakNodePen *pen, guint depth)
{
  guint32 tag;
  Text text;

  if (!take_number (reader, 1, &tag))
    return FALSE;
  if (tag == ULAK_WIRE_LIST_EMPTY || tag == ULAK_WIRE_LIST_8 || tag == ULAK_WIRE_LIST_16)
    {
      gint size = take_list (reader, (guint8) tag);

      pen->node->content = ULAK_NODE_CHILDREN;
      for (gint i = 0; i < size; i++)
        if (!take_node (reader, pen, depth + 1, NULL))
          return FALSE;
      return size >= 0;
    }
  if (!take_text (reader, (guint8) tag, &text))
    return FALSE;
  pen->node->content = text.is_raw ? ULAK_NODE_BYTES : ULAK_NODE_TEXT;
  pen->node->bytes = (const guint8 *) text.text;
  pen->node->size_bytes = text.length;
  return TRUE;
}

/* The size counts the tag, each name and value, and the content if there is one. */
static gboolean
take_node (Reader *reader, UlakNodePen *parent, guint depth, UlakNode **node_out)
{
  UlakNodePen pen;
  guint32 first;
  const char *tag;
  gint size;

  if (depth > ULAK_NODE_DEPTH_MAX)
    {
      g_set_error (&reader->error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The node is nested more than %d deep",
                   ULAK_NODE_DEPTH_MAX);
      return FALSE;
    }
  if (!take_number (reader, 1, &first) || (size = take_list (reader, (guint8) first)) < 0)
    return FALSE;
  if (size == 0)
    return refuse (reader, "a list of nothing stands where a node must");
  tag = take_part (reader);
  if (tag == NULL || (*tag == '\0' && !refuse (reader, "a node has no tag"))
      || !ulak_node_pen_open (&pen, reader->tree, parent, tag, &reader->error))
    return FALSE;

  for (gint i = 0; i < (size - 1) / 2; i++)
    if (!take_attribute (reader, &pen))
      return FALSE;
  if (size % 2 == 0 && !reader->is_for_head && !take_content (reader, &pen, depth))
    return FALSE;
  if (node_out != NULL)
    *node_out = pen.node;
  return TRUE;
}

static UlakNode *
decode_plain (GBytes *wire, gsize start, gboolean is_for_head, GError **error)
{
  g_autoptr (UlakNodeTree) tree = ulak_node_tree_new (wire);
  Reader reader = { .at = start, .tree = tree, .is_for_head = is_for_head };
  UlakNode *root = NULL;

  reader.bytes = g_bytes_get_data (wire, &reader.size_bytes);
  if (!take_node (&reader, NULL, 1, &root)
      || (!is_for_head && reader.at != reader.size_bytes && !refuse (&reader, "more bytes follow the end of the node")))
    {
      g_propagate_error (error, reader.error);
      return NULL;
    }
  tree = NULL; /* the reference goes along with the root */
  return root;
}

static UlakNode *
decode (GBytes *frame, gboolean is_for_head, GError **error)
{
  g_autoptr (GBytes) inflated = NULL;
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (frame, &size_bytes);

  if (size_bytes == 0)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                           "The frame is empty; it must hold a byte of flags and a node");
      return NULL;
    }
  if (size_bytes > ULAK_NODE_FRAME_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The frame has %" G_GSIZE_FORMAT " bytes; allowed %d",
                   size_bytes, ULAK_NODE_FRAME_MAX);
      return NULL;
    }
  if ((bytes[0] & ULAK_WIRE_FLAG_DEFLATED) == 0)
    return decode_plain (frame, 1, is_for_head, error);
  inflated = ulak_inflate (bytes + 1, size_bytes - 1, ULAK_NODE_FRAME_MAX, error);
  return inflated == NULL ? NULL : decode_plain (inflated, 0, is_for_head, error);
}

/**
 * ulak_node_decode:
 * @frame: the plaintext of a frame
 * @error: INVALID: it is no node; TOO_LARGE: a limit of node.h or ULAK_NODE_FRAME_MAX is passed, inflated or not
 *
 * Source: docs/protocol/nodes.md.
 * Returns: (transfer full) (nullable): its node
 */
UlakNode *
ulak_node_decode (GBytes *frame, GError **error)
{
  return decode (frame, FALSE, error);
}

/**
 * ulak_node_decode_head:
 * @frame: the plaintext of a frame that ulak_node_decode() refused
 * @error: as there
 *
 * Returns: (transfer full) (nullable): its node without content, when tag and attributes can be read
 */
UlakNode *
ulak_node_decode_head (GBytes *frame, GError **error)
{
  return decode (frame, TRUE, error);
}
