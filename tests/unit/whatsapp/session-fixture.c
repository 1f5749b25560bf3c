/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The fixture reads its database as a store would, and says at once what went wrong.
 */

#include "unit/whatsapp/session-fixture.h"

#include "unit/fakes/random.h"

static const char *const migrations[]
    = { "/org/ulak/sql/whatsapp/migrations/0001-session.sql", "/org/ulak/sql/whatsapp/migrations/0005-group-members.sql" };

UlakDatabase *
side_open_database (void)
{
  g_autoptr (GError) error = NULL;
  UlakDatabase *database;

  ulak_session_register_sql ();
  database = ulak_database_open (":memory:", ULAK_DATABASE_WRITER, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (migrations); i++)
    {
      ulak_database_run_script (database, migrations[i], &error);
      g_assert_no_error (error);
    }
  return database;
}

UlakSeal *
side_make_seal (const char *master)
{
  g_autoptr (UlakSecret) secret = ulak_secret_new (master, strlen (master));
  g_autoptr (GError) error = NULL;
  UlakSeal *seal = ulak_seal_new_for_key (secret, ULAK_CREDENTIALS_SEAL_PURPOSE, &error);

  g_assert_no_error (error);
  return seal;
}

UlakJid
jid_of (const char *text)
{
  UlakJid jid;

  g_assert_true (ulak_jid_parse (text, &jid, NULL));
  return jid;
}

static void
pair (Side *self)
{
  UlakPairing pairing = {
    .jid = self->jid,
    .lid = self->lid,
    .device_identity = ULAK_SPAN_TEXT ("made up"),
    .platform = "android",
    .lid_migration = ULAK_LID_MIGRATION_YES,
  };
  g_autoptr (GError) error = NULL;

  ulak_key_pair_generate (&self->phone, self->random);
  memcpy (pairing.account_signature_key, self->phone.public_key, sizeof pairing.account_signature_key);
  ulak_credentials_save_pairing (self->database, &pairing, self->now_us, &error);
  g_assert_no_error (error);
}

void
side_set_up (Side *self, const char *jid, const char *lid, guint64 seed)
{
  g_autoptr (UlakCredentials) made = NULL;
  g_autoptr (UlakCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  *self = (Side){ .now_us = START_US, .jid = jid_of (jid), .lid = jid_of (lid) };
  self->database = side_open_database ();
  self->seal = side_make_seal ("0123456789abcdef0123456789abcdef");
  self->random = ULAK_RANDOM (ulak_fake_random_new (seed));
  ulak_credentials_create (self->database, self->seal, self->random, self->now_us, &made, &error);
  g_assert_no_error (error);
  pair (self);
  ulak_credentials_load (self->database, self->seal, &credentials, &error);
  g_assert_no_error (error);
  self->session = ulak_session_new (credentials, self->random);
}

void
side_clear (Side *self)
{
  g_clear_pointer (&self->session, ulak_session_unref);
  g_clear_pointer (&self->database, ulak_database_free);
  g_clear_pointer (&self->seal, ulak_seal_free);
  g_clear_object (&self->random);
  ulak_key_pair_clear (&self->phone);
}

gint64
side_count (Side *self, const char *from_where)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM %s", from_where);
  g_autoptr (GError) error = NULL;
  gint64 n;

  ulak_database_get_integer (self->database, sql, &n, &error);
  g_assert_no_error (error);
  return n;
}

void
side_run (Side *self, const char *sql)
{
  g_autoptr (GError) error = NULL;

  ulak_database_run_once (self->database, sql, &error);
  g_assert_no_error (error);
}

static UlakPeerDevice
know (Side *self, const UlakJid *jid)
{
  g_autoptr (GError) error = NULL;
  UlakPeerDevice device;

  ulak_peers_resolve_device (self->database, jid, self->now_us, &device, &error);
  g_assert_no_error (error);
  return device;
}

UlakPeerDevice
side_know (Side *self, const Side *other)
{
  return know (self, &other->lid);
}

UlakPeerDevice
side_know_phone (Side *self, const Side *other)
{
  return know (self, &other->jid);
}

