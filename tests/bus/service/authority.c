/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Who may call what, against a polkit of our own that answers as a case orders it and counts what it was asked. The test
 * calls as one user only, so a case chooses by the list of uids whether that user is of the suite.
 */
#include "service/authority-private.h"

#include "bus/service/await.h"
#include "core/error.h"
#include "core/names.h"
#include "service/peers.h"

#include <systemd/sd-bus.h>
#include <unistd.h>

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define STRANGER 4000000000u /* nobody's uid: with it alone in the list, the caller is a stranger */

static const char polkit_xml[]
    = "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
      "<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='a{ss}' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>"
      "<arg type='(bba{ss})' direction='out'/></method>"
      "<property name='BackendName' type='s' access='read'/><property name='BackendVersion' type='s' access='read'/>"
      "<property name='BackendFeatures' type='u' access='read'/></interface></node>";

static const char target_xml[] = "<node><interface name='org.ulak.Test1'><method name='Do'/></interface></node>";

static const char systemd_xml[] = "<node><interface name='org.freedesktop.systemd1.Manager'><method name='GetUnitByPID'>"
                                  "<arg type='u' direction='in'/><arg type='o' direction='out'/></method></interface></node>";

static const char lines[] = "lines"; /* as data of a case: our user is that of the lines */

static GTestDBus *bus;
static GDBusConnection *polkit_connection; /* our polkit's own */
static guint polkit_name_id, systemd_name_id;

typedef struct
{
  GDBusConnection *service; /* (owned) */
  GDBusConnection *client;  /* (owned) */
  UlakAuthority *authority; /* (owned) */
  const char *action;
  gboolean is_authorized, is_challenge;
  GPtrArray *held; /* (owned): questions to polkit kept open, when not NULL */
  GString *asked;  /* (owned): "ACTION flags|" each */
  const char *unit; /* the unit that systemd says we are in; NULL: none */
  guint polkit_id, target_id, systemd_id;
} Fixture;

static void
answer (Fixture *self, GDBusMethodInvocation *question)
{
  GVariantBuilder details;

  g_variant_builder_init (&details, G_VARIANT_TYPE ("a{ss}"));
  g_dbus_method_invocation_return_value (
      question, g_variant_new ("((bba{ss}))", self->is_authorized, self->is_challenge, &details));
}

static void
polkit_called (GDBusConnection *connection G_GNUC_UNUSED,
               const char *sender G_GNUC_UNUSED,
               const char *path G_GNUC_UNUSED,
               const char *interface G_GNUC_UNUSED,
               const char *method G_GNUC_UNUSED,
               GVariant *parameters,
               GDBusMethodInvocation *invocation,
               gpointer user_data)
{
  Fixture *self = user_data;
  g_autoptr (GVariant) subject = NULL, details = NULL;
  const char *action, *cancellation, *kind;
  guint flags;

  g_variant_get (parameters, "(@(sa{sv})&s@a{ss}u&s)", &subject, &action, &details, &flags, &cancellation);
  g_variant_get_child (subject, 0, "&s", &kind);
  g_assert_cmpstr (kind, ==, "system-bus-name");
  g_string_append_printf (self->asked, "%s %u|", action, flags);
  if (self->held != NULL)
    g_ptr_array_add (self->held, invocation);
  else
    answer (self, invocation);
}

static GVariant *
polkit_property (GDBusConnection *connection G_GNUC_UNUSED,
                 const char *sender G_GNUC_UNUSED,
                 const char *path G_GNUC_UNUSED,
                 const char *interface G_GNUC_UNUSED,
                 const char *property,
                 GError **error G_GNUC_UNUSED,
                 gpointer user_data G_GNUC_UNUSED)
{
  return g_str_equal (property, "BackendFeatures") ? g_variant_new_uint32 (0) : g_variant_new_string ("fake");
}

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  if (ulak_authority_check_finish (ULAK_AUTHORITY (source), result, &error))
    {
      g_dbus_method_invocation_return_value (user_data, NULL);
      return;
    }

  name = g_dbus_error_get_remote_error (error);
  if (name != NULL)
    g_dbus_method_invocation_return_dbus_error (user_data, name, error->message);
  else
    g_dbus_method_invocation_return_gerror (user_data, error);
}

