/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "webhooks/adapter.h"

#include "bus/ulak-bus.h"
#include "core/error.h"
#include "core/event-types.h"
#include "core/id.h"
#include "core/json.h"
#include "core/log.h"
#include "core/messages.h"
#include "core/names.h"
#include "service/call-methods.h"
#include "webhooks/documents.h"

#define INTERFACE_VERSION 1
#define SIGNAL_EVERY_US (20 * 1000)
#define LIST_MAX 200
#define READ_MAX 500
#define REPLAY_MAX 500
#define GRACE_MAX_S 604800

struct _UlakAdapter
{
  GObject parent_instance;

  UlakService *service;       /* unowned, outlives us */
  UlakWebhookStore *store;    /* (owned) */
  UlakEndpoints *endpoints;   /* (owned) */
  UlakDispatcher *dispatcher; /* (owned) */
  UlakSender *sender;         /* (owned) */
  UlakUpkeep *upkeep;         /* (owned) */
  UlakBusWebhooks1 *skeleton; /* (owned) */
  guint signal_timer;
  gint64 announced_sequence;
};

G_DEFINE_FINAL_TYPE (UlakAdapter, ulak_adapter, G_TYPE_OBJECT)

static void
ulak_adapter_dispose (GObject *object)
{
  UlakAdapter *self = ULAK_ADAPTER (object);

  if (self->skeleton != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  if (self->store != NULL)
    g_signal_handlers_disconnect_by_data (self->store, self);
  if (self->signal_timer != 0)
    ulak_clock_clear_timer (ulak_service_get_clock (self->service), &self->signal_timer);
  g_clear_object (&self->skeleton);
  g_clear_object (&self->store);
  g_clear_object (&self->endpoints);
  g_clear_object (&self->dispatcher);
  g_clear_object (&self->sender);
  g_clear_object (&self->upkeep);
  G_OBJECT_CLASS (ulak_adapter_parent_class)->dispose (object);
}

static void
ulak_adapter_class_init (UlakAdapterClass *class)
{
  G_OBJECT_CLASS (class)->dispose = ulak_adapter_dispose;
}

static void
ulak_adapter_init (UlakAdapter *self G_GNUC_UNUSED)
{
}

/* A call whose answer comes later, with what the answer needs. */
typedef struct
{
  UlakAdapter *adapter; /* (owned) */
  UlakCall *call;       /* ends with the answer */
  const char *action;   /* (nullable): for the audit log */
  char *target;         /* (owned) (nullable) */
  UlakStatusFilter filter;
  guint limit;
  gint64 since_us;
  gint64 until_sequence;
  gint64 count;
  gboolean only_failed;
  UlakEndpoint *endpoint; /* (owned) (nullable) */
} Pending;

static Pending *
pending_new (UlakAdapter *self, UlakCall *call, const char *action, const char *target)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->adapter = g_object_ref (self);
  pending->call = call;
  pending->action = action;
  pending->target = g_strdup (target);
  return pending;
}

static void
pending_free (Pending *pending)
{
  g_object_unref (pending->adapter);
  g_free (pending->target);
  ulak_endpoint_unref (pending->endpoint);
  g_free (pending);
}

static void
audit (Pending *pending, const char *result)
{
  if (pending->action != NULL)
    ulak_service_audit (pending->adapter->service, ulak_call_get_who (pending->call), pending->action,
                        pending->target != NULL ? pending->target : "", result);
}

static void
answer (Pending *pending, GVariant *reply)
{
  audit (pending, "ok");
  ulak_call_return (pending->call, reply);
  pending_free (pending);
}

static void
refuse (Pending *pending, GError *error)
{
  const char *name = error->domain == ULAK_ERROR ? ulak_error_get_name ((UlakError) error->code)
                                                 : ulak_error_get_name (ULAK_ERROR_FAILED);

  audit (pending, name);
  ulak_call_fail (pending->call, error);
  pending_free (pending);
}

static gboolean
check_limit (guint limit, guint max, GError **error)
{
  if (limit >= 1 && limit <= max)
    return TRUE;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "limit: is %u; allowed are 1 to %u", limit, max);
  return FALSE;
}

static void
submitted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  GError *error = NULL;
  gint64 sequence = ulak_webhook_store_submit_finish (ULAK_WEBHOOK_STORE (source), result, &error);

  if (error == NULL)
    {
      answer (pending, g_variant_new ("(t)", (guint64) sequence));
      return;
    }
  if (g_error_matches (error, ULAK_ERROR, ULAK_ERROR_FULL))
    ulak_log_warning (ULAK_MESSAGE_DISK_BUDGET_FULL, NULL, "Events are refused: %s", error->message);
  refuse (pending, error);
}

