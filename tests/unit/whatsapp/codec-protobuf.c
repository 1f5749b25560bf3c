/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Protobufs, over vectors of another client and over what a hostile peer might encrypt for us.
 */
#include "whatsapp/codec/protobufs.h"

#include "core/error.h"

#include "unit/whatsapp/codec-vectors.h"

#include <string.h>

static const ProtobufCMessageDescriptor *
find_type (const char *name)
{
  static const ProtobufCMessageDescriptor *const types[] = {
    &wa__client_payload__descriptor,
    &wa__device_props__descriptor,
    &wa__handshake_message__descriptor,
    &wa__cert_chain__descriptor,
    &wa__cert_chain__noise_certificate__details__descriptor,
    &wa__advsigned_device_identity_hmac__descriptor,
    &wa__advsigned_device_identity__descriptor,
    &wa__advdevice_identity__descriptor,
    &wa__advsigned_key_index_list__descriptor,
    &wa__advkey_index_list__descriptor,
    &wa__message__descriptor,
    &wa__lidmigration_mapping_sync_payload__descriptor,
    &wa__web_message_info__descriptor,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (types[i]->short_name, name))
      return types[i];
  g_error ("no descriptor for %s", name);
}

/* fileEncSha256 of the vectors is file_enc_sha256 of ours. */
static gboolean
is_same_name (const char *ours, const char *theirs)
{
  g_auto (GStrv) parts = g_strsplit (ours, "_", -1);
  g_autofree char *joined = g_strjoinv ("", parts);

  return g_ascii_strcasecmp (joined, theirs) == 0;
}

static JsonNode *
find_field (JsonObject *fields, const char *name)
{
  g_autoptr (GList) members = json_object_get_members (fields);

  for (GList *member = members; member != NULL; member = member->next)
    if (is_same_name (name, member->data))
      return json_object_get_member (fields, member->data);
  return NULL;
}

static void check_message (const ProtobufCMessage *message, JsonObject *fields);

static void
check_value (const ProtobufCFieldDescriptor *field, const void *value, JsonNode *expected)
{
  const ProtobufCBinaryData *bytes = value;
  g_autoptr (GBytes) expected_bytes = NULL;

  switch (field->type)
    {
    case PROTOBUF_C_TYPE_MESSAGE:
      check_message (*(ProtobufCMessage *const *) value, json_node_get_object (expected));
      break;
    case PROTOBUF_C_TYPE_STRING:
      g_assert_cmpstr (*(char *const *) value, ==, json_node_get_string (expected));
      break;
    case PROTOBUF_C_TYPE_BYTES:
      expected_bytes = ulak_vectors_hex (json_object_get_string_member (json_node_get_object (expected), "hex"));
      g_assert_cmpmem (bytes->data, bytes->len, g_bytes_get_data (expected_bytes, NULL),
                       g_bytes_get_size (expected_bytes));
      break;
    case PROTOBUF_C_TYPE_ENUM:
      g_assert_nonnull (
          protobuf_c_enum_descriptor_get_value_by_name (field->descriptor, json_node_get_string (expected)));
      g_assert_cmpint (
          *(const int *) value, ==,
          protobuf_c_enum_descriptor_get_value_by_name (field->descriptor, json_node_get_string (expected))->value);
      break;
    case PROTOBUF_C_TYPE_BOOL:
      g_assert_cmpint (*(const protobuf_c_boolean *) value, ==, json_node_get_boolean (expected));
      break;
    case PROTOBUF_C_TYPE_DOUBLE:
      g_assert_cmpfloat (*(const double *) value, ==, json_node_get_double (expected));
      break;
    case PROTOBUF_C_TYPE_FLOAT:
      g_assert_cmpfloat (*(const float *) value, ==, (float) json_node_get_double (expected));
      break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
      g_assert_cmpint (*(const gint64 *) value, ==, json_node_get_int (expected));
      break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
      g_assert_cmpint (*(const gint32 *) value, ==, json_node_get_int (expected));
      break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      g_assert_cmpint (*(const guint32 *) value, ==, json_node_get_int (expected));
      break;
    }
}

