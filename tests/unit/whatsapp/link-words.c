/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What a link says: payloads, QR texts and acknowledgements, against those of another client.
 */
#include "core/error.h"
#include "whatsapp/codec/node-codec.h"
#include "whatsapp/codec/protobufs.h"
#include "whatsapp/link/payload.h"
#include "whatsapp/link/qr-text.h"
#include "whatsapp/link/stanzas.h"

#include "unit/whatsapp/codec-vectors.h"

#include <string.h>

static const UlakClientVersion version = { 2, 3000, 1043857760 };

/* -- Payloads -- */

static Wa__ClientPayload *
unpack (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  Wa__ClientPayload *payload
      = ulak_protobuf_unpack (&wa__client_payload__descriptor, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);

  g_assert_no_error (error);
  return payload;
}

static void
assert_packs_equal (gconstpointer a, gconstpointer b, const char *name)
{
  g_autoptr (GBytes) packed_a = ulak_protobuf_pack (a), packed_b = ulak_protobuf_pack (b);

  ulak_vectors_assert_bytes (packed_a, packed_b, name);
}

static void
assert_fields_equal (ProtobufCBinaryData a, ProtobufCBinaryData b)
{
  g_assert_cmpmem (a.data, a.len, b.data, b.len);
}

static void
assert_common_equal (const Wa__ClientPayload *ours, const Wa__ClientPayload *theirs, const char *name)
{
  assert_packs_equal (ours->user_agent, theirs->user_agent, name);
  g_assert_cmpint (ours->web_info->has_web_sub_platform, ==, TRUE);
  g_assert_cmpint (ours->connect_type, ==, theirs->connect_type);
  g_assert_cmpint (ours->connect_reason, ==, theirs->connect_reason);
  g_assert_cmpint (ours->has_passive, ==, theirs->has_passive);
  g_assert_cmpint (ours->passive, ==, theirs->passive);
  g_assert_cmpint (ours->has_pull, ==, theirs->has_pull);
  g_assert_cmpint (ours->pull, ==, theirs->pull);
}

static void
check_registration (const Wa__ClientPayload *theirs, const char *name)
{
  const Wa__ClientPayload__DevicePairingRegistrationData *data = theirs->device_pairing_data, *own;
  const UlakDeviceWishes wishes = { .name = "Ulak", .wants_full_history = TRUE, .history_days = 30 };
  UlakRegistration keys = { .registration_id = 12345, .signed_pre_key_id = 1 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (Wa__ClientPayload) ours = NULL;
  g_autoptr (Wa__DeviceProps) props = NULL;

  memcpy (keys.identity, data->e_ident.data, data->e_ident.len);
  memcpy (keys.signed_pre_key, data->e_skey_val.data, data->e_skey_val.len);
  memcpy (keys.signature, data->e_skey_sig.data, data->e_skey_sig.len);
  bytes = ulak_payload_register (&version, &wishes, &keys);
  ours = unpack (bytes);
  own = ours->device_pairing_data;
  assert_common_equal (ours, theirs, name);
  assert_fields_equal (own->e_regid, data->e_regid);
  assert_fields_equal (own->e_keytype, data->e_keytype);
  assert_fields_equal (own->e_ident, data->e_ident);
  assert_fields_equal (own->e_skey_id, data->e_skey_id);
  assert_fields_equal (own->e_skey_val, data->e_skey_val);
  assert_fields_equal (own->e_skey_sig, data->e_skey_sig);
  assert_fields_equal (own->build_hash, data->build_hash);
  props = ulak_protobuf_unpack_bytes (&wa__device_props__descriptor, &own->device_props, NULL);
  g_assert_cmpstr (props->os, ==, "Ulak");
  g_assert_cmpint (props->require_full_sync, ==, TRUE);
  g_assert_cmpuint (props->history_sync_config->full_sync_days_limit, ==, 30);
  g_assert_false (props->history_sync_config->has_full_sync_size_mb_limit);
}

static void
check_login (const Wa__ClientPayload *theirs, const char *name)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT ":%u@s.whatsapp.net", theirs->username, theirs->device);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (Wa__ClientPayload) ours = NULL;
  UlakJid jid;

  g_assert_true (ulak_jid_parse (text, &jid, NULL));
  bytes = ulak_payload_log_in (&version, &jid, "Ana", NULL);
  ours = unpack (bytes);
  assert_common_equal (ours, theirs, name);
  g_assert_cmpuint (ours->username, ==, theirs->username);
  g_assert_cmpuint (ours->device, ==, theirs->device);
  g_assert_cmpstr (ours->push_name, ==, "Ana");
  g_assert_true (ours->lid_db_migrated);
}

