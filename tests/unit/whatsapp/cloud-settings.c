/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "whatsapp/cloud/cloud-settings.h"

#include "core/error.h"

#include <string.h>

static UlakCloudSettings *
read_settings (const char *account, GError **error)
{
  g_autoptr (JsonNode) node = json_from_string (account, NULL);

  return ulak_cloud_settings_read (json_node_get_object (node), error);
}

static void
test_good (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakCloudSettings) settings
      = read_settings ("{\"id\":\"sales\",\"settings\":{\"phone_number_id\":\"106540352242922\",\"waba_id\":\"1\",\"access_token\":"
                       "\"secret:graph-token\",\"app_secret\":\"secret:a\",\"verify_token\":\"secret:v\"}}",
                       &error);

  g_assert_no_error (error);
  g_assert_cmpstr (settings->phone_number_id, ==, "106540352242922");
  g_assert_cmpstr (settings->waba_id, ==, "1");
  g_assert_cmpstr (settings->token_secret, ==, "graph-token");
}

static void
test_all_faults_at_once (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (read_settings ("{\"settings\":{\"phone_number_id\":\"+90 532\",\"waba_id\":7,\"access_token\":\"EAAG\"}}", &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "settings.phone_number_id: "));
  g_assert_nonnull (strstr (error->message, "settings.waba_id: "));
  g_assert_nonnull (strstr (error->message, "settings.access_token: "));
  g_assert_null (strstr (error->message, "EAAG"));
}

static void
test_missing (void)
{
  g_autoptr (GError) none = NULL;
  g_autoptr (GError) empty = NULL;

  g_assert_null (read_settings ("{}", &none));
  g_assert_error (none, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_null (read_settings ("{\"settings\":{}}", &empty));
  g_assert_error (empty, ULAK_ERROR, ULAK_ERROR_INVALID);
  g_assert_nonnull (strstr (empty->message, "settings.access_token: "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cloud-settings/good settings are read", test_good);
  g_test_add_func ("/cloud-settings/all faults are named at once, and no token", test_all_faults_at_once);
  g_test_add_func ("/cloud-settings/missing settings are named", test_missing);
  return g_test_run ();
}
