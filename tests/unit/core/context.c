/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/context.h"

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static void
test_round_trip (void)
{
  g_autoptr (UlakContext) context = ulak_context_new ("req-1", TRACEPARENT);
  g_autoptr (GVariant) options = g_variant_ref_sink (ulak_context_to_options (context));
  g_autoptr (UlakContext) received = ulak_context_from_options (options);
  g_autoptr (UlakContext) copy = ulak_context_copy (received);

  g_assert_cmpstr (copy->request_id, ==, "req-1");
  g_assert_cmpstr (copy->traceparent, ==, TRACEPARENT);
}

static void
test_absent (void)
{
  g_autoptr (GVariant) options = g_variant_ref_sink (ulak_context_to_options (NULL));

  g_assert_cmpuint (g_variant_n_children (options), ==, 0);
  g_assert_null (ulak_context_from_options (options));
  g_assert_null (ulak_context_from_options (NULL));
}

static void
test_bad_values (void)
{
  g_autoptr (GVariant) bad_trace = g_variant_ref_sink (
      g_variant_new_parsed ("{'request-id': <'req-1'>, 'traceparent': <'00-zz'>, 'more': <uint32 1>}"));
  g_autoptr (GVariant) bad_id = g_variant_ref_sink (g_variant_new_parsed ("{'request-id': <'two words'>}"));
  g_autoptr (GVariant) wrong_type = g_variant_ref_sink (g_variant_new_parsed ("{'request-id': <uint32 7>}"));
  g_autoptr (UlakContext) context = ulak_context_from_options (bad_trace);

  g_assert_cmpstr (context->request_id, ==, "req-1");
  g_assert_null (context->traceparent);
  g_assert_null (ulak_context_from_options (bad_id));
  g_assert_null (ulak_context_from_options (wrong_type));
}

static void
test_request_ids (void)
{
  g_autofree char *longest = g_strnfill (64, 'a');
  g_autofree char *too_long = g_strnfill (65, 'a');

  g_assert_true (ulak_request_id_is_valid ("A.b_c-9"));
  g_assert_true (ulak_request_id_is_valid (longest));
  g_assert_false (ulak_request_id_is_valid (too_long));
  g_assert_false (ulak_request_id_is_valid (""));
  g_assert_false (ulak_request_id_is_valid ("a b"));
  g_assert_false (ulak_request_id_is_valid ("a\nb"));
  g_assert_false (ulak_request_id_is_valid ("ç"));
}

static void
test_traceparents (void)
{
  static const char *const bad[] = {
    "",
    "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736x00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
  };

  g_assert_true (ulak_traceparent_is_valid (TRACEPARENT));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ulak_traceparent_is_valid (bad[i]));
}

static void
test_made (void)
{
  g_autoptr (UlakClock) clock = ulak_clock_system_new ();
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  g_autoptr (GVariant) first = g_variant_ref_sink (ulak_context_make_options (clock, random));
  g_autoptr (GVariant) second = g_variant_ref_sink (ulak_context_make_options (clock, random));
  g_autoptr (UlakContext) one = ulak_context_from_options (first), two = ulak_context_from_options (second);

  g_assert_true (ulak_id_is_valid (one->request_id));
  g_assert_cmpstr (one->request_id, !=, two->request_id);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/context/options carry both ids across the bus", test_round_trip);
  g_test_add_func ("/context/a call that no request led to has an id of its own", test_made);
  g_test_add_func ("/context/no context is an empty dictionary", test_absent);
  g_test_add_func ("/context/odd values of a caller are ignored", test_bad_values);
  g_test_add_func ("/context/request ids are short and plain", test_request_ids);
  g_test_add_func ("/context/trace parents are those of the W3C, version 00", test_traceparents);
  return g_test_run ();
}
