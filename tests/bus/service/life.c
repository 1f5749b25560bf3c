/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The life of a daemon, seen from outside: the example daemon on a private bus, with a real notify socket, signals, a second
 * copy of it, a bus that dies. What systemd would be told is collected datagram by datagram.
 */
#include "bus/service/await.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "org.ulak.Account.sales"
#define PATH "/org/ulak/account/sales"

static GTestDBus *bus;

typedef struct
{
  char *folder;      /* (owned) */
  char *notify_path; /* (owned) */
  int notify_fd;
  guint notify_source;
  GString *said;               /* (owned): datagrams, each ended by "|" */
  GDBusConnection *connection; /* (owned) */
  GPtrArray *processes;        /* (owned): all that were started */
  GHashTable *environment;     /* (owned): of the next one */
} Fixture;

static gboolean
heard_cb (int fd, GIOCondition condition G_GNUC_UNUSED, gpointer user_data)
{
  Fixture *self = user_data;
  char text[2048];
  ssize_t size = recv (fd, text, sizeof text, 0);

  g_assert_cmpint (size, >, 0);
  g_string_append_len (self->said, text, size);
  g_string_append_c (self->said, '|');
  return G_SOURCE_CONTINUE;
}

static void
put (Fixture *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
put_config (Fixture *self, const char *data_dir, const char *more)
{
  g_autofree char *text = g_strdup_printf ("[ulak]\ndata_dir=%s/%s\n%s", self->folder, data_dir, more);

  put (self, "ulak.conf", text);
}

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  self->folder = g_dir_make_tmp ("ulak-life-XXXXXX", NULL);
  self->notify_path = g_build_filename (self->folder, "notify", NULL);
  self->notify_fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_strlcpy (address.sun_path, self->notify_path, sizeof address.sun_path);
  g_assert_cmpint (bind (self->notify_fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
  self->said = g_string_new (NULL);
  self->notify_source = g_unix_fd_add (self->notify_fd, G_IO_IN, heard_cb, self);
  self->connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  self->processes = g_ptr_array_new_with_free_func (g_object_unref);
  self->environment = g_hash_table_new (g_str_hash, g_str_equal);
  put_config (self, "data", "[webhooks]\nattempts=7\n");
}

static void
exited_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static int
await_exit (GSubprocess *process)
{
  gboolean has_exited = FALSE;

  g_subprocess_wait_async (process, NULL, exited_cb, &has_exited);
  AWAIT (has_exited);
  g_assert_true (g_subprocess_get_if_exited (process));
  return g_subprocess_get_exit_status (process);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  const char *argv[] = { "rm", "-rf", "--", self->folder, NULL };

  for (guint i = 0; i < self->processes->len; i++)
    {
      g_subprocess_force_exit (self->processes->pdata[i]);
      g_assert_true (g_subprocess_wait (self->processes->pdata[i], NULL, NULL));
    }
  g_ptr_array_unref (self->processes);
  g_hash_table_unref (self->environment);
  g_source_remove (self->notify_source);
  close (self->notify_fd);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_string_free (self->said, TRUE);
  g_object_unref (self->connection);
  g_free (self->notify_path);
  g_free (self->folder);
}

static GSubprocess *
start (Fixture *self, const char *const *arguments)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *config = g_build_filename (self->folder, "ulak.conf", NULL);
  g_autofree char *log = g_build_filename (self->folder, "log", NULL);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;
  GHashTableIter iter;
  gpointer key, value;

  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", self->notify_path, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (bus), TRUE);
  g_hash_table_iter_init (&iter, self->environment);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_subprocess_launcher_setenv (launcher, key, value, TRUE);
  g_subprocess_launcher_set_stderr_file_path (launcher, log);

  g_ptr_array_add (argv, (gpointer) EXAMPLE_DAEMON);
  g_ptr_array_add (argv, (gpointer) "--config");
  g_ptr_array_add (argv, config);
  for (; *arguments != NULL; arguments++)
    g_ptr_array_add (argv, (gpointer) *arguments);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  g_ptr_array_add (self->processes, process);
  return process;
}

static GSubprocess *
start_line (Fixture *self)
{
  return start (self, (const char *const[]){ "sales", NULL });
}

static void
assert_logged (Fixture *self, const char *part)
{
  g_autofree char *path = g_build_filename (self->folder, "log", NULL);
  g_autofree char *log = NULL;

  g_assert_true (g_file_get_contents (path, &log, NULL, NULL));
  g_test_message ("%s", log);
  g_assert_nonnull (strstr (log, part));
}

#define AWAIT_SAID(self, part) AWAIT (strstr ((self)->said->str, part) != NULL)

static void
await_ready (Fixture *self)
{
  AWAIT_SAID (self, "READY=1");
  g_string_truncate (self->said, 0);
}

static GVariant *
call (Fixture *self, const char *interface, const char *method, const char *arguments, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (self->connection, NAME, PATH, interface, method, g_variant_new_parsed (arguments), NULL,
                          G_DBUS_CALL_FLAGS_NONE, AWAIT_TIMEOUT_S * 1000, NULL, await_result_cb, &result);
  AWAIT (result != NULL);
  return g_dbus_connection_call_finish (self->connection, result, error);
}

static void
assert_call (Fixture *self, const char *interface, const char *method, const char *arguments, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (self, interface, method, arguments, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_call_fails (Fixture *self, const char *method, const char *arguments, const char *name, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (self, "org.ulak.Service1", method, arguments, &error);
  g_autofree char *remote_name = NULL;

  g_assert_null (reply);
  remote_name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (remote_name, ==, name);
  g_assert_nonnull (strstr (error->message, part));
}

static gboolean
is_name_owned (Fixture *self)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
      g_variant_new ("(s)", NAME), G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE, 5000, NULL, NULL);
  gboolean is_owned;

  g_assert_nonnull (reply);
  g_variant_get (reply, "(b)", &is_owned);
  return is_owned;
}

static void
test_ready_is_said_when_the_name_is_owned (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GSubprocess *process = start_line (self);

  AWAIT_SAID (self, "READY=1\nSTATUS=Serving as an example|");
  g_assert_true (is_name_owned (self));
  g_subprocess_send_signal (process, SIGTERM);
  g_assert_cmpint (await_exit (process), ==, 0);
  AWAIT_SAID (self, "STOPPING=1");
  g_assert_false (is_name_owned (self));
}

static void
test_service1_answers (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) metrics = NULL, audit = NULL;

  start_line (self);
  await_ready (self);
  assert_call (self, "org.ulak.Service1", "Health", "(@a{sv} {},)",
               "('degraded', [('example', 'degraded', 'It is only an example'), ('configuration', 'healthy', '')])");
  assert_call (self, "org.freedesktop.DBus.Properties", "Get", "('org.ulak.Service1', 'Version')", "(<uint32 1>,)");
  metrics = call (self, "org.ulak.Service1", "Metrics", "({'request-id': <'abc'>},)", &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_is_of_type (metrics, G_VARIANT_TYPE ("(s)")));
  audit = call (self, "org.ulak.Service1", "Audit", "(int64 0, @a{sv} {})", &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_is_of_type (audit, G_VARIANT_TYPE ("(a(xssss))")));
  assert_call (self, "org.ulak.Service1", "Audit", "(int64 9223372036854775807, @a{sv} {})", "([],)");
}

