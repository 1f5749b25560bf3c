/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Written against the interface: another engine behind it must pass the same cases.
 */
#include "core/error.h"
#include "unit/api/fixture.h"

#include <string.h>

static const guint8 body_a[ULAK_BODY_HASH_BYTES] = { 1 };
static const guint8 body_b[ULAK_BODY_HASH_BYTES] = { 2 };

static UlakClaim *
claim (Fixture *fixture, const char *principal, const char *key, const guint8 *hash, const char *id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  UlakClaim *made;

  ulak_gateway_store_claim_async (fixture->store, principal, key, hash, id,
                                  ulak_clock_get_wall_us (ULAK_CLOCK (fixture->clock)), keep_result_cb, &result);
  made = ulak_gateway_store_claim_finish (fixture->store, wait_for_result (&result), &error);
  g_assert_no_error (error);
  return made;
}

static void
finish (Fixture *fixture, GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ulak_gateway_store_finish (fixture->store, wait_for_result (result), &error));
  g_assert_no_error (error);
  g_clear_object (result);
}

static void
test_claim_repeats (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakClaim) first = claim (fixture, "p", "k", body_a, "id-1");
  g_autoptr (UlakClaim) second = NULL;

  fixture_reopen (fixture); /* as after a crash between the commit and the send */
  second = claim (fixture, "p", "k", body_a, "id-2");
  g_assert_cmpstr (first->message_id, ==, "id-1");
  g_assert_cmpstr (second->message_id, ==, "id-1");
  g_assert_true (second->is_same);
  g_assert_null (second->answer);
}

static void
test_claim_conflicts (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakClaim) first = claim (fixture, "p", "k", body_a, "id-1");
  g_autoptr (UlakClaim) other_body = claim (fixture, "p", "k", body_b, "id-2");
  g_autoptr (UlakClaim) other_principal = claim (fixture, "q", "k", body_b, "id-3");

  g_assert_false (other_body->is_same);
  g_assert_true (other_principal->is_same);
  g_assert_cmpstr (other_principal->message_id, ==, "id-3");
}

static void
test_claim_answers (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakClaim) first = claim (fixture, "p", "k", body_a, "id-1");
  g_autoptr (UlakClaim) second = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ulak_gateway_store_answer_claim_async (fixture->store, "p", "k", "id-1", "{\"id\":\"id-1\"}", keep_result_cb, &result);
  finish (fixture, &result);
  ulak_gateway_store_release_claim_async (fixture->store, "p", "k", "id-1", keep_result_cb, &result);
  finish (fixture, &result);
  second = claim (fixture, "p", "k", body_a, "id-2");
  g_assert_cmpstr (second->answer, ==, "{\"id\":\"id-1\"}");
}

static void
test_claim_released (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakClaim) first = claim (fixture, "p", "k", body_a, "id-1");
  g_autoptr (UlakClaim) second = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ulak_gateway_store_release_claim_async (fixture->store, "p", "k", "id-1", keep_result_cb, &result);
  finish (fixture, &result);
  second = claim (fixture, "p", "k", body_b, "id-2");
  g_assert_true (second->is_same);
  g_assert_cmpstr (second->message_id, ==, "id-2");
}

static void
test_claim_released_late (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakClaim) first = claim (fixture, "p", "k", body_a, "id-1");
  g_autoptr (UlakClaim) second = NULL, third = NULL;
  g_autoptr (GAsyncResult) released = NULL, answered = NULL, late = NULL;

  ulak_gateway_store_release_claim_async (fixture->store, "p", "k", "id-1", keep_result_cb, &released);
  finish (fixture, &released);
  second = claim (fixture, "p", "k", body_b, "id-2");
  ulak_gateway_store_answer_claim_async (fixture->store, "p", "k", "id-1", "{}", keep_result_cb, &answered);
  finish (fixture, &answered);
  ulak_gateway_store_release_claim_async (fixture->store, "p", "k", "id-1", keep_result_cb, &late);
  finish (fixture, &late);
  third = claim (fixture, "p", "k", body_b, "id-3");
  g_assert_cmpstr (third->message_id, ==, "id-2");
  g_assert_null (third->answer);
}

static void
test_claim_expires (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakClaim) first = claim (fixture, "p", "k", body_a, "id-1");
  g_autoptr (UlakClaim) second = NULL, third = NULL;

  ulak_fake_clock_advance_us (fixture->clock, ULAK_IDEMPOTENCY_US - 1);
  second = claim (fixture, "p", "k", body_b, "id-2");
  g_assert_false (second->is_same);
  ulak_fake_clock_advance_us (fixture->clock, 1);
  third = claim (fixture, "p", "k", body_b, "id-3");
  g_assert_true (third->is_same);
  g_assert_cmpstr (third->message_id, ==, "id-3");
}

static gboolean
add (Fixture *fixture, const char *const *accounts, const char *text, gint64 max_bytes, GError **error)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (GAsyncResult) result = NULL;

  ulak_gateway_store_add_inbox_async (fixture->store, accounts, body, 5, max_bytes, keep_result_cb, &result);
  return ulak_gateway_store_finish (fixture->store, wait_for_result (&result), error);
}

