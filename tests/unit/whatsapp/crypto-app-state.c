/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * App state: sums, records, patches and a snapshot, and what happens when one of them was changed.
 */
#include "whatsapp/crypto/app-state.h"

#include "core/error.h"

#include "unit/whatsapp/crypto-vectors.h"

static void
test_keys (void)
{
  JsonArray *rows = vectors_array (vectors_load ("key-derivations.json"), "app_state");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakAppStateKeys keys;

      ulak_app_state_keys_derive (&keys, vectors_hex (row, "key_data"));
      assert_spans_equal (ULAK_SPAN_ARRAY (keys.index.bytes), vectors_hex (row, "index_key"));
      assert_spans_equal (ULAK_SPAN_ARRAY (keys.value.bytes), vectors_hex (row, "value_encryption_key"));
      assert_spans_equal (ULAK_SPAN_ARRAY (keys.value_mac.bytes), vectors_hex (row, "value_mac_key"));
      assert_spans_equal (ULAK_SPAN_ARRAY (keys.snapshot_mac.bytes), vectors_hex (row, "snapshot_mac_key"));
      assert_spans_equal (ULAK_SPAN_ARRAY (keys.patch_mac.bytes), vectors_hex (row, "patch_mac_key"));
    }
}

static void
read_hash (JsonObject *row, const char *member, UlakLtHash *hash_out)
{
  UlakSpan bytes = vectors_hex (row, member);

  g_assert_cmpuint (bytes.size_bytes, ==, sizeof hash_out->bytes);
  memcpy (hash_out->bytes, bytes.bytes, bytes.size_bytes);
}

static void
combine (UlakLtHash *hash, JsonArray *members, void (*change) (UlakLtHash *, const guint8 *))
{
  for (guint i = 0; i < json_array_get_length (members); i++)
    change (hash, vectors_decode (json_array_get_string_element (members, i)).bytes);
}

static void
test_sums (void)
{
  JsonArray *rows = vectors_array (vectors_load ("app-state.json"), "lthash");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakLtHash hash;

      read_hash (row, "base", &hash);
      combine (&hash, json_object_get_array_member (row, "subtract"), ulak_lt_hash_subtract);
      combine (&hash, json_object_get_array_member (row, "add"), ulak_lt_hash_add);
      assert_spans_equal (ULAK_SPAN_ARRAY (hash.bytes), vectors_hex (row, "result"));
    }
}

static UlakAppStateKeys
keys_named (JsonObject *vectors, UlakSpan id)
{
  JsonArray *rows = vectors_array (vectors, "keys");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      UlakAppStateKeys keys;

      if (!ulak_span_equals (vectors_hex (row, "id"), id))
        continue;
      ulak_app_state_keys_derive (&keys, vectors_hex (row, "data"));
      return keys;
    }
  g_assert_not_reached ();
}

static UlakAppStateOperation
operation_of (JsonObject *row)
{
  return g_str_equal (json_object_get_string_member (row, "operation"), "SET") ? ULAK_APP_STATE_SET : ULAK_APP_STATE_REMOVE;
}

static UlakSpan
blob_of (JsonObject *row)
{
  return vectors_join (vectors_hex (row, "encrypted_value_with_iv"), vectors_hex (row, "value_mac"));
}

static void
check_record (JsonObject *row, const UlakAppStateKeys *keys)
{
  UlakSpan blob = blob_of (row), key_id = vectors_hex (row, "key_id"), iv = vectors_cut (blob, 16);
  g_autoptr (UlakRandom) random = vectors_random (&iv, 1);
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GBytes) sealed = NULL;
  g_autoptr (GError) error = NULL;
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];

  plain = ulak_app_state_open_value (keys, operation_of (row), key_id, blob, &error);
  g_assert_no_error (error);
  assert_spans_equal (ulak_span_of (plain), vectors_hex (row, "sync_action_data"));
  sealed = ulak_app_state_seal_value (keys, operation_of (row), key_id, random, ulak_span_of (plain));
  assert_spans_equal (ulak_span_of (sealed), blob);

  ulak_app_state_index_mac (keys, vectors_field (ulak_span_of (plain), 1), mac);
  assert_spans_equal (ULAK_SPAN_ARRAY (mac), vectors_hex (row, "index_mac"));
  g_assert_true (ulak_app_state_get_value_mac (blob, mac, &error));
  assert_spans_equal (ULAK_SPAN_ARRAY (mac), vectors_hex (row, "value_mac"));
}