void
side_publish (Side *self, gboolean with_pre_key, Keys *keys_out)
{
  g_autoptr (GArray) keys = NULL;
  g_autoptr (GError) error = NULL;
  const UlakKeyPair *identity = ulak_credentials_get_identity (ulak_session_get_credentials (self->session));

  memcpy (keys_out->identity, identity->public_key, sizeof keys_out->identity);
  ulak_signed_pre_keys_get_current (self->database, &keys_out->signed_pre_key, &error);
  g_assert_no_error (error);
  if (with_pre_key)
    {
      ulak_pre_keys_prepare (self->session, self->database, 1, self->now_us, &keys, &error);
      g_assert_no_error (error);
      keys_out->pre_key = g_array_index (keys, UlakPreKey, 0);
      ulak_pre_keys_mark_uploaded (self->database, &keys_out->pre_key, 1, &error);
      g_assert_no_error (error);
    }
  keys_out->bundle = (UlakBundle){
    .registration_id = ulak_credentials_get_registration_id (ulak_session_get_credentials (self->session)),
    .identity = ULAK_SPAN_ARRAY (keys_out->identity),
    .has_pre_key = with_pre_key,
    .pre_key_id = keys_out->pre_key.id,
    .pre_key = ULAK_SPAN_ARRAY (keys_out->pre_key.public_key),
    .signed_pre_key_id = keys_out->signed_pre_key.id,
    .signed_pre_key = ULAK_SPAN_ARRAY (keys_out->signed_pre_key.public_key),
    .signature = ULAK_SPAN_ARRAY (keys_out->signed_pre_key.signature),
  };
}

UlakBundleOutcome
side_meet_as (Side *self, const UlakPeerDevice *device, const UlakBundle *bundle)
{
  g_autoptr (GError) error = NULL;
  UlakBundleOutcome outcome;

  ulak_device_process_bundle (self->session, self->database, device, bundle, self->now_us, &outcome, NULL, &error);
  g_assert_no_error (error);
  return outcome;
}

void
side_meet (Side *self, Side *other)
{
  UlakPeerDevice device = side_know (self, other);
  Keys keys = { 0 };

  side_publish (other, TRUE, &keys);
  g_assert_cmpint (side_meet_as (self, &device, &keys.bundle), ==, ULAK_BUNDLE_OK);
}

UlakCiphertext
side_encrypt (Side *self, const UlakPeerDevice *to, const char *text)
{
  g_autoptr (GError) error = NULL;
  UlakCiphertext ciphertext;

  ulak_device_encrypt (self->session, self->database, to, ULAK_SPAN_TEXT (text), self->now_us, &ciphertext, &error);
  g_assert_no_error (error);
  return ciphertext;
}

UlakDecryption
side_decrypt (Side *self, const UlakPeerDevice *from, const UlakCiphertext *ciphertext)
{
  g_autoptr (GError) error = NULL;
  UlakDecryption decryption;

  ulak_device_decrypt (self->session, self->database, from, ciphertext->kind, ulak_span_of (ciphertext->bytes),
                       ULAK_SPAN_NONE, self->now_us, &decryption, &error);
  g_assert_no_error (error);
  g_assert_true ((decryption.plain != NULL) == (decryption.outcome == ULAK_DECRYPT_OK));
  return decryption;
}

UlakDecryptOutcome
side_try (Side *self, const UlakPeerDevice *from, const UlakCiphertext *ciphertext)
{
  g_auto (UlakDecryption) decryption = side_decrypt (self, from, ciphertext);

  return decryption.outcome;
}

void
side_tell (Side *self, Side *other, const char *text)
{
  UlakPeerDevice to = side_know (self, other), from = side_know (other, self);
  g_auto (UlakCiphertext) ciphertext = side_encrypt (self, &to, text);
  g_auto (UlakDecryption) decryption = { 0 };

  g_assert_nonnull (ciphertext.bytes);
  decryption = side_decrypt (other, &from, &ciphertext);
  assert_reads (&decryption, text);
}

GBytes *
flip_byte (GBytes *bytes, gsize position)
{
  gsize size_bytes = g_bytes_get_size (bytes);
  guint8 *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), size_bytes);

  copy[position] ^= 1;
  return g_bytes_new_take (copy, size_bytes);
}

void
assert_reads (const UlakDecryption *decryption, const char *text)
{
  gsize size_bytes;
  const void *bytes;

  g_assert_cmpstr (ulak_decrypt_outcome_get_name (decryption->outcome), ==, "ok");
  bytes = g_bytes_get_data (decryption->plain, &size_bytes);
  g_assert_cmpmem (bytes, size_bytes, text, strlen (text));
}
