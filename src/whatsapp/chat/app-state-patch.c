/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Source: docs/protocol/app-state.md.
 */
#include "whatsapp/chat/app-state-patch.h"

#include "core/error.h"
#include "core/json.h"

#define INDEX_BYTES_MAX 4096
#define MUTATIONS_MAX 1000000 /* of one snapshot; an address book has some thousands */

static const UlakJsonLimits index_limits = { INDEX_BYTES_MAX, 2, ULAK_APP_STATE_INDEX_MAX + 1, FALSE };

/* --- keys --- */

static guint
bytes_hash (gconstpointer bytes)
{
  return g_bytes_hash (bytes);
}

static void
keys_free (gpointer data)
{
  ulak_app_state_keys_clear (data);
  g_free (data);
}

void
ulak_app_state_patcher_init (UlakAppStatePatcher *self,
                             UlakDatabase *database,
                             const char *collection,
                             UlakAppStateTaker take,
                             gpointer data)
{
  *self = (UlakAppStatePatcher){ database, collection, take, data, NULL, NULL };
  self->keys = g_hash_table_new_full (bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, keys_free);
  self->missing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

void
ulak_app_state_patcher_clear (UlakAppStatePatcher *self)
{
  g_clear_pointer (&self->keys, g_hash_table_unref);
  g_clear_pointer (&self->missing, g_ptr_array_unref);
}

static gboolean
refuse (GError **error, UlakError code, const char *what)
{
  g_set_error (error, ULAK_ERROR, code, "The app state is not genuine: %s", what);
  return FALSE;
}

static UlakSpan
id_of (const Wa__KeyId *id)
{
  return id != NULL && id->has_id ? ULAK_SPAN (id->id.data, id->id.len) : ULAK_SPAN_NONE;
}

static gboolean
find_keys (UlakAppStatePatcher *self, UlakSpan id, const UlakAppStateKeys **keys_out, GError **error)
{
  g_autoptr (GBytes) name = g_bytes_new (id.bytes, id.size_bytes);
  g_autoptr (GBytes) data = NULL;
  UlakAppStateKeys *keys = g_hash_table_lookup (self->keys, name);

  if (keys == NULL)
    {
      if (id.size_bytes == 0 || id.size_bytes > ULAK_APP_STATE_KEY_ID_MAX)
        return refuse (error, ULAK_ERROR_INVALID, "it names no key");
      if (!ulak_app_state_key_get (self->database, id, &data, error))
        return FALSE;
      if (data == NULL)
        {
          g_ptr_array_add (self->missing, g_steal_pointer (&name));
          g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "The phone did not share a key of the app state yet");
          return FALSE;
        }
      keys = g_new0 (UlakAppStateKeys, 1);
      ulak_app_state_keys_derive (keys, ulak_span_of (data));
      g_hash_table_insert (self->keys, g_steal_pointer (&name), keys);
    }
  *keys_out = keys;
  return TRUE;
}

/* --- one record --- */

static gboolean
parse_index (UlakSpan bytes, const char **strings_out, JsonNode **node_out)
{
  g_autoptr (JsonNode) node = ulak_json_parse (bytes.bytes, bytes.size_bytes, &index_limits, NULL);
  JsonArray *array;
  guint n;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  if (n == 0 || n > ULAK_APP_STATE_INDEX_MAX)
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (element) || json_node_get_value_type (element) != G_TYPE_STRING)
        return FALSE;
      strings_out[i] = json_node_get_string (element);
    }
  strings_out[n] = NULL;
  *node_out = g_steal_pointer (&node);
  return TRUE;
}

/* What cannot be read is kept in the sum and has no meaning for us. */
static gboolean
tell (UlakAppStatePatcher *self, UlakAppStateOperation operation, const Wa__SyncActionData *said, GError **error)
{
  const char *index[ULAK_APP_STATE_INDEX_MAX + 1];
  g_autoptr (JsonNode) node = NULL;
  UlakAppStateAction action;

  if (said->value == NULL || !parse_index (ULAK_SPAN (said->index.data, said->index.len), index, &node))
    return TRUE;
  action = (UlakAppStateAction){ operation == ULAK_APP_STATE_REMOVE, index, said->value };
  return self->take (&action, self->data, error);
}