static void
submitter_checked_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  UlakAdapter *self = pending->adapter;
  g_autoptr (GVariant) events = NULL;
  GPtrArray *batch = NULL;
  GError *error = NULL;
  const char *account;

  g_variant_get (ulak_call_get_parameters (pending->call), "(&s@a(ssxsay)@a{sv})", &account, &events, NULL);
  if (ulak_call_check_line_finish (result, &error))
    batch = ulak_documents_read_events (account, events, &error);
  if (batch == NULL)
    refuse (pending, error);
  else
    ulak_webhook_store_submit_async (self->store, batch, ulak_endpoints_get_all (self->endpoints), submitted_cb, pending);
}

static void
submit (UlakCall *call, gpointer user_data)
{
  const char *account;

  g_variant_get_child (ulak_call_get_parameters (call), 0, "&s", &account);
  ulak_call_check_line_async (call, account, submitter_checked_cb, pending_new (user_data, call, NULL, NULL));
}

static const UlakCallOption read_options[] = { { "accounts", "as" }, { "types", "as" }, { "chat", "s" }, { NULL, NULL } };

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  GError *error = NULL;
  const UlakEventPage *page = ulak_webhook_store_read_finish (ULAK_WEBHOOK_STORE (source), result, &error);

  if (page != NULL)
    answer (pending, ulak_documents_page_to_variant (page));
  else
    refuse (pending, error);
}

static gboolean
check_types (const char *const *types, GError **error)
{
  for (; types != NULL && *types != NULL; types++)
    if (!ulak_event_filter_is_valid (*types))
      {
        g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID,
                     "types: \"%.64s\" must be an event type, or a prefix of some ending in \".*\"", *types);
        return FALSE;
      }
  return TRUE;
}

static void
read_events (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  GVariant *options = ulak_call_get_options (call);
  g_autofree const char **accounts = NULL, **types = NULL;
  const char *chat = NULL;
  GError *error = NULL;
  UlakEventFilter filter;
  guint64 after;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(tu@a{sv})", &after, &limit, NULL);
  g_variant_lookup (options, "accounts", "^a&s", &accounts);
  g_variant_lookup (options, "types", "^a&s", &types);
  g_variant_lookup (options, "chat", "&s", &chat);
  if (!check_limit (limit, READ_MAX, &error) || !check_types (types, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  filter = (UlakEventFilter){ (GStrv) accounts, (GStrv) types, (char *) chat };
  ulak_webhook_store_read_async (self->store, (gint64) MIN (after, (guint64) G_MAXINT64), limit, &filter, read_cb,
                                 pending_new (self, call, NULL, NULL));
}

static void
added_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);
  g_autofree char *document = NULL;

  if (endpoint == NULL)
    {
      refuse (pending, error);
      return;
    }
  pending->target = g_strdup (endpoint->id);
  document = ulak_documents_print_endpoint (endpoint, TRUE);
  answer (pending, g_variant_new ("(s)", document));
}

static void
add_endpoint (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  g_autoptr (JsonObject) document = NULL;
  GError *error = NULL;
  const char *text;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &text, NULL);
  document = ulak_json_parse_text (text, &error);
  if (document == NULL)
    ulak_call_fail (call, error);
  else
    ulak_endpoints_add_async (self->endpoints, document, added_cb, pending_new (self, call, "webhook.add", NULL));
}

static void
updated_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);
  g_autofree char *document = NULL;

  if (endpoint == NULL)
    {
      refuse (pending, error);
      return;
    }
  document = ulak_documents_print_endpoint (endpoint, FALSE);
  answer (pending, g_variant_new ("(s)", document));
}

static void
update_endpoint (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  g_autoptr (JsonObject) changes = NULL;
  GError *error = NULL;
  const char *id, *text;

  g_variant_get (ulak_call_get_parameters (call), "(&s&s@a{sv})", &id, &text, NULL);
  changes = ulak_json_parse_text (text, &error);
  if (changes == NULL)
    ulak_call_fail (call, error);
  else
    ulak_endpoints_update_async (self->endpoints, id, changes, updated_cb, pending_new (self, call, "webhook.update", id));
}

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);

  if (endpoint == NULL)
    {
      refuse (pending, error);
      return;
    }
  ulak_upkeep_retain_soon (pending->adapter->upkeep);
  answer (pending, NULL);
}

