/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * A method call from options to reply. The service lives its whole life in the main thread; each case is a client in a thread
 * of its own, which makes blocking calls and then stops the service.
 */
#include "service/call.h"

#include "core/error.h"
#include "service/service-private.h"

#include <fcntl.h>
#include <unistd.h>

#define PATH "/org/ulak/test"
#define CALL_TIMEOUT_MS 20000 /* only to fail */

static const char xml[]
    = "<node><interface name='org.ulak.Test1'>"
      "<method name='Describe'><arg type='a{sv}' direction='in'/><arg type='(sss)' direction='out'/></method>"
      "<method name='Read'><arg type='h' direction='in'/><arg type='a{sv}' direction='in'/>"
      "<arg type='s' direction='out'/></method>"
      "<method name='Open'><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/>"
      "<arg type='h' direction='out'/></method>"
      "<method name='Fail'><arg type='s' direction='in'/><arg type='a{sv}' direction='in'/></method>"
      "</interface></node>";

static GTestDBus *bus;

#define TYPE_TARGET (target_get_type ())
G_DECLARE_FINAL_TYPE (Target, target, TEST, TARGET, UlakDaemon)

struct _Target
{
  UlakDaemon parent_instance;

  UlakService *service; /* unowned */
  guint object_id;
  GThread *client; /* joined by the case */
};

G_DEFINE_FINAL_TYPE (Target, target, ULAK_TYPE_DAEMON)

typedef void (*Client) (GDBusConnection *connection);

static Client client; /* of the case that runs */

static void
describe_called (UlakCall *call, gpointer self G_GNUC_UNUSED)
{
  const UlakContext *context = ulak_call_get_context (call);

  ulak_call_return (call, g_variant_new ("((sss))", ulak_call_get_who (call), context->request_id,
                                         context->traceparent != NULL ? context->traceparent : ""));
}

static void
read_called (UlakCall *call, gpointer self G_GNUC_UNUSED)
{
  g_autoptr (GVariant) handle = g_variant_get_child_value (ulak_call_get_parameters (call), 0);
  g_autoptr (GError) error = NULL;
  int fd = ulak_call_take_fd (call, handle, &error);
  char text[64] = "";

  if (fd < 0)
    {
      ulak_call_fail (call, g_steal_pointer (&error));
      return;
    }

  g_assert_cmpint (read (fd, text, sizeof text - 1), >=, 0);
  close (fd);
  ulak_call_return (call, g_variant_new ("(s)", text));
}

static void
open_called (UlakCall *call, gpointer self G_GNUC_UNUSED)
{
  const char *text;
  int ends[2];

  g_variant_get_child (ulak_call_get_parameters (call), 0, "&s", &text);
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_cmpint (write (ends[1], text, strlen (text)), ==, (gssize) strlen (text));
  close (ends[1]);
  ulak_call_return_with_fd (call, g_variant_new ("(h)", 0), ends[0]);
}

static void
fail_called (UlakCall *call, gpointer self G_GNUC_UNUSED)
{
  const char *kind;

  g_variant_get_child (ulak_call_get_parameters (call), 0, "&s", &kind);
  if (g_str_equal (kind, "ours"))
    ulak_call_fail (call, g_error_new (ULAK_ERROR, ULAK_ERROR_FULL, "The queue is full"));
  else if (g_str_equal (kind, "remote"))
    ulak_call_fail (call, g_dbus_error_new_for_dbus_error ("org.example.Odd", "It is odd"));
  else
    ulak_call_fail (call, g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No such file"));
}

static const UlakCallOption describe_options[] = { { "limit", "u" }, { NULL, NULL } };

static const struct
{
  const char *method;
  guint options_index;
  const UlakCallOption *extra;
  UlakCallHandler handler;
} methods[] = {
  { "Describe", 0, describe_options, describe_called },
  { "Read", 1, ULAK_CALL_NO_OPTIONS, read_called },
  { "Open", 1, ULAK_CALL_NO_OPTIONS, open_called },
  { "Fail", 1, ULAK_CALL_NO_OPTIONS, fail_called },
};

static void
method_called (GDBusConnection *connection G_GNUC_UNUSED,
               const char *sender G_GNUC_UNUSED,
               const char *path G_GNUC_UNUSED,
               const char *interface G_GNUC_UNUSED,
               const char *method,
               GVariant *parameters G_GNUC_UNUSED,
               GDBusMethodInvocation *invocation,
               gpointer user_data)
{
  Target *self = user_data;

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].method, method))
      ulak_call_begin (self->service, invocation, ULAK_ACTION_SUITE_ONLY, methods[i].options_index, methods[i].extra,
                       methods[i].handler, G_OBJECT (self));
}

