/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A device in a line's own database, by works of its store: what a failing work leaves behind, which is nothing.
 */
#include "unit/fakes/clock.h"
#include "unit/whatsapp/session-line.h"

#include "whatsapp/schema.h"
#include "whatsapp/session/cleaner.h"
#include "whatsapp/session/generation.h"

#include "connector/line.h"
#include "core/error.h"

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2

static void
test_rollback (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Line) bob = { 0 };
  UlakPeerDevice to_bob;

  side_set_up (&alice, ALICE);
  line_set_up (&bob, NULL);
  to_bob = line_be_met (&bob, &alice);
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *text = g_strdup_printf ("message %u", i);
      g_auto (UlakCiphertext) ciphertext = side_encrypt (&alice, &to_bob, text);
      Reading failing = { .line = &bob, .from = &alice.lid, .ciphertext = &ciphertext, .fails = TRUE };
      Reading good = { .line = &bob, .from = &alice.lid, .ciphertext = &ciphertext };

      line_run (&bob, line_read_work, &failing, ULAK_ERROR_CONFLICT);
      assert_reads (&failing.decryption, text);
      line_run (&bob, line_read_work, &good, -1);
      assert_reads (&good.decryption, text);
      line_run (&bob, line_read_work, &good, -1);
      g_assert_cmpint (good.decryption.outcome, ==, ULAK_DECRYPT_DUPLICATE);
      ulak_decryption_clear (&failing.decryption);
      ulak_decryption_clear (&good.decryption);
      if (i == 2)
        {
          g_auto (UlakCiphertext) answer = line_encrypt (&bob, &alice.lid, "answer");

          g_assert_cmpint (side_try (&alice, &to_bob, &answer), ==, ULAK_DECRYPT_OK);
        }
    }
}

static void
count_down_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  guint *left = user_data;

  if (ulak_store_finish (ULAK_STORE (source), result, &error) == NULL)
    g_assert_error (error, ULAK_ERROR, ULAK_ERROR_CONFLICT);
  --*left;
}

