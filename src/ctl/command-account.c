/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl account: the lines.
 */
#include "ctl/command.h"

#include "core/json.h"

static const UlakColumn columns[] = {
  { "id", "id" }, { "network", "network" }, { "backend", "backend" }, { "state", "state" },
  { "wanted", "wanted" }, { "name", "name" },
};

/* Options that become settings of the account. */
static const struct
{
  const char *option;
  const char *setting;
} settings[] = {
  { "phone-number-id", "phone_number_id" }, { "waba-id", "waba_id" }, { "access-token", "access_token" },
  { "app-secret", "app_secret" },           { "verify-token", "verify_token" }, { "device-name", "device_name" },
  { "history", "history" },
  { "history-days", "history_days" },
};

/* What is no number is said by the API, with what is allowed. */
static void
set_setting (JsonObject *account_settings, const char *setting, const char *text)
{
  guint64 number;

  if (g_str_equal (setting, "history_days") && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &number, NULL))
    json_object_set_int_member (account_settings, setting, (gint64) number);
  else
    json_object_set_string_member (account_settings, setting, text);
}

static char *
make_account (UlakInvocation *self)
{
  g_autoptr (JsonObject) account = json_object_new ();
  JsonObject *inner = json_object_new ();
  const char *backend = ulak_invocation_get (self, "backend");
  const char *name = ulak_invocation_get (self, "name");

  json_object_set_string_member (account, "id", self->arguments[0]);
  json_object_set_string_member (account, "network", "whatsapp");
  json_object_set_string_member (account, "backend", backend != NULL ? backend : "cloud");
  if (name != NULL)
    json_object_set_string_member (account, "name", name);
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    if (ulak_invocation_has (self, settings[i].option))
      set_setting (inner, settings[i].setting, ulak_invocation_get (self, settings[i].option));
  json_object_set_object_member (account, "settings", inner);
  return ulak_json_print_object (account);
}

static gboolean
add (UlakInvocation *self, GError **error)
{
  g_autofree char *account = make_account (self);
  g_autoptr (GVariant) reply = NULL;
  const char *added;

  reply = ulak_client_call (self->client, &ulak_client_api, "AddAccount",
                            g_variant_new ("(s@a{sv})", account, ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s)", &added);
  ulak_print_document (self, added, columns, G_N_ELEMENTS (columns));
  return TRUE;
}

static gboolean
list (UlakInvocation *self, GError **error)
{
  g_autofree char *rows
      = ulak_client_list_all (self->client, &ulak_client_api, NULL, "ListAccounts", NULL, 10000, error);

  if (rows == NULL)
    return FALSE;

  ulak_print_rows (self, rows, columns, G_N_ELEMENTS (columns));
  return TRUE;
}

static gboolean
do_with_account (UlakInvocation *self, const char *method, const char *sentence, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = ulak_client_call (self->client, &ulak_client_api, method,
                            g_variant_new ("(s@a{sv})", self->arguments[0], ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  ulak_print_done (self, "%s: %s", self->arguments[0], sentence);
  return TRUE;
}

static gboolean
start (UlakInvocation *self, GError **error)
{
  return do_with_account (self, "StartAccount", "started; see: ulakctl account list", error);
}

static gboolean
stop (UlakInvocation *self, GError **error)
{
  return do_with_account (self, "StopAccount", "stopped", error);
}

static gboolean
remove_account (UlakInvocation *self, GError **error)
{
  return do_with_account (self, "RemoveAccount", "removed", error);
}

static gboolean
get_settings (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  GVariant *options = ulak_client_make_options (self->client);
  const char *text;

  if (self->n_arguments == 1)
    reply = ulak_client_call_line (self->client, self->arguments[0], "GetSettings", g_variant_new ("(@a{sv})", options),
                                   NULL, error);
  else
    reply = ulak_client_call_line (self->client, self->arguments[0], "SetSettings",
                                   g_variant_new ("(s@a{sv})", self->arguments[1], options), NULL, error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s)", &text);
  g_print ("%s\n", text);
  return TRUE;
}

const UlakCommand ulak_account_commands[] = {
  { "account", "add", "ACCOUNT", 1, 1,
    "backend=NAME name=TEXT phone-number-id=ID waba-id=ID access-token=secret:NAME app-secret=secret:NAME "
    "verify-token=secret:NAME device-name=TEXT history=none|recent|full history-days=N",
    TRUE, add, "add a line; secrets are named, never given here" },
  { "account", "list", "", 0, 0, "", TRUE, list, "list the lines and their states" },
  { "account", "start", "ACCOUNT", 1, 1, "", TRUE, start, "start a line, now and at every boot" },
  { "account", "stop", "ACCOUNT", 1, 1, "", TRUE, stop, "stop a line and leave it stopped" },
  { "account", "settings", "ACCOUNT [JSON]", 1, 2, "", TRUE, get_settings, "show the settings of a line, or change some" },
  { "account", "remove", "ACCOUNT", 1, 1, "", TRUE, remove_account, "stop a line and forget it; its folder stays" },
  { NULL },
};
