/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * ulakctl webhook: endpoints and deliveries.
 */
#include "ctl/command.h"

#include "core/clock.h"
#include "core/json.h"

static const UlakColumn columns[] = {
  { "id", "id" }, { "url", "url" }, { "enabled", "enabled" }, { "events", "events" }, { "description", "description" },
};
static const UlakColumn added_columns[] = { { "id", "id" }, { "url", "url" }, { "secret", "secret" } };
static const UlakColumn delivery_columns[] = {
  { "id", "id" }, { "event", "event_type" }, { "chat", "chat" }, { "status", "status" }, { "attempts", "attempts" },
  { "created", "created_at" }, { "next", "next_at" }, { "error", "attempts.last.error" }, { "answer", "attempts.last.answer" },
};
static const UlakColumn test_columns[] = {
  { "delivered", "delivered" }, { "status", "status" }, { "latency_ms", "latency_ms" }, { "error", "error" }, { "answer", "answer" },
};

static void
set_list (JsonObject *object, const char *member, const char *comma_separated)
{
  g_auto (GStrv) items = g_strsplit (comma_separated, ",", -1);
  JsonArray *array = json_array_new ();

  for (guint i = 0; items[i] != NULL; i++)
    if (*items[i] != '\0')
      json_array_add_string_element (array, items[i]);
  json_object_set_array_member (object, member, array);
}

static char *
make_endpoint (UlakInvocation *self, const char *url_or_null)
{
  g_autoptr (JsonObject) endpoint = json_object_new ();

  if (url_or_null != NULL)
    json_object_set_string_member (endpoint, "url", url_or_null);
  if (ulak_invocation_has (self, "events"))
    set_list (endpoint, "events", ulak_invocation_get (self, "events"));
  if (ulak_invocation_has (self, "accounts"))
    set_list (endpoint, "accounts", ulak_invocation_get (self, "accounts"));
  if (ulak_invocation_has (self, "description"))
    json_object_set_string_member (endpoint, "description", ulak_invocation_get (self, "description"));
  if (ulak_invocation_has (self, "schedule"))
    json_object_set_string_member (endpoint, "schedule", ulak_invocation_get (self, "schedule"));
  if (ulak_invocation_has (self, "enable") || ulak_invocation_has (self, "disable"))
    json_object_set_boolean_member (endpoint, "enabled", ulak_invocation_has (self, "enable"));
  return ulak_json_print_object (endpoint);
}

/* Calls a method whose reply is one document, and prints it. */
static gboolean
call_and_print (UlakInvocation *self,
                const char *method,
                GVariant *parameters,
                const UlakColumn *shown,
                gsize n_shown,
                GError **error)
{
  g_autoptr (GVariant) reply = ulak_client_call (self->client, &ulak_client_webhooks, method, parameters, error);
  const char *document;

  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s)", &document);
  ulak_print_document (self, document, shown, n_shown);
  return TRUE;
}

static gboolean
add (UlakInvocation *self, GError **error)
{
  g_autofree char *endpoint = make_endpoint (self, self->arguments[0]);

  return call_and_print (self, "AddEndpoint", g_variant_new ("(s@a{sv})", endpoint, ulak_client_make_options (self->client)),
                         added_columns, G_N_ELEMENTS (added_columns), error);
}

static gboolean
update (UlakInvocation *self, GError **error)
{
  g_autofree char *changes = make_endpoint (self, ulak_invocation_get (self, "url"));

  return call_and_print (self, "UpdateEndpoint",
                         g_variant_new ("(ss@a{sv})", self->arguments[0], changes, ulak_client_make_options (self->client)),
                         columns, G_N_ELEMENTS (columns), error);
}

static gboolean
list (UlakInvocation *self, GError **error)
{
  g_autofree char *rows
      = ulak_client_list_all (self->client, &ulak_client_webhooks, NULL, "ListEndpoints", NULL, 10000, error);

  if (rows == NULL)
    return FALSE;

  ulak_print_rows (self, rows, columns, G_N_ELEMENTS (columns));
  return TRUE;
}

static gboolean
remove_endpoint (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = ulak_client_call (self->client, &ulak_client_webhooks, "RemoveEndpoint",
                            g_variant_new ("(s@a{sv})", self->arguments[0], ulak_client_make_options (self->client)), error);
  if (reply == NULL)
    return FALSE;

  ulak_print_done (self, "%s: removed", self->arguments[0]);
  return TRUE;
}

