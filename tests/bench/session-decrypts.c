/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Messages of one chain decrypted a second, each in a work of a store that shares commits with its neighbours.
 *
 *   session-decrypts [--messages=N] [--in-flight=N] [--folder=DIR]
 *
 * A device in memory encrypts first; then the line's store decrypts, with so many works handed in at once. Beside it
 * stand the same without a store (rows in memory), one message at a time, and what a conversation costs in which every
 * message turns the ratchet.
 */
#include "unit/whatsapp/session-line.h"

#include "core/clock.h"

#define ALICE "15550000001:3@s.whatsapp.net", "100000000000001:3@lid", 1
#define BOB "15550000002:4@s.whatsapp.net", "100000000000002:4@lid", 2
#define TEXT_BYTES 120

static int n_messages = 20000;
static int in_flight = 50;
static char *folder = NULL;

static const GOptionEntry entries[] = {
  { "messages", 'n', 0, G_OPTION_ARG_INT, &n_messages, "Messages of a chain (default 20000)", "N" },
  { "in-flight", 'f', 0, G_OPTION_ARG_INT, &in_flight, "Works handed in at once (default 50)", "N" },
  { "folder", 'd', 0, G_OPTION_ARG_FILENAME, &folder, "A folder on the disk to measure (default /var/tmp)", "DIR" },
  G_OPTION_ENTRY_NULL,
};

static UlakClock *watch;

static void
show (const char *what, guint n, gint64 begun_us)
{
  double taken_us = (double) MAX (ulak_clock_get_monotonic_us (watch) - begun_us, 1);

  g_print ("%-52s %9.0f/s %8.1f us each\n", what, n * 1e6 / taken_us, taken_us / n);
}

static GPtrArray *
encrypt_chain (Side *from, const UlakPeerDevice *to, guint n)
{
  GPtrArray *chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  char text[TEXT_BYTES + 1];

  memset (text, 'x', TEXT_BYTES);
  text[TEXT_BYTES] = '\0';
  for (guint i = 0; i < n; i++)
    {
      UlakCiphertext ciphertext = side_encrypt (from, to, text);

      g_assert_cmpint (ciphertext.kind, ==, ULAK_CIPHERTEXT_MSG);
      g_ptr_array_add (chain, ciphertext.bytes);
    }
  return chain;
}

static void
bench_memory (Side *alice, Side *bob)
{
  UlakPeerDevice to_bob = side_know (alice, bob), from_alice = side_know (bob, alice);
  gint64 begun_us = ulak_clock_get_monotonic_us (watch);
  g_autoptr (GPtrArray) chain = encrypt_chain (alice, &to_bob, (guint) n_messages);

  show ("encrypt, rows in memory", chain->len, begun_us);
  begun_us = ulak_clock_get_monotonic_us (watch);
  for (guint i = 0; i < chain->len; i++)
    {
      UlakCiphertext ciphertext = { ULAK_CIPHERTEXT_MSG, g_ptr_array_index (chain, i) };

      g_assert_cmpint (side_try (bob, &from_alice, &ciphertext), ==, ULAK_DECRYPT_OK);
    }
  show ("decrypt, rows in memory", chain->len, begun_us);
}

static void
bench_ratchet (Side *alice, Side *bob)
{
  guint n = MAX ((guint) n_messages / 20, 1);
  gint64 begun_us = ulak_clock_get_monotonic_us (watch);

  for (guint i = 0; i < n; i++)
    {
      side_tell (alice, bob, "there");
      side_tell (bob, alice, "and back");
    }
  show ("encrypt and decrypt with a ratchet step, in memory", 2 * n, begun_us);
}

static void
bench_group (Side *alice, Side *bob)
{
  UlakPeerDevice author = side_know (bob, alice);
  g_auto (UlakDistribution) key = { 0 };
  UlakDistributionOutcome outcome;
  guint n = MAX ((guint) n_messages / 20, 1);
  g_autoptr (GPtrArray) chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gint64 begun_us;

  g_assert_true (ulak_group_get_distribution (alice->session, alice->database, GROUP, START_US, &key, NULL));
  g_assert_true (ulak_group_process_distribution (bob->session, bob->database, GROUP, &author, ulak_span_of (key.bytes),
                                                  START_US, &outcome, NULL));
  begun_us = ulak_clock_get_monotonic_us (watch);
  for (guint i = 0; i < n; i++)
    {
      GBytes *skmsg;

      g_assert_true (ulak_group_encrypt (alice->session, alice->database, GROUP, ULAK_SPAN_TEXT ("to all"), START_US,
                                         &skmsg, NULL));
      g_ptr_array_add (chain, skmsg);
    }
  show ("group: encrypt, rows in memory", n, begun_us);
  begun_us = ulak_clock_get_monotonic_us (watch);
  for (guint i = 0; i < n; i++)
    {
      g_auto (UlakDecryption) decryption = { 0 };

      g_assert_true (ulak_group_decrypt (bob->session, bob->database, GROUP, &author,
                                         ulak_span_of (g_ptr_array_index (chain, i)), START_US, &decryption, NULL));
      g_assert_cmpint (decryption.outcome, ==, ULAK_DECRYPT_OK);
    }
  show ("group: decrypt, rows in memory", n, begun_us);
}

