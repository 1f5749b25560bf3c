/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/event-types.h"

static void
test_table (void)
{
  gsize n;
  const UlakEventType *types = ulak_event_types_get (&n);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpuint (n, >, 0);
  for (gsize i = 0; i < n; i++)
    {
      g_assert_true (g_hash_table_add (seen, (gpointer) types[i].type));
      g_assert_true (ulak_event_type_is_known (types[i].type));
      g_assert_true (ulak_event_type_is_well_formed (types[i].type));
      g_assert_true (ulak_event_filter_is_valid (types[i].type));
      g_assert_true (g_str_has_suffix (types[i].meaning, "."));
    }
}

static void
test_forms (void)
{
  g_autofree char *words = g_strnfill (ULAK_EVENT_TYPE_MAX - 2, 'a');
  g_autofree char *longest = g_strconcat (words, ".b", NULL);
  g_autofree char *too_long = g_strconcat (words, ".bc", NULL);
  static const char *const bad[] = { "", "message", ".a", "a.", "a..b", "A.b", "a.b c", "a-b.c", "a.b1", "message.*" };

  g_assert_true (ulak_event_type_is_well_formed ("message.not_known_yet"));
  g_assert_false (ulak_event_type_is_known ("message.not_known_yet"));
  g_assert_true (ulak_event_type_is_well_formed (longest));
  g_assert_false (ulak_event_type_is_well_formed (too_long));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    if (ulak_event_type_is_well_formed (bad[i]))
      g_error ("‘%s’ is taken", bad[i]);
}

static void
test_filters (void)
{
  g_assert_true (ulak_event_filter_is_valid ("message.*"));
  g_assert_false (ulak_event_filter_is_valid ("mesage.*"));
  g_assert_false (ulak_event_filter_is_valid ("message.recieved"));
  g_assert_false (ulak_event_filter_is_valid ("mess*"));

  g_assert_true (ulak_event_filter_matches ("message.*", "message.received"));
  g_assert_true (ulak_event_filter_matches ("message.received", "message.received"));
  g_assert_false (ulak_event_filter_matches ("message.received", "message.read"));
  g_assert_false (ulak_event_filter_matches ("message.*", "messages.received"));
  g_assert_false (ulak_event_filter_matches ("message.*", "account.state"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/event-types/the table is in order", test_table);
  g_test_add_func ("/event-types/a type is two or more plain words", test_forms);
  g_test_add_func ("/event-types/filters are known types or prefixes of whole words", test_filters);
  return g_test_run ();
}
