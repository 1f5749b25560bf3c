/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * org.ulak.Api1: API keys, and how everything is.
 */
#include "api/bus-private.h"

#include "api/survey.h"
#include "core/error.h"
#include "core/json.h"

#include <sodium.h>
#include <string.h>

typedef struct
{
  UlakCall *call;
  UlakApi *api;
} KeyCall;

static KeyCall *
key_call_new (UlakCall *call, gpointer self)
{
  KeyCall *key_call = g_new0 (KeyCall, 1);

  key_call->call = call;
  key_call->api = ulak_bus_adapter_get_api (self);
  return key_call;
}

static const char *
get_text (UlakCall *call)
{
  const char *text;

  g_variant_get_child (ulak_call_get_parameters (call), 0, "&s", &text);
  return text;
}

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree KeyCall *self = user_data;
  g_autofree char *id = NULL;
  GError *error = NULL;
  char *key = ulak_keys_add_finish (ULAK_KEYS (source), result, &id, &error);

  if (key == NULL)
    {
      ulak_call_fail (self->call, error);
      return;
    }
  ulak_service_audit (self->api->service, ulak_call_get_who (self->call), "key.add", id, "ok");
  ulak_call_return (self->call, g_variant_new ("(ss)", id, key));
  sodium_memzero (key, strlen (key));
  g_free (key);
}

void
ulak_bus_add_key (UlakCall *call, gpointer self)
{
  ulak_keys_add_async (ulak_bus_adapter_get_api (self)->keys, get_text (call), added_cb, key_call_new (call, self));
}

void
ulak_bus_list_keys (UlakCall *call, gpointer self)
{
  ulak_call_return (call, g_variant_new ("(@a(ssxx))", ulak_keys_list (ulak_bus_adapter_get_api (self)->keys)));
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree KeyCall *self = user_data;
  GError *error = NULL;

  if (!ulak_keys_remove_finish (ULAK_KEYS (source), result, &error))
    {
      ulak_call_fail (self->call, error);
      return;
    }
  ulak_service_audit (self->api->service, ulak_call_get_who (self->call), "key.remove", get_text (self->call), "ok");
  ulak_call_return (self->call, NULL);
}

void
ulak_bus_remove_key (UlakCall *call, gpointer self)
{
  ulak_keys_remove_async (ulak_bus_adapter_get_api (self)->keys, get_text (call), removed_cb, key_call_new (call, self));
}

static JsonArray *
make_lines (UlakApi *api)
{
  g_autoptr (GPtrArray) rows = ulak_accounts_list (api->accounts);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < rows->len; i++)
    {
      const UlakAccountRow *row = rows->pdata[i];
      JsonObject *object = json_object_new ();
      UlakLineFacts facts;

      ulak_lines_get_facts (api->lines, row->id, &facts);
      json_object_set_string_member (object, "id", row->id);
      json_object_set_string_member (object, "state", facts.state);
      json_object_set_boolean_member (object, "wanted", row->wanted);
      json_object_set_int_member (object, "queue_depth", facts.queue_depth);
      json_object_set_int_member (object, "held", facts.held);
      json_object_set_string_member (object, "last_error", facts.last_error);
      json_array_add_object_element (array, object);
    }
  return array;
}

static void
health_cb (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree KeyCall *self = user_data;
  g_autoptr (JsonObject) document = NULL;
  g_autofree char *text = NULL;
  GError *error = NULL;
  g_autoptr (GPtrArray) checks = ulak_survey_health_finish (result, &error);

  if (checks == NULL)
    {
      ulak_call_fail (self->call, error);
      return;
    }
  document = json_object_new ();
  json_object_set_string_member (document, "overall", ulak_survey_get_overall (checks));
  json_object_set_array_member (document, "checks", ulak_survey_checks_to_json (checks));
  json_object_set_array_member (document, "accounts", make_lines (self->api));
  text = ulak_json_print_object (document);
  ulak_call_return (self->call, g_variant_new ("(s)", text));
}

static void
units_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  KeyCall *self = user_data;

  ulak_lines_refresh_units_finish (ULAK_LINES (source), result);
  ulak_survey_health_async (self->api->survey, health_cb, self);
}

void
ulak_bus_status (UlakCall *call, gpointer self)
{
  ulak_lines_refresh_units_async (ulak_bus_adapter_get_api (self)->lines, units_cb, key_call_new (call, self));
}
