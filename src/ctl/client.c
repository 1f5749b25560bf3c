/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "ctl/client.h"

#include "core/context.h"
#include "core/error.h"
#include "core/id.h"
#include "core/names.h"

#include <json-glib/json-glib.h>

#define CALL_TIMEOUT_MS 60000 /* a media upload is the longest call */
#define PAGE_MAX 200          /* what one call may list */

const UlakClientTarget ulak_client_api = { ULAK_BUS_NAME_API, ULAK_OBJECT_PATH_API, "org.ulak.Api1" };
const UlakClientTarget ulak_client_webhooks
    = { ULAK_BUS_NAME_WEBHOOKS, ULAK_OBJECT_PATH_WEBHOOKS, "org.ulak.Webhooks1" };

struct _UlakClient
{
  GDBusConnection *connection; /* (owned) */
  UlakClock *clock;            /* (owned) */
  UlakRandom *random;          /* (owned) */
};

/**
 * ulak_client_new:
 *
 * Errors: %ULAK_ERROR_UNAVAILABLE when there is no system bus.
 * Returns: (transfer full) (nullable): a client connected to the system bus
 */
UlakClient *
ulak_client_new (GError **error)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) local_error = NULL;
  UlakClient *self;

  (void) ULAK_ERROR; /* registers the names, so that replies come back as our codes */
  connection = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &local_error);
  if (connection == NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE, "Cannot reach the system bus: %s", local_error->message);
      return NULL;
    }

  self = g_new0 (UlakClient, 1);
  self->connection = g_steal_pointer (&connection);
  self->clock = ulak_clock_system_new ();
  self->random = ulak_random_system_new ();
  return self;
}

void
ulak_client_free (UlakClient *self)
{
  if (self == NULL)
    return;

  g_clear_object (&self->connection);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
  g_free (self);
}

GDBusConnection *
ulak_client_get_connection (UlakClient *self)
{
  return self->connection;
}

/** ulak_client_make_id: Returns: (transfer full): a fresh message id */
char *
ulak_client_make_id (UlakClient *self)
{
  return ulak_id_new (self->clock, self->random);
}

/** ulak_client_make_options: Returns: (transfer floating): the options of one call: a fresh request id */
GVariant *
ulak_client_make_options (UlakClient *self)
{
  return ulak_context_make_options (self->clock, self->random);
}

static void
replace_error (GError *error, UlakError code, char *sentence)
{
  error->domain = ULAK_ERROR;
  error->code = (int) code;
  g_free (error->message);
  error->message = sentence;
}

/* Turns what the bus says into what a person can do. */
static void
explain (GError *error, const UlakClientTarget *target)
{
  /* GLib 2.74 has no code for this one. */
  g_autofree char *name = g_dbus_error_get_remote_error (error);
  gboolean is_asked = g_strcmp0 (name, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") == 0;
  gboolean is_away = g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
                     || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);

  ulak_error_strip_remote (error);
  if (is_asked)
    replace_error (error, ULAK_ERROR_NOT_ALLOWED,
                   g_strdup ("This needs an administrator, or a member of the group ulak-users for reading and sending"));
  else if (is_away && g_str_has_prefix (target->bus_name, ULAK_BUS_NAME_ACCOUNT_PREFIX))
    {
      const char *account = target->bus_name + strlen (ULAK_BUS_NAME_ACCOUNT_PREFIX);

      replace_error (error, ULAK_ERROR_WRONG_STATE,
                     g_strdup_printf ("The line ‘%s’ is not running; start it with: ulakctl account start %s", account, account));
    }
  else if (is_away)
    replace_error (error, ULAK_ERROR_UNAVAILABLE,
                   g_strdup_printf ("%s is not running; start it with: systemctl start ulak.target", target->bus_name));
}

