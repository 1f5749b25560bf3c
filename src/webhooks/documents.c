/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/documents.h"

#include "core/clock.h"
#include "core/error.h"
#include "core/id.h"
#include "core/json.h"

#include <string.h>

static const struct
{
  const char *word;
  int store_status;
} filters[] = {
  [ULAK_STATUS_FILTER_ALL] = { "", -1 },
  [ULAK_STATUS_FILTER_PENDING] = { "pending", ULAK_DELIVERY_QUEUED },
  [ULAK_STATUS_FILTER_IN_FLIGHT] = { "in_flight", ULAK_DELIVERY_QUEUED },
  [ULAK_STATUS_FILTER_DELIVERED] = { "delivered", ULAK_DELIVERY_DELIVERED },
  [ULAK_STATUS_FILTER_DEAD] = { "dead", ULAK_DELIVERY_DEAD },
  [ULAK_STATUS_FILTER_CANCELLED] = { "cancelled", ULAK_DELIVERY_CANCELLED },
};

/**
 * ulak_status_filter_parse:
 * @text: text from outside, "" for all
 * @filter_out: (out): which deliveries are wanted
 *
 * Returns: whether there is such a status; else %ULAK_ERROR_INVALID
 */
gboolean
ulak_status_filter_parse (const char *text, UlakStatusFilter *filter_out, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    if (g_str_equal (filters[i].word, text))
      {
        *filter_out = (UlakStatusFilter) i;
        return TRUE;
      }
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
               "status: \"%.32s\" must be pending, in_flight, delivered, dead or cancelled", text);
  return FALSE;
}

int
ulak_status_filter_to_store (UlakStatusFilter filter)
{
  return filters[filter].store_status;
}

/**
 * ulak_documents_print_endpoint:
 * @endpoint: an endpoint
 * @with_secret: only in the answer that made it
 *
 * Returns: (transfer full): its document
 */
char *
ulak_documents_print_endpoint (const UlakEndpoint *endpoint, gboolean with_secret)
{
  g_autoptr (JsonObject) object = ulak_endpoint_to_json (endpoint);

  if (with_secret)
    json_object_set_string_member (object, "secret", ulak_secret_get_text (endpoint->secret));
  return ulak_json_print_object (object);
}

static char *
print_array (JsonArray *array)
{
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), array);

  return ulak_json_print (node);
}

char *
ulak_documents_print_endpoints (GPtrArray *endpoints, guint first, guint limit)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = first; i < endpoints->len && i - first < limit; i++)
    json_array_add_object_element (array, ulak_endpoint_to_json (g_ptr_array_index (endpoints, i)));
  return print_array (array);
}

static void
set_time (JsonObject *object, const char *name, gint64 wall_us)
{
  g_autofree char *text = wall_us != 0 ? ulak_format_rfc3339 (wall_us) : NULL;

  if (text != NULL)
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  if (text != NULL && *text != '\0')
    json_object_set_string_member (object, name, text);
  else
    json_object_set_null_member (object, name);
}

static void
set_result (JsonObject *object, const UlakAttempt *attempt)
{
  if (attempt->status != 0)
    json_object_set_int_member (object, "status", attempt->status);
  else
    json_object_set_null_member (object, "status");
  json_object_set_int_member (object, "latency_ms", attempt->latency_ms);
  set_text (object, "error", attempt->error);
  set_text (object, "answer", attempt->answer);
}

static JsonArray *
attempts_to_json (GPtrArray *attempts)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < attempts->len; i++)
    {
      const UlakAttempt *attempt = g_ptr_array_index (attempts, i);
      JsonObject *object = json_object_new ();

      set_time (object, "at", attempt->at_us);
      json_object_set_boolean_member (object, "counted", attempt->is_counted);
      set_result (object, attempt);
      json_array_add_object_element (array, object);
    }
  return array;
}

static UlakStatusFilter
get_status (const UlakDeliveryRecord *record, UlakInFlightFunc is_in_flight, gpointer user_data)
{
  switch (record->status)
    {
    case ULAK_DELIVERY_QUEUED:
      return is_in_flight (record->number, user_data) ? ULAK_STATUS_FILTER_IN_FLIGHT : ULAK_STATUS_FILTER_PENDING;
    case ULAK_DELIVERY_DELIVERED:
      return ULAK_STATUS_FILTER_DELIVERED;
    case ULAK_DELIVERY_DEAD:
      return ULAK_STATUS_FILTER_DEAD;
    case ULAK_DELIVERY_CANCELLED:
      return ULAK_STATUS_FILTER_CANCELLED;
    }
  g_return_val_if_reached (ULAK_STATUS_FILTER_PENDING);
}