static void
remove_endpoint (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  ulak_endpoints_remove_async (self->endpoints, id, removed_cb, pending_new (self, call, "webhook.remove", id));
}

static void
get_endpoint (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  g_autofree char *document = NULL;
  UlakEndpoint *endpoint;
  GError *error = NULL;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  endpoint = ulak_endpoints_find (self->endpoints, id, &error);
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

static gboolean
parse_cursor (const char *cursor, gint64 fallback, gint64 *number_out, GError **error)
{
  guint64 number;

  if (*cursor == '\0')
    {
      *number_out = fallback;
      return TRUE;
    }
  if (!g_ascii_string_to_unsigned (cursor, 10, 0, G_MAXINT64, &number, NULL))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_INVALID, "cursor: \"%.32s\" is not the next of a page", cursor);
      return FALSE;
    }
  *number_out = (gint64) number;
  return TRUE;
}

static void
list_endpoints (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  GPtrArray *all = ulak_endpoints_get_all (self->endpoints);
  g_autofree char *array = NULL, *next = NULL;
  GError *error = NULL;
  const char *cursor;
  gint64 row;
  guint first, limit;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &cursor, &limit, NULL);
  if (!check_limit (limit, LIST_MAX, &error) || !parse_cursor (cursor, 0, &row, &error))
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
  Pending *pending = user_data;
  GError *error = NULL;
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoints_change_finish (ULAK_ENDPOINTS (source), result, &error);

  if (endpoint == NULL)
    refuse (pending, error);
  else
    answer (pending, g_variant_new ("(s)", ulak_secret_get_text (endpoint->secret)));
}

static void
rotate_secret (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  const char *id;
  guint grace_s;

  g_variant_get (ulak_call_get_parameters (call), "(&su@a{sv})", &id, &grace_s, NULL);
  if (grace_s > GRACE_MAX_S)
    ulak_call_refuse (call, ULAK_ERROR_INVALID, "grace_s: is %u; allowed are 0 to %d", grace_s, GRACE_MAX_S);
  else
    ulak_endpoints_rotate_async (self->endpoints, id, grace_s, rotated_cb,
                                 pending_new (self, call, "webhook.rotate-secret", id));
}

static gboolean
is_in_flight (gint64 number, gpointer user_data)
{
  return ulak_dispatcher_is_in_flight (user_data, number);
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  GError *error = NULL;
  GPtrArray *records = ulak_webhook_store_list_finish (ULAK_WEBHOOK_STORE (source), result, &error);
  g_autofree char *array = NULL, *next = NULL;

  if (records == NULL)
    {
      refuse (pending, error);
      return;
    }
  array = ulak_documents_print_deliveries (records, pending->target, pending->filter, is_in_flight,
                                           pending->adapter->dispatcher);
  if (records->len == pending->limit)
    next = g_strdup_printf ("%" G_GINT64_FORMAT,
                            ((UlakDeliveryRecord *) g_ptr_array_index (records, records->len - 1))->number);
  answer (pending, g_variant_new ("(ss)", array, next != NULL ? next : ""));
}

static const UlakCallOption list_options[] = { { "status", "s" }, { NULL, NULL } };

static void
list_deliveries (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  const char *id, *cursor, *status = "";
  UlakStatusFilter filter;
  GError *error = NULL;
  Pending *pending;
  gint64 before;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(&s&su@a{sv})", &id, &cursor, &limit, NULL);
  g_variant_lookup (ulak_call_get_options (call), "status", "&s", &status);
  if (!check_limit (limit, LIST_MAX, &error) || !parse_cursor (cursor, G_MAXINT64, &before, &error) || !ulak_status_filter_parse (status, &filter, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  pending = pending_new (self, call, NULL, id);
  pending->filter = filter;
  pending->limit = limit;
  ulak_webhook_store_list_async (self->store, id, before, limit, ulak_status_filter_to_store (filter), listed_cb, pending);
}

static UlakEndpoint *
find_enabled (UlakAdapter *self, const char *id, GError **error)
{
  UlakEndpoint *endpoint = ulak_endpoints_find (self->endpoints, id, error);

  if (endpoint == NULL || endpoint->is_enabled)
    return endpoint;
  g_set_error (error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE, "Endpoint %s is disabled: enable it first", id);
  return NULL;
}

static GArray *
parse_ids (GVariant *ids, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  gsize length = g_variant_n_children (ids);

  if (length > REPLAY_MAX)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_TOO_LARGE, "deliveries: are %zu; allowed are %d", length, REPLAY_MAX);
      return NULL;
    }
  for (gsize i = 0; i < length; i++)
    {
      gint64 number, created_ms;
      const char *id;

      g_variant_get_child (ids, i, "&s", &id);
      if (!ulak_delivery_id_parse (id, &number, &created_ms))
        {
          g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "There is no delivery \"%.64s\"", id);
          return NULL;
        }
      g_array_append_val (numbers, number);
    }
  return g_steal_pointer (&numbers);
}