static void
test_payloads (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("protobufs.json");
  JsonArray *rows = ulak_vectors_get (root, "vectors");
  guint n_registrations = 0, n_logins = 0;

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      const char *name = json_object_get_string_member (row, "name");
      g_autoptr (GBytes) encoded = NULL;
      g_autoptr (Wa__ClientPayload) theirs = NULL;

      if (!g_str_equal (json_object_get_string_member (row, "type"), "ClientPayload") || strstr (name, "other country") != NULL)
        continue;
      encoded = ulak_vectors_hex (json_object_get_string_member (row, "encoded"));
      theirs = unpack (encoded);
      if (theirs->device_pairing_data == NULL)
        {
          check_login (theirs, name);
          n_logins++;
        }
      else if (theirs->web_info->web_sub_platform == WA__CLIENT_PAYLOAD__WEB_INFO__WEB_SUB_PLATFORM__WEB_BROWSER)
        {
          check_registration (theirs, name);
          n_registrations++;
        }
    }
  g_assert_cmpuint (n_registrations, >=, 2);
  g_assert_cmpuint (n_logins, >=, 1);
}

static void
test_own_address_without_number (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  UlakJid jid;

  g_assert_true (ulak_jid_parse ("status@broadcast", &jid, NULL));
  bytes = ulak_payload_log_in (&version, &jid, NULL, &error);
  g_assert_null (bytes);
  g_assert_nonnull (error);
}

static void
test_versions (void)
{
  static const char *const wrong[] = { "", "2", "2.3000", "2.3000.", "2.3000.1.2", "2.3000.x", "2.3000.-1", "2.3000.4294967296", " 2.3000.1" };
  UlakClientVersion read;

  g_assert_true (ulak_client_version_parse ("2.3000.1043857760", &read, NULL));
  g_assert_cmpmem (&read, sizeof read, &version, sizeof version);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (ulak_client_version_parse (wrong[i], &read, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

/* -- QR -- */

static void
test_qr_texts (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("qr.json");
  JsonObject *file = json_node_get_object (root);
  JsonArray *rows = ulak_vectors_get (root, "vectors");
  g_autoptr (GBytes) noise = ulak_vectors_hex (json_object_get_string_member (file, "noise_public"));
  g_autoptr (GBytes) identity = ulak_vectors_hex (json_object_get_string_member (file, "identity_public"));

  g_assert_cmpuint (json_array_get_length (rows), >, 2);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      g_autoptr (GBytes) secret_bytes = ulak_vectors_hex (json_object_get_string_member (row, "adv_secret"));
      g_autofree char *text = NULL;
      UlakKey secret;

      ulak_key_set (&secret, g_bytes_get_data (secret_bytes, NULL), g_bytes_get_size (secret_bytes));
      text = ulak_qr_text (json_object_get_string_member (row, "ref"), g_bytes_get_data (noise, NULL), g_bytes_get_data (identity, NULL),
                           &secret, json_object_get_string_member (row, "client_type"));
      g_assert_cmpstr (text, ==, json_object_get_string_member (row, "qr"));
    }
}

/* -- Acknowledgements -- */

static const char *
text_of (JsonObject *object, const char *member)
{
  return json_object_has_member (object, member) ? json_object_get_string_member (object, member) : NULL;
}

/* Attributes as that client has them, but the type of a message's, which the server does not want. */
static void
assert_ack (const UlakNode *node, JsonObject *expected, guint error, const UlakJid *own)
{
  static const char *const names[] = { "id", "class", "participant", "recipient", "from", "error" };
  g_autoptr (UlakNode) ack = ulak_stanza_ack (node, own, error);
  JsonObject *attributes = json_object_get_object_member (expected, "attrs");
  UlakJid to, their_to;

  g_assert_true (ulak_node_is (ack, "ack"));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpstr (ulak_node_get_attribute (ack, names[i]), ==, text_of (attributes, names[i]));
  g_assert_true (ulak_node_read_jid (ack, "to", &to, NULL));
  g_assert_true (ulak_jid_parse (text_of (attributes, "to"), &their_to, NULL));
  g_assert_true (ulak_jid_equal (&to, &their_to));
  if (ulak_node_is (node, "message"))
    g_assert_null (ulak_node_get_attribute (ack, "type"));
  else
    g_assert_cmpstr (ulak_node_get_attribute (ack, "type"), ==, text_of (attributes, "type"));
}

static void
test_acks (void)
{
  g_autoptr (JsonNode) root = ulak_vectors_load ("stanzas.json");
  JsonArray *rows = ulak_vectors_get (root, "vectors");
  UlakJid own;
  guint n_acks = 0;

  g_assert_true (ulak_jid_parse ("15550001111:12@s.whatsapp.net", &own, NULL));
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      g_autoptr (GBytes) encoded = ulak_vectors_hex (json_object_get_string_member (row, "encoded"));
      g_autoptr (UlakNode) node = ulak_node_decode (encoded, NULL);
      guint error = G_MAXUINT;

      g_assert_true (ulak_stanza_wants_ack (node, &error));
      g_assert_cmpuint (error, ==, 0);
      for (guint j = 0; j < 3; j++)
        {
          static const char *const members[] = { "ack", "ack_when_one_is_due", "ack_with_error_487" };

          if (!json_object_has_member (row, members[j]))
            continue;
          assert_ack (node, json_object_get_object_member (row, members[j]), j == 2 ? 487 : 0, &own);
          n_acks++;
        }
    }
  g_assert_cmpuint (n_acks, >, 20);
}

static UlakNode *
make_node (const char *tag, const char *id, const char *from)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new (tag);

  ulak_node_builder_add_text (builder, "id", id);
  ulak_node_builder_add_text (builder, "from", from);
  ulak_node_builder_add_text (builder, "participant", from);
  return ulak_node_builder_end (builder, NULL);
}