/* The value MAC that each index had last; (element-type utf8 UlakSpan). */
static void
apply (UlakLtHash *hash, GHashTable *records, JsonObject *row)
{
  const char *index = json_object_get_string_member (row, "index_mac");
  const guint8 *before = g_hash_table_lookup (records, index);
  UlakSpan value_mac = vectors_hex (row, "value_mac");

  if (before != NULL)
    ulak_lt_hash_subtract (hash, before);
  g_hash_table_remove (records, index);
  if (operation_of (row) == ULAK_APP_STATE_REMOVE)
    return;
  ulak_lt_hash_add (hash, value_mac.bytes);
  g_hash_table_insert (records, (gpointer) index, (gpointer) value_mac.bytes);
}

static void
test_patches (void)
{
  JsonObject *vectors = vectors_load ("app-state.json");
  JsonArray *rows = vectors_array (vectors, "patches");
  g_autoptr (GHashTable) records = g_hash_table_new (g_str_hash, g_str_equal);
  UlakLtHash hash = { 0 };

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *collection = json_object_get_string_member (row, "collection");
      guint64 version = (guint64) json_object_get_int_member (row, "version");
      UlakAppStateKeys keys = keys_named (vectors, vectors_hex (row, "key_id"));
      UlakSpan snapshot_mac = vectors_hex (row, "snapshot_mac");
      guint8 mac[ULAK_APP_STATE_MAC_BYTES];

      check_record (row, &keys);
      assert_spans_equal (ULAK_SPAN_ARRAY (hash.bytes), vectors_hex (row, "hash_before"));
      apply (&hash, records, row);
      assert_spans_equal (ULAK_SPAN_ARRAY (hash.bytes), vectors_hex (row, "hash_after"));

      ulak_app_state_snapshot_mac (&keys, &hash, version, collection, mac);
      assert_spans_equal (ULAK_SPAN_ARRAY (mac), snapshot_mac);
      ulak_app_state_patch_mac (&keys, snapshot_mac, vectors_hex (row, "value_mac"), version, collection, mac);
      assert_spans_equal (ULAK_SPAN_ARRAY (mac), vectors_hex (row, "patch_mac"));
    }
}

/* The records of a snapshot are its fields 2, one after the other. */
static void
test_snapshot (void)
{
  JsonObject *vectors = vectors_load ("app-state.json"), *row = json_object_get_object_member (vectors, "snapshot");
  UlakSpan rest = vectors_hex (row, "encoded"), key_id = vectors_field (vectors_field (rest, 4), 1);
  UlakAppStateKeys keys = keys_named (vectors, key_id);
  guint n_records = 0;
  UlakLtHash hash = { 0 };
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];

  assert_spans_equal (vectors_field (rest, 3), vectors_hex (row, "mac"));
  for (UlakSpan record; (record = vectors_field (rest, 2)).size_bytes > 0; n_records++)
    {
      UlakSpan blob = vectors_field (vectors_field (record, 2), 1);
      UlakSpan id = vectors_field (vectors_field (record, 3), 1);
      g_autoptr (GBytes) plain = ulak_app_state_open_value (&keys, ULAK_APP_STATE_SET, id, blob, NULL);
      const guint8 *begin = memmem (rest.bytes, rest.size_bytes, record.bytes, record.size_bytes);
      const guint8 *end = begin + record.size_bytes;

      g_assert_nonnull (plain);
      ulak_app_state_index_mac (&keys, vectors_field (ulak_span_of (plain), 1), mac);
      assert_spans_equal (ULAK_SPAN_ARRAY (mac), vectors_field (vectors_field (record, 1), 1));
      g_assert_true (ulak_app_state_get_value_mac (blob, mac, NULL));
      ulak_lt_hash_add (&hash, mac);
      rest = ULAK_SPAN (end, rest.size_bytes - (gsize) (end - (const guint8 *) rest.bytes));
    }

  g_assert_cmpuint (n_records, ==, json_array_get_length (vectors_array (row, "expected")));
  assert_spans_equal (ULAK_SPAN_ARRAY (hash.bytes), vectors_hex (row, "hash"));
  ulak_app_state_snapshot_mac (&keys, &hash, (guint64) json_object_get_int_member (row, "version"),
                               json_object_get_string_member (row, "collection"), mac);
  assert_spans_equal (ULAK_SPAN_ARRAY (mac), vectors_hex (row, "mac"));
}