static void
target_called (GDBusConnection *connection G_GNUC_UNUSED,
               const char *sender G_GNUC_UNUSED,
               const char *path G_GNUC_UNUSED,
               const char *interface G_GNUC_UNUSED,
               const char *method G_GNUC_UNUSED,
               GVariant *parameters G_GNUC_UNUSED,
               GDBusMethodInvocation *invocation,
               gpointer user_data)
{
  Fixture *self = user_data;

  ulak_authority_check_async (self->authority, invocation, self->action, checked_cb, invocation);
}

static void
systemd_called (GDBusConnection *connection G_GNUC_UNUSED,
                const char *sender G_GNUC_UNUSED,
                const char *path G_GNUC_UNUSED,
                const char *interface G_GNUC_UNUSED,
                const char *method G_GNUC_UNUSED,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  Fixture *self = user_data;
  g_autofree char *unit_path = NULL;
  guint32 pid;

  g_variant_get (parameters, "(u)", &pid);
  g_assert_cmpuint (pid, ==, getpid ());
  if (self->unit == NULL)
    {
      g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.systemd1.NoUnitForPID", "none");
      return;
    }
  g_assert_cmpint (sd_bus_path_encode ("/org/freedesktop/systemd1/unit", self->unit, &unit_path), >=, 0);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", unit_path));
}

static const GDBusInterfaceVTable systemd_vtable = { systemd_called, NULL, NULL, { NULL } };
static const GDBusInterfaceVTable polkit_vtable = { polkit_called, polkit_property, NULL, { NULL } };
static const GDBusInterfaceVTable target_vtable = { target_called, NULL, NULL, { NULL } };

static guint
export_object (GDBusConnection *connection,
               const char *path,
               const char *xml,
               const GDBusInterfaceVTable *vtable,
               Fixture *self)
{
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);
  guint id = g_dbus_connection_register_object (connection, path, node->interfaces[0], vtable, self, NULL, NULL);

  g_assert_cmpuint (id, !=, 0);
  return id;
}

static GDBusConnection *
connect_to_bus (void)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (bus),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL,
      &error);

  g_assert_no_error (error);
  return connection;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  const uid_t uid = data != NULL ? (uid_t) STRANGER : geteuid ();

  self->service = connect_to_bus ();
  self->client = connect_to_bus ();
  self->authority = ulak_authority_new_for_uids (self->service, &uid, 1, data == lines ? geteuid () : ULAK_NO_UID);
  self->action = ULAK_ACTION_MESSAGE_READ;
  self->asked = g_string_new (NULL);
  self->polkit_id = export_object (polkit_connection, POLKIT_PATH, polkit_xml, &polkit_vtable, self);
  self->systemd_id
      = export_object (polkit_connection, "/org/freedesktop/systemd1", systemd_xml, &systemd_vtable, self);
  self->target_id = export_object (self->service, "/", target_xml, &target_vtable, self);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_dbus_connection_unregister_object (polkit_connection, self->polkit_id);
  g_dbus_connection_unregister_object (polkit_connection, self->systemd_id);
  g_dbus_connection_unregister_object (self->service, self->target_id);
  g_assert_true (g_dbus_connection_close_sync (self->client, NULL, NULL));
  g_assert_true (g_dbus_connection_close_sync (self->service, NULL, NULL));
  g_object_unref (self->client);
  g_object_unref (self->authority);
  g_object_unref (self->service);
  g_string_free (self->asked, TRUE);
}

static void
begin (Fixture *self, GDBusCallFlags flags, GAsyncResult **result_out)
{
  g_dbus_connection_call (self->client, g_dbus_connection_get_unique_name (self->service), "/", "org.ulak.Test1",
                          "Do", NULL, NULL, flags, AWAIT_TIMEOUT_S * 1000, NULL, await_result_cb, result_out);
}

static char *
end (Fixture *self, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (self->client, result, &error);

  return reply != NULL ? g_strdup ("ok") : g_dbus_error_get_remote_error (error);
}

static void
assert_do (Fixture *self, GDBusCallFlags flags, const char *expected)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *outcome = NULL;

  begin (self, flags, &result);
  AWAIT (result != NULL);
  outcome = end (self, result);
  g_assert_cmpstr (outcome, ==, expected);
}

