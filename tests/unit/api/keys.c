/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/keys.h"
#include "core/error.h"
#include "unit/api/fixture.h"

#include <string.h>

static UlakKeys *
load (Fixture *fixture)
{
  UlakKeys *keys = ulak_keys_new (fixture->store, ULAK_CLOCK (fixture->clock), ULAK_RANDOM (fixture->random));
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_keys_load_async (keys, keep_result_cb, &result);
  g_assert_true (ulak_keys_load_finish (keys, wait_for_result (&result), &error));
  return keys;
}

static char *
add (UlakKeys *keys, const char *name, char **id_out, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_keys_add_async (keys, name, keep_result_cb, &result);
  return ulak_keys_add_finish (keys, wait_for_result (&result), id_out, error);
}

static void
test_good (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakKeys) keys = load (fixture), again = NULL;
  g_autofree char *id = NULL, *key = add (keys, "shop", &id, NULL);
  UlakPrincipal principal = { 0 };

  g_assert_cmpuint (strlen (key), ==, strlen ("ulak_") + 12 + 1 + 64);
  g_assert_true (ulak_keys_check (keys, key, &principal));
  g_assert_cmpint (principal.kind, ==, ULAK_PRINCIPAL_KEY);
  g_assert_cmpstr (principal.id, ==, id);
  again = load (fixture);
  g_assert_true (ulak_keys_check (again, key, &principal));
}

static void
test_bad (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakKeys) keys = load (fixture);
  g_autofree char *id = NULL, *key = add (keys, "shop", &id, NULL);
  g_autofree char *longer = g_strconcat (key, "0", NULL), *other_id = g_strdup (key), *other_secret = g_strdup (key);
  g_autofree char *shorter = g_strndup (key, strlen (key) - 1), *no_secret = g_strdup_printf ("ulak_%s_", id);
  const char *const bad[] = { "", "ulak_", "ulak__", "ulak_x", "x", longer, shorter, no_secret, other_id, other_secret };
  UlakPrincipal principal = { 0 };

  other_id[5] ^= 1;
  other_secret[strlen (key) - 1] ^= 1;
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ulak_keys_check (keys, bad[i], &principal));
  g_assert_cmpint (principal.kind, ==, ULAK_PRINCIPAL_NOBODY);
}

static void
test_removed (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakKeys) keys = load (fixture);
  g_autofree char *id = NULL, *key = add (keys, "shop", &id, NULL);
  g_autoptr (GAsyncResult) first = NULL, second = NULL;
  g_autoptr (GError) error = NULL;
  UlakPrincipal principal = { 0 };

  ulak_keys_remove_async (keys, id, keep_result_cb, &first);
  g_assert_false (ulak_keys_check (keys, key, &principal));
  g_assert_true (ulak_keys_remove_finish (keys, wait_for_result (&first), &error));
  ulak_keys_remove_async (keys, id, keep_result_cb, &second);
  g_assert_false (ulak_keys_remove_finish (keys, wait_for_result (&second), &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
}

static void
test_names (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakKeys) keys = load (fixture);
  g_autofree char *id = NULL, *long_name = g_strnfill (ULAK_KEY_NAME_MAX + 1, 'n');
  const char *const bad[] = { "", long_name };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (add (keys, bad[i], &id, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
  g_assert_cmpuint (ulak_keys_count (keys), ==, 0);
}

static void
test_last_used (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (UlakKeys) keys = load (fixture);
  g_autofree char *id = NULL, *key = add (keys, "shop", &id, NULL);
  g_autoptr (GVariant) before = g_variant_ref_sink (ulak_keys_list (keys)), after = NULL;
  UlakPrincipal principal;
  gint64 last_used_us;

  g_variant_get_child (before, 0, "(&s&sxx)", NULL, NULL, NULL, &last_used_us);
  g_assert_cmpint (last_used_us, ==, 0);
  g_assert_true (ulak_keys_check (keys, key, &principal));
  after = g_variant_ref_sink (ulak_keys_list (keys));
  g_variant_get_child (after, 0, "(&s&sxx)", NULL, NULL, NULL, &last_used_us);
  g_assert_cmpint (last_used_us, ==, ulak_clock_get_wall_us (ULAK_CLOCK (fixture->clock)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/keys/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("a key that was given out is taken, by the next process too", test_good);
  ADD ("nearly right keys are refused", test_bad);
  ADD ("a removed key is refused at once", test_removed);
  ADD ("names have a length", test_names);
  ADD ("the last use is noted", test_last_used);
  return g_test_run ();
}
