/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Secrets against a real gnome-keyring-daemon, which a private bus activates as the system bus would: told apart are a
 * keyring that works, one that was killed, a wrong master password, a truncated file, a missing file, one that does
 * not start and one that hangs. One bus for the program; each case has a fresh keyring.
 */
#include "service/secrets.h"

#include "bus/service/await.h"
#include "core/error.h"
#include "core/names.h"
#include "unit/fakes/clock.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

#define PASSWORD "correct horse"

static GTestDBus *bus;
static char *home; /* of the keyring: password, keyrings/, and "broken" if it shall not start */

typedef struct
{
  UlakConfig *config;   /* (owned) */
  UlakFakeClock *clock; /* (owned) (nullable): where a case asks for it; otherwise real time */
  UlakSecrets *secrets; /* (owned) */
  char *credentials;    /* (owned): folder */
  GString *changed;     /* (owned): names of "changed", each with a space */
} Fixture;

static void
run (const char *input, ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  const char *argument;
  va_list args;

  va_start (args, input);
  while ((argument = va_arg (args, const char *)) != NULL)
    g_ptr_array_add (argv, (gpointer) argument);
  va_end (args);
  g_ptr_array_add (argv, NULL);

  process = g_subprocess_newv ((const char *const *) argv->pdata, G_SUBPROCESS_FLAGS_STDIN_PIPE, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, input, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
}

static char *
in_home (const char *name)
{
  return g_build_filename (home, name, NULL);
}

static void
put (const char *name, const char *text)
{
  g_autofree char *path = in_home (name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

/* 0 when nobody owns the name. */
static guint32
find_keyring_pid (void)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "GetConnectionUnixProcessID", g_variant_new ("(s)", "org.freedesktop.secrets"), G_VARIANT_TYPE ("(u)"),
      G_DBUS_CALL_FLAGS_NONE, 5000, NULL, NULL);
  guint32 pid = 0;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &pid);
  return pid;
}

static void
kill_keyring (int signal_number)
{
  guint32 pid = find_keyring_pid ();

  g_assert_cmpuint (pid, >, 0);
  g_assert_cmpint (kill ((pid_t) pid, signal_number), ==, 0);
}

static void
owner_changed_cb (GDBusConnection *connection G_GNUC_UNUSED,
                  const char *name G_GNUC_UNUSED,
                  gpointer user_data G_GNUC_UNUSED)
{
  /* Only wakes the main context, for end_keyring(). */
}

/* Without a keyring there is nothing to kill. */
static void
end_keyring (void)
{
  guint32 pid = find_keyring_pid ();

  if (pid != 0)
    kill ((pid_t) pid, SIGKILL);
  AWAIT (find_keyring_pid () == 0);
}

static void
changed_cb (UlakSecretSource *source G_GNUC_UNUSED, const char *name, gpointer user_data)
{
  g_string_append_printf (user_data, "%s ", name);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *keyrings = in_home ("keyrings");
  g_autofree char *broken = in_home ("broken");
  g_autoptr (GError) error = NULL;

  end_keyring ();
  g_unlink (broken);
  run (NULL, "rm", "-rf", "--", keyrings, NULL);
  put ("password", PASSWORD);
  run ("canary-ok", "secret-tool", "store", "--label=canary", "ulak-canary", "1", NULL);

  self->config = ulak_config_load (NULL, NULL, &error);
  g_assert_no_error (error);
  self->clock = data != NULL ? ulak_fake_clock_new () : NULL;
  self->credentials = g_dir_make_tmp ("ulak-credentials-XXXXXX", NULL);
  self->changed = g_string_new (NULL);
}

static UlakSecrets *
get_secrets (Fixture *self)
{
  g_autoptr (UlakClock) clock = NULL;

  if (self->secrets != NULL)
    return self->secrets;

  clock = self->clock != NULL ? g_object_ref (ULAK_CLOCK (self->clock)) : ulak_clock_system_new ();
  self->secrets = ulak_secrets_new (self->config, clock, self->credentials);
  g_signal_connect (self->secrets, "changed", G_CALLBACK (changed_cb), self->changed);
  return self->secrets;
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_true (self->clock == NULL || ulak_fake_clock_count_timers (self->clock) == 0);
  run (NULL, "rm", "-rf", "--", self->credentials, NULL);
  g_clear_object (&self->secrets);
  g_clear_object (&self->clock);
  ulak_config_unref (self->config);
  g_free (self->credentials);
  g_string_free (self->changed, TRUE);
  end_keyring ();
}

