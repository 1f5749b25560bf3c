/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Methods about endpoints: made, changed, listed, tried.
 */
#include "webhooks/adapter-calls.h"

#include "core/error.h"
#include "core/event-types.h"
#include "core/id.h"
#include "core/json.h"
#include "webhooks/documents.h"

#define GRACE_MAX_S 604800

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);
  g_autofree char *document = NULL;

  if (endpoint == NULL)
    {
      ulak_pending_refuse (pending, error);
      return;
    }
  pending->target = g_strdup (endpoint->id);
  document = ulak_documents_print_endpoint (endpoint, TRUE);
  ulak_pending_answer (pending, g_variant_new ("(s)", document));
}

void
ulak_adapter_add_endpoint (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  g_autoptr (JsonObject) document = NULL;
  GError *error = NULL;
  const char *text;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  document = ulak_json_parse_text (text, &error);
  if (document == NULL)
    ulak_call_fail (call, error);
  else
    ulak_endpoints_add_async (parts->endpoints, document, added_cb, ulak_pending_new (adapter, call, "webhook.add", NULL));
}

static void
updated_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);
  g_autofree char *document = NULL;

  if (endpoint == NULL)
    {
      ulak_pending_refuse (pending, error);
      return;
    }
  document = ulak_documents_print_endpoint (endpoint, FALSE);
  ulak_pending_answer (pending, g_variant_new ("(s)", document));
}

void
ulak_adapter_update_endpoint (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  g_autoptr (JsonObject) changes = NULL;
  GError *error = NULL;
  const char *id, *text;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &id, &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  if (changes == NULL)
    ulak_call_fail (call, error);
  else
    ulak_endpoints_update_async (parts->endpoints, id, changes, updated_cb, ulak_pending_new (adapter, call, "webhook.update", id));
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);

  if (endpoint == NULL)
    {
      ulak_pending_refuse (pending, error);
      return;
    }
  ulak_upkeep_retain_soon (pending->parts->upkeep);
  ulak_pending_answer (pending, NULL);
}

void
ulak_adapter_remove_endpoint (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  ulak_endpoints_remove_async (parts->endpoints, id, removed_cb, ulak_pending_new (adapter, call, "webhook.remove", id));
}

void
ulak_adapter_get_endpoint (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  g_autofree char *document = NULL;
  UlakEndpoint *endpoint;
  GError *error = NULL;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  endpoint = ulak_endpoints_find (parts->endpoints, id, &error);
  if (endpoint == NULL)
    {
      ulak_call_fail (call, error);
      return;
    }
  document = ulak_documents_print_endpoint (endpoint, FALSE);
  ulak_call_return (call, g_variant_new ("(s)", document));
}

/* Endpoints are in the order of their rows: a cursor is the row before. */
static guint
find_after (GPtrArray *all, gint64 row)
{
  guint i = 0;

  while (i < all->len && ((UlakEndpoint *) g_ptr_array_index (all, i))->row <= row)
    i++;
  return i;
}

void
ulak_adapter_list_endpoints (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  GPtrArray *all = ulak_endpoints_get_all (parts->endpoints);
  g_autofree char *array = NULL, *next = NULL;
  GError *error = NULL;
  const char *cursor;
  gint64 row;
  guint first, limit;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &cursor, &limit, NULL);
  if (!ulak_adapter_check_limit (limit, ULAK_ADAPTER_LIST_MAX, &error) || !ulak_adapter_parse_cursor (cursor, 0, &row, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  first = find_after (all, row);
  array = ulak_documents_print_endpoints (all, first, limit);
  if (first + limit < all->len)
    next = g_strdup_printf ("%" G_GINT64_FORMAT, ((UlakEndpoint *) g_ptr_array_index (all, first + limit - 1))->row);
  ulak_call_return (call, g_variant_new ("(ss)", array, next != NULL ? next : ""));
}

static void
rotated_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);

  if (endpoint == NULL)
    ulak_pending_refuse (pending, error);
  else
    ulak_pending_answer (pending, g_variant_new ("(s)", ulak_secret_get_text (endpoint->secret)));
}

void
ulak_adapter_rotate_secret (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  const char *id;
  guint grace_s;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &id, &grace_s, NULL);
  if (grace_s > GRACE_MAX_S)
    ulak_call_refuse (call, ULAK_ERROR_INVALID, "grace_s: is %u; allowed are 0 to %d", grace_s, GRACE_MAX_S);
  else
    ulak_endpoints_rotate_async (parts->endpoints, id, grace_s, rotated_cb,
                                 ulak_pending_new (adapter, call, "webhook.rotate-secret", id));
}

static void
tested_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakPending *pending = user_data;
  g_autoptr (UlakAttempt) attempt = ulak_sender_send_finish (ULAK_SENDER (source), result);
  g_autofree char *document = ulak_documents_print_test (attempt);

  ulak_pending_answer (pending, g_variant_new ("(s)", document));
}

void
ulak_adapter_test_endpoint (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  UlakClock *clock = ulak_service_get_clock (parts->service);
  g_autofree char *event_id = ulak_id_new (clock, ulak_service_get_random (parts->service));
  g_autoptr (UlakEvent) event = ulak_event_new (event_id, "", ULAK_EVENT_WEBHOOK_TEST, "", ulak_clock_get_wall_us (clock),
                                                "{\"message\":\"A test from Ulak\"}", -1);
  g_autofree char *body = ulak_event_print (event);
  UlakWebhookRequest request = { event_id, body, 1, 0, FALSE };
  UlakEndpoint *endpoint;
  GError *error = NULL;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  endpoint = ulak_endpoints_find (parts->endpoints, id, &error);
  if (endpoint == NULL)
    ulak_call_fail (call, error);
  else
    ulak_sender_send_async (parts->sender, endpoint, &request, tested_cb, ulak_pending_new (adapter, call, "webhook.test", id));
}