static GPtrArray *
read_inbox (Fixture *fixture, const char *account, gint64 after)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *rows;

  ulak_gateway_store_read_inbox_async (fixture->store, account, after, 10, keep_result_cb, &result);
  rows = ulak_gateway_store_read_inbox_finish (fixture->store, wait_for_result (&result), &error);
  g_assert_no_error (error);
  return rows;
}

static UlakInboxSize
measure (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  UlakInboxSize size;

  ulak_gateway_store_measure_inbox_async (fixture->store, keep_result_cb, &result);
  g_assert_true (ulak_gateway_store_measure_inbox_finish (fixture->store, wait_for_result (&result), &size, NULL));
  return size;
}

static void
test_inbox_copies (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  const char *const both[] = { "a", "b", NULL };
  g_autoptr (GPtrArray) rows = NULL;

  g_assert_true (add (fixture, both, "one", 100, NULL));
  g_assert_true (add (fixture, both, "two", 100, NULL));
  fixture_reopen (fixture);
  rows = read_inbox (fixture, "b", 0);
  g_assert_cmpuint (rows->len, ==, 2);
  g_assert_cmpmem (g_bytes_get_data (((UlakInboxRow *) rows->pdata[0])->body, NULL), 3, "one", 3);
  g_assert_cmpmem (g_bytes_get_data (((UlakInboxRow *) rows->pdata[1])->body, NULL), 3, "two", 3);
  g_assert_cmpint (((UlakInboxRow *) rows->pdata[0])->sequence, <, ((UlakInboxRow *) rows->pdata[1])->sequence);
  g_assert_cmpint (measure (fixture).bytes, ==, 12);
}

static void
test_inbox_budget (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  const char *const both[] = { "a", "b", NULL };
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (add (fixture, both, "12345", 10, NULL));
  g_assert_false (add (fixture, both, "x", 10, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_FULL);
  rows = read_inbox (fixture, "a", 0);
  g_assert_cmpuint (rows->len, ==, 1);
  g_assert_cmpint (measure (fixture).rows, ==, 2);
}

static void
test_inbox_aside (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  const char *const one[] = { "a", NULL };
  g_autoptr (GPtrArray) before = NULL, after = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  g_assert_true (add (fixture, one, "bad", 100, NULL));
  g_assert_true (add (fixture, one, "good", 100, NULL));
  before = read_inbox (fixture, "a", 0);
  ulak_gateway_store_set_inbox_aside_async (fixture->store, ((UlakInboxRow *) before->pdata[0])->sequence, "not JSON", 9,
                                            keep_result_cb, &result);
  finish (fixture, &result);
  after = read_inbox (fixture, "a", 0);
  g_assert_cmpuint (after->len, ==, 1);
  g_assert_cmpint (measure (fixture).aside, ==, 1);
  g_assert_cmpint (measure (fixture).rows, ==, 1);
  g_assert_cmpint (measure (fixture).bytes, ==, 7);
}

static void
test_accounts (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  UlakAccountRow row = { (char *) "sales", (char *) "whatsapp", (char *) "cloud", (char *) "Sales", TRUE, (char *) "{}", 1, 2 };
  const char *const one[] = { "sales", NULL };
  g_autoptr (GPtrArray) rows = NULL, none = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  ulak_gateway_store_put_account_async (fixture->store, &row, keep_result_cb, &result);
  finish (fixture, &result);
  row.name = (char *) "Other";
  ulak_gateway_store_put_account_async (fixture->store, &row, keep_result_cb, &result);
  finish (fixture, &result);
  fixture_reopen (fixture);
  ulak_gateway_store_load_accounts_async (fixture->store, keep_result_cb, &result);
  rows = ulak_gateway_store_load_accounts_finish (fixture->store, wait_for_result (&result), NULL);
  g_clear_object (&result);
  g_assert_cmpuint (rows->len, ==, 1);
  g_assert_cmpstr (((UlakAccountRow *) rows->pdata[0])->name, ==, "Other");
  g_assert_true (((UlakAccountRow *) rows->pdata[0])->wanted);

  g_assert_true (add (fixture, one, "body", 100, NULL));
  ulak_gateway_store_remove_account_async (fixture->store, "sales", keep_result_cb, &result);
  finish (fixture, &result);
  none = read_inbox (fixture, "sales", 0);
  g_assert_cmpuint (none->len, ==, 0);
}

static void
audit (Fixture *fixture, gint64 time_us, const char *target)
{
  const UlakAuditEntry entry = { time_us, (char *) "key:a", (char *) "account.add", (char *) target, (char *) "ok" };
  g_autoptr (GAsyncResult) result = NULL;

  ulak_gateway_store_add_audit_async (fixture->store, &entry, keep_result_cb, &result);
  finish (fixture, &result);
}

static GPtrArray *
load_audit (Fixture *fixture, guint limit)
{
  g_autoptr (GAsyncResult) result = NULL;
  GPtrArray *entries;

  ulak_gateway_store_load_audit_async (fixture->store, limit, keep_result_cb, &result);
  entries = ulak_gateway_store_load_audit_finish (fixture->store, wait_for_result (&result), NULL);
  g_assert_nonnull (entries);
  return entries;
}

static void
test_audit (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GPtrArray) entries = NULL;
  const UlakAuditEntry *entry;

  audit (fixture, 10, "a");
  audit (fixture, 11, "b");
  audit (fixture, 11, "c");
  fixture_reopen (fixture);
  entries = load_audit (fixture, 2);
  g_assert_cmpuint (entries->len, ==, 2);
  entry = entries->pdata[0];
  g_assert_cmpint (entry->time_us, ==, 11);
  g_assert_cmpstr (entry->who, ==, "key:a");
  g_assert_cmpstr (entry->action, ==, "account.add");
  g_assert_cmpstr (entry->target, ==, "b");
  g_assert_cmpstr (entry->result, ==, "ok");
  g_assert_cmpstr (((UlakAuditEntry *) entries->pdata[1])->target, ==, "c");
}

