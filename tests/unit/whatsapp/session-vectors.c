/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Sessions and sender keys over the vectors of another implementation: a device is given the private keys of a vector and
 * must read what was written to it, refuse what must be refused, and write the same bytes where it draws the same keys.
 */
#include "whatsapp/session/pre-key-record.h"

#include "unit/whatsapp/crypto-vectors.h"
#include "unit/whatsapp/session-fixture.h"

#define SESSIONS "signal-session.json"
#define GROUPS "group-sender-key.json"
#define OWN_PHONE "15550001111"
#define PEER "123456789012345:3@lid"
#define MADE_UP "100000000000000"

static void
set_blob (Side *self, const char *table_column, const char *where, GBytes *bytes)
{
  UlakSpan span = ulak_span_of (bytes);
  g_autoptr (GString) sql = g_string_new (NULL);

  g_string_printf (sql, "UPDATE %s = X'", table_column);
  for (gsize i = 0; i < span.size_bytes; i++)
    g_string_append_printf (sql, "%02x", ((const guint8 *) span.bytes)[i]);
  g_string_append_printf (sql, "' %s", where);
  side_run (self, sql->str);
}

static void
take_identity (Side *self, JsonObject *keys)
{
  UlakKeyPair identity = vectors_pair (keys, "identity");
  g_autoptr (GBytes) sealed
      = ulak_seal_close (self->seal, "identity", identity.private_key.bytes, sizeof identity.private_key.bytes);
  g_autofree char *sql = g_strdup_printf ("UPDATE credentials SET registration_id = %d",
                                          (int) json_object_get_int_member (keys, "registration_id"));

  set_blob (self, "credentials SET identity_private", "", sealed);
  side_run (self, sql);
}

static void
take_signed_pre_key (Side *self, JsonObject *row)
{
  UlakSpan signature = vectors_hex (row, "signature");
  UlakKeyPair pair;
  UlakKey private_key = vectors_key (row, "private");
  UlakSignedPreKey key = { .id = (guint32) json_object_get_int_member (row, "id") };
  g_autoptr (GError) error = NULL;

  ulak_key_pair_set (&pair, &private_key);
  memcpy (key.public_key, pair.public_key, sizeof key.public_key);
  g_assert_cmpuint (signature.size_bytes, ==, sizeof key.signature);
  memcpy (key.signature, signature.bytes, sizeof key.signature);
  side_run (self, "DELETE FROM signed_pre_keys");
  ulak_signed_pre_key_store (self->database, &key, &pair, TRUE, self->now_us, &error);
  g_assert_no_error (error);
}

static void
take_pre_key (Side *self, JsonObject *row)
{
  guint32 id = (guint32) json_object_get_int_member (row, "id");
  UlakKey private_key = vectors_key (row, "private");
  UlakKeyPair pair;
  g_autoptr (GBytes) record = NULL;
  g_autofree char *where = g_strdup_printf ("WHERE id = %u", id);
  g_autofree char *sql
      = g_strdup_printf ("INSERT INTO pre_keys (id, record, public_key, state, created_us) VALUES (%u, X'00', X'00', 1, 0)", id);

  ulak_key_pair_set (&pair, &private_key);
  record = ulak_pre_key_record_new (id, &pair);
  side_run (self, sql);
  set_blob (self, "pre_keys SET record", where, record);
}

/* A device with the keys of the vector; random (nullable): where it draws new ones from. */
static void
be (Side *self, JsonObject *keys, UlakRandom *random)
{
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  side_set_up (self, OWN_PHONE ":1@s.whatsapp.net", MADE_UP ":1@lid", 1);
  take_identity (self, keys);
  take_signed_pre_key (self, json_object_get_object_member (keys, "signed_prekey"));
  if (!json_object_get_null_member (keys, "one_time_prekey"))
    take_pre_key (self, json_object_get_object_member (keys, "one_time_prekey"));
  ulak_credentials_load (self->database, self->seal, &credentials, &error);
  g_assert_no_error (error);
  g_clear_pointer (&self->session, ulak_session_unref);
  self->session = ulak_session_new (credentials, random != NULL ? random : self->random);
}