static gboolean
check_record (UlakAppStatePatcher *self,
              UlakAppStateOperation operation,
              const Wa__SyncdRecord *record,
              guint8 value_mac_out[ULAK_APP_STATE_MAC_BYTES],
              GError **error)
{
  UlakSpan key_id = id_of (record->key_id);
  UlakSpan blob = ULAK_SPAN (record->value->blob.data, record->value->blob.len);
  const UlakAppStateKeys *keys;
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (Wa__SyncActionData) said = NULL;
  guint8 index_mac[ULAK_APP_STATE_MAC_BYTES];

  if (!find_keys (self, key_id, &keys, error))
    return FALSE;
  plain = ulak_app_state_open_value (keys, operation, key_id, blob, error);
  if (plain == NULL || !ulak_app_state_get_value_mac (blob, value_mac_out, error))
    return FALSE;
  said = ulak_protobuf_unpack (&wa__sync_action_data__descriptor, g_bytes_get_data (plain, NULL),
                               g_bytes_get_size (plain), NULL);
  if (said == NULL || !said->has_index)
    return refuse (error, ULAK_ERROR_INVALID, "a record is none");
  ulak_app_state_index_mac (keys, ULAK_SPAN (said->index.data, said->index.len), index_mac);
  if (!ulak_span_equals (ULAK_SPAN_ARRAY (index_mac), ULAK_SPAN (record->index->blob.data, record->index->blob.len)))
    return refuse (error, ULAK_ERROR_DAMAGED, "a record lies under another's index");
  return tell (self, operation, said, error);
}

static gboolean
is_whole (const Wa__SyncdRecord *record)
{
  return record != NULL && record->index != NULL && record->index->has_blob
         && record->index->blob.len == ULAK_APP_STATE_MAC_BYTES && record->value != NULL && record->value->has_blob;
}

/* The MAC of the value before goes out of the sum, the new one in. */
static gboolean
count_record (UlakAppStatePatcher *self,
              UlakLtHash *hash,
              UlakAppStateOperation operation,
              const guint8 *index_mac,
              const guint8 *value_mac,
              GError **error)
{
  guint8 before[ULAK_APP_STATE_MAC_BYTES];
  gboolean is_found;

  if (!ulak_app_state_record_get (self->database, self->collection, index_mac, before, &is_found, error))
    return FALSE;
  if (is_found)
    ulak_lt_hash_subtract (hash, before);
  if (operation == ULAK_APP_STATE_SET)
    ulak_lt_hash_add (hash, value_mac);
  return ulak_app_state_record_put (self->database, self->collection, index_mac,
                                    operation == ULAK_APP_STATE_SET ? value_mac : NULL, error);
}

static gboolean
apply_record (UlakAppStatePatcher *self,
              UlakLtHash *hash,
              UlakAppStateOperation operation,
              const Wa__SyncdRecord *record,
              GError **error)
{
  guint8 value_mac[ULAK_APP_STATE_MAC_BYTES];

  if (!is_whole (record))
    return refuse (error, ULAK_ERROR_INVALID, "a record is not whole");
  return check_record (self, operation, record, value_mac, error)
         && count_record (self, hash, operation, record->index->blob.data, value_mac, error);
}

/* --- sums --- */

static gboolean
check_sum (UlakAppStatePatcher *self,
           const UlakAppStateKeys *keys,
           const UlakAppStateSum *sum,
           const ProtobufCBinaryData *told,
           GError **error)
{
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];

  ulak_app_state_snapshot_mac (keys, &sum->hash, sum->version, self->collection, mac);
  if (ulak_span_equals (ULAK_SPAN_ARRAY (mac), ULAK_SPAN (told->data, told->len)))
    return TRUE;
  return refuse (error, ULAK_ERROR_DAMAGED, "the sum of the collection is another");
}

