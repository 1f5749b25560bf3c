/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/audit.h"

static void
test_entries_come_back_oldest_first (void)
{
  g_autoptr (UlakAudit) audit = ulak_audit_new ();
  g_autoptr (GVariant) entries = NULL;
  g_autofree char *text = NULL;

  ulak_audit_add (audit, 10, "uid:0", "secret.set", "token", "ok");
  ulak_audit_add (audit, 20, "key:a", "account.remove", "sales", "org.ulak.Error.NotFound");
  entries = g_variant_ref_sink (ulak_audit_to_variant (audit, 0));
  text = g_variant_print (entries, FALSE);
  g_assert_cmpstr (text, ==,
                   "[(10, 'uid:0', 'secret.set', 'token', 'ok'), "
                   "(20, 'key:a', 'account.remove', 'sales', 'org.ulak.Error.NotFound')]");
}

static void
test_only_entries_after_the_given_time_are_listed (void)
{
  g_autoptr (UlakAudit) audit = ulak_audit_new ();
  const struct
  {
    gint64 since_us;
    gsize expected;
  } cases[] = { { 0, 2 }, { 9, 2 }, { 10, 1 }, { 19, 1 }, { 20, 0 } };

  ulak_audit_add (audit, 10, "a", "b", "c", "ok");
  ulak_audit_add (audit, 20, "a", "b", "c", "ok");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GVariant) entries = g_variant_ref_sink (ulak_audit_to_variant (audit, cases[i].since_us));

      g_assert_cmpuint (g_variant_n_children (entries), ==, cases[i].expected);
    }
}

static void
test_the_oldest_entry_goes_when_it_is_full (void)
{
  g_autoptr (UlakAudit) audit = ulak_audit_new ();
  g_autoptr (GVariant) entries = NULL;
  gint64 first_us;

  for (gint64 i = 1; i <= ULAK_AUDIT_MAX + 3; i++)
    ulak_audit_add (audit, i, "a", "b", "c", "ok");
  entries = g_variant_ref_sink (ulak_audit_to_variant (audit, 0));
  g_assert_cmpuint (g_variant_n_children (entries), ==, ULAK_AUDIT_MAX);
  g_variant_get_child (entries, 0, "(x&s&s&s&s)", &first_us, NULL, NULL, NULL, NULL);
  g_assert_cmpint (first_us, ==, 4);
}

static void
test_long_and_broken_texts_are_cut_and_mended (void)
{
  g_autoptr (UlakAudit) audit = ulak_audit_new ();
  g_autofree char *longer = g_strnfill (ULAK_AUDIT_TEXT_MAX + 50, 'x');
  g_autoptr (GVariant) entries = NULL;
  const char *who, *action, *target;
  const UlakAuditEntry *entry;

  entry = ulak_audit_add (audit, 1, longer, "bad\xff", NULL, "ok");
  g_assert_cmpuint (strlen (entry->who), ==, ULAK_AUDIT_TEXT_MAX);
  entries = g_variant_ref_sink (ulak_audit_to_variant (audit, 0));
  g_variant_get_child (entries, 0, "(x&s&s&s&s)", NULL, &who, &action, &target, NULL);
  g_assert_cmpuint (strlen (who), ==, ULAK_AUDIT_TEXT_MAX);
  g_assert_cmpstr (action, ==, "bad\xef\xbf\xbd");
  g_assert_cmpstr (target, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audit/entries come back oldest first", test_entries_come_back_oldest_first);
  g_test_add_func ("/audit/only entries after the given time are listed",
                   test_only_entries_after_the_given_time_are_listed);
  g_test_add_func ("/audit/the oldest entry goes when it is full", test_the_oldest_entry_goes_when_it_is_full);
  g_test_add_func ("/audit/long and broken texts are cut and mended", test_long_and_broken_texts_are_cut_and_mended);
  return g_test_run ();
}