static const GDBusInterfaceVTable vtable = { method_called, NULL, NULL, { NULL } };

static char *
get_bus_name (UlakDaemon *daemon G_GNUC_UNUSED)
{
  return g_strdup ("org.ulak.Test1");
}

static char *
get_object_path (UlakDaemon *daemon G_GNUC_UNUSED)
{
  return g_strdup (PATH);
}

static void
start_async (UlakDaemon *daemon, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Target *self = TEST_TARGET (daemon);
  g_autoptr (GTask) task = g_task_new (daemon, cancellable, callback, user_data);
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);

  self->object_id = g_dbus_connection_register_object (ulak_service_get_connection (self->service), PATH,
                                                       node->interfaces[0], &vtable, self, NULL, NULL);
  g_assert_cmpuint (self->object_id, !=, 0);
  g_task_return_boolean (task, TRUE);
}

static gboolean
finish (UlakDaemon *daemon G_GNUC_UNUSED, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
stop_in_main (gpointer user_data)
{
  ulak_service_stop (user_data);
}

static gpointer
run_client (gpointer user_data)
{
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (bus),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL,
      NULL);

  g_assert_nonnull (connection);
  client (connection);
  g_assert_true (g_dbus_connection_close_sync (connection, NULL, NULL));
  g_idle_add_once (stop_in_main, user_data);
  return NULL;
}

static void
started (UlakDaemon *daemon)
{
  Target *self = TEST_TARGET (daemon);

  self->client = g_thread_new ("client", run_client, self->service);
}

static void
drain_async (UlakDaemon *daemon, GAsyncReadyCallback callback, gpointer user_data)
{
  Target *self = TEST_TARGET (daemon);
  g_autoptr (GTask) task = g_task_new (daemon, NULL, callback, user_data);

  g_thread_join (self->client);
  g_dbus_connection_unregister_object (ulak_service_get_connection (self->service), self->object_id);
  g_task_return_boolean (task, TRUE);
}

static void
target_class_init (TargetClass *klass)
{
  UlakDaemonClass *daemon_class = ULAK_DAEMON_CLASS (klass);

  daemon_class->get_bus_name = get_bus_name;
  daemon_class->get_object_path = get_object_path;
  daemon_class->start_async = start_async;
  daemon_class->start_finish = finish;
  daemon_class->started = started;
  daemon_class->drain_async = drain_async;
  daemon_class->drain_finish = finish;
}

static void
target_init (Target *self G_GNUC_UNUSED)
{
}

static UlakDaemon *
make_target (UlakService *service)
{
  Target *self = g_object_new (TYPE_TARGET, NULL);

  self->service = service;
  return ULAK_DAEMON (self);
}

static void
run_case (gconstpointer data)
{
  static const UlakServiceSpec spec = { .program = "ulak-test", .summary = "A test", .make_daemon = make_target };
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakConfig) config = ulak_config_load (NULL, NULL, &error);
  g_autoptr (UlakClock) clock = ulak_clock_system_new ();
  g_autoptr (UlakRandom) random = ulak_random_system_new ();
  const UlakServiceSetup setup = { &spec, NULL, NULL, "/run/ulak", config, clock, random };
  g_autoptr (UlakService) service = NULL;

  g_assert_no_error (error);
  client = *(const Client *) data;
  service = ulak_service_new (&setup);
  g_assert_cmpint (ulak_service_run (service), ==, ULAK_EXIT_OK);
}

static GVariant *
call (GDBusConnection *connection,
      const char *method,
      GVariant *arguments,
      GUnixFDList *fds,
      GUnixFDList **fds_out,
      GError **error)
{
  return g_dbus_connection_call_with_unix_fd_list_sync (connection, "org.ulak.Test1", PATH, "org.ulak.Test1", method,
                                                        arguments, NULL, G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT_MS, fds,
                                                        fds_out, NULL, error);
}

static void
assert_described (GDBusConnection *connection,
                  const char *options,
                  const char **request_id_out,
                  const char *traceparent)
{
  g_autofree char *who = g_strdup_printf ("uid:%u", (guint) geteuid ());
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (connection, "Describe", g_variant_new_parsed (options), NULL, NULL, &error);
  const char *said_who, *said_request_id, *said_traceparent;

  g_assert_no_error (error);
  g_variant_get (reply, "((&s&s&s))", &said_who, &said_request_id, &said_traceparent);
  g_assert_cmpstr (said_who, ==, who);
  g_assert_cmpstr (said_traceparent, ==, traceparent);
  *request_id_out = g_intern_string (said_request_id);
}

