/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl status: how the suite is.
 */
#include "ctl/command.h"

#include "core/json.h"

static const UlakColumn check_columns[] = { { "service", "service" }, { "check", "name" }, { "status", "status" }, { "", "detail" } };
static const UlakColumn line_columns[] = {
  { "account", "id" }, { "state", "state" }, { "wanted", "wanted" }, { "queue", "queue_depth" }, { "held", "held" }, { "last error", "last_error" },
};

static void
print_rows_of (JsonObject *status, const char *member, const UlakColumn *columns, gsize n_columns)
{
  JsonArray *rows = ulak_json_peek_array (status, member);
  g_autofree char *text = rows != NULL ? ulak_table_print (rows, columns, n_columns) : g_strdup ("");

  if (*text != '\0')
    g_print ("\n%s", text);
}

static gboolean
status (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (JsonObject) document = NULL;
  const char *text, *overall;

  reply = ulak_client_call (self->client, &ulak_client_api, "Status",
                            g_variant_new ("(@a{sv})", ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s)", &text);
  if (self->as_json)
    {
      g_print ("%s\n", text);
      return TRUE;
    }
  document = ulak_json_parse_object (text, strlen (text), &ULAK_JSON_LIMITS_CALLBACK, error);
  if (document == NULL)
    return FALSE;

  overall = ulak_json_peek_string (document, "overall");
  g_print ("Ulak is %s.\n", overall != NULL ? overall : "unhealthy");
  print_rows_of (document, "checks", check_columns, G_N_ELEMENTS (check_columns));
  print_rows_of (document, "accounts", line_columns, G_N_ELEMENTS (line_columns));
  return TRUE;
}

const UlakCommand ulak_status_commands[] = {
  { "status", NULL, "", 0, 0, "", TRUE, status, "show the health of the services and the state of the lines" },
  { NULL },
};