static void
replayed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  GError *error = NULL;
  gint64 count = ulak_webhook_store_replay_finish (ULAK_WEBHOOK_STORE (source), result, &error);

  if (count < 0)
    refuse (pending, error);
  else
    answer (pending, g_variant_new ("(u)", (guint) count));
}

static void
replay (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  g_autoptr (GVariant) ids = NULL;
  UlakEndpoint *endpoint;
  GError *error = NULL;
  GArray *numbers = NULL;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@as@a{sv})", &id, &ids, NULL);
  endpoint = find_enabled (self, id, &error);
  if (endpoint != NULL)
    numbers = parse_ids (ids, &error);
  if (numbers == NULL)
    ulak_call_fail (call, error);
  else
    ulak_webhook_store_replay_async (self->store, endpoint->row, numbers, replayed_cb,
                                     pending_new (self, call, "webhook.replay", id));
}

static void
replayed_step_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  UlakWebhookStore *store = ULAK_WEBHOOK_STORE (source);
  GError *error = NULL;
  gboolean more = FALSE;
  gint64 searched = 0;
  gint64 count = ulak_webhook_store_replay_since_finish (store, result, &searched, &more, &error);

  if (count < 0)
    {
      refuse (pending, error);
      return;
    }
  pending->count += count;
  if (more)
    ulak_webhook_store_replay_since_async (store, pending->endpoint, pending->since_us, pending->only_failed, searched,
                                           pending->until_sequence, replayed_step_cb, pending);
  else
    answer (pending, g_variant_new ("(u)", (guint) MIN (pending->count, (gint64) G_MAXUINT)));
}

static const UlakCallOption replay_options[] = { { "only-failed", "b" }, { NULL, NULL } };

static void
replay_since (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  UlakEndpoint *endpoint;
  GError *error = NULL;
  Pending *pending;
  gint64 since_us;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&sx@a{sv})", &id, &since_us, NULL);
  endpoint = find_enabled (self, id, &error);
  if (endpoint == NULL)
    {
      ulak_call_fail (call, error);
      return;
    }
  pending = pending_new (self, call, "webhook.replay-since", id);
  pending->endpoint = ulak_endpoint_ref (endpoint);
  pending->since_us = since_us;
  pending->until_sequence = ulak_webhook_store_get_last_sequence (self->store);
  g_variant_lookup (ulak_call_get_options (call), "only-failed", "b", &pending->only_failed);
  ulak_webhook_store_replay_since_async (self->store, endpoint, since_us, pending->only_failed, 0, pending->until_sequence,
                                         replayed_step_cb, pending);
}

static void
tested_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pending *pending = user_data;
  g_autoptr (UlakAttempt) attempt = ulak_sender_send_finish (ULAK_SENDER (source), result);
  g_autofree char *document = ulak_documents_print_test (attempt);

  answer (pending, g_variant_new ("(s)", document));
}

static void
test_endpoint (UlakCall *call, gpointer user_data)
{
  UlakAdapter *self = user_data;
  UlakClock *clock = ulak_service_get_clock (self->service);
  g_autofree char *event_id = ulak_id_new (clock, ulak_service_get_random (self->service));
  g_autoptr (UlakEvent) event = ulak_event_new (event_id, "", ULAK_EVENT_WEBHOOK_TEST, "", ulak_clock_get_wall_us (clock),
                                                "{\"message\":\"A test from Ulak\"}", -1);
  g_autofree char *body = ulak_event_print (event);
  UlakWebhookRequest request = { event_id, body, 1, 0, FALSE };
  UlakEndpoint *endpoint;
  GError *error = NULL;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@a{sv})", &id, NULL);
  endpoint = ulak_endpoints_find (self->endpoints, id, &error);
  if (endpoint == NULL)
    ulak_call_fail (call, error);
  else
    ulak_sender_send_async (self->sender, endpoint, &request, tested_cb, pending_new (self, call, "webhook.test", id));
}