static void
test_changed_records (void)
{
  JsonObject *vectors = vectors_load ("app-state.json");
  JsonObject *row = json_array_get_object_element (vectors_array (vectors, "patches"), 0);
  UlakSpan key_id = vectors_hex (row, "key_id"), blob = blob_of (row);
  UlakAppStateKeys keys = keys_named (vectors, key_id), others = keys_named (vectors, vectors_decode ("00000000ffff"));
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];

#define REFUSED(keys_, operation, id, blob_, code) \
  assert_refused (ulak_app_state_open_value (keys_, operation, id, blob_, refusal), code)
  for (gsize bit = 0; bit < 8 * blob.size_bytes; bit++)
    REFUSED (&keys, ULAK_APP_STATE_SET, key_id, vectors_flip (blob, bit), ULAK_ERROR_DAMAGED);
  for (gsize size = 0; size < blob.size_bytes; size++)
    REFUSED (&keys, ULAK_APP_STATE_SET, key_id, vectors_cut (blob, size),
             size < 64 ? ULAK_ERROR_INVALID : ULAK_ERROR_DAMAGED);
  REFUSED (&keys, ULAK_APP_STATE_REMOVE, key_id, blob, ULAK_ERROR_DAMAGED);
  REFUSED (&keys, ULAK_APP_STATE_SET, vectors_flip (key_id, 0), blob, ULAK_ERROR_DAMAGED);
  REFUSED (&keys, ULAK_APP_STATE_SET, ULAK_SPAN_NONE, blob, ULAK_ERROR_DAMAGED);
  REFUSED (&others, ULAK_APP_STATE_SET, key_id, blob, ULAK_ERROR_DAMAGED);
#undef REFUSED
  assert_refused (ulak_app_state_get_value_mac (vectors_cut (blob, 63), mac, refusal), ULAK_ERROR_INVALID);
}

static void
assert_no_mac (const guint8 mac[ULAK_APP_STATE_MAC_BYTES], JsonObject *row, const char *member)
{
  g_assert_false (ulak_span_equals (ULAK_SPAN (mac, ULAK_APP_STATE_MAC_BYTES), vectors_hex (row, member)));
}

static void
test_changed_sums (void)
{
  JsonObject *vectors = vectors_load ("app-state.json");
  JsonObject *row = json_array_get_object_element (vectors_array (vectors, "patches"), 0);
  UlakAppStateKeys keys = keys_named (vectors, vectors_hex (row, "key_id"));
  UlakSpan snapshot_mac = vectors_hex (row, "snapshot_mac"), value_mac = vectors_hex (row, "value_mac");
  UlakLtHash hash;
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];

  read_hash (row, "hash_after", &hash);
  ulak_app_state_snapshot_mac (&keys, &hash, 2, "regular_high", mac);
  assert_no_mac (mac, row, "snapshot_mac");
  ulak_app_state_snapshot_mac (&keys, &hash, 1, "regular_low", mac);
  assert_no_mac (mac, row, "snapshot_mac");
  hash.bytes[127] ^= 1;
  ulak_app_state_snapshot_mac (&keys, &hash, 1, "regular_high", mac);
  assert_no_mac (mac, row, "snapshot_mac");

  ulak_app_state_patch_mac (&keys, vectors_flip (snapshot_mac, 1), value_mac, 1, "regular_high", mac);
  assert_no_mac (mac, row, "patch_mac");
  ulak_app_state_patch_mac (&keys, snapshot_mac, ULAK_SPAN_NONE, 1, "regular_high", mac);
  assert_no_mac (mac, row, "patch_mac");
  ulak_app_state_patch_mac (&keys, snapshot_mac, value_mac, 2, "regular_high", mac);
  assert_no_mac (mac, row, "patch_mac");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/app-state/a key share expands to the keys of the vectors", test_keys);
  g_test_add_func ("/whatsapp/app-state/sums wrap and forget what was taken from them", test_sums);
  g_test_add_func ("/whatsapp/app-state/patches apply with all their MACs", test_patches);
  g_test_add_func ("/whatsapp/app-state/a snapshot sums up to its MAC", test_snapshot);
  g_test_add_func ("/whatsapp/app-state/a record changed, cut or given another meaning is refused", test_changed_records);
  g_test_add_func ("/whatsapp/app-state/the MACs of a collection cover version, name and sum", test_changed_sums);
  return g_test_run ();
}
