/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/secret-source.h"

#include "unit/fakes/secrets.h"

#include <string.h>

static void
test_bytes (void)
{
  g_autoptr (UlakSecret) secret = ulak_secret_new ("hunter2", 7);
  g_autoptr (UlakSecret) binary = ulak_secret_new ("a\0b", 3);
  g_autoptr (UlakSecret) empty = ulak_secret_new (NULL, 0);
  gsize size_bytes = 0;

  g_assert_cmpmem (ulak_secret_get_bytes (secret, NULL), 7, "hunter2", 7);
  g_assert_cmpstr (ulak_secret_get_text (secret), ==, "hunter2");
  g_assert_cmpmem (ulak_secret_get_bytes (binary, &size_bytes), size_bytes, "a\0b", 3);
  g_assert_null (ulak_secret_get_text (binary));
  g_assert_cmpstr (ulak_secret_get_text (empty), ==, "");
}

static void
test_equals (void)
{
  g_autoptr (UlakSecret) one = ulak_secret_new ("abc", 3), same = ulak_secret_new ("abc", 3);
  g_autoptr (UlakSecret) other = ulak_secret_new ("abd", 3), longer = ulak_secret_new ("abc\0", 4);

  g_assert_true (ulak_secret_equals (one, same));
  g_assert_true (ulak_secret_equals (one, one));
  g_assert_false (ulak_secret_equals (one, other));
  g_assert_false (ulak_secret_equals (one, longer));
}

static void
test_references (void)
{
  UlakSecret *secret = ulak_secret_new ("abc", 3);

  g_assert_true (ulak_secret_ref (secret) == secret);
  ulak_secret_unref (secret);
  g_assert_cmpstr (ulak_secret_get_text (secret), ==, "abc");
  ulak_secret_unref (secret);
  ulak_secret_unref (NULL);
}

static void
test_reference_names (void)
{
  g_autofree char *longest = g_strnfill (128, 'n');
  g_autofree char *too_long = g_strnfill (129, 'n');

  g_assert_cmpstr (ulak_secret_reference_get_name ("secret:wa-token_1.x"), ==, "wa-token_1.x");
  g_assert_cmpstr (ulak_secret_reference_get_name ("VAULT:META_TOKEN"), ==, "META_TOKEN");
  g_assert_null (ulak_secret_reference_get_name ("EAAG123"));
  g_assert_null (ulak_secret_reference_get_name ("secret:"));
  g_assert_null (ulak_secret_reference_get_name ("secret:../etc/passwd"));
  g_assert_null (ulak_secret_reference_get_name ("vault:x"));
  g_assert_null (ulak_secret_reference_get_name (""));
  g_assert_true (ulak_secret_name_is_valid (longest));
  g_assert_false (ulak_secret_name_is_valid (too_long));
  g_assert_false (ulak_secret_name_is_valid (".hidden"));
  g_assert_false (ulak_secret_name_is_valid ("a/b"));
}

static void
take_result (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static UlakSecret *
look_up (UlakFakeSecrets *secrets, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_secret_source_lookup_async (ULAK_SECRET_SOURCE (secrets), name, NULL, take_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (secrets), result, error);
}

static void
note_change (UlakSecretSource *source G_GNUC_UNUSED, const char *name, gpointer user_data)
{
  g_string_append_printf (user_data, "[%s]", name);
}

static void
test_source (void)
{
  g_autoptr (UlakFakeSecrets) secrets = ulak_fake_secrets_new ();
  g_autoptr (GString) changes = g_string_new (NULL);
  g_autoptr (UlakSecret) found = NULL, again = NULL;
  g_autoptr (GError) none = NULL, locked = NULL, gone = NULL;

  g_signal_connect (secrets, "changed", G_CALLBACK (note_change), changes);
  g_assert_null (look_up (secrets, "token", &none));
  g_assert_error (none, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);

  ulak_fake_secrets_set (secrets, "token", "abc");
  found = look_up (secrets, "token", NULL);
  g_assert_cmpstr (ulak_secret_get_text (found), ==, "abc");

  ulak_fake_secrets_set_fault (secrets, ULAK_ERROR_LOCKED);
  g_assert_null (look_up (secrets, "token", &locked));
  g_assert_error (locked, ULAK_ERROR, ULAK_ERROR_LOCKED);
  ulak_fake_secrets_clear_fault (secrets);
  again = look_up (secrets, "token", NULL);
  g_assert_true (ulak_secret_equals (found, again));

  ulak_fake_secrets_remove (secrets, "token");
  g_assert_null (look_up (secrets, "token", &gone));
  g_assert_error (gone, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  g_assert_cmpstr (changes->str, ==, "[token][][token]");
  g_assert_cmpuint (ulak_fake_secrets_count_lookups (secrets), ==, 5);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret/bytes of any value are kept and text is given only if it is one", test_bytes);
  g_test_add_func ("/secret/equality is of size and every byte", test_equals);
  g_test_add_func ("/secret/the last reference ends it", test_references);
  g_test_add_func ("/secret/a setting refers to a secret by a plain name", test_reference_names);
  g_test_add_func ("/secret/a source tells absent from locked, and says when something changed", test_source);
  return g_test_run ();
}