static void
check_list (const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message, JsonArray *expected)
{
  static const gsize sizes[] = {
    [PROTOBUF_C_TYPE_UINT32] = sizeof (guint32),
    [PROTOBUF_C_TYPE_STRING] = sizeof (char *),
    [PROTOBUF_C_TYPE_BYTES] = sizeof (ProtobufCBinaryData),
    [PROTOBUF_C_TYPE_MESSAGE] = sizeof (ProtobufCMessage *),
  };
  gsize count = G_STRUCT_MEMBER (gsize, message, field->quantifier_offset);
  const guint8 *values = G_STRUCT_MEMBER (const guint8 *, message, field->offset);

  g_assert_cmpuint (sizes[field->type], >, 0);
  g_assert_cmpuint (count, ==, json_array_get_length (expected));
  for (gsize i = 0; i < count; i++)
    check_value (field, values + i * sizes[field->type], json_array_get_element (expected, (guint) i));
}

static gboolean
is_set (const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message)
{
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return G_STRUCT_MEMBER (gsize, message, field->quantifier_offset) > 0;
  if (field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING)
    return G_STRUCT_MEMBER (gconstpointer, message, field->offset) != NULL;
  return G_STRUCT_MEMBER (protobuf_c_boolean, message, field->quantifier_offset);
}

/* It has exactly these fields, and none that it does not know. */
static void
check_message (const ProtobufCMessage *message, JsonObject *fields)
{
  guint n_set = 0;

  g_assert_cmpuint (message->n_unknown_fields, ==, 0);
  for (guint i = 0; i < message->descriptor->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
      JsonNode *expected;

      if (!is_set (field, message))
        continue;
      n_set++;
      expected = find_field (fields, field->name);
      g_assert_nonnull (expected);
      if (field->label == PROTOBUF_C_LABEL_REPEATED)
        check_list (field, message, json_node_get_array (expected));
      else
        check_value (field, G_STRUCT_MEMBER_P (message, field->offset), expected);
    }
  g_assert_cmpuint (n_set, ==, json_object_get_size (fields));
}

static gpointer
unpack (const ProtobufCMessageDescriptor *type, GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  gpointer message = ulak_protobuf_unpack (type, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);

  g_assert_no_error (error);
  return message;
}

static void
test_vectors (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("protobufs.json");
  JsonArray *vectors = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      const char *name = json_object_get_string_member (vector, "name");
      g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, "encoded"));
      gpointer message = unpack (find_type (json_object_get_string_member (vector, "type")), bytes);
      g_autoptr (GBytes) packed = ulak_protobuf_pack (message);

      g_test_message ("%s", name);
      check_message (message, json_object_get_object_member (vector, "fields"));
      ulak_vectors_assert_bytes (packed, bytes, name);
      ulak_protobuf_free (message);
    }
}

static void
check_encoded (const ProtobufCMessageDescriptor *type, JsonObject *vector, const char *encoded, JsonObject *fields)
{
  g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, encoded));
  gpointer message = unpack (type, bytes);
  g_autoptr (GBytes) packed = ulak_protobuf_pack (message);

  check_message (message, fields);
  ulak_vectors_assert_bytes (packed, bytes, encoded);
  ulak_protobuf_free (message);
}

static void
test_history (void)
{
  static const char *const notifications[] = { "inline", "external", "external_large" };
  g_autoptr (JsonNode) root = ulak_vectors_load ("history-sync.json");
  JsonArray *vectors = ulak_vectors_get (root, "vectors");

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);

      g_test_message ("%s", json_object_get_string_member (vector, "name"));
      check_encoded (&wa__history_sync__descriptor, vector, "history_sync_proto",
                     json_object_get_object_member (vector, "fields"));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (notifications); i++)
    {
      JsonObject *vector = json_object_get_object_member (json_node_get_object (root), notifications[i]);

      check_encoded (&wa__message__descriptor, vector, "notification_message",
                     json_object_get_object_member (vector, "fields"));
    }
}