static UlakPeerDevice
peer_of (Side *self)
{
  UlakJid jid = jid_of (PEER);
  g_autoptr (GError) error = NULL;
  UlakPeerDevice device;

  ulak_peers_resolve_device (self->database, &jid, self->now_us, &device, &error);
  g_assert_no_error (error);
  return device;
}

static UlakDecryption
read_from (Side *self, UlakCiphertextKind kind, UlakSpan bytes)
{
  UlakPeerDevice from = peer_of (self);
  g_autoptr (GError) error = NULL;
  UlakDecryption decryption;

  ulak_device_decrypt (self->session, self->database, &from, kind, bytes, ULAK_SPAN_NONE, self->now_us, &decryption, &error);
  g_assert_no_error (error);
  return decryption;
}

static UlakCiphertextKind
kind_of (JsonObject *row)
{
  UlakCiphertextKind kind;

  g_assert_true (ulak_ciphertext_kind_parse (json_object_get_string_member (row, "wa_type"), &kind));
  return kind;
}

static void
read_message (Side *self, JsonObject *row)
{
  g_auto (UlakDecryption) decryption = read_from (self, kind_of (row), vectors_hex (row, "ciphertext"));

  g_assert_cmpstr (ulak_decrypt_outcome_get_name (decryption.outcome), ==, "ok");
  assert_spans_equal (ulak_span_of (decryption.plain), vectors_hex (row, "padded"));
}

static void
test_sessions (void)
{
  JsonArray *rows = vectors_array (vectors_load_from ("session", SESSIONS), "sessions");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      JsonArray *messages = vectors_array (row, "messages"), *order = vectors_array (row, "decrypt_order");
      g_auto (Side) self = { 0 };

      be (&self, json_object_get_object_member (row, "receiver"), NULL);
      for (guint j = 0; j < json_array_get_length (order); j++)
        read_message (&self, json_array_get_object_element (messages, (guint) json_array_get_int_element (order, j)));
    }
}

static JsonObject *
session_named (JsonObject *vectors, const char *name)
{
  JsonArray *rows = vectors_array (vectors, "sessions");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      if (g_str_equal (json_object_get_string_member (row, "name"), name))
        return row;
    }
  g_assert_not_reached ();
}

static UlakDecryptOutcome
outcome_of (JsonObject *row)
{
  static const struct
  {
    const char *name;
    UlakDecryptOutcome outcome;
  } outcomes[] = {
    { "SG_ERR_INVALID_MESSAGE", ULAK_DECRYPT_BAD_MESSAGE },
    { "SG_ERR_INVALID_KEY_ID", ULAK_DECRYPT_UNKNOWN_PRE_KEY },
    { "SG_ERR_DUPLICATE_MESSAGE", ULAK_DECRYPT_DUPLICATE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++)
    if (g_str_equal (outcomes[i].name, json_object_get_string_member (row, "libsignal_protocol_c")))
      return outcomes[i].outcome;
  g_assert_not_reached ();
}

static void
test_refusals (void)
{
  JsonObject *vectors = vectors_load_from ("session", SESSIONS);
  JsonArray *rows = vectors_array (vectors, "negatives");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      JsonObject *of = session_named (vectors, json_object_get_string_member (row, "receiver_of"));
      g_auto (Side) self = { 0 };
      g_auto (UlakDecryption) decryption = { 0 };

      be (&self, json_object_get_object_member (of, "receiver"), NULL);
      if (json_object_has_member (row, "without_prekey"))
        side_run (&self, "DELETE FROM pre_keys");
      if (json_object_has_member (row, "after_first_success"))
        read_message (&self, json_array_get_object_element (vectors_array (of, "messages"), 0));
      decryption = read_from (&self, ULAK_CIPHERTEXT_PKMSG, vectors_hex (row, "ciphertext"));
      g_test_message ("%s", json_object_get_string_member (row, "name"));
      g_assert_cmpstr (ulak_decrypt_outcome_get_name (decryption.outcome), ==,
                       ulak_decrypt_outcome_get_name (outcome_of (row)));
    }
}