gboolean
ulak_app_state_apply_snapshot (UlakAppStatePatcher *self, UlakSpan snapshot, GError **error)
{
  g_autoptr (Wa__SyncdSnapshot) whole
      = ulak_protobuf_unpack (&wa__syncd_snapshot__descriptor, snapshot.bytes, snapshot.size_bytes, NULL);
  UlakAppStateSum sum = { 0 };
  const UlakAppStateKeys *keys;

  if (whole == NULL || whole->version == NULL || whole->version->version == 0
      || whole->version->version > (guint64) G_MAXINT64 || !whole->has_mac || whole->n_records > MUTATIONS_MAX)
    return refuse (error, ULAK_ERROR_INVALID, "the snapshot is none");
  if (!find_keys (self, id_of (whole->key_id), &keys, error) || !ulak_app_state_drop (self->database, self->collection, error))
    return FALSE;
  sum.version = whole->version->version;
  for (gsize i = 0; i < whole->n_records; i++)
    if (!apply_record (self, &sum.hash, ULAK_APP_STATE_SET, whole->records[i], error))
      return FALSE;
  return check_sum (self, keys, &sum, &whole->mac, error)
         && ulak_app_state_sum_put (self->database, self->collection, &sum, error);
}

/* --- patches --- */

static GByteArray *
join_value_macs (Wa__SyncdMutation *const *mutations, gsize n_mutations)
{
  g_autoptr (GByteArray) macs = g_byte_array_new ();
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];

  for (gsize i = 0; i < n_mutations; i++)
    {
      const Wa__SyncdRecord *record = mutations[i]->record;

      if (!is_whole (record)
          || !ulak_app_state_get_value_mac (ULAK_SPAN (record->value->blob.data, record->value->blob.len), mac, NULL))
        return NULL;
      g_byte_array_append (macs, mac, sizeof mac);
    }
  return g_steal_pointer (&macs);
}

static gboolean
check_patch (UlakAppStatePatcher *self,
             const UlakAppStateKeys *keys,
             const Wa__SyncdPatch *patch,
             Wa__SyncdMutation *const *mutations,
             gsize n_mutations,
             guint64 version,
             GError **error)
{
  g_autoptr (GByteArray) value_macs = join_value_macs (mutations, n_mutations);
  guint8 mac[ULAK_APP_STATE_MAC_BYTES];

  if (value_macs == NULL)
    return refuse (error, ULAK_ERROR_INVALID, "a record is not whole");
  ulak_app_state_patch_mac (keys, ULAK_SPAN (patch->snapshot_mac.data, patch->snapshot_mac.len),
                            ULAK_SPAN (value_macs->data, value_macs->len), version, self->collection, mac);
  if (ulak_span_equals (ULAK_SPAN_ARRAY (mac), ULAK_SPAN (patch->patch_mac.data, patch->patch_mac.len)))
    return TRUE;
  return refuse (error, ULAK_ERROR_DAMAGED, "the MAC of a patch is wrong");
}

static UlakAppStateOperation
operation_of (const Wa__SyncdMutation *mutation)
{
  return mutation->has_operation && mutation->operation == WA__SYNCD_MUTATION__SYNCD_OPERATION__REMOVE
             ? ULAK_APP_STATE_REMOVE
             : ULAK_APP_STATE_SET;
}