/**
 * ulak_client_call_with_fds:
 * @parameters: (transfer floating): all arguments, the options included
 * @fds_in: (nullable): descriptors that @parameters refer to
 * @fds_out: (out) (optional) (transfer full): descriptors of the reply
 *
 * Errors: what the service says, as %ULAK_ERROR; one that is not running is named with what to do.
 * Returns: (transfer full) (nullable): the reply's tuple
 */
GVariant *
ulak_client_call_with_fds (UlakClient *self,
                           const UlakClientTarget *target,
                           const char *method,
                           GVariant *parameters,
                           GUnixFDList *fds_in,
                           GUnixFDList **fds_out,
                           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GVariant *reply;

  reply = g_dbus_connection_call_with_unix_fd_list_sync (
      self->connection, target->bus_name, target->object_path, target->interface, method, parameters, NULL,
      G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, CALL_TIMEOUT_MS, fds_in, fds_out, NULL, &local_error);
  if (reply == NULL)
    {
      explain (local_error, target);
      g_propagate_error (error, g_steal_pointer (&local_error));
    }
  return reply;
}

GVariant *
ulak_client_call (UlakClient *self, const UlakClientTarget *target, const char *method, GVariant *parameters, GError **error)
{
  return ulak_client_call_with_fds (self, target, method, parameters, NULL, NULL, error);
}

/** ulak_client_call_line: ulak_client_call() on org.ulak.Account1 of @account, whose id is checked first */
GVariant *
ulak_client_call_line (UlakClient *self,
                       const char *account,
                       const char *method,
                       GVariant *parameters,
                       GUnixFDList *fds,
                       GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (parameters);
  g_autofree char *bus_name = NULL, *path = NULL;

  if (!ulak_account_id_is_valid (account))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                   "‘%s’ is no account id: a lower-case letter, then up to 31 of a-z, 0-9 and _", account);
      return NULL;
    }

  bus_name = g_strconcat (ULAK_BUS_NAME_ACCOUNT_PREFIX, account, NULL);
  path = g_strconcat (ULAK_OBJECT_PATH_ACCOUNT_PREFIX, account, NULL);
  return ulak_client_call_with_fds (self, &(UlakClientTarget){ bus_name, path, "org.ulak.Account1" }, method, owned, fds,
                                    NULL, error);
}

static void
append_page (JsonArray *all, const char *page)
{
  g_autoptr (JsonNode) node = json_from_string (page, NULL);

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
    json_array_add_element (all, json_node_copy (json_array_get_element (json_node_get_array (node), i)));
}

/**
 * ulak_client_list_all:
 * @account_or_null: a line to ask instead of @target
 * @first_argument_or_null: what comes before cursor and limit
 * @limit: how many rows at most
 *
 * Reads page after page of a listing method.
 *
 * Returns: (transfer full) (nullable): one JSON array
 */
char *
ulak_client_list_all (UlakClient *self,
                      const UlakClientTarget *target,
                      const char *account_or_null,
                      const char *method,
                      const char *first_argument_or_null,
                      guint limit,
                      GError **error)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (JsonArray) all = json_array_new ();
  g_autofree char *cursor = g_strdup ("");

  do
    {
      guint page = MIN (limit - json_array_get_length (all), PAGE_MAX);
      GVariant *options = ulak_client_make_options (self);
      GVariant *parameters = first_argument_or_null != NULL
                                 ? g_variant_new ("(ssu@a{sv})", first_argument_or_null, cursor, page, options)
                                 : g_variant_new ("(su@a{sv})", cursor, page, options);
      g_autoptr (GVariant) reply = NULL;
      const char *rows;

      reply = account_or_null != NULL
                  ? ulak_client_call_line (self, account_or_null, method, parameters, NULL, error)
                  : ulak_client_call (self, target, method, parameters, error);
      if (reply == NULL)
        return NULL;

      g_free (cursor);
      g_variant_get (reply, "(&ss)", &rows, &cursor);
      append_page (all, rows);
    }
  while (*cursor != '\0' && json_array_get_length (all) < limit);

  json_node_set_array (node, all);
  return json_to_string (node, FALSE);
}