static void
test_the_suite_is_allowed_without_asking (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  self->action = ULAK_ACTION_SUITE_ONLY;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  g_assert_cmpstr (self->asked->str, ==, "");
}

static void
test_anyone_is_allowed_where_anyone_is (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->action = ULAK_ACTION_ANYONE;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  g_assert_cmpstr (self->asked->str, ==, "");
}

static void
test_a_stranger_never_does_what_only_the_suite_does (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->is_authorized = TRUE;
  self->action = ULAK_ACTION_SUITE_ONLY;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.ulak.Error.NotAllowed");
  g_assert_cmpstr (self->asked->str, ==, "");
}

static void
test_a_line_passes_only_where_lines_do (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->action = ULAK_ACTION_OR_LINE (ULAK_ACTION_SUITE_ONLY);
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  self->action = ULAK_ACTION_OR_LINE (ULAK_ACTION_MESSAGE_READ);
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  self->action = ULAK_ACTION_SUITE_ONLY;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.ulak.Error.NotAllowed");
  g_assert_cmpstr (self->asked->str, ==, "");
  self->action = ULAK_ACTION_ACCOUNT_MANAGE;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.ulak.Error.NotAllowed");
  g_assert_cmpstr (self->asked->str, ==, "org.ulak.account.manage 0|");
}

static void
assert_line (Fixture *self, const char *account, gboolean is_allowed)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_authority_check_line_async (self->authority, g_dbus_connection_get_unique_name (self->client), account,
                                   await_result_cb, &result);
  AWAIT (result != NULL);
  g_assert_true (ulak_authority_check_line_finish (result, &error) == is_allowed);
  if (!is_allowed)
    g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED);
}

static void
test_a_line_speaks_for_its_own_account_only (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  self->action = ULAK_ACTION_OR_LINE (ULAK_ACTION_SUITE_ONLY);
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  assert_line (self, "sales", data == NULL);
  reply = g_dbus_connection_call_sync (self->client, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", ULAK_BUS_NAME_ACCOUNT_PREFIX "sales", 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  assert_line (self, "sales", data == NULL); /* owns the name and is in no unit: the name of a stopped line was taken */
  self->unit = "ulak-whatsapp@support.service";
  assert_line (self, "sales", data == NULL);
  self->unit = "ulak-whatsapp@sales.service";
  assert_line (self, "sales", TRUE);
  assert_line (self, "support", data == NULL);
  assert_line (self, "sales/../x y", data == NULL);
  self->unit = NULL;
  assert_line (self, "sales", TRUE); /* asked once per connection */
}

static void
test_what_lines_may_is_closed_to_strangers (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->is_authorized = TRUE;
  self->action = ULAK_ACTION_OR_LINE (ULAK_ACTION_SUITE_ONLY);
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.ulak.Error.NotAllowed");
  g_assert_cmpstr (self->asked->str, ==, "");
  self->action = ULAK_ACTION_OR_LINE (ULAK_ACTION_MESSAGE_READ);
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  g_assert_cmpstr (self->asked->str, ==, "org.ulak.message.read 0|");
}

static void
test_polkit_decides_for_a_stranger (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->is_authorized = TRUE;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
  self->is_authorized = FALSE;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.ulak.Error.NotAllowed");
  g_assert_cmpstr (self->asked->str, ==, "org.ulak.message.read 0|org.ulak.message.read 0|");
}

static void
test_interaction_is_asked_for_only_if_the_call_allows_it (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->is_challenge = TRUE;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired");
  assert_do (self, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
             "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired");
  g_assert_cmpstr (self->asked->str, ==, "org.ulak.message.read 0|org.ulak.message.read 1|");
}

static void
test_without_polkit_only_the_suite_is_allowed (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_dbus_connection_unregister_object (polkit_connection, self->polkit_id);
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.ulak.Error.NotAllowed");
  self->polkit_id = export_object (polkit_connection, POLKIT_PATH, polkit_xml, &polkit_vtable, self);
  self->is_authorized = TRUE;
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
}

static void
test_one_user_has_a_bounded_number_of_open_questions (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  GAsyncResult *results[ULAK_AUTHORITY_MAX_PENDING_PER_UID] = { NULL };

  self->held = g_ptr_array_new ();
  self->is_authorized = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    begin (self, G_DBUS_CALL_FLAGS_NONE, &results[i]);
  AWAIT (self->held->len == G_N_ELEMENTS (results));
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "org.ulak.Error.Full");

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    answer (self, self->held->pdata[i]);
  g_clear_pointer (&self->held, g_ptr_array_unref);
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autofree char *outcome = NULL;

      AWAIT (results[i] != NULL);
      outcome = end (self, results[i]);
      g_assert_cmpstr (outcome, ==, "ok");
      g_object_unref (results[i]);
    }
  assert_do (self, G_DBUS_CALL_FLAGS_NONE, "ok");
}