static void
test_audit_age (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GPtrArray) before = NULL, after = NULL;
  guint n_steps = 0;
  gboolean is_done = FALSE;

  for (guint i = 0; i < 450; i++)
    audit (fixture, 10, "old");
  audit (fixture, 20, "new");
  for (; !is_done; n_steps++)
    {
      g_autoptr (GAsyncResult) result = NULL;

      ulak_gateway_store_trim_audit_async (fixture->store, 20, keep_result_cb, &result);
      g_assert_true (ulak_gateway_store_trim_audit_finish (fixture->store, wait_for_result (&result), &is_done, NULL));
    }
  g_assert_cmpuint (n_steps, ==, 3);
  before = load_audit (fixture, 1000);
  g_assert_cmpuint (before->len, ==, 1);

  audit (fixture, 20 + ULAK_AUDIT_AGE_US + 1, "much later");
  after = load_audit (fixture, 1000);
  g_assert_cmpuint (after->len, ==, 1);
  g_assert_cmpstr (((UlakAuditEntry *) after->pdata[0])->target, ==, "much later");
}

/* 100,000 rows in one work, as if they had come one by one. */
static gboolean
fill_work (UlakDatabase *database, G_GNUC_UNUSED gpointer data, GError **error)
{
  for (guint i = 0; i < ULAK_AUDIT_ROWS_MAX; i++)
    {
      UlakStatement *statement = ulak_database_statement (database, "/org/ulak/sql/api/audit-add.sql", error);

      ulak_statement_bind_integer (statement, "time_us", 10);
      ulak_statement_bind_text (statement, "who", "");
      ulak_statement_bind_text (statement, "action", "");
      ulak_statement_bind_text (statement, "target", "");
      ulak_statement_bind_text (statement, "result", "");
      if (!ulak_statement_run (statement, error))
        return FALSE;
    }
  return TRUE;
}

static void
test_audit_rows (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) entries = NULL;

  audit (fixture, 10, "first");
  audit (fixture, 10, "second");
  ulak_store_write_async (ulak_gateway_store_get_engine (fixture->store), fill_work, fixture, NULL, keep_result_cb, &result);
  g_assert_nonnull (ulak_store_finish (ulak_gateway_store_get_engine (fixture->store), wait_for_result (&result), NULL));
  audit (fixture, 10, "last");
  entries = load_audit (fixture, ULAK_AUDIT_ROWS_MAX + 10);
  g_assert_cmpuint (entries->len, ==, ULAK_AUDIT_ROWS_MAX);
  g_assert_cmpstr (((UlakAuditEntry *) entries->pdata[0])->target, ==, "");
  g_assert_cmpstr (((UlakAuditEntry *) entries->pdata[ULAK_AUDIT_ROWS_MAX - 1])->target, ==, "last");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/gateway-store/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("a repeated key keeps the first id, after a crash too", test_claim_repeats);
  ADD ("a key stands for one body and one principal", test_claim_conflicts);
  ADD ("an answered claim gives its answer and cannot be released", test_claim_answers);
  ADD ("a released key may stand for another body", test_claim_released);
  ADD ("a late release or answer of another message leaves the key alone", test_claim_released_late);
  ADD ("a key ends after a day", test_claim_expires);
  ADD ("each account gets its copy in order", test_inbox_copies);
  ADD ("beyond its budget the inbox takes nothing at all", test_inbox_budget);
  ADD ("what is set aside is out of the way and counted", test_inbox_aside);
  ADD ("accounts are replaced, loaded and removed with their inbox", test_accounts);
  ADD ("the audit trail survives, the newest entries come back in order", test_audit);
  ADD ("old entries of the audit trail go step by step", test_audit_age);
  ADD ("the audit trail keeps a hundred thousand entries", test_audit_rows);
  return g_test_run ();
}