static void
test_options_of_a_call_are_checked (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  start_line (self);
  await_ready (self);
  assert_call_fails (self, "Health", "({'requestid': <'a'>},)", "org.ulak.Error.Invalid", "‘requestid’ is not known");
  assert_call_fails (self, "Health", "({'request-id': <1>},)", "org.ulak.Error.Invalid", "it takes ‘s’");
  assert_call_fails (self, "Audit", "(int64 0, {'x': <1>})", "org.ulak.Error.Invalid",
                     "allowed are request-id, traceparent");
}

static void
test_a_reload_is_framed_and_takes_the_new_settings (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GSubprocess *process = start_line (self);

  await_ready (self);
  put_config (self, "data", "[webhooks]\nattempts=9\n");
  g_subprocess_send_signal (process, SIGHUP);
  AWAIT_SAID (self, "READY=1\nSTATUS=Attempts 9|");
  g_assert_true (g_str_has_prefix (self->said->str, "RELOADING=1\nMONOTONIC_USEC="));
  assert_logged (self, "has read its configuration again");
}

static void
test_a_wrong_reload_keeps_the_old_settings (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GSubprocess *process = start_line (self);

  await_ready (self);
  put_config (self, "data", "[webhooks]\nattempts=many\n");
  g_subprocess_send_signal (process, SIGHUP);
  AWAIT_SAID (self, "READY=1\nSTATUS=Serving as an example|");
  g_assert_true (g_str_has_prefix (self->said->str, "RELOADING=1\n"));
  assert_logged (self, "keeps its configuration, the new one is wrong");
  assert_logged (self, "attempts");
}

