/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/account-check.h"
#include "core/error.h"
#include "core/json.h"

#include <string.h>

#define GOOD_SETTINGS \
  "{\"phone_number_id\":\"123\",\"waba_id\":\"9\",\"access_token\":\"secret:token\",\"app_secret\":\"secret:app\"}"

static JsonObject *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonObject *document = ulak_json_parse_object (text, strlen (text), &ULAK_JSON_LIMITS_REQUEST, &error);

  g_assert_no_error (error);
  return document;
}

static UlakAccountRow *
check (const char *text, GError **error)
{
  g_autoptr (JsonObject) document = parse (text);

  return ulak_account_check_new (document, error);
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakAccountRow) row
      = check ("{\"id\":\"sales_1\",\"network\":\"whatsapp\",\"backend\":\"cloud\",\"settings\":" GOOD_SETTINGS "}", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (row->id, ==, "sales_1");
  g_assert_cmpstr (row->name, ==, "");
  g_assert_false (row->wanted);
}

static void
test_bad (void)
{
  static const struct
  {
    const char *text, *path;
  } cases[] = {
    { "{\"id\":\"Sales\",\"network\":\"whatsapp\",\"backend\":\"cloud\",\"settings\":" GOOD_SETTINGS "}", "id: " },
    { "{\"id\":\"a\",\"network\":\"smoke\",\"backend\":\"cloud\",\"settings\":" GOOD_SETTINGS "}", "backend: " },
    { "{\"id\":\"a\",\"network\":\"whatsapp\",\"backend\":\"cloud\"}", "settings: " },
    { "{\"id\":\"a\",\"network\":\"whatsapp\",\"backend\":\"cloud\",\"settings\":" GOOD_SETTINGS ",\"colour\":1}", "colour: " },
    { "{\"id\":\"a\",\"network\":\"whatsapp\",\"backend\":\"cloud\",\"settings\":{}}", "settings.phone_number_id: " },
    { "{\"id\":\"a\",\"network\":\"whatsapp\",\"backend\":\"cloud\",\"settings\":{\"phone_number_id\":\"12x\","
      "\"access_token\":\"secret:t\",\"app_secret\":\"secret:s\"}}", "settings.phone_number_id: " },
    { "{\"id\":\"a\",\"network\":\"whatsapp\",\"backend\":\"cloud\",\"settings\":{\"phone_number_id\":\"12\","
      "\"access_token\":\"EAAG-in-clear\",\"app_secret\":\"secret:s\"}}", "settings.access_token: " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (check (cases[i].text, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, cases[i].path));
      g_assert_null (strstr (error->message, "EAAG"));
    }
}

static void
test_linked (void)
{
  static const char *const bad[]
      = { "{\"history\":\"some\"}", "{\"device_name\":\"a\\u0001\"}", "{\"history_days\":4000}", "{\"access_token\":\"secret:t\"}" };
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakAccountRow) plain
      = check ("{\"id\":\"sales\",\"network\":\"whatsapp\",\"backend\":\"linked\"}", &error);
  g_autoptr (UlakAccountRow) whole
      = check ("{\"id\":\"sales\",\"network\":\"whatsapp\",\"backend\":\"linked\",\"settings\":{\"device_name\":"
               "\"Ulak: sales\",\"history\":\"full\",\"history_days\":365}}",
               &error);

  g_assert_no_error (error);
  g_assert_cmpstr (plain->settings, ==, "{}");
  g_assert_nonnull (whole);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *text = g_strdup_printf (
          "{\"id\":\"sales\",\"network\":\"whatsapp\",\"backend\":\"linked\",\"settings\":%s}", bad[i]);
      g_autoptr (GError) refused = NULL;

      g_assert_null (check (text, &refused));
      g_assert_error (refused, ULAK_ERROR, ULAK_ERROR_INVALID);
    }
}

static void
test_change (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakAccountRow) row
      = check ("{\"id\":\"a\",\"network\":\"whatsapp\",\"backend\":\"cloud\",\"name\":\"A\",\"settings\":" GOOD_SETTINGS "}", &error);
  g_autoptr (JsonObject) changes = parse ("{\"name\":\"B\",\"settings\":{\"waba_id\":null,\"verify_token\":\"secret:v\"}}");
  g_autoptr (JsonObject) bad = parse ("{\"settings\":{\"app_secret\":null},\"id\":\"b\"}");
  g_autoptr (UlakAccountRow) changed = ulak_account_check_change (row, changes, &error);
  g_autoptr (JsonObject) settings = NULL;

  g_assert_no_error (error);
  settings = parse (changed->settings);
  g_assert_cmpstr (changed->name, ==, "B");
  g_assert_false (json_object_has_member (settings, "waba_id"));
  g_assert_cmpstr (json_object_get_string_member (settings, "verify_token"), ==, "secret:v");
  g_assert_cmpstr (json_object_get_string_member (settings, "app_secret"), ==, "secret:app");

  g_assert_null (ulak_account_check_change (row, bad, &error));
  g_assert_nonnull (strstr (error->message, "id: "));
  g_assert_nonnull (strstr (error->message, "settings.app_secret: "));
}

static void
test_references (void)
{
  g_autoptr (JsonObject) settings = parse (GOOD_SETTINGS);

  g_assert_true (ulak_account_refers_to (settings, "token"));
  g_assert_true (ulak_account_refers_to (settings, "app"));
  g_assert_false (ulak_account_refers_to (settings, "123"));
  g_assert_false (ulak_account_refers_to (settings, "ulak-master"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/account-check/a whole document is taken", test_good);
  g_test_add_func ("/account-check/every fault is named and no secret is", test_bad);
  g_test_add_func ("/api/account-check/a linked account needs no settings", test_linked);
  g_test_add_func ("/account-check/a change merges settings and takes null for away", test_change);
  g_test_add_func ("/account-check/only named secrets are an account's", test_references);
  return g_test_run ();
}
