/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A device in a line's own database, by works of its store: what a failing work leaves behind, which is nothing.
 */
#include "unit/whatsapp/session-fixture.h"

#include "whatsapp/schema.h"

#include "core/error.h"
#include "store/store.h"

#include <glib/gstdio.h>

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid"

typedef struct
{
  char *folder;     /* (owned) */
  UlakStore *store; /* (owned) */
  UlakRandom *random;
  UlakSeal *seal;
  UlakSession *session; /* (owned) (nullable) */
  UlakJid jid;
  UlakJid lid;
} Line;

/* One visit to the store. Which members count depends on the work. */
typedef struct
{
  Line *line;
  const UlakJid *from;
  const UlakCiphertext *ciphertext;
  gboolean fails; /* after everything worked */
  UlakDecryption decryption;
  guint runs;
  UlakCredentials *credentials;
  Keys *keys;
  gint64 count;
} Visit;

static void
got_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
run (Line *self, UlakStoreWork work, Visit *visit, int expected_code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  visit->line = self;
  ulak_store_write_async (self->store, work, visit, NULL, got_cb, &result);
  wait_for (&result);
  ulak_store_finish (self->store, result, &error);
  if (expected_code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, ULAK_ERROR, expected_code);
}

static gboolean
link_work (UlakDatabase *database, gpointer data, GError **error)
{
  Visit *visit = data;
  g_autoptr (UlakCredentials) made = NULL;
  UlakPairing pairing = { .jid = visit->line->jid, .lid = visit->line->lid, .device_identity = ULAK_SPAN_TEXT ("x") };

  return ulak_credentials_create (database, visit->line->seal, visit->line->random, START_US, &made, error)
         && ulak_credentials_save_pairing (database, &pairing, START_US, error)
         && ulak_credentials_load (database, visit->line->seal, &visit->credentials, error);
}

static gboolean
publish_work (UlakDatabase *database, gpointer data, GError **error)
{
  Visit *visit = data;
  Keys *keys = visit->keys;
  UlakCredentials *credentials = ulak_session_get_credentials (visit->line->session);
  g_autoptr (GArray) pre_keys = NULL;

  if (!ulak_pre_keys_prepare (visit->line->session, database, 1, START_US, &pre_keys, error)
      || !ulak_signed_pre_keys_get_current (database, &keys->signed_pre_key, error))
    return FALSE;
  keys->pre_key = g_array_index (pre_keys, UlakPreKey, 0);
  memcpy (keys->identity, ulak_credentials_get_identity (credentials)->public_key, sizeof keys->identity);
  keys->bundle = (UlakBundle){
    .registration_id = ulak_credentials_get_registration_id (credentials),
    .identity = ULAK_SPAN_ARRAY (keys->identity),
    .has_pre_key = TRUE,
    .pre_key_id = keys->pre_key.id,
    .pre_key = ULAK_SPAN_ARRAY (keys->pre_key.public_key),
    .signed_pre_key_id = keys->signed_pre_key.id,
    .signed_pre_key = ULAK_SPAN_ARRAY (keys->signed_pre_key.public_key),
    .signature = ULAK_SPAN_ARRAY (keys->signed_pre_key.signature),
  };
  return TRUE;
}

static gboolean
decrypt_work (UlakDatabase *database, gpointer data, GError **error)
{
  Visit *visit = data;
  UlakPeerDevice from;

  visit->runs++;
  ulak_decryption_clear (&visit->decryption);
  if (!ulak_peers_resolve_device (database, visit->from, START_US, &from, error)
      || !ulak_device_decrypt (visit->line->session, database, &from, visit->ciphertext->kind,
                               ulak_span_of (visit->ciphertext->bytes), ULAK_SPAN_NONE, START_US, &visit->decryption, error))
    return FALSE;
  if (visit->fails)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_CONFLICT, "Something else in this work went wrong");
  return !visit->fails;
}

static void
line_set_up (Line *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  UlakStoreOptions options = { .migrations = ulak_schema_get_migrations (), .migrate = TRUE };
  const char *jids[] = { BOB };
  Visit visit = { 0 };

  *self = (Line){ .jid = jid_of (jids[0]), .lid = jid_of (jids[1]) };
  self->folder = g_dir_make_tmp ("ulak-session-XXXXXX", &error);
  g_assert_no_error (error);
  self->random = ulak_random_system_new ();
  self->seal = side_make_seal ("0123456789abcdef0123456789abcdef");
  path = g_build_filename (self->folder, "whatsapp.db", NULL);
  options.path = path;
  ulak_store_open_async (&options, NULL, got_cb, &result);
  wait_for (&result);
  self->store = ulak_store_open_finish (result, &error);
  g_assert_no_error (error);
  run (self, link_work, &visit, -1);
  self->session = ulak_session_new (visit.credentials, self->random);
  ulak_credentials_unref (visit.credentials);
}