static void
test_a_reload_names_what_waits_for_a_restart (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GSubprocess *process = start_line (self);

  await_ready (self);
  put_config (self, "elsewhere", "");
  g_subprocess_send_signal (process, SIGHUP);
  await_ready (self);
  assert_logged (self, "these keys wait for a restart: ulak/data_dir");
}

static void
test_a_drain_that_hangs_ends_at_its_deadline (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GSubprocess *process;

  put (self, "data/accounts/sales/never-drain", "");
  put_config (self, "data", "[api]\nshutdown_timeout_ms=100\n");
  process = start_line (self);
  await_ready (self);
  g_subprocess_send_signal (process, SIGTERM);
  g_assert_cmpint (await_exit (process), ==, 0);
  assert_logged (self, "The time that [api] shutdown_timeout_ms allows is over");
}

static void
test_a_start_that_hangs_is_left_at_the_same_deadline (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GSubprocess *process;

  put (self, "data/accounts/sales/never-start", "");
  put_config (self, "data", "[api]\nshutdown_timeout_ms=100\n");
  process = start_line (self);
  AWAIT_SAID (self, "STATUS=Starting|");
  g_subprocess_send_signal (process, SIGTERM);
  g_assert_cmpint (await_exit (process), ==, 0);
  g_assert_null (strstr (self->said->str, "READY=1"));
}

static void
test_calls_are_refused_while_it_drains (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GSubprocess *process;

  put (self, "data/accounts/sales/never-drain", "");
  process = start_line (self);
  await_ready (self);
  g_subprocess_send_signal (process, SIGTERM);
  AWAIT_SAID (self, "STOPPING=1");
  assert_call_fails (self, "Health", "(@a{sv} {},)", "org.ulak.Error.Unavailable", "ulak-example is stopping");
}

static void
test_a_second_process_for_one_folder_is_refused (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  start_line (self);
  await_ready (self);
  g_assert_cmpint (await_exit (start_line (self)), ==, 1);
  assert_logged (self, "runs already in");
}

static void
test_a_second_process_for_one_bus_name_is_refused (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  start_line (self);
  await_ready (self);
  put_config (self, "elsewhere", "");
  g_assert_cmpint (await_exit (start_line (self)), ==, 1);
  assert_logged (self, "The bus name " NAME " cannot be had");
  g_assert_null (strstr (self->said->str, "READY=1"));
}

static void
test_a_wrong_configuration_is_exit_78 (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_cmpint (await_exit (start (self, (const char *const[]){ "--check", NULL })), ==, 0);
  put_config (self, "data", "[nonsense]\nx=1\n");
  g_assert_cmpint (await_exit (start_line (self)), ==, 78);
  assert_logged (self, "nonsense");
  g_assert_cmpint (await_exit (start (self, (const char *const[]){ "--check", NULL })), ==, 78);
}

static void
test_a_data_dir_that_cannot_be_written_is_exit_78_with_the_drop_in (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  put (self, "file", "");
  put_config (self, "file/data", "");
  g_hash_table_insert (self->environment, (gpointer) "INVOCATION_ID", (gpointer) "0123456789abcdef0123456789abcdef");
  g_assert_cmpint (await_exit (start_line (self)), ==, 78);
  assert_logged (self, "systemctl edit ulak-example@sales.service");
  assert_logged (self, "ReadWritePaths=");
}