static void
test_a_peer_is_asked_for_once_and_forgotten_when_it_leaves (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakPeers) peers = ulak_peers_new (self->service);
  g_autoptr (GDBusConnection) guest = connect_to_bus ();
  g_autofree char *name = g_strdup (g_dbus_connection_get_unique_name (guest));
  g_autoptr (GAsyncResult) known = NULL, gone = NULL;
  g_autoptr (GError) error = NULL;
  uid_t uid;

  ulak_peers_lookup_uid_async (peers, name, await_result_cb, &known);
  AWAIT (known != NULL);
  g_assert_true (ulak_peers_lookup_uid_finish (peers, known, &uid, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (uid, ==, geteuid ());
  g_assert_true (ulak_peers_peek_uid (peers, name, NULL));

  g_assert_true (g_dbus_connection_close_sync (guest, NULL, NULL));
  AWAIT (ulak_peers_count (peers) == 0);
  ulak_peers_lookup_uid_async (peers, name, await_result_cb, &gone);
  AWAIT (gone != NULL);
  g_assert_false (ulak_peers_lookup_uid_finish (peers, gone, &uid, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_ALLOWED);
}

static void
name_acquired_cb (GDBusConnection *connection G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

#define ADD(name, who, func) g_test_add ("/authority/" name, Fixture, who, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gboolean is_owned = FALSE;
  int status;

  g_test_init (&argc, &argv, NULL);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (bus), TRUE);
  polkit_connection = connect_to_bus ();
  polkit_name_id = g_bus_own_name_on_connection (polkit_connection, POLKIT_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                                                 name_acquired_cb, NULL, &is_owned, NULL);
  AWAIT (is_owned);
  is_owned = FALSE;
  systemd_name_id = g_bus_own_name_on_connection (polkit_connection, "org.freedesktop.systemd1", G_BUS_NAME_OWNER_FLAGS_NONE,
                                                  name_acquired_cb, NULL, &is_owned, NULL);
  AWAIT (is_owned);
  ADD ("the suite is allowed without asking", NULL, test_the_suite_is_allowed_without_asking);
  ADD ("anyone is allowed where anyone is", "stranger", test_anyone_is_allowed_where_anyone_is);
  ADD ("a stranger never does what only the suite does", "stranger",
       test_a_stranger_never_does_what_only_the_suite_does);
  ADD ("a line passes only where lines do", lines, test_a_line_passes_only_where_lines_do);
  ADD ("a line speaks for its own account only", lines, test_a_line_speaks_for_its_own_account_only);
  ADD ("a service speaks for every account", NULL, test_a_line_speaks_for_its_own_account_only);
  ADD ("what lines may do is closed to strangers", "stranger", test_what_lines_may_is_closed_to_strangers);
  ADD ("polkit decides for a stranger", "stranger", test_polkit_decides_for_a_stranger);
  ADD ("interaction is asked for only if the call allows it", "stranger",
       test_interaction_is_asked_for_only_if_the_call_allows_it);
  ADD ("without polkit only the suite is allowed", "stranger", test_without_polkit_only_the_suite_is_allowed);
  ADD ("one user has a bounded number of open questions", "stranger",
       test_one_user_has_a_bounded_number_of_open_questions);
  ADD ("a peer is asked for once and forgotten when it leaves", NULL,
       test_a_peer_is_asked_for_once_and_forgotten_when_it_leaves);
  status = g_test_run ();
  g_bus_unown_name (polkit_name_id);
  g_bus_unown_name (systemd_name_id);
  g_object_unref (polkit_connection);
  g_test_dbus_stop (bus);
  return status;
}
