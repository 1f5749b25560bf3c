/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Writes each string in the shortest form there is: token, packed, raw. Frames go out uncompressed.
 */
#include "whatsapp/codec/node-codec.h"

#include "core/error.h"
#include "whatsapp/codec/node-private.h"
#include "whatsapp/codec/node-wire.h"
#include "whatsapp/codec/tokens.h"

#include <string.h>

static void
put_byte (GByteArray *out, guint value)
{
  guint8 byte = (guint8) value;

  g_byte_array_append (out, &byte, 1);
}

/* The highest byte first. */
static void
put_number (GByteArray *out, gsize size_bytes, guint32 number)
{
  while (size_bytes-- > 0)
    put_byte (out, number >> 8 * size_bytes & 0xff);
}

/* @length fits 32 bits: contents were counted before. */
static void
put_raw (GByteArray *out, const guint8 *bytes, gsize length)
{
  if (length <= G_MAXUINT8)
    {
      put_byte (out, ULAK_WIRE_BINARY_8);
      put_byte (out, (guint) length);
    }
  else if (length <= ULAK_WIRE_BINARY_20_MAX)
    {
      put_byte (out, ULAK_WIRE_BINARY_20);
      put_number (out, 3, (guint32) length);
    }
  else
    {
      put_byte (out, ULAK_WIRE_BINARY_32);
      put_number (out, 4, (guint32) length);
    }
  if (length > 0)
    g_byte_array_append (out, bytes, (guint) length);
}

static gboolean
put_packed (GByteArray *out, UlakWireTag tag, const char *alphabet, const char *text, gsize length)
{
  gsize n_bytes = (length + 1) / 2;

  if (length > ULAK_WIRE_PACKED_MAX || strspn (text, alphabet) != length)
    return FALSE;
  put_byte (out, tag);
  put_byte (out, (guint) n_bytes | (length % 2 == 1 ? ULAK_WIRE_PACKED_ODD : 0));
  for (gsize i = 0; i < length; i += 2)
    {
      guint high = (guint) (strchr (alphabet, text[i]) - alphabet);
      guint low = i + 1 < length ? (guint) (strchr (alphabet, text[i + 1]) - alphabet) : ULAK_WIRE_PACKED_FILLER;

      put_byte (out, high << 4 | low);
    }
  return TRUE;
}

static gboolean
put_token (GByteArray *out, const char *text)
{
  guint number = ulak_token_find (text);

  if (number == 0)
    return FALSE;
  if (number >= ULAK_TOKEN_DOUBLE)
    put_byte (out, ULAK_WIRE_DICTIONARY_0 + (number - ULAK_TOKEN_DOUBLE) / 256);
  put_byte (out, number < ULAK_TOKEN_DOUBLE ? number : (number - ULAK_TOKEN_DOUBLE) % 256);
  return TRUE;
}

static void
put_text (GByteArray *out, const char *text)
{
  gsize length = strlen (text);

  if (length > 0
      && (put_token (out, text) || put_packed (out, ULAK_WIRE_NIBBLE_8, ULAK_WIRE_NIBBLES, text, length)
          || put_packed (out, ULAK_WIRE_HEX_8, ULAK_WIRE_HEX, text, length)))
    return;
  put_raw (out, (const guint8 *) text, length);
}

static void
put_user (GByteArray *out, const UlakJid *jid)
{
  if (*jid->user == '\0')
    put_byte (out, ULAK_WIRE_LIST_EMPTY);
  else
    put_text (out, jid->user);
}

static void
put_foreign_jid (GByteArray *out, const UlakJid *jid)
{
  gboolean has_integrator = jid->server == ULAK_JID_SERVER_INTEROP;

  put_byte (out, has_integrator ? ULAK_WIRE_INTEROP_JID : ULAK_WIRE_MESSENGER_JID);
  put_user (out, jid);
  put_number (out, 2, jid->device);
  if (has_integrator)
    put_number (out, 2, jid->integrator);
  put_text (out, jid->server_name);
}

static void
put_jid (GByteArray *out, const UlakJid *jid)
{
  gboolean is_hosted = jid->server == ULAK_JID_SERVER_HOSTED || jid->server == ULAK_JID_SERVER_HOSTED_LID;
  gboolean is_foreign = jid->server == ULAK_JID_SERVER_MESSENGER || jid->server == ULAK_JID_SERVER_INTEROP;
  guint8 domain;

  if (is_foreign && *jid->user != '\0')
    put_foreign_jid (out, jid);
  else if (ulak_jid_get_domain (jid, &domain) && *jid->user != '\0' && (jid->device > 0 || is_hosted))
    {
      put_byte (out, ULAK_WIRE_DEVICE_JID);
      put_byte (out, domain);
      put_byte (out, jid->device);
      put_text (out, jid->user);
    }
  else
    {
      put_byte (out, ULAK_WIRE_JID_PAIR);
      put_user (out, jid);
      put_text (out, jid->server_name);
    }
}

static void
put_list (GByteArray *out, guint size)
{
  if (size == 0)
    {
      put_byte (out, ULAK_WIRE_LIST_EMPTY);
      return;
    }
  put_byte (out, size <= G_MAXUINT8 ? ULAK_WIRE_LIST_8 : ULAK_WIRE_LIST_16);
  put_number (out, size <= G_MAXUINT8 ? 1 : 2, size);
}

static void
put_attributes (GByteArray *out, const UlakNode *node)
{
  for (const UlakNodeAttribute *attribute = node->attributes; attribute != NULL; attribute = attribute->next)
    {
      UlakJid jid;

      put_text (out, attribute->name);
      if (attribute->is_jid && ulak_jid_parse (attribute->value, &jid, NULL))
        put_jid (out, &jid);
      else
        put_text (out, attribute->value);
    }
}

/* Fails when it has become too large, before a content is copied that would make it so. */
static gboolean
put_node (GByteArray *out, const UlakNode *node)
{
  if (node->size_bytes > ULAK_NODE_FRAME_MAX || out->len > ULAK_NODE_FRAME_MAX)
    return FALSE;
  put_list (out, 1 + 2 * node->n_attributes + (node->content == ULAK_NODE_NOTHING ? 0 : 1));
  put_text (out, node->tag);
  put_attributes (out, node);

  switch ((UlakNodeContent) node->content)
    {
    case ULAK_NODE_NOTHING:
      break;
    case ULAK_NODE_CHILDREN:
      put_list (out, node->n_children);
      for (const UlakNode *child = node->first; child != NULL; child = child->next)
        if (!put_node (out, child))
          return FALSE;
      break;
    case ULAK_NODE_BYTES:
      put_raw (out, node->bytes, node->size_bytes);
      break;
    case ULAK_NODE_TEXT:
      put_text (out, (const char *) node->bytes);
      break;
    }
  return out->len <= ULAK_NODE_FRAME_MAX;
}

/**
 * ulak_node_encode:
 * @node: the root of a tree, or any node of it
 * @error: TOO_LARGE: the frame would pass ULAK_NODE_FRAME_MAX
 *
 * Source: docs/protocol/nodes.md.
 * Returns: (transfer full) (nullable): the plaintext of a frame that holds @node
 */
GBytes *
ulak_node_encode (const UlakNode *node, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  put_byte (out, 0);
  if (!put_node (out, node))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The frame would have more than %d bytes",
                   ULAK_NODE_FRAME_MAX);
      return NULL;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}
