/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/line-settings.h"

#include "unit/connector/line-fixture.h"

static void
test_defaults (void)
{
  UlakLineSettings settings;
  g_autoptr (JsonObject) json = NULL;

  ulak_line_settings_init (&settings);
  json = ulak_line_settings_to_json (&settings);
  g_assert_false (json_object_get_boolean_member (json, "ghost_mode"));
  g_assert_cmpint (json_object_get_int_member (json, "max_messages_per_chat"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (json, "media_max_age_days"), ==, 30);
  g_assert_cmpint (json_object_get_int_member (json, "media_max_bytes"), ==, 1073741824);
  g_assert_cmpstr (json_object_get_string_member (json, "unknown_outcome"), ==, "resend");
  g_assert_cmpint (json_object_get_int_member (json, "rate_per_second"), ==, 80);
  g_assert_cmpint (json_object_get_int_member (json, "pair_interval_ms"), ==, 6000);
  g_assert_cmpint (json_object_get_int_member (json, "pair_burst"), ==, 45);
}

static void
test_check (void)
{
  static const struct
  {
    const char *changes;
    guint n_issues;
  } rows[] = {
    { "{}", 0 },
    { "{'ghost_mode': true, 'unknown_outcome': 'hold', 'rate_per_second': 1000}", 0 },
    { "{'ghost_mode': null, 'pair_burst': null}", 0 },
    { "{'ghost_mode': 'yes'}", 1 },
    { "{'unknown_outcome': 'drop'}", 1 },
    { "{'rate_per_second': 0, 'max_messages_per_chat': 1000001, 'media_max_age_days': -1}", 3 },
    { "{'ghost_mod': true}", 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) changes = parse_json (rows[i].changes);
      g_autoptr (UlakIssues) issues = ulak_issues_new ();

      g_test_message ("%s", rows[i].changes);
      g_assert_cmpint (ulak_line_settings_check (changes, issues), ==, rows[i].n_issues == 0);
      g_assert_cmpuint (ulak_issues_count (issues), ==, rows[i].n_issues);
    }
}

static void
test_apply (void)
{
  UlakLineSettings defaults, settings;
  g_autoptr (JsonObject) values
      = parse_json ("{'ghost_mode': true, 'unknown_outcome': 'hold', 'pair_burst': 1}");

  ulak_line_settings_init (&defaults);
  defaults.rate_per_second = 5;
  ulak_line_settings_apply (&settings, &defaults, values);
  g_assert_true (settings.ghost_mode);
  g_assert_true (settings.holds_unknown);
  g_assert_cmpint (settings.pair_burst, ==, 1);
  g_assert_cmpint (settings.rate_per_second, ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/line-settings/defaults are those of the documentation", test_defaults);
  g_test_add_func ("/line-settings/every fault of a change is found", test_check);
  g_test_add_func ("/line-settings/values go over defaults", test_apply);
  return g_test_run ();
}