static void
check_patch (JsonObject *vector)
{
  g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, "patch_with_version"));
  g_autoptr (Wa__SyncdPatch) patch = unpack (&wa__syncd_patch__descriptor, bytes);
  g_autoptr (GBytes) packed = ulak_protobuf_pack (patch), patch_mac = NULL, index_mac = NULL;

  patch_mac = ulak_vectors_hex (json_object_get_string_member (vector, "patch_mac"));
  index_mac = ulak_vectors_hex (json_object_get_string_member (vector, "index_mac"));
  g_assert_cmpuint (patch->version->version, ==, json_object_get_int_member (vector, "version"));
  g_assert_cmpuint (patch->n_mutations, ==, 1);
  g_assert_cmpmem (patch->patch_mac.data, patch->patch_mac.len, g_bytes_get_data (patch_mac, NULL),
                   g_bytes_get_size (patch_mac));
  g_assert_cmpmem (patch->mutations[0]->record->index->blob.data, patch->mutations[0]->record->index->blob.len,
                   g_bytes_get_data (index_mac, NULL), g_bytes_get_size (index_mac));
  ulak_vectors_assert_bytes (packed, bytes, "patch_with_version");
}

static void
test_app_state (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("crypto/app-state.json");
  JsonArray *patches = ulak_vectors_get (root, "patches");
  JsonObject *snapshot = json_object_get_object_member (json_node_get_object (root), "snapshot");
  g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (snapshot, "encoded"));
  g_autoptr (Wa__SyncdSnapshot) unpacked = unpack (&wa__syncd_snapshot__descriptor, bytes);

  for (guint i = 0; i < json_array_get_length (patches); i++)
    {
      JsonObject *vector = json_array_get_object_element (patches, i);

      check_encoded (&wa__sync_action_data__descriptor, vector, "sync_action_data",
                     json_object_get_object_member (vector, "action"));
      check_patch (vector);
    }
  g_assert_cmpuint (unpacked->version->version, ==, json_object_get_int_member (snapshot, "version"));
  g_assert_cmpuint (unpacked->n_records, ==, json_array_get_length (json_object_get_array_member (snapshot, "expected")));
}

static void
test_unknown (void)
{
  g_autoptr (GBytes) bytes = ulak_vectors_hex ("0a0178fa3f03616263f03f05");
  g_autoptr (Wa__Message) message = unpack (&wa__message__descriptor, bytes);
  g_autoptr (GBytes) packed = ulak_protobuf_pack (message);

  g_assert_cmpstr (message->conversation, ==, "x");
  g_assert_cmpuint (message->base.n_unknown_fields, ==, 2);
  ulak_vectors_assert_bytes (packed, bytes, "unknown fields");
}

static void
test_by_hand (void)
{
  Wa__MessageKey key = WA__MESSAGE_KEY__INIT;
  Wa__ReactionMessage reaction = WA__REACTION_MESSAGE__INIT;
  Wa__Message message = WA__MESSAGE__INIT;
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (Wa__Message) again = NULL;

  key.remote_jid = (char *) "155@s.whatsapp.net";
  key.id = (char *) "3EB0";
  key.has_from_me = TRUE;
  reaction.key = &key;
  reaction.text = (char *) "";
  reaction.has_sender_timestamp_ms = TRUE;
  reaction.sender_timestamp_ms = G_GINT64_CONSTANT (1760000000123);
  message.reaction_message = &reaction;
  packed = ulak_protobuf_pack (&message);
  again = unpack (&wa__message__descriptor, packed);

  g_assert_cmpstr (again->reaction_message->key->id, ==, "3EB0");
  g_assert_true (again->reaction_message->key->has_from_me);
  g_assert_false (again->reaction_message->key->from_me);
  g_assert_cmpstr (again->reaction_message->text, ==, "");
  g_assert_cmpint (again->reaction_message->sender_timestamp_ms, ==, G_GINT64_CONSTANT (1760000000123));
  g_assert_null (again->conversation);
}

static void
test_inside_bytes (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("protobufs.json");
  JsonObject *vector = json_array_get_object_element (ulak_vectors_get (root, "vectors"), 0);
  g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, "encoded"));
  g_autoptr (Wa__ClientPayload) payload = unpack (&wa__client_payload__descriptor, bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (Wa__DeviceProps) props = ulak_protobuf_unpack_bytes (
      &wa__device_props__descriptor, &payload->device_pairing_data->device_props, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (props->os, ==, "Mac OS");
}

/* A cut between two fields leaves a whole message; any other is refused. No byte past the end is read. */
static void
test_cut (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("protobufs.json");
  JsonArray *vectors = ulak_vectors_get (root, "vectors");
  guint n_refused = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++)
    {
      JsonObject *vector = json_array_get_object_element (vectors, i);
      const ProtobufCMessageDescriptor *type = find_type (json_object_get_string_member (vector, "type"));
      g_autoptr (GBytes) bytes = ulak_vectors_hex (json_object_get_string_member (vector, "encoded"));

      for (gsize length = 0; length < g_bytes_get_size (bytes); length++)
        {
          g_autofree guint8 *cut = g_memdup2 (g_bytes_get_data (bytes, NULL), length);
          g_autoptr (GError) error = NULL;
          gpointer message = ulak_protobuf_unpack (type, cut, length, &error);

          if (message == NULL)
            g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
          else
            g_assert_cmpuint (protobuf_c_message_get_packed_size (message), ==, length);
          n_refused += message == NULL;
          ulak_protobuf_free (message);
        }
    }
  g_assert_cmpuint (n_refused, >, 5000);
}

