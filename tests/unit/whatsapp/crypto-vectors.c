/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/whatsapp/crypto-vectors.h"

#include "unit/whatsapp/vectors-folder.h"

/* Reachable from here until the end, so nobody counts them as leaked. */
static GPtrArray *kept;

static UlakSpan
keep_bytes (gpointer bytes, gsize size_bytes)
{
  if (kept == NULL)
    kept = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (kept, bytes);
  return ULAK_SPAN (bytes, size_bytes);
}

JsonObject *
vectors_load_from (const char *folder, const char *name)
{
  static GPtrArray *parsers;
  g_autofree char *file = g_build_filename (folder, name, NULL);
  g_autofree char *path = ulak_vectors_find (file);
  JsonParser *parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;

  if (parsers == NULL)
    parsers = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (parsers, parser);
  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

JsonObject *
vectors_load (const char *name)
{
  return vectors_load_from ("crypto", name);
}

JsonArray *
vectors_array (JsonObject *object, const char *member)
{
  JsonArray *array = json_object_get_array_member (object, member);

  g_assert_cmpuint (json_array_get_length (array), >, 0);
  return array;
}

UlakSpan
vectors_decode (const char *hex)
{
  gsize size_bytes = strlen (hex) / 2;
  guint8 *bytes = g_malloc (MAX (size_bytes, 1));

  g_assert_cmpuint (strlen (hex) % 2, ==, 0);
  for (gsize i = 0; i < size_bytes; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));
  return keep_bytes (bytes, size_bytes);
}

/* A member that is null is an empty span. */
UlakSpan
vectors_hex (JsonObject *object, const char *member)
{
  g_assert_true (json_object_has_member (object, member));
  if (json_object_get_null_member (object, member))
    return ULAK_SPAN_NONE;
  return vectors_decode (json_object_get_string_member (object, member));
}

UlakKey
vectors_key (JsonObject *object, const char *member)
{
  UlakSpan span = vectors_hex (object, member);
  UlakKey key;

  ulak_key_set (&key, span.bytes, span.size_bytes);
  return key;
}

UlakKeyPair
vectors_pair (JsonObject *object, const char *member)
{
  JsonObject *keys = json_object_get_object_member (object, member);
  UlakKey private_key = vectors_key (keys, "private");
  UlakKeyPair pair;

  ulak_key_pair_set (&pair, &private_key);
  assert_spans_equal (ULAK_SPAN_ARRAY (pair.public_key), vectors_hex (keys, "public"));
  return pair;
}

/* Takes the reference. */
UlakSpan
vectors_keep (GBytes *bytes)
{
  gsize size_bytes = 0;
  gpointer data = g_bytes_unref_to_data (bytes, &size_bytes);

  return keep_bytes (data, size_bytes);
}

UlakSpan
vectors_cut (UlakSpan span, gsize size_bytes)
{
  g_assert_cmpuint (size_bytes, <=, span.size_bytes);
  return keep_bytes (g_memdup2 (span.bytes, size_bytes), size_bytes);
}

UlakSpan
vectors_flip (UlakSpan span, gsize bit)
{
  guint8 *bytes = g_memdup2 (span.bytes, span.size_bytes);

  g_assert_cmpuint (bit / 8, <, span.size_bytes);
  bytes[bit / 8] ^= (guint8) (1 << bit % 8);
  return keep_bytes (bytes, span.size_bytes);
}

UlakSpan
vectors_join (UlakSpan a, UlakSpan b)
{
  GByteArray *joined = ulak_span_join ((const UlakSpan[]){ a, b }, 2);

  return vectors_keep (g_byte_array_free_to_bytes (joined));
}

static guint64
read_varint (const guint8 **position)
{
  guint64 value = 0;
  guint shift = 0;

  for (; **position & 0x80; shift += 7)
    value |= (guint64) (*(*position)++ & 0x7f) << shift;
  return value | (guint64) *(*position)++ << shift;
}

/* The first field of that number: its bytes, or the bytes of its varint. */
static UlakSpan
find_field (UlakSpan message, guint number, guint64 *value_out)
{
  const guint8 *position = message.bytes, *end = position + message.size_bytes;

  while (position < end)
    {
      guint64 tag = read_varint (&position), value = read_varint (&position);
      gboolean is_bytes = (tag & 7) == 2;

      g_assert_true (is_bytes || (tag & 7) == 0);
      if (tag >> 3 == number)
        {
          *value_out = value;
          return is_bytes ? vectors_cut (ULAK_SPAN (position, (gsize) (end - position)), value) : ULAK_SPAN_NONE;
        }
      position += is_bytes ? value : 0;
    }
  return ULAK_SPAN_NONE;
}

UlakSpan
vectors_field (UlakSpan message, guint number)
{
  guint64 value = 0;

  return find_field (message, number, &value);
}

guint64
vectors_number (UlakSpan message, guint number)
{
  guint64 value = 0;

  find_field (message, number, &value);
  return value;
}

#define SCRIPTED_TYPE_RANDOM (scripted_random_get_type ())
G_DECLARE_FINAL_TYPE (ScriptedRandom, scripted_random, SCRIPTED, RANDOM, GObject)

struct _ScriptedRandom
{
  GObject parent_instance;

  GByteArray *script; /* (owned) */
};

static void scripted_random_iface_init (UlakRandomInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScriptedRandom,
                               scripted_random,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (ULAK_TYPE_RANDOM, scripted_random_iface_init))

static void
fill (UlakRandom *random, guint8 *bytes, gsize size_bytes)
{
  GByteArray *script = SCRIPTED_RANDOM (random)->script;

  g_assert_cmpuint (script->len, >=, size_bytes);
  memcpy (bytes, script->data, size_bytes);
  g_byte_array_remove_range (script, 0, (guint) size_bytes);
}

static void
scripted_random_iface_init (UlakRandomInterface *iface)
{
  iface->fill = fill;
}

static void
scripted_random_finalize (GObject *object)
{
  g_byte_array_unref (SCRIPTED_RANDOM (object)->script);
  G_OBJECT_CLASS (scripted_random_parent_class)->finalize (object);
}

static void
scripted_random_class_init (ScriptedRandomClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scripted_random_finalize;
}

static void
scripted_random_init (ScriptedRandom *self G_GNUC_UNUSED)
{
}

UlakRandom *
vectors_random (const UlakSpan *spans, gsize n_spans)
{
  ScriptedRandom *self = g_object_new (SCRIPTED_TYPE_RANDOM, NULL);

  self->script = ulak_span_join (spans, n_spans);
  return ULAK_RANDOM (self);
}

gboolean
vectors_random_is_used_up (UlakRandom *random)
{
  return SCRIPTED_RANDOM (random)->script->len == 0;
}