static void
assert_fails (GDBusConnection *connection,
              const char *method,
              GVariant *arguments,
              const char *name,
              const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = call (connection, method, arguments, NULL, NULL, &error);
  g_autofree char *remote_name = NULL;

  g_assert_null (reply);
  remote_name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (remote_name, ==, name);
  g_dbus_error_strip_remote_error (error);
  g_assert_cmpstr (error->message, ==, message);
}

#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void
client_context_is_taken_or_made (GDBusConnection *connection)
{
  const char *first, *second;

  assert_described (connection, "({'request-id': <'abc'>, 'traceparent': <'" TRACEPARENT "'>},)", &first,
                    TRACEPARENT);
  g_assert_cmpstr (first, ==, "abc");
  assert_described (connection, "({'limit': <uint32 1>, 'traceparent': <'" TRACEPARENT "'>},)", &first, TRACEPARENT);
  assert_described (connection, "({'request-id': <'not valid'>, 'traceparent': <'neither'>},)", &second, "");
  g_assert_cmpuint (strlen (first), ==, 36);
  g_assert_cmpuint (strlen (second), ==, 36);
  g_assert_cmpstr (first, !=, second);
}

static void
client_options_are_a_table (GDBusConnection *connection)
{
  assert_fails (connection, "Describe", g_variant_new_parsed ("({'limit': <'1'>},)"), "org.ulak.Error.Invalid",
                "Option ‘limit’ has type ‘s’; it takes ‘u’");
  assert_fails (connection, "Describe", g_variant_new_parsed ("({'limits': <1>},)"), "org.ulak.Error.Invalid",
                "Option ‘limits’ is not known; allowed are request-id, traceparent, limit");
  assert_fails (connection, "Fail", g_variant_new_parsed ("('ours', {'limit': <uint32 1>})"),
                "org.ulak.Error.Invalid", "Option ‘limit’ is not known; allowed are request-id, traceparent");
}

static void
client_errors_keep_names_that_are_ours_or_remote (GDBusConnection *connection)
{
  assert_fails (connection, "Fail", g_variant_new_parsed ("('ours', @a{sv} {})"), "org.ulak.Error.Full",
                "The queue is full");
  assert_fails (connection, "Fail", g_variant_new_parsed ("('remote', @a{sv} {})"), "org.example.Odd", "It is odd");
  assert_fails (connection, "Fail", g_variant_new_parsed ("('gio', @a{sv} {})"), "org.ulak.Error.Failed",
                "No such file");
}

static void
client_descriptors_come_and_go (GDBusConnection *connection)
{
  g_autoptr (GUnixFDList) received = NULL, sent = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) opened
      = call (connection, "Open", g_variant_new_parsed ("('over there', @a{sv} {})"), NULL, &received, &error);
  g_autoptr (GVariant) text = NULL;
  g_autofree char *printed = NULL;
  int fd;

  g_assert_no_error (error);
  g_assert_cmpint (g_unix_fd_list_get_length (received), ==, 1);
  fd = g_unix_fd_list_get (received, 0, &error);
  g_assert_no_error (error);
  sent = g_unix_fd_list_new_from_array (&fd, 1);
  text = call (connection, "Read", g_variant_new_parsed ("(handle 0, @a{sv} {})"), sent, NULL, &error);
  g_assert_no_error (error);
  printed = g_variant_print (text, FALSE);
  g_assert_cmpstr (printed, ==, "('over there',)");
}

static void
client_a_missing_descriptor_is_named (GDBusConnection *connection)
{
  assert_fails (connection, "Read", g_variant_new_parsed ("(handle 3, @a{sv} {})"), "org.ulak.Error.Invalid",
                "The message carries no descriptor with index 3");
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    Client client;
  } cases[] = {
    { "/call/the context is taken or made", client_context_is_taken_or_made },
    { "/call/options are a table", client_options_are_a_table },
    { "/call/errors keep names that are ours or remote", client_errors_keep_names_that_are_ours_or_remote },
    { "/call/descriptors come and go", client_descriptors_come_and_go },
    { "/call/a missing descriptor is named", client_a_missing_descriptor_is_named },
  };
  int status;

  g_test_init (&argc, &argv, NULL);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (bus), TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].name, &cases[i].client, run_case);
  status = g_test_run ();
  g_test_dbus_stop (bus);
  return status;
}