static UlakRandom *
random_of (JsonObject *side)
{
  JsonArray *privates = vectors_array (side, "privates_made");
  g_autofree UlakSpan *script = g_new (UlakSpan, json_array_get_length (privates));

  for (guint i = 0; i < json_array_get_length (privates); i++)
    script[i] = vectors_decode (json_array_get_string_element (privates, i));
  return vectors_random (script, json_array_get_length (privates));
}

/* A bundle of the other side, as the server would give it. */
static void
meet (Side *self, JsonObject *other)
{
  UlakKeyPair identity = vectors_pair (other, "identity");
  JsonObject *signed_key = json_object_get_object_member (other, "signed_prekey");
  JsonObject *pre_key = json_object_get_object_member (other, "one_time_prekey");
  UlakPeerDevice device = peer_of (self);
  UlakBundle bundle = {
    .registration_id = (guint32) json_object_get_int_member (other, "registration_id"),
    .identity = ULAK_SPAN_ARRAY (identity.public_key),
    .has_pre_key = TRUE,
    .pre_key_id = (guint32) json_object_get_int_member (pre_key, "id"),
    .pre_key = vectors_hex (pre_key, "public"),
    .signed_pre_key_id = (guint32) json_object_get_int_member (signed_key, "id"),
    .signed_pre_key = vectors_hex (signed_key, "public"),
    .signature = vectors_hex (signed_key, "signature"),
  };

  g_assert_cmpint (side_meet_as (self, &device, &bundle), ==, ULAK_BUNDLE_OK);
}

static void
write_message (Side *self, JsonObject *row)
{
  UlakPeerDevice to = peer_of (self);
  g_auto (UlakCiphertext) ciphertext = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_device_encrypt (self->session, self->database, &to, vectors_hex (row, "padded"), self->now_us, &ciphertext, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ciphertext.kind, ==, kind_of (row));
  assert_spans_equal (ulak_span_of (ciphertext.bytes), vectors_hex (row, "ciphertext"));
}

static void
take_part (JsonObject *row, const char *own, const char *other)
{
  JsonObject *us = json_object_get_object_member (row, own);
  JsonArray *transcript = vectors_array (row, "transcript");
  g_autoptr (UlakRandom) random = random_of (us);
  g_auto (Side) self = { 0 };

  be (&self, us, random);
  for (guint i = 0; i < json_array_get_length (transcript); i++)
    {
      JsonObject *message = json_array_get_object_element (transcript, i);
      gboolean is_ours = g_str_equal (json_object_get_string_member (message, "from"), own);

      if (i == 0 && is_ours)
        meet (&self, json_object_get_object_member (row, other));
      if (is_ours)
        write_message (&self, message);
      else
        read_message (&self, message);
    }
  g_assert_true (vectors_random_is_used_up (random));
}

static void
test_conversations (void)
{
  JsonArray *rows = vectors_array (vectors_load_from ("session", SESSIONS), "conversations");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      take_part (json_array_get_object_element (rows, i), "alice", "bob");
      take_part (json_array_get_object_element (rows, i), "bob", "alice");
    }
}

static void
hand_out (Side *self, const char *group, UlakSpan bytes)
{
  UlakPeerDevice author = peer_of (self);
  g_autoptr (GError) error = NULL;
  UlakDistributionOutcome outcome;

  ulak_group_process_distribution (self->session, self->database, group, &author, bytes, self->now_us, &outcome, &error);
  g_assert_no_error (error);
  g_assert_cmpint (outcome, ==, ULAK_DISTRIBUTION_OK);
}