static void
test_who_is_acked (void)
{
  static const struct
  {
    const char *tag, *id, *from;
    gboolean wants_ack;
    guint error;
  } rows[] = {
    { "notification", "1", "a@lid", TRUE, 0 }, { "notification", NULL, "a@lid", FALSE, 0 }, { "receipt", "1", NULL, FALSE, 0 },
    { "iq", "1", "a@lid", FALSE, 0 },          { "presence", "1", "a@lid", FALSE, 0 },      { "chatstate", "1", "a@lid", FALSE, 0 },
    { "ib", "1", "a@lid", FALSE, 0 },          { "stream:error", "1", "a@lid", FALSE, 0 },  { "wormhole", "1", "a@lid", TRUE, 488 },
    { "wormhole", NULL, "a@lid", FALSE, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (UlakNode) node = make_node (rows[i].tag, rows[i].id, rows[i].from);
      guint error = 0;

      g_assert_cmpint (ulak_stanza_wants_ack (node, &error), ==, rows[i].wants_ack);
      g_assert_cmpuint (error, ==, rows[i].error);
    }
}

static void
test_receipt_of_its_author (void)
{
  g_autoptr (UlakNode) receipt = make_node ("receipt", "1", "a@lid"), notification = make_node ("notification", "1", "a@lid");
  g_autoptr (UlakNode) short_ack = ulak_stanza_ack (receipt, NULL, 0), long_ack = ulak_stanza_ack (notification, NULL, 0);

  g_assert_null (ulak_node_get_attribute (short_ack, "participant"));
  g_assert_cmpstr (ulak_node_get_attribute (long_ack, "participant"), ==, "a@lid");
}

static void
test_answers (void)
{
  g_autoptr (UlakNode) named = make_node ("iq", "7", NULL), nameless = make_node ("iq", NULL, NULL);
  g_autoptr (UlakNode) result = ulak_stanza_result (named), bare = ulak_stanza_result (nameless);
  g_autoptr (UlakNode) error = ulak_stanza_error (named, 401, "hmac-mismatch");
  const UlakNode *child = ulak_node_get_child (error, "error");

  g_assert_cmpstr (ulak_node_get_attribute (result, "type"), ==, "result");
  g_assert_cmpstr (ulak_node_get_attribute (result, "id"), ==, "7");
  g_assert_cmpstr (ulak_node_get_attribute (result, "to"), ==, "@s.whatsapp.net");
  g_assert_null (ulak_node_get_attribute (bare, "id"));
  g_assert_cmpstr (ulak_node_get_attribute (error, "type"), ==, "error");
  g_assert_cmpstr (ulak_node_get_attribute (child, "code"), ==, "401");
  g_assert_cmpstr (ulak_node_get_attribute (child, "text"), ==, "hmac-mismatch");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-words/payloads say what another client's say", test_payloads);
  g_test_add_func ("/link-words/an own address that is no number logs nobody in", test_own_address_without_number);
  g_test_add_func ("/link-words/a version has three numbers", test_versions);
  g_test_add_func ("/link-words/QR texts are those of another client", test_qr_texts);
  g_test_add_func ("/link-words/acknowledgements are those of another client", test_acks);
  g_test_add_func ("/link-words/each kind of stanza is acknowledged by its rule", test_who_is_acked);
  g_test_add_func ("/link-words/a receipt of its author is acknowledged without naming him twice", test_receipt_of_its_author);
  g_test_add_func ("/link-words/questions of the server are answered", test_answers);
  return g_test_run ();
}