static void
line_clear (Line *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  const char *name;

  ulak_session_unref (self->session);
  ulak_store_close_async (self->store, got_cb, &result);
  wait_for (&result);
  g_assert_true (ulak_store_close_finish (self->store, result, NULL));
  g_object_unref (self->store);
  g_object_unref (self->random);
  ulak_seal_free (self->seal);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (self->folder);
  g_free (self->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

static UlakPeerDevice
know (Side *self, const UlakJid *jid)
{
  UlakPeerDevice device;

  g_assert_true (ulak_peers_resolve_device (self->database, jid, START_US, &device, NULL));
  return device;
}

/* Alice, in memory, has a session with the line. */
static UlakPeerDevice
meet (Side *alice, Line *line)
{
  UlakPeerDevice device = know (alice, &line->lid);
  Keys keys = { 0 };
  Visit visit = { .keys = &keys };

  run (line, publish_work, &visit, -1);
  g_assert_cmpint (side_meet_as (alice, &device, &keys.bundle), ==, ULAK_BUNDLE_OK);
  return device;
}

static void
test_rollback (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Line) bob = { 0 };
  UlakPeerDevice to_bob;

  side_set_up (&alice, ALICE);
  line_set_up (&bob);
  to_bob = meet (&alice, &bob);
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *text = g_strdup_printf ("message %u", i);
      g_auto (UlakCiphertext) ciphertext = side_encrypt (&alice, &to_bob, text);
      Visit failing = { .from = &alice.lid, .ciphertext = &ciphertext, .fails = TRUE };
      Visit good = { .from = &alice.lid, .ciphertext = &ciphertext };

      run (&bob, decrypt_work, &failing, ULAK_ERROR_CONFLICT);
      assert_reads (&failing.decryption, text);
      run (&bob, decrypt_work, &good, -1);
      assert_reads (&good.decryption, text);
      run (&bob, decrypt_work, &good, -1);
      g_assert_cmpint (good.decryption.outcome, ==, ULAK_DECRYPT_DUPLICATE);
      ulak_decryption_clear (&failing.decryption);
      ulak_decryption_clear (&good.decryption);
    }
}

/* Many works at once share commits; those that fail among them hurt nobody else. */
static void
test_shared_commit (void)
{
  enum { N = 60 };
  g_auto (Side) alice = { 0 };
  g_auto (Line) bob = { 0 };
  UlakCiphertext ciphertexts[N];
  Visit visits[N] = { 0 };
  GAsyncResult *results[N] = { NULL };
  UlakPeerDevice to_bob;

  side_set_up (&alice, ALICE);
  line_set_up (&bob);
  to_bob = meet (&alice, &bob);
  for (guint i = 0; i < N; i++)
    {
      ciphertexts[i] = side_encrypt (&alice, &to_bob, "one of many");
      visits[i] = (Visit){ .line = &bob, .from = &alice.lid, .ciphertext = &ciphertexts[i], .fails = i % 3 == 1 };
    }
  for (guint i = 0; i < N; i++)
    ulak_store_write_async (bob.store, decrypt_work, &visits[i], NULL, got_cb, &results[i]);
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (GError) error = NULL;

      wait_for (&results[i]);
      g_assert_true ((ulak_store_finish (bob.store, results[i], &error) != NULL) == !visits[i].fails);
      assert_reads (&visits[i].decryption, "one of many");
      g_object_unref (results[i]);
    }
  for (guint i = 0; i < N; i++)
    {
      Visit again = { .from = &alice.lid, .ciphertext = &ciphertexts[i] };

      run (&bob, decrypt_work, &again, -1);
      g_assert_cmpint (again.decryption.outcome, ==, visits[i].fails ? ULAK_DECRYPT_OK : ULAK_DECRYPT_DUPLICATE);
      ulak_decryption_clear (&again.decryption);
      ulak_decryption_clear (&visits[i].decryption);
      ulak_ciphertext_clear (&ciphertexts[i]);
    }
}

static void
test_fault (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };
  g_autoptr (GError) error = NULL;
  g_auto (UlakCiphertext) ciphertext = { 0 };
  g_auto (UlakCiphertext) none = { 0 };
  UlakPeerDevice to_bob, from_alice;
  UlakDecryption decryption;

  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB, 2);
  side_meet (&alice, &bob);
  to_bob = side_know (&alice, &bob);
  from_alice = side_know (&bob, &alice);
  ciphertext = side_encrypt (&alice, &to_bob, "x");
  ulak_database_retire_statements (bob.database);
  side_run (&bob, "DROP TABLE signed_pre_keys");
  g_assert_false (ulak_device_decrypt (bob.session, bob.database, &from_alice, ciphertext.kind,
                                       ulak_span_of (ciphertext.bytes), ULAK_SPAN_NONE, START_US, &decryption, &error));
  g_assert_nonnull (error);
  g_assert_null (decryption.plain);
  g_clear_error (&error);
  ulak_database_retire_statements (alice.database);
  side_run (&alice, "CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE (ABORT, 'no room'); END");
  g_assert_false (ulak_device_encrypt (alice.session, alice.database, &to_bob, ULAK_SPAN_TEXT ("y"), START_US, &none, &error));
  g_assert_nonnull (error);
  g_assert_null (none.bytes);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/store/a work that fails after decrypting leaves the ratchet as it was", test_rollback);
  g_test_add_func ("/session/store/works that share a commit fail alone", test_shared_commit);
  g_test_add_func ("/session/store/a fault of the database is an error and not an outcome", test_fault);
  return g_test_run ();
}