static const UlakCallMethod methods[] = {
  { "handle-submit", ULAK_ACTION_OR_LINE (ULAK_ACTION_SUITE_ONLY), 2, submit },
  { "handle-read-events", ULAK_ACTION_MESSAGE_READ, 2, read_events, read_options },
  { "handle-add-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 1, add_endpoint },
  { "handle-update-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 2, update_endpoint },
  { "handle-remove-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 1, remove_endpoint },
  { "handle-get-endpoint", ULAK_ACTION_WEBHOOK_MANAGE, 1, get_endpoint },
  { "handle-list-endpoints", ULAK_ACTION_WEBHOOK_MANAGE, 2, list_endpoints },
  { "handle-rotate-secret", ULAK_ACTION_WEBHOOK_MANAGE, 2, rotate_secret },
  { "handle-list-deliveries", ULAK_ACTION_MESSAGE_READ, 3, list_deliveries, list_options },
  { "handle-replay", ULAK_ACTION_WEBHOOK_MANAGE, 2, replay },
  { "handle-replay-since", ULAK_ACTION_WEBHOOK_MANAGE, 2, replay_since, replay_options },
  { "handle-test", ULAK_ACTION_WEBHOOK_MANAGE, 1, test_endpoint },
};

static void announce (UlakAdapter *self);

static void
signal_timer_cb (gpointer user_data)
{
  UlakAdapter *self = user_data;

  self->signal_timer = 0;
  if (ulak_webhook_store_get_last_sequence (self->store) > self->announced_sequence)
    announce (self);
}

static void
announce (UlakAdapter *self)
{
  self->announced_sequence = ulak_webhook_store_get_last_sequence (self->store);
  ulak_bus_webhooks1_emit_events_stored (self->skeleton, (guint64) self->announced_sequence);
  self->signal_timer = ulak_clock_add_timer (ulak_service_get_clock (self->service), SIGNAL_EVERY_US, signal_timer_cb, self);
}

static void
stored_cb (UlakWebhookStore *store G_GNUC_UNUSED, gint64 last_sequence, gpointer user_data)
{
  UlakAdapter *self = user_data;

  ulak_bus_webhooks1_set_last_sequence (self->skeleton, (guint64) last_sequence);
  if (self->signal_timer == 0)
    announce (self);
}

static void
pending_changed_cb (UlakWebhookStore *store, gpointer user_data)
{
  UlakAdapter *self = user_data;
  guint64 pending = ulak_webhook_store_get_pending (store);

  ulak_bus_webhooks1_set_pending (self->skeleton, (guint) MIN (pending, (guint64) G_MAXUINT));
}

/**
 * ulak_adapter_new:
 * @parts: what it speaks for; referenced, except the service
 *
 * Returns: (transfer full): an adapter that is not on the bus yet
 */
UlakAdapter *
ulak_adapter_new (const UlakAdapterParts *parts)
{
  UlakAdapter *self = g_object_new (ULAK_TYPE_ADAPTER, NULL);

  self->service = parts->service;
  self->store = g_object_ref (parts->store);
  self->endpoints = g_object_ref (parts->endpoints);
  self->dispatcher = g_object_ref (parts->dispatcher);
  self->sender = g_object_ref (parts->sender);
  self->upkeep = g_object_ref (parts->upkeep);
  self->skeleton = ulak_bus_webhooks1_skeleton_new ();
  ulak_bus_webhooks1_set_version (self->skeleton, INTERFACE_VERSION);
  ulak_bus_webhooks1_set_last_sequence (self->skeleton, (guint64) ulak_webhook_store_get_last_sequence (self->store));
  pending_changed_cb (self->store, self);
  self->announced_sequence = ulak_webhook_store_get_last_sequence (self->store);
  ulak_call_methods_connect (G_DBUS_INTERFACE_SKELETON (self->skeleton), self->service, methods, G_N_ELEMENTS (methods),
                             G_OBJECT (self));
  g_signal_connect (self->store, "stored", G_CALLBACK (stored_cb), self);
  g_signal_connect (self->store, "pending-changed", G_CALLBACK (pending_changed_cb), self);
  return self;
}

gboolean
ulak_adapter_export (UlakAdapter *self, GDBusConnection *connection, GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                                           ULAK_OBJECT_PATH_WEBHOOKS, error);
}