static void
test_a_start_that_fails_is_exit_1_and_never_ready (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  put (self, "data/accounts/sales/refuse-start", "The database is a teapot");
  g_assert_cmpint (await_exit (start_line (self)), ==, 1);
  assert_logged (self, "The database is a teapot");
  AWAIT_SAID (self, "STOPPING=1\nSTATUS=The database is a teapot|");
  g_assert_null (strstr (self->said->str, "READY=1"));
}

static void
test_the_watchdog_is_fed_from_the_loop (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_hash_table_insert (self->environment, (gpointer) "WATCHDOG_USEC", (gpointer) "20000");
  start_line (self);
  await_ready (self);
  for (int i = 0; i < 3; i++)
    {
      AWAIT_SAID (self, "WATCHDOG=1|");
      g_string_truncate (self->said, 0);
    }
}

static void
test_a_lost_bus_is_exit_1 (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) other_bus
      = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "dbus-daemon", "--session", "--nofork",
                          "--nopidfile", "--print-address=1", NULL);
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (other_bus));
  g_autofree char *address = NULL;
  GSubprocess *process;

  g_assert_no_error (error);
  address = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_hash_table_insert (self->environment, (gpointer) "DBUS_SYSTEM_BUS_ADDRESS", address);
  process = start_line (self);
  await_ready (self);
  g_subprocess_force_exit (other_bus);
  g_assert_true (g_subprocess_wait (other_bus, NULL, NULL));
  g_assert_cmpint (await_exit (process), ==, 1);
  assert_logged (self, "The system bus is gone");
}

static void
test_no_bus_at_all_is_exit_1 (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_hash_table_insert (self->environment, (gpointer) "DBUS_SYSTEM_BUS_ADDRESS",
                       (gpointer) "unix:path=/nonexistent/bus");
  g_assert_cmpint (await_exit (start_line (self)), ==, 1);
  assert_logged (self, "Cannot reach the system bus");
}

#define ADD(name, func) g_test_add ("/life/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  ADD ("ready is said when the name is owned", test_ready_is_said_when_the_name_is_owned);
  ADD ("service1 answers", test_service1_answers);
  ADD ("options of a call are checked", test_options_of_a_call_are_checked);
  ADD ("a reload is framed and takes the new settings", test_a_reload_is_framed_and_takes_the_new_settings);
  ADD ("a wrong reload keeps the old settings", test_a_wrong_reload_keeps_the_old_settings);
  ADD ("a reload names what waits for a restart", test_a_reload_names_what_waits_for_a_restart);
  ADD ("a drain that hangs ends at its deadline", test_a_drain_that_hangs_ends_at_its_deadline);
  ADD ("a start that hangs is left at the same deadline", test_a_start_that_hangs_is_left_at_the_same_deadline);
  ADD ("calls are refused while it drains", test_calls_are_refused_while_it_drains);
  ADD ("a second process for one folder is refused", test_a_second_process_for_one_folder_is_refused);
  ADD ("a second process for one bus name is refused", test_a_second_process_for_one_bus_name_is_refused);
  ADD ("a wrong configuration is exit 78", test_a_wrong_configuration_is_exit_78);
  ADD ("a data_dir that cannot be written is exit 78 with the drop-in",
       test_a_data_dir_that_cannot_be_written_is_exit_78_with_the_drop_in);
  ADD ("a start that fails is exit 1 and never ready", test_a_start_that_fails_is_exit_1_and_never_ready);
  ADD ("the watchdog is fed from the loop", test_the_watchdog_is_fed_from_the_loop);
  ADD ("a lost bus is exit 1", test_a_lost_bus_is_exit_1);
  ADD ("no bus at all is exit 1", test_no_bus_at_all_is_exit_1);
  status = g_test_run ();
  g_test_dbus_stop (bus);
  return status;
}