static void
check_refused (const guint8 *bytes, gsize size_bytes, gint code, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ulak_protobuf_unpack (&wa__message__descriptor, bytes, size_bytes, &error));
  g_assert_error (error, ULAK_ERROR, code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_malformed (void)
{
  static const struct
  {
    const char *hex;
    const char *message;
  } rows[] = {
    { "0a", "The Message has a number that does not end" },
    { "0a05", "The Message has a field that ends after its message" },
    { "0affffffff0f61", "The Message has a field that ends after its message" },
    { "0affffffffff01", "The Message has a number that does not end" },
    { "1a030a05", "The Message has a field that ends after its message" },
    { "1a020a05616161616161", "The Message has a field that ends after its message" },
    { "fa3fffffffff0f", "The Message has a field that ends after its message" },
    { "f83fffffffffffffffffffff01", "The Message has a number that does not end" },
    { "f93f01020304", "The Message has a field that ends after its message" },
    { "fd3f010203", "The Message has a field that ends after its message" },
    { "0001", "The Message has a field of a number that there is not" },
    { "0b0c", "The Message has a field of a kind that there is not" },
    { "0f", "The Message has a field of a kind that there is not" },
    { "0801", "The Message has a known field of another kind" },
    { "1801", "The Message has a known field of another kind" },
    { "0a0163ff", "The Message has a number that does not end" },
    { "0a01ff", "The Message has a string that is not UTF-8 or holds a NUL" },
    { "0a03610062", "The Message has a string that is not UTF-8 or holds a NUL" },
    { "1a031a01ff", "The Message has a string that is not UTF-8 or holds a NUL" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) bytes = ulak_vectors_hex (rows[i].hex);

      g_test_message ("%s", rows[i].hex);
      check_refused (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), ULAK_ERROR_INVALID, rows[i].message);
    }
}