static gboolean
list_deliveries (UlakInvocation *self, GError **error)
{
  guint limit;
  g_autofree char *rows = NULL;

  if (!ulak_invocation_get_limit (self, 50, &limit, error))
    return FALSE;
  rows = ulak_client_list_all (self->client, &ulak_client_webhooks, NULL, "ListDeliveries", self->arguments[0], limit, error);
  if (rows == NULL)
    return FALSE;

  ulak_print_rows (self, rows, delivery_columns, G_N_ELEMENTS (delivery_columns));
  return TRUE;
}

static GVariant *
make_since_options (UlakInvocation *self)
{
  g_autoptr (GVariant) options = g_variant_ref_sink (ulak_client_make_options (self->client));
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (options);

  if (ulak_invocation_has (self, "only-failed"))
    g_variant_dict_insert (&dict, "only-failed", "b", TRUE);
  return g_variant_dict_end (&dict);
}

static GVariant *
replay_since (UlakInvocation *self, GError **error)
{
  const char *since = ulak_invocation_get (self, "since");
  gint64 since_us;

  if (!ulak_parse_rfc3339 (since, &since_us))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--since is ‘%s’; allowed is a time like 2026-11-25T08:30:00Z", since);
      return NULL;
    }
  return ulak_client_call (self->client, &ulak_client_webhooks, "ReplaySince",
                           g_variant_new ("(sx@a{sv})", self->arguments[0], since_us, make_since_options (self)), error);
}

static gboolean
replay (UlakInvocation *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  guint count;

  if (ulak_invocation_has (self, "since") == (self->n_arguments > 1))
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "Give either delivery ids or --since TIME");
      return FALSE;
    }

  if (ulak_invocation_has (self, "since"))
    reply = replay_since (self, error);
  else
    reply = ulak_client_call (self->client, &ulak_client_webhooks, "Replay",
                              g_variant_new ("(s@as@a{sv})", self->arguments[0],
                                             g_variant_new_strv ((const char *const *) self->arguments + 1, -1),
                                             ulak_client_make_options (self->client)),
                              error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(u)", &count);
  g_print (self->as_json ? "{\"count\":%u}\n" : "%u queued again\n", count);
  return TRUE;
}

static gboolean
test (UlakInvocation *self, GError **error)
{
  return call_and_print (self, "Test",
                         g_variant_new ("(s@a{sv})", self->arguments[0], ulak_client_make_options (self->client)),
                         test_columns, G_N_ELEMENTS (test_columns), error);
}

static gboolean
rotate_secret (UlakInvocation *self, GError **error)
{
  const char *grace = ulak_invocation_get (self, "grace");
  g_autoptr (GVariant) reply = NULL;
  guint64 grace_s = 86400; /* a day: time to change every receiver without haste */
  const char *secret;

  if (grace != NULL && !g_ascii_string_to_unsigned (grace, 10, 0, 604800, &grace_s, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--grace is ‘%s’; allowed 0 to 604800 seconds", grace);
      return FALSE;
    }
  reply = ulak_client_call (self->client, &ulak_client_webhooks, "RotateSecret",
                            g_variant_new ("(su@a{sv})", self->arguments[0], (guint) grace_s, ulak_client_make_options (self->client)),
                            error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(&s)", &secret);
  g_print (self->as_json ? "{\"secret\":\"%s\"}\n" : "%s\n", secret);
  return TRUE;
}

const UlakCommand ulak_webhook_commands[] = {
  { "webhook", "add", "URL", 1, 1, "events=TYPE,... accounts=ACCOUNT,... description=TEXT schedule=default|standard", TRUE, add,
    "add an endpoint and print its signing secret, once" },
  { "webhook", "list", "", 0, 0, "", TRUE, list, "list the endpoints" },
  { "webhook", "update", "ID", 1, 1, "url=URL events=TYPE,... accounts=ACCOUNT,... description=TEXT schedule=NAME enable disable", TRUE,
    update, "change an endpoint" },
  { "webhook", "remove", "ID", 1, 1, "", TRUE, remove_endpoint, "remove an endpoint and cancel its queue" },
  { "webhook", "deliveries", "ID", 1, 1, "limit=N", TRUE, list_deliveries, "list deliveries, newest first" },
  { "webhook", "replay", "ID [DELIVERY...]", 1, 500, "since=TIME only-failed", TRUE, replay,
    "queue deliveries again: some, or all events since a time" },
  { "webhook", "test", "ID", 1, 1, "", TRUE, test, "send a test event now and show the answer" },
  { "webhook", "rotate-secret", "ID", 1, 1, "grace=SECONDS", TRUE, rotate_secret,
    "make a new signing secret; the old one signs too for a while" },
  { NULL },
};