/* Many works at once share commits; those that fail among them hurt nobody else. */
static void
test_shared_commit (void)
{
  enum
  {
    N = 60
  };
  g_auto (Side) alice = { 0 };
  g_auto (Line) bob = { 0 };
  UlakCiphertext ciphertexts[N];
  Reading readings[N] = { 0 };
  UlakPeerDevice to_bob;
  guint left = N;

  side_set_up (&alice, ALICE);
  line_set_up (&bob, NULL);
  to_bob = line_be_met (&bob, &alice);
  for (guint i = 0; i < N; i++)
    {
      ciphertexts[i] = side_encrypt (&alice, &to_bob, "one of many");
      readings[i] = (Reading){ .line = &bob, .from = &alice.lid, .ciphertext = &ciphertexts[i], .fails = i % 3 == 1 };
    }
  for (guint i = 0; i < N; i++)
    ulak_store_write_async (bob.store, line_read_work, &readings[i], NULL, count_down_cb, &left);
  while (left > 0)
    g_main_context_iteration (NULL, TRUE);

  for (guint i = 0; i < N; i++)
    {
      Reading again = { .line = &bob, .from = &alice.lid, .ciphertext = &ciphertexts[i] };

      assert_reads (&readings[i].decryption, "one of many");
      line_run (&bob, line_read_work, &again, -1);
      g_assert_cmpint (again.decryption.outcome, ==, readings[i].fails ? ULAK_DECRYPT_OK : ULAK_DECRYPT_DUPLICATE);
      ulak_decryption_clear (&again.decryption);
      ulak_decryption_clear (&readings[i].decryption);
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
  side_set_up (&bob, BOB);
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
  g_assert_false (
      ulak_device_encrypt (alice.session, alice.database, &to_bob, ULAK_SPAN_TEXT ("y"), START_US, &none, &error));
  g_assert_nonnull (error);
  g_assert_null (none.bytes);
}

static void
got_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
settle_work (UlakDatabase *database, gpointer was_copy, GError **error)
{
  return ulak_generation_settle (database, was_copy, error);
}

static gint64
count_sessions (UlakDatabase *database)
{
  gint64 n;

  g_assert_true (ulak_database_get_integer (database, "SELECT count(*) FROM sessions", &n, NULL));
  return n;
}

static void
assert_missing (const char *path, const char *suffix)
{
  g_autofree char *other = g_strconcat (path, suffix, NULL);

  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
}

/* The backup knows that it is one, once; the original does not change. */
static void
test_backup (void)
{
  g_auto (Side) alice = { 0 };
  g_auto (Line) bob = { 0 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (UlakDatabase) copy = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  UlakPeerDevice to_bob;
  gboolean was_copy;

  side_set_up (&alice, ALICE);
  line_set_up (&bob, NULL);
  to_bob = line_be_met (&bob, &alice);
  {
    g_auto (UlakCiphertext) ciphertext = side_encrypt (&alice, &to_bob, "before");
    Reading reading = { .line = &bob, .from = &alice.lid, .ciphertext = &ciphertext };

    line_run (&bob, line_read_work, &reading, -1);
    ulak_decryption_clear (&reading.decryption);
  }
  path = g_build_filename (bob.folder, "backup.db", NULL);
  ulak_store_backup_async (bob.store, path, got_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  ulak_store_backup_finish (bob.store, result, &error);
  g_assert_no_error (error);

  assert_missing (path, ".partial-wal");
  assert_missing (path, ".partial-shm");
  assert_missing (path, "-wal");
  line_run (&bob, settle_work, &was_copy, -1);
  g_assert_false (was_copy);
  copy = ulak_database_open (path, ULAK_DATABASE_WRITER, &error);
  g_assert_no_error (error);
  g_assert_cmpint (count_sessions (copy), ==, 1);
  g_assert_true (ulak_generation_settle (copy, &was_copy, &error));
  g_assert_true (was_copy);
  g_assert_cmpint (count_sessions (copy), ==, 0);
  g_assert_true (ulak_generation_settle (copy, &was_copy, &error));
  g_assert_false (was_copy);
}

static gboolean
keep_many_work (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return ulak_database_run_once (database,
                                 "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) "
                                 "INSERT INTO sent SELECT 'g', i, x'00', NULL, 1 FROM n",
                                 error);
}

static gboolean
count_work (UlakDatabase *database, gpointer n, GError **error)
{
  return ulak_database_get_integer (database, "SELECT count(*) FROM sent", n, error);
}

/* Until the step is over and the next timer stands. */
static void
wait_for_timer (UlakFakeClock *clock)
{
  while (ulak_fake_clock_count_timers (clock) == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_cleaner (void)
{
  g_auto (Line) bob = { 0 };
  UlakFakeClock *clock = ulak_fake_clock_new ();
  g_autoptr (UlakSessionCleaner) cleaner = NULL;
  static const gint64 left[] = { 700, 200, 0, 0 };
  gint64 n;

  line_set_up (&bob, NULL);
  line_run (&bob, keep_many_work, NULL, -1);
  cleaner = ulak_session_cleaner_new (bob.store, ULAK_CLOCK (clock));
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (clock), ==, ULAK_SESSION_CLEANER_FIRST_US);
  for (guint i = 0; i < G_N_ELEMENTS (left); i++)
    {
      ulak_fake_clock_advance_us (clock, ulak_fake_clock_get_next_delay_us (clock));
      wait_for_timer (clock);
      line_run (&bob, count_work, &n, -1);
      g_assert_cmpint (n, ==, left[i]);
    }
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (clock), ==, ULAK_SESSION_CLEANER_EVERY_US);
  g_clear_pointer (&cleaner, ulak_session_cleaner_free);
  g_assert_cmpuint (ulak_fake_clock_count_timers (clock), ==, 0);
  g_object_unref (clock);
}

static void
test_schema (void)
{
  const char *const *migrations = ulak_schema_get_migrations ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint n = 0;

  for (guint i = 0; migrations[i] != NULL; i++)
    {
      g_assert_true (g_hash_table_add (seen, (gpointer) migrations[i]));
      if (g_strcmp0 (migrations[i], ulak_line_migrations[n]) == 0)
        n++;
    }
  g_assert_null (ulak_line_migrations[n]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/store/a work that fails after decrypting leaves the ratchet as it was", test_rollback);
  g_test_add_func ("/session/store/works that share a commit fail alone", test_shared_commit);
  g_test_add_func ("/session/store/a fault of the database is an error and not an outcome", test_fault);
  g_test_add_func ("/session/store/a backup knows that it is one", test_backup);
  g_test_add_func ("/session/store/the cleaner goes on in steps until nothing is left to do", test_cleaner);
  g_test_add_func ("/session/store/the schema has that of every line, in its order", test_schema);
  return g_test_run ();
}
