/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Secrets where no keyring is installed, on a bus without one and without any bus: the credentials serve, and what needs a
 * keyring says what to install.
 */
#include "service/secrets.h"

#include "bus/service/await.h"
#include "core/error.h"
#include "unit/fakes/clock.h"

#include <glib/gstdio.h>

typedef struct
{
  UlakFakeClock *clock; /* (owned) */
  UlakSecrets *secrets; /* (owned) */
  char *folder;         /* (owned): credentials */
  char *credential;     /* (owned) */
} Fixture;

static void
set_up (Fixture *self, gconstpointer address)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakConfig) config = ulak_config_load (NULL, NULL, &error);

  g_assert_no_error (error);
  if (address != NULL)
    g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
  else
    g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  self->clock = ulak_fake_clock_new ();
  self->folder = g_dir_make_tmp ("ulak-absent-XXXXXX", NULL);
  self->credential = g_build_filename (self->folder, "token", NULL);
  g_assert_true (g_file_set_contents (self->credential, "from systemd", -1, NULL));
  self->secrets = ulak_secrets_new (config, ULAK_CLOCK (self->clock), self->folder);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
  g_object_unref (self->secrets);
  g_object_unref (self->clock);
  g_unlink (self->credential);
  g_rmdir (self->folder);
  g_free (self->credential);
  g_free (self->folder);
}

static UlakSecret *
lookup (Fixture *self, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_secret_source_lookup_async (ULAK_SECRET_SOURCE (self->secrets), name, NULL, await_result_cb, &result);
  AWAIT (result != NULL);
  return ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (self->secrets), result, error);
}

static void
test_credentials_serve (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = lookup (self, "token", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (ulak_secret_get_text (secret), ==, "from systemd");
  g_assert_cmpint (ulak_secrets_get_keyring_state (self->secrets), ==, ULAK_KEYRING_ABSENT);
  g_assert_null (lookup (self, "other", &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
}

static void
test_a_change_says_what_to_install (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakSecret) value = ulak_secret_new ("x", 1);
  g_autoptr (GAsyncResult) set = NULL, removed = NULL;
  g_autoptr (GError) set_error = NULL, remove_error = NULL;

  ulak_secrets_set_async (self->secrets, "token", value, await_result_cb, &set);
  AWAIT (set != NULL);
  g_assert_false (ulak_secrets_set_finish (self->secrets, set, &set_error));
  g_assert_error (set_error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (set_error->message, "install the package ulak-keyring"));
  ulak_secrets_remove_async (self->secrets, "token", await_result_cb, &removed);
  AWAIT (removed != NULL);
  g_assert_false (ulak_secrets_remove_finish (self->secrets, removed, &remove_error));
  g_assert_error (remove_error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
}

static void
test_the_credentials_are_listed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) names = NULL;
  g_autofree char *text = NULL;

  ulak_secrets_list_async (self->secrets, await_result_cb, &result);
  AWAIT (result != NULL);
  names = ulak_secrets_list_finish (self->secrets, result, &error);
  g_assert_no_error (error);
  text = g_variant_print (names, FALSE);
  g_assert_cmpstr (text, ==, "[('token', 'credential')]");
}

#define ADD(where, address, name, func) \
  g_test_add ("/secrets-absent/" where ": " name, Fixture, address, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_autoptr (GTestDBus) bus = NULL;
  const char *address;
  int status;

  g_test_init (&argc, &argv, NULL);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  address = g_test_dbus_get_bus_address (bus);
  ADD ("a bus without a keyring", address, "credentials serve", test_credentials_serve);
  ADD ("a bus without a keyring", address, "a change says what to install", test_a_change_says_what_to_install);
  ADD ("a bus without a keyring", address, "the credentials are listed", test_the_credentials_are_listed);
  ADD ("no bus", NULL, "credentials serve", test_credentials_serve);
  ADD ("no bus", NULL, "a change says what to install", test_a_change_says_what_to_install);
  ADD ("no bus", NULL, "the credentials are listed", test_the_credentials_are_listed);
  status = g_test_run ();
  g_test_dbus_stop (bus);
  return status;
}