static gboolean
apply_mutations (UlakAppStatePatcher *self,
                 const Wa__SyncdPatch *patch,
                 Wa__SyncdMutation *const *mutations,
                 gsize n_mutations,
                 GError **error)
{
  const UlakAppStateKeys *keys;
  UlakAppStateSum sum;

  if (!ulak_app_state_sum_get (self->database, self->collection, &sum, error))
    return FALSE;
  if (patch->version != NULL && patch->version->version <= sum.version)
    return TRUE; /* it was applied before */
  if (patch->version != NULL && patch->version->version != sum.version + 1)
    return refuse (error, ULAK_ERROR_DAMAGED, "a patch is missing");
  sum.version++;
  if (!find_keys (self, id_of (patch->key_id), &keys, error)
      || !check_patch (self, keys, patch, mutations, n_mutations, sum.version, error))
    return FALSE;
  for (gsize i = 0; i < n_mutations; i++)
    if (!apply_record (self, &sum.hash, operation_of (mutations[i]), mutations[i]->record, error))
      return FALSE;
  return check_sum (self, keys, &sum, &patch->snapshot_mac, error)
         && ulak_app_state_sum_put (self->database, self->collection, &sum, error);
}

static Wa__SyncdPatch *
unpack_patch (UlakSpan patch, GError **error)
{
  g_autoptr (Wa__SyncdPatch) whole
      = ulak_protobuf_unpack (&wa__syncd_patch__descriptor, patch.bytes, patch.size_bytes, NULL);

  if (whole != NULL && whole->has_snapshot_mac && whole->has_patch_mac)
    return g_steal_pointer (&whole);
  refuse (error, ULAK_ERROR_INVALID, "a patch is none");
  return NULL;
}

gboolean
ulak_app_state_apply_patch (UlakAppStatePatcher *self, UlakSpan patch, const UlakSpan *mutations, GError **error)
{
  g_autoptr (Wa__SyncdPatch) whole = unpack_patch (patch, error);
  g_autoptr (Wa__SyncdMutations) outside = NULL;

  if (whole == NULL)
    return FALSE;
  if (mutations == NULL)
    return apply_mutations (self, whole, whole->mutations, whole->n_mutations, error);
  outside = ulak_protobuf_unpack (&wa__syncd_mutations__descriptor, mutations->bytes, mutations->size_bytes, NULL);
  if (outside == NULL)
    return refuse (error, ULAK_ERROR_INVALID, "the file of a patch is none");
  return apply_mutations (self, whole, outside->mutations, outside->n_mutations, error);
}

gboolean
ulak_app_state_find_external (UlakSpan patch, Wa__ExternalBlobReference **reference_out, GError **error)
{
  g_autoptr (Wa__SyncdPatch) whole = unpack_patch (patch, error);

  if (whole == NULL)
    return FALSE;
  /* It is taken out of the message, so that it lives on. */
  *reference_out = g_steal_pointer (&whole->external_mutations);
  return TRUE;
}

/* --- a patch of our own --- */

static char *
print_index (const char *const *index)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; index[i] != NULL; i++)
    json_array_add_string_element (array, index[i]);
  json_node_take_array (node, array);
  return ulak_json_print (node);
}

static GBytes *
pack_patch (UlakAppStateOperation operation,
            const guint8 *index_mac,
            GBytes *sealed,
            GBytes *key_id,
            const guint8 *snapshot_mac,
            const guint8 *patch_mac)
{
#define BYTES(data, size) { (size), (guint8 *) (data) }
  Wa__KeyId key = WA__KEY_ID__INIT;
  Wa__SyncdIndex index = WA__SYNCD_INDEX__INIT;
  Wa__SyncdValue value = WA__SYNCD_VALUE__INIT;
  Wa__SyncdRecord record = WA__SYNCD_RECORD__INIT;
  Wa__SyncdMutation mutation = WA__SYNCD_MUTATION__INIT;
  Wa__SyncdMutation *mutations[] = { &mutation };
  Wa__SyncdPatch patch = WA__SYNCD_PATCH__INIT;

  key.has_id = index.has_blob = value.has_blob = mutation.has_operation = TRUE;
  key.id = (ProtobufCBinaryData) BYTES (g_bytes_get_data (key_id, NULL), g_bytes_get_size (key_id));
  index.blob = (ProtobufCBinaryData) BYTES (index_mac, ULAK_APP_STATE_MAC_BYTES);
  value.blob = (ProtobufCBinaryData) BYTES (g_bytes_get_data (sealed, NULL), g_bytes_get_size (sealed));
  record.index = &index;
  record.value = &value;
  record.key_id = &key;
  mutation.operation = operation == ULAK_APP_STATE_REMOVE ? WA__SYNCD_MUTATION__SYNCD_OPERATION__REMOVE
                                                          : WA__SYNCD_MUTATION__SYNCD_OPERATION__SET;
  mutation.record = &record;
  patch.n_mutations = 1;
  patch.mutations = mutations;
  patch.has_snapshot_mac = patch.has_patch_mac = TRUE;
  patch.snapshot_mac = (ProtobufCBinaryData) BYTES (snapshot_mac, ULAK_APP_STATE_MAC_BYTES);
  patch.patch_mac = (ProtobufCBinaryData) BYTES (patch_mac, ULAK_APP_STATE_MAC_BYTES);
  patch.key_id = &key;
  return ulak_protobuf_pack (&patch);
#undef BYTES
}