static void
put_credential (Fixture *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->credentials, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static UlakSecret *
lookup (Fixture *self, const char *name, GError **error)
{
  UlakSecretSource *source = ULAK_SECRET_SOURCE (get_secrets (self));
  g_autoptr (GAsyncResult) result = NULL;

  ulak_secret_source_lookup_async (source, name, NULL, await_result_cb, &result);
  AWAIT (result != NULL);
  return ulak_secret_source_lookup_finish (source, result, error);
}

static gboolean
set (Fixture *self, const char *name, const char *text, GError **error)
{
  g_autoptr (UlakSecret) value = ulak_secret_new (text, strlen (text));
  g_autoptr (GAsyncResult) result = NULL;

  ulak_secrets_set_async (get_secrets (self), name, value, await_result_cb, &result);
  AWAIT (result != NULL);
  return ulak_secrets_set_finish (self->secrets, result, error);
}

static gboolean
remove_secret (Fixture *self, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_secrets_remove_async (get_secrets (self), name, await_result_cb, &result);
  AWAIT (result != NULL);
  return ulak_secrets_remove_finish (self->secrets, result, error);
}

static char *
list (Fixture *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) names = NULL;

  ulak_secrets_list_async (get_secrets (self), await_result_cb, &result);
  AWAIT (result != NULL);
  names = ulak_secrets_list_finish (self->secrets, result, error);
  return names != NULL ? g_variant_print (names, FALSE) : NULL;
}