/* @depth messages, each the only field of the one before; every second is an ephemeral wrapper. */
static GBytes *
make_nested (guint depth)
{
  gsize room = 16 * (gsize) depth, at = room;
  guint8 *bytes = g_malloc0 (room + 1);

  for (guint i = 1; i < depth; i++)
    {
      gsize length = room - at, rest = length;
      guint8 varint[5];
      guint n = 0;

      do
        varint[n++] = (guint8) ((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      while ((rest >>= 7) > 0);
      at -= n;
      memcpy (bytes + at, varint, n);
      if ((depth - i) % 2 == 1)
        {
          at -= 2;
          memcpy (bytes + at, "\xc2\x02", 2); /* Message.ephemeral_message */
        }
      else
        bytes[--at] = 0x0a; /* FutureProofMessage.message */
    }
  memmove (bytes, bytes + at, room - at);
  return g_bytes_new_take (bytes, room - at);
}

static void
test_nested (void)
{
  g_autoptr (GBytes) deepest = make_nested (ULAK_PROTOBUF_DEPTH_MAX);
  g_autoptr (GBytes) deeper = make_nested (ULAK_PROTOBUF_DEPTH_MAX + 1);
  g_autoptr (GBytes) hostile = make_nested (10000);
  g_autoptr (Wa__Message) message = unpack (&wa__message__descriptor, deepest);

  g_assert_nonnull (message->ephemeral_message->message->ephemeral_message);
  check_refused (g_bytes_get_data (deeper, NULL), g_bytes_get_size (deeper), ULAK_ERROR_TOO_LARGE,
                 "The Message is nested more than 32 deep");
  check_refused (g_bytes_get_data (hostile, NULL), g_bytes_get_size (hostile), ULAK_ERROR_TOO_LARGE,
                 "The Message is nested more than 32 deep");
}

/* @count empty fields of two bytes, behind a head that says that they are the content of a field. */
static GByteArray *
make_many (const char *head, gsize head_bytes, guint8 tag, guint count)
{
  GByteArray *bytes = g_byte_array_new ();
  guint32 length = 2 * count;
  guint8 field[2] = { tag, 0 };

  g_byte_array_append (bytes, (const guint8 *) head, (guint) head_bytes);
  if (head_bytes > 0)
    {
      guint8 varint[4] = { (guint8) (length & 0x7f) | 0x80, (guint8) (length >> 7 & 0x7f) | 0x80,
                           (guint8) (length >> 14 & 0x7f) | 0x80, (guint8) (length >> 21 & 0x7f) };

      g_byte_array_append (bytes, varint, sizeof varint);
    }
  for (guint i = 0; i < count; i++)
    g_byte_array_append (bytes, field, sizeof field);
  return bytes;
}

static void
test_memory (void)
{
  g_autoptr (GByteArray) contacts = make_many ("\x6a", 1, 0x12, 4000000); /* contacts_array_message.contacts */
  g_autoptr (GByteArray) unknown = make_many ("", 0, 0x7a, 4000000);      /* field 15 */
  g_autoptr (GByteArray) singles = make_many ("", 0, 0x1a, 100000);       /* image_message */
  g_autofree guint8 *large = g_malloc0 (ULAK_PROTOBUF_SIZE_MAX + 1);

  check_refused (contacts->data, contacts->len, ULAK_ERROR_TOO_LARGE,
                 "The Message takes more than 67108864 bytes of memory");
  check_refused (unknown->data, unknown->len, ULAK_ERROR_TOO_LARGE,
                 "The Message takes more than 67108864 bytes of memory");
  check_refused (singles->data, singles->len, ULAK_ERROR_INVALID,
                 "The Message has more messages in it than fields for them");
  check_refused (large, ULAK_PROTOBUF_SIZE_MAX + 1, ULAK_ERROR_TOO_LARGE,
                 "The Message has 16777217 bytes; allowed 16777216");
}

/* One string may fill the size that is allowed. */
static void
test_large (void)
{
  gsize length = ULAK_PROTOBUF_SIZE_MAX - 5;
  guint8 *bytes = g_malloc (ULAK_PROTOBUF_SIZE_MAX);
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (Wa__Message) message = NULL;

  memset (bytes, 'x', ULAK_PROTOBUF_SIZE_MAX);
  bytes[0] = 0x0a;
  for (guint i = 0; i < 4; i++)
    bytes[1 + i] = (guint8) ((length >> 7 * i & 0x7f) | (i < 3 ? 0x80 : 0));
  packed = g_bytes_new_take (bytes, ULAK_PROTOBUF_SIZE_MAX);
  message = unpack (&wa__message__descriptor, packed);
  g_assert_cmpuint (strlen (message->conversation), ==, length);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/codec/protobuf/every field is read and written as other clients do it", test_vectors);
  g_test_add_func ("/whatsapp/codec/protobuf/histories of another client are read and written", test_history);
  g_test_add_func ("/whatsapp/codec/protobuf/so are patches, snapshots and actions of the app state", test_app_state);
  g_test_add_func ("/whatsapp/codec/protobuf/fields that we do not know are kept", test_unknown);
  g_test_add_func ("/whatsapp/codec/protobuf/a message made by hand is read back", test_by_hand);
  g_test_add_func ("/whatsapp/codec/protobuf/a message inside a field of bytes is read", test_inside_bytes);
  g_test_add_func ("/whatsapp/codec/protobuf/a message cut at any byte is refused or whole", test_cut);
  g_test_add_func ("/whatsapp/codec/protobuf/a malformed message is refused with the reason", test_malformed);
  g_test_add_func ("/whatsapp/codec/protobuf/messages nested ten thousand deep are refused", test_nested);
  g_test_add_func ("/whatsapp/codec/protobuf/small bytes make no huge message", test_memory);
  g_test_add_func ("/whatsapp/codec/protobuf/a long text is not taken for an attack", test_large);
  return g_test_run ();
}
