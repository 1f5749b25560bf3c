/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/callback-check.h"

#include <string.h>

static GBytes *
bytes_of (const char *text)
{
  return g_bytes_new_static (text, strlen (text));
}

static char *
sign (const char *secret, const char *text)
{
  g_autofree char *hex = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *) secret, strlen (secret), text, -1);

  return g_strconcat ("sha256=", hex, NULL);
}

static void
test_signature (void)
{
  g_autoptr (UlakSecret) secret = ulak_secret_new ("app-secret", strlen ("app-secret"));
  g_autoptr (UlakSecret) empty = ulak_secret_new ("", 0);
  g_autoptr (GBytes) body = bytes_of ("{\"a\": 1}"), other = bytes_of ("{\"a\":1}");
  g_autofree char *good = sign ("app-secret", "{\"a\": 1}"), *upper = g_strdup (good), *shorter = g_strndup (good, strlen (good) - 2);
  g_autofree char *longer = g_strconcat (good, "00", NULL), *by_empty = sign ("", "{\"a\": 1}");

  for (char *c = upper + 7; *c != '\0'; c++)
    *c = g_ascii_toupper (*c);
  g_assert_true (ulak_callback_check_signature (secret, body, good));
  g_assert_true (ulak_callback_check_signature (secret, body, upper));
  g_assert_false (ulak_callback_check_signature (secret, other, good));
  g_assert_false (ulak_callback_check_signature (secret, body, NULL));
  g_assert_false (ulak_callback_check_signature (secret, body, ""));
  g_assert_false (ulak_callback_check_signature (secret, body, "sha256="));
  g_assert_false (ulak_callback_check_signature (secret, body, good + 7));
  g_assert_false (ulak_callback_check_signature (secret, body, shorter));
  g_assert_false (ulak_callback_check_signature (secret, body, longer));
  g_assert_false (ulak_callback_check_signature (empty, body, by_empty));
}

static void
test_numbers (void)
{
  g_autoptr (GBytes) body = bytes_of (
      "{\"entry\":[{\"changes\":[{\"value\":{\"metadata\":{\"phone_number_id\":\"1\"}}},"
      "{\"value\":{\"metadata\":{\"phone_number_id\":\"2\"}}}]},"
      "{\"changes\":[{\"value\":{\"metadata\":{\"phone_number_id\":\"1\"}}}]}]}");
  gboolean has_other = TRUE;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) numbers = ulak_callback_find_numbers (body, &has_other, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (numbers), ==, 2);
  g_assert_true (g_strv_contains ((const char *const *) numbers, "1"));
  g_assert_true (g_strv_contains ((const char *const *) numbers, "2"));
  g_assert_false (has_other);
}

static void
test_odd (void)
{
  const char *const odd[] = { "{\"entry\":[{\"changes\":[{\"value\":{\"event\":\"DISABLED\"}}]}]}",
                              "{\"entry\":[{\"changes\":[3,null]}]}", "{\"entry\":[{\"changes\":[{\"value\":[]}]}]}" };

  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      g_autoptr (GBytes) body = bytes_of (odd[i]);
      gboolean has_other = FALSE;
      g_auto (GStrv) numbers = ulak_callback_find_numbers (body, &has_other, NULL);

      g_assert_cmpuint (g_strv_length (numbers), ==, 0);
      g_assert_true (has_other);
    }
}

static void
test_no_json (void)
{
  g_autoptr (GBytes) body = bytes_of ("hello");
  g_autoptr (GError) error = NULL;
  gboolean has_other;

  g_assert_null (ulak_callback_find_numbers (body, &has_other, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/callback-check/only the signature over the raw bytes is taken", test_signature);
  g_test_add_func ("/callback-check/every number of every change is found once", test_numbers);
  g_test_add_func ("/callback-check/changes without a number are noticed", test_odd);
  g_test_add_func ("/callback-check/what is no JSON is refused", test_no_json);
  return g_test_run ();
}