static void
assert_value (Fixture *self, const char *name, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = lookup (self, name, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (ulak_secret_get_text (secret), ==, expected);
}

static void
assert_lookup_fails (Fixture *self, const char *name, UlakError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = lookup (self, name, &error);

  g_assert_null (secret);
  g_test_message ("%s", error->message);
  g_assert_error (error, ULAK_ERROR, (gint) code);
}

static void
assert_set (Fixture *self, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (set (self, name, text, &error));
  g_assert_no_error (error);
}

static void
assert_health (Fixture *self, UlakHealthStatus expected)
{
  g_autoptr (UlakHealth) health = ulak_health_new ();

  ulak_secrets_check_health (self->secrets, health);
  g_assert_cmpint (ulak_health_get_overall (health), ==, expected);
}

/* Every operation gives the same answer while the keyring is at fault. */
static void
assert_all_fail (Fixture *self, UlakError code, UlakKeyringState state)
{
  g_autoptr (GError) set_error = NULL, remove_error = NULL, list_error = NULL;

  ulak_secrets_forget_cache (get_secrets (self));
  assert_lookup_fails (self, "token", code);
  g_assert_cmpint (ulak_secrets_get_keyring_state (self->secrets), ==, state);
  assert_lookup_fails (self, "never-there", code);
  g_assert_false (set (self, "token", "new", &set_error));
  g_assert_error (set_error, ULAK_ERROR, (gint) code);
  g_assert_false (remove_secret (self, "token", &remove_error));
  g_assert_error (remove_error, ULAK_ERROR, (gint) code);
  g_assert_null (list (self, &list_error));
  g_assert_error (list_error, ULAK_ERROR, (gint) code);
  g_assert_cmpint (ulak_secrets_get_keyring_state (self->secrets), ==, state);
  assert_health (self, ULAK_HEALTH_DEGRADED);
}

static void
test_a_secret_is_set_read_listed_and_removed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL, *after = NULL;

  assert_set (self, "token", "one");
  assert_set (self, "other", "x");
  assert_value (self, "token", "one");
  assert_set (self, "token", "two");
  assert_value (self, "token", "two");
  before = list (self, &error);
  g_assert_cmpstr (before, ==, "[('other', 'keyring'), ('token', 'keyring')]");
  g_assert_true (remove_secret (self, "token", &error));
  g_assert_no_error (error);
  assert_lookup_fails (self, "token", ULAK_ERROR_NOT_FOUND);
  g_assert_false (remove_secret (self, "token", &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  after = list (self, NULL);
  g_assert_cmpstr (after, ==, "[('other', 'keyring')]");
  g_assert_cmpint (ulak_secrets_get_keyring_state (self->secrets), ==, ULAK_KEYRING_READY);
  g_assert_cmpstr (self->changed->str, ==, "token other token token ");
}

static void
test_a_killed_keyring_is_asked_again (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  assert_set (self, "token", "one");
  for (int i = 0; i < 5; i++)
    {
      kill_keyring (SIGKILL);
      ulak_secrets_forget_cache (self->secrets);
      assert_value (self, "token", "one");
    }
  kill_keyring (SIGKILL);
  assert_set (self, "token", "two");
  assert_value (self, "token", "two");
}

static void
test_a_wrong_master_password_is_locked (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  assert_set (self, "token", "one");
  end_keyring ();
  put ("password", "wrong");
  put_credential (self, "token", "stale");
  assert_all_fail (self, ULAK_ERROR_LOCKED, ULAK_KEYRING_LOCKED);

  end_keyring ();
  put ("password", PASSWORD);
  assert_value (self, "token", "one");
  g_assert_cmpint (ulak_secrets_get_keyring_state (self->secrets), ==, ULAK_KEYRING_READY);
  assert_health (self, ULAK_HEALTH_HEALTHY);
}

/* gnome-keyring begins a second file, login_1, as soon as it meets the truncated one; nothing of ours may go there. */
static void
test_a_truncated_keyring_is_damaged_and_nothing_is_stored (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *second = in_home ("keyrings/login_1.keyring");
  g_autofree char *file = in_home ("keyrings/login.keyring");
  g_autofree char *before = NULL, *after = NULL;
  gsize before_bytes = 0, after_bytes = 0;

  assert_set (self, "token", "one");
  end_keyring ();
  g_assert_cmpint (truncate (file, 100), ==, 0);
  ulak_secrets_forget_cache (self->secrets);
  assert_lookup_fails (self, "token", ULAK_ERROR_DAMAGED);
  g_file_get_contents (second, &before, &before_bytes, NULL);
  assert_all_fail (self, ULAK_ERROR_DAMAGED, ULAK_KEYRING_DAMAGED);
  g_file_get_contents (second, &after, &after_bytes, NULL);
  g_assert_cmpmem (before, before_bytes, after, after_bytes);
}

static void
test_a_missing_keyring_file_is_damaged (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = in_home ("keyrings/login.keyring");

  assert_set (self, "token", "one");
  end_keyring ();
  g_assert_cmpint (g_unlink (file), ==, 0);
  assert_all_fail (self, ULAK_ERROR_DAMAGED, ULAK_KEYRING_DAMAGED);
}

static void
test_a_keyring_that_does_not_start_is_away (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *broken = in_home ("broken");

  assert_set (self, "token", "one");
  end_keyring ();
  put ("broken", "");
  assert_all_fail (self, ULAK_ERROR_UNAVAILABLE, ULAK_KEYRING_AWAY);

  g_assert_cmpint (g_unlink (broken), ==, 0);
  assert_value (self, "token", "one");
}

static void
test_a_keyring_that_hangs_is_away_at_the_deadline (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  assert_set (self, "token", "one");
  kill_keyring (SIGSTOP);
  ulak_secret_source_lookup_async (ULAK_SECRET_SOURCE (self->secrets), "token", NULL, await_result_cb, &result);
  g_assert_cmpint (ulak_fake_clock_get_next_delay_us (self->clock), ==, 15 * G_USEC_PER_SEC);
  ulak_fake_clock_advance_ms (self->clock, 15000);
  AWAIT (result != NULL);
  g_assert_null (ulak_secret_source_lookup_finish (ULAK_SECRET_SOURCE (self->secrets), result, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "no answer within 15000 ms"));
  g_assert_cmpstr (self->changed->str, ==, "token ");

  /* Mended, it is noticed by itself and announced: the empty name. */
  kill_keyring (SIGCONT);
  ulak_fake_clock_advance_ms (self->clock, 30000);
  AWAIT (strcmp (self->changed->str, "token  ") == 0);
  assert_health (self, ULAK_HEALTH_HEALTHY);
  assert_value (self, "token", "one");
}

static void
test_credentials_follow_the_keyring (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  put_credential (self, "token", "from systemd\n");
  put_credential (self, "token.other", "x");
  assert_value (self, "token", "from systemd");
  assert_set (self, "token", "from the keyring");
  assert_value (self, "token", "from the keyring");
  names = list (self, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (names, ==, "[('token', 'keyring'), ('token', 'credential'), ('token.other', 'credential')]");
  g_assert_true (remove_secret (self, "token", &error));
  assert_value (self, "token", "from systemd");
}

static void
test_a_value_is_kept_until_it_expires_and_a_new_one_is_announced (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  assert_set (self, "token", "one");
  assert_value (self, "token", "one");
  g_string_truncate (self->changed, 0);
  run ("two", "secret-tool", "store", "--label=x", "xdg:schema", "org.ulak.Secret", "name", "token", NULL);
  ulak_fake_clock_advance_ms (self->clock, 299999);
  assert_value (self, "token", "one");
  g_assert_cmpstr (self->changed->str, ==, "");
  ulak_fake_clock_advance_ms (self->clock, 1);
  assert_value (self, "token", "two");
  g_assert_cmpstr (self->changed->str, ==, "token ");
}

static void
test_the_master_key_is_not_changed_this_way (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) set_error = NULL, remove_error = NULL;

  g_assert_false (set (self, ULAK_SECRET_MASTER, "x", &set_error));
  g_assert_error (set_error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  g_assert_false (remove_secret (self, ULAK_SECRET_MASTER, &remove_error));
  g_assert_error (remove_error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
}

static void
test_a_wrong_name_is_refused (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  assert_lookup_fails (self, "../shadow", ULAK_ERROR_INVALID);
  g_assert_false (set (self, "", "x", &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
}

static void
start_bus (void)
{
  g_autofree char *services = in_home ("services"), *runtime = in_home ("run");
  g_autofree char *script = NULL, *service = NULL;

  g_assert_cmpint (g_mkdir (services, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (runtime, 0700), ==, 0);
  script = g_strdup_printf (
      "#!/bin/sh\n"
      "test ! -e '%s/broken' || exit 1\n"
      "export HOME='%s' XDG_DATA_HOME='%s' XDG_RUNTIME_DIR='%s' GSETTINGS_BACKEND=memory\n"
      "export DBUS_SESSION_BUS_ADDRESS=\"$DBUS_STARTER_ADDRESS\"\n"
      "unset G_DEBUG\n"
      "exec gnome-keyring-daemon --foreground --components=secrets --control-directory='%s' --unlock "
      "<'%s/password' >/dev/null 2>&1\n",
      home, home, home, runtime, runtime, home);
  put ("keyring.sh", script);
  service = g_strdup_printf ("[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/bin/sh %s/keyring.sh\n", home);
  put ("services/org.freedesktop.secrets.service", service);

  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_add_service_dir (bus, services);
  g_test_dbus_up (bus);
}

#define ADD(name, func) g_test_add ("/secrets/" name, Fixture, NULL, set_up, func, tear_down)
#define ADD_WITH_FAKE_CLOCK(name, func) g_test_add ("/secrets/" name, Fixture, "fake", set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_autofree char *daemon = g_find_program_in_path ("gnome-keyring-daemon");
  g_autofree char *tool = g_find_program_in_path ("secret-tool");
  guint watch;
  int status;

  if (daemon == NULL || tool == NULL)
    {
      g_print ("1..0 # SKIP gnome-keyring-daemon or secret-tool is not installed\n");
      return 0;
    }

  g_test_init (&argc, &argv, NULL);
  home = g_dir_make_tmp ("ulak-keyring-XXXXXX", NULL);
  start_bus ();
  watch = g_bus_watch_name (G_BUS_TYPE_SESSION, "org.freedesktop.secrets", G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                            owner_changed_cb, NULL, NULL);
  ADD ("a secret is set, read, listed and removed", test_a_secret_is_set_read_listed_and_removed);
  ADD ("a killed keyring is asked again", test_a_killed_keyring_is_asked_again);
  ADD ("a wrong master password is locked", test_a_wrong_master_password_is_locked);
  ADD ("a truncated keyring is damaged and nothing is stored",
       test_a_truncated_keyring_is_damaged_and_nothing_is_stored);
  ADD ("a missing keyring file is damaged", test_a_missing_keyring_file_is_damaged);
  ADD ("a keyring that does not start is away", test_a_keyring_that_does_not_start_is_away);
  ADD_WITH_FAKE_CLOCK ("a keyring that hangs is away at the deadline",
                       test_a_keyring_that_hangs_is_away_at_the_deadline);
  ADD ("credentials follow the keyring", test_credentials_follow_the_keyring);
  ADD_WITH_FAKE_CLOCK ("a value is kept until it expires, and a new one is announced",
                       test_a_value_is_kept_until_it_expires_and_a_new_one_is_announced);
  ADD ("the master key is not changed this way", test_the_master_key_is_not_changed_this_way);
  ADD ("a wrong name is refused", test_a_wrong_name_is_refused);
  status = g_test_run ();
  g_bus_unwatch_name (watch);
  g_test_dbus_stop (bus);
  run (NULL, "rm", "-rf", "--", home, NULL);
  return status;
}