static UlakDecryption
read_group (Side *self, const char *group, UlakSpan bytes)
{
  UlakPeerDevice author = peer_of (self);
  g_autoptr (GError) error = NULL;
  UlakDecryption decryption;

  ulak_group_decrypt (self->session, self->database, group, &author, bytes, self->now_us, &decryption, &error);
  g_assert_no_error (error);
  return decryption;
}

static void
assert_group (Side *self, const char *group, UlakSpan bytes, const char *outcome)
{
  g_auto (UlakDecryption) decryption = read_group (self, group, bytes);

  g_assert_cmpstr (ulak_decrypt_outcome_get_name (decryption.outcome), ==, outcome);
}

static void
check_order (JsonObject *row, JsonArray *order)
{
  const char *group = json_object_get_string_member (row, "group");
  JsonArray *messages = vectors_array (row, "messages");
  g_auto (Side) self = { 0 };

  side_set_up (&self, OWN_PHONE ":1@s.whatsapp.net", MADE_UP ":1@lid", 2);
  assert_group (&self, group, vectors_hex (json_array_get_object_element (messages, 0), "ciphertext"),
                ulak_decrypt_outcome_get_name (ULAK_DECRYPT_NO_SESSION));
  hand_out (&self, group, vectors_hex (row, "skdm"));
  if (json_object_has_member (row, "bad_signature"))
    assert_group (&self, group, vectors_hex (row, "bad_signature"), ulak_decrypt_outcome_get_name (ULAK_DECRYPT_BAD_SIGNATURE));
  for (guint i = 0; i < json_array_get_length (order); i++)
    {
      JsonObject *message = json_array_get_object_element (messages, (guint) json_array_get_int_element (order, i));
      UlakSpan bytes = vectors_hex (message, "ciphertext");
      g_auto (UlakDecryption) decryption = read_group (&self, group, bytes);

      g_assert_cmpstr (ulak_decrypt_outcome_get_name (decryption.outcome), ==, "ok");
      assert_spans_equal (ulak_span_of (decryption.plain), vectors_hex (message, "padded"));
      assert_group (&self, group, bytes, ulak_decrypt_outcome_get_name (ULAK_DECRYPT_DUPLICATE));
    }
}

/* Who came later must not read what was said before. */
static void
check_late (JsonObject *row)
{
  const char *group = json_object_get_string_member (row, "group");
  JsonArray *messages = vectors_array (row, "messages");
  g_auto (Side) self = { 0 };

  side_set_up (&self, OWN_PHONE ":1@s.whatsapp.net", MADE_UP ":1@lid", 3);
  hand_out (&self, group, vectors_hex (row, "skdm_at_iteration_3"));
  for (guint i = 0; i < json_array_get_length (messages); i++)
    assert_group (&self, group, vectors_hex (json_array_get_object_element (messages, i), "ciphertext"),
                  ulak_decrypt_outcome_get_name (i < 3 ? ULAK_DECRYPT_DUPLICATE : ULAK_DECRYPT_OK));
}

static void
test_groups (void)
{
  JsonArray *rows = vectors_array (vectors_load_from ("session", GROUPS), "vectors");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);
      JsonArray *orders = vectors_array (row, "orders");

      for (guint j = 0; j < json_array_get_length (orders); j++)
        check_order (row, json_array_get_array_element (orders, j));
      if (json_object_has_member (row, "skdm_at_iteration_3"))
        check_late (row);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/session/vectors/messages are read in every order", test_sessions);
  g_test_add_func ("/whatsapp/session/vectors/what must be refused is refused as what it is", test_refusals);
  g_test_add_func ("/whatsapp/session/vectors/a conversation has the same bytes from either side", test_conversations);
  g_test_add_func ("/whatsapp/session/vectors/group messages are read in every order and once", test_groups);
  return g_test_run ();
}