static GBytes *
pack_action (const char *index, const Wa__SyncActionValue *value, gint32 version)
{
  Wa__SyncActionData data = WA__SYNC_ACTION_DATA__INIT;

  data.has_index = data.has_padding = data.has_version = TRUE;
  data.index = (ProtobufCBinaryData){ strlen (index), (guint8 *) index };
  data.value = (Wa__SyncActionValue *) value;
  data.version = version;
  return ulak_protobuf_pack (&data);
}

GBytes *
ulak_app_state_make_patch (UlakDatabase *database,
                           UlakRandom *random,
                           const char *collection,
                           UlakAppStateOperation operation,
                           const char *const *index,
                           const Wa__SyncActionValue *value,
                           gint32 action_version,
                           guint64 *base_version_out,
                           GError **error)
{
  g_autofree char *text = print_index (index);
  g_autoptr (GBytes) plain = pack_action (text, value, action_version), key_id = NULL, key_data = NULL, sealed = NULL;
  g_auto (UlakAppStateKeys) keys = { 0 };
  guint8 index_mac[ULAK_APP_STATE_MAC_BYTES], value_mac[ULAK_APP_STATE_MAC_BYTES], before[ULAK_APP_STATE_MAC_BYTES];
  guint8 snapshot_mac[ULAK_APP_STATE_MAC_BYTES], patch_mac[ULAK_APP_STATE_MAC_BYTES];
  gboolean is_found;
  UlakAppStateSum sum;

  if (!ulak_app_state_key_get_newest (database, &key_id, &key_data, error)
      || !ulak_app_state_sum_get (database, collection, &sum, error))
    return NULL;
  if (key_id == NULL)
    {
      g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "The phone did not share a key for the app state yet");
      return NULL;
    }
  ulak_app_state_keys_derive (&keys, ulak_span_of (key_data));
  ulak_app_state_index_mac (&keys, ULAK_SPAN_TEXT (text), index_mac);
  sealed = ulak_app_state_seal_value (&keys, operation, ulak_span_of (key_id), random, ulak_span_of (plain));
  if (!ulak_app_state_get_value_mac (ulak_span_of (sealed), value_mac, error)
      || !ulak_app_state_record_get (database, collection, index_mac, before, &is_found, error))
    return NULL;
  if (is_found)
    ulak_lt_hash_subtract (&sum.hash, before);
  if (operation == ULAK_APP_STATE_SET)
    ulak_lt_hash_add (&sum.hash, value_mac);
  ulak_app_state_snapshot_mac (&keys, &sum.hash, sum.version + 1, collection, snapshot_mac);
  ulak_app_state_patch_mac (&keys, ULAK_SPAN_ARRAY (snapshot_mac), ULAK_SPAN_ARRAY (value_mac), sum.version + 1, collection,
                            patch_mac);
  *base_version_out = sum.version;
  return pack_patch (operation, index_mac, sealed, key_id, snapshot_mac, patch_mac);
}