static JsonObject *
delivery_to_json (const UlakDeliveryRecord *record, const char *endpoint_id, const char *status)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "id", record->id);
  json_object_set_string_member (object, "event_id", record->event->id);
  json_object_set_string_member (object, "event_type", record->event->type);
  json_object_set_string_member (object, "endpoint", endpoint_id);
  set_text (object, "account", record->event->account);
  set_text (object, "chat", record->event->chat);
  json_object_set_string_member (object, "status", status);
  json_object_set_int_member (object, "sequence", record->event->sequence);
  json_object_set_array_member (object, "attempts", attempts_to_json (record->attempts));
  set_time (object, "next_at", record->due_us);
  set_time (object, "created_at", record->created_us);
  set_time (object, "finished_at", record->finished_us);
  return object;
}

/**
 * ulak_documents_print_deliveries:
 * @records: (element-type UlakDeliveryRecord): newest first
 * @endpoint_id: whose they are
 * @filter: which of them; pending and in_flight are one for the store and told apart here
 * @is_in_flight: tells whether a request is under way
 *
 * Returns: (transfer full): a JSON array
 */
char *
ulak_documents_print_deliveries (GPtrArray *records,
                                 const char *endpoint_id,
                                 UlakStatusFilter filter,
                                 UlakInFlightFunc is_in_flight,
                                 gpointer user_data)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = 0; i < records->len; i++)
    {
      const UlakDeliveryRecord *record = g_ptr_array_index (records, i);
      UlakStatusFilter status = get_status (record, is_in_flight, user_data);

      if (filter == ULAK_STATUS_FILTER_ALL || filter == status)
        json_array_add_object_element (array, delivery_to_json (record, endpoint_id, filters[status].word));
    }
  return print_array (array);
}

/**
 * ulak_documents_print_test:
 * @attempt: what came of a test request
 *
 * Returns: (transfer full): {"delivered", "status", "latency_ms", "error", "answer"}
 */
char *
ulak_documents_print_test (const UlakAttempt *attempt)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_boolean_member (object, "delivered", ulak_attempt_is_success (attempt));
  set_result (object, attempt);
  return ulak_json_print_object (object);
}

GVariant *
ulak_documents_page_to_variant (const UlakEventPage *page)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ts)"));
  for (guint i = 0; i < page->events->len; i++)
    {
      const UlakEvent *event = g_ptr_array_index (page->events, i);
      g_autofree char *document = ulak_event_print (event);

      g_variant_builder_add (&builder, "(ts)", (guint64) event->sequence, document);
    }
  return g_variant_new ("(a(ts)tt)", &builder, (guint64) page->searched_sequence, (guint64) page->oldest_sequence);
}

static UlakEvent *
read_event (const char *account, GVariant *tuple, GError **error)
{
  const char *id, *type, *chat, *bytes;
  g_autoptr (GVariant) data = NULL;
  gint64 timestamp_us;
  gsize size;

  g_variant_get (tuple, "(&s&sx&s@ay)", &id, &type, &timestamp_us, &chat, &data);
  bytes = g_variant_get_fixed_array (data, &size, 1);
  if (size > ULAK_EVENT_DATA_MAX_BYTES)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "data of event %.64s has %zu bytes; allowed are %d", id, size,
                   ULAK_EVENT_DATA_MAX_BYTES);
      return NULL;
    }
  if (size == 0 || memchr (bytes, '\0', size) != NULL)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "data of event %.64s is not a JSON object", id);
      return NULL;
    }
  return ulak_event_new (id, account, type, chat, timestamp_us, bytes, (gssize) size);
}

/**
 * ulak_documents_read_events:
 * @account: whose; "" for the suite's own
 * @events: a(ssxsay) from the bus
 *
 * What they hold is checked where they are stored.
 *
 * Returns: (transfer full) (element-type UlakEvent): the batch; %NULL with %ULAK_ERROR_INVALID or %ULAK_ERROR_TOO_LARGE
 */
GPtrArray *
ulak_documents_read_events (const char *account, GVariant *events, GError **error)
{
  g_autoptr (GPtrArray) batch = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_event_free);
  gsize length = g_variant_n_children (events);

  if (*account != '\0' && !ulak_account_id_is_valid (account))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "account: \"%.64s\" is not an account id", account);
      return NULL;
    }
  if (length > ULAK_EVENT_BATCH_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "The batch has %zu events; allowed are %d", length,
                   ULAK_EVENT_BATCH_MAX);
      return NULL;
    }
  for (gsize i = 0; i < length; i++)
    {
      g_autoptr (GVariant) tuple = g_variant_get_child_value (events, i);
      UlakEvent *event = read_event (account, tuple, error);

      if (event == NULL)
        return NULL;
      g_ptr_array_add (batch, event);
    }
  return g_steal_pointer (&batch);
}