static void
bench_pre_keys (Side *alice)
{
  g_autoptr (GArray) keys = NULL;
  gint64 begun_us = ulak_clock_get_monotonic_us (watch);

  g_assert_true (
      ulak_pre_keys_prepare (alice->session, alice->database, ULAK_PRE_KEYS_FIRST_UPLOAD, START_US, &keys, NULL));
  show ("one-time pre-keys made", keys->len, begun_us);
}

typedef struct
{
  Line line;
  const UlakJid *from;
  GPtrArray *chain;
  guint next;
  guint done;
} Run;

static void read_next (Run *self);

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *self = user_data;
  g_autoptr (GError) error = NULL;
  Reading *reading = ulak_store_finish (ULAK_STORE (source), result, &error);

  g_assert_no_error (error);
  g_assert_cmpint (reading->decryption.outcome, ==, ULAK_DECRYPT_OK);
  ulak_decryption_clear (&reading->decryption);
  self->done++;
  read_next (self);
}

typedef struct
{
  Reading reading; /* first, as the work knows it */
  UlakCiphertext ciphertext;
} Job;

static void
read_next (Run *self)
{
  Job *job;

  if (self->next == self->chain->len)
    return;
  job = g_new0 (Job, 1);
  job->ciphertext = (UlakCiphertext){ ULAK_CIPHERTEXT_MSG, g_ptr_array_index (self->chain, self->next++) };
  job->reading = (Reading){ .line = &self->line, .from = self->from, .ciphertext = &job->ciphertext };
  ulak_store_write_async (self->line.store, line_read_work, job, g_free, read_cb, self);
}

/* The line answers once, so that what follows is msg and not pkmsg. */
static void
bench_store (Side *alice)
{
  Run run = { .from = &alice->lid };
  UlakPeerDevice to_line;
  gint64 begun_us;

  line_set_up (&run.line, folder);
  to_line = line_be_met (&run.line, alice);
  {
    g_auto (UlakCiphertext) first = side_encrypt (alice, &to_line, "hello");
    Reading reading = { .line = &run.line, .from = &alice->lid, .ciphertext = &first };
    g_auto (UlakCiphertext) answer = { 0 };

    line_run (&run.line, line_read_work, &reading, -1);
    ulak_decryption_clear (&reading.decryption);
    answer = line_encrypt (&run.line, &alice->lid, "hello");
    g_assert_cmpint (side_try (alice, &to_line, &answer), ==, ULAK_DECRYPT_OK);
  }
  run.chain = encrypt_chain (alice, &to_line, (guint) n_messages);
  begun_us = ulak_clock_get_monotonic_us (watch);
  for (int i = 0; i < in_flight; i++)
    read_next (&run);
  while (run.done < run.chain->len)
    g_main_context_iteration (NULL, TRUE);
  show ("decrypt in works of the store, durably committed", run.chain->len, begun_us);
  g_ptr_array_unref (run.chain);
  line_clear (&run.line);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (Side) alice = { 0 };
  g_auto (Side) bob = { 0 };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_messages < 1 || in_flight < 1)
    {
      g_printerr ("%s\n", error != NULL ? error->message : "--messages and --in-flight are at least 1");
      return 2;
    }

  watch = ulak_clock_system_new ();
  side_set_up (&alice, ALICE);
  side_set_up (&bob, BOB);
  side_meet (&alice, &bob);
  side_tell (&alice, &bob, "hello");
  side_tell (&bob, &alice, "hello");
  bench_memory (&alice, &bob);
  bench_ratchet (&alice, &bob);
  bench_group (&alice, &bob);
  bench_pre_keys (&alice);
  bench_store (&alice);
  g_object_unref (watch);
  g_free (folder);
  return 0;
}
