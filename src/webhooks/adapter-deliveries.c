/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Methods about deliveries: ListDeliveries, Replay, ReplaySince.
 */
#include "webhooks/adapter-calls.h"

#include "core/error.h"
#include "webhooks/documents.h"

#define REPLAY_MAX 500

/* --- listing --- */

typedef struct
{
  UlakPending *pending; /* (owned): ends with the answer */
  UlakStatusFilter filter;
  guint limit;
} Listing;

static gboolean
is_in_flight (gint64 number, gpointer user_data)
{
  return ulak_dispatcher_is_in_flight (user_data, number);
}

static void
listed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Listing *listing = user_data;
  UlakPending *pending = listing->pending;
  GError *error = NULL;
  GPtrArray *records = ulak_webhook_store_list_finish (ULAK_WEBHOOK_STORE (source), result, &error);
  g_autofree char *array = NULL, *next = NULL;

  if (records == NULL)
    {
      ulak_pending_refuse (pending, error);
      return;
    }
  array = ulak_documents_print_deliveries (records, pending->target, listing->filter, is_in_flight,
                                           pending->parts->dispatcher);
  if (records->len == listing->limit)
    next = g_strdup_printf ("%" G_GINT64_FORMAT,
                            ((UlakDeliveryRecord *) g_ptr_array_index (records, records->len - 1))->number);
  ulak_pending_answer (pending, g_variant_new ("(ss)", array, next != NULL ? next : ""));
}

void
ulak_adapter_list_deliveries (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  const char *id, *cursor, *status = "";
  UlakStatusFilter filter;
  GError *error = NULL;
  Listing *listing;
  gint64 before;
  guint limit;

  g_variant_get (ulak_call_get_parameters (call), "(&s&su@a{sv})", &id, &cursor, &limit, NULL);
  g_variant_lookup (ulak_call_get_options (call), "status", "&s", &status);
  if (!ulak_adapter_check_limit (limit, ULAK_ADAPTER_LIST_MAX, &error) || !ulak_adapter_parse_cursor (cursor, G_MAXINT64, &before, &error)
      || !ulak_status_filter_parse (status, &filter, &error))
    {
      ulak_call_fail (call, error);
      return;
    }
  listing = g_new0 (Listing, 1);
  listing->pending = ulak_pending_new (adapter, call, NULL, id);
  listing->filter = filter;
  listing->limit = limit;
  ulak_webhook_store_list_async (parts->store, id, before, limit, ulak_status_filter_to_store (filter), listed_cb, listing);
}

/* --- replay --- */

static UlakEndpoint *
find_enabled (const UlakAdapterParts *parts, const char *id, GError **error)
{
  UlakEndpoint *endpoint = ulak_endpoints_find (parts->endpoints, id, error);

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
  UlakPending *pending = user_data;
  GError *error = NULL;
  gint64 count = ulak_webhook_store_replay_finish (ULAK_WEBHOOK_STORE (source), result, &error);

  if (count < 0)
    ulak_pending_refuse (pending, error);
  else
    ulak_pending_answer (pending, g_variant_new ("(u)", (guint) count));
}

void
ulak_adapter_replay (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  g_autoptr (GVariant) ids = NULL;
  UlakEndpoint *endpoint;
  GError *error = NULL;
  GArray *numbers = NULL;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&s@as@a{sv})", &id, &ids, NULL);
  endpoint = find_enabled (parts, id, &error);
  if (endpoint != NULL)
    numbers = parse_ids (ids, &error);
  if (numbers == NULL)
    ulak_call_fail (call, error);
  else
    ulak_webhook_store_replay_async (parts->store, endpoint->row, numbers, replayed_cb,
                                     ulak_pending_new (adapter, call, "webhook.replay", id));
}

/* A replay since a time: as many steps as it takes. */
typedef struct
{
  UlakPending *pending;   /* (owned): ends with the answer */
  UlakEndpoint *endpoint; /* (owned) */
  gint64 since_us;
  gint64 until_sequence;
  gint64 count;
  gboolean only_failed;
} Replay;

static void
replay_free (Replay *self)
{
  ulak_endpoint_unref (self->endpoint);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Replay, replay_free)

static void replayed_step_cb (GObject *source, GAsyncResult *result, gpointer user_data);

static void
search_on (UlakWebhookStore *store, Replay *replay /* (transfer full) */, gint64 searched)
{
  ulak_webhook_store_replay_since_async (store, replay->endpoint, replay->since_us, replay->only_failed, searched,
                                         replay->until_sequence, replayed_step_cb, replay);
}

static void
replayed_step_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Replay) replay = user_data;
  UlakWebhookStore *store = ULAK_WEBHOOK_STORE (source);
  GError *error = NULL;
  gboolean more = FALSE;
  gint64 searched = 0;
  gint64 count = ulak_webhook_store_replay_since_finish (store, result, &searched, &more, &error);

  if (count < 0)
    {
      ulak_pending_refuse (replay->pending, error);
      return;
    }
  replay->count += count;
  if (more)
    search_on (store, g_steal_pointer (&replay), searched);
  else
    ulak_pending_answer (replay->pending, g_variant_new ("(u)", (guint) MIN (replay->count, (gint64) G_MAXUINT)));
}

void
ulak_adapter_replay_since (UlakCall *call, gpointer adapter)
{
  const UlakAdapterParts *parts = ulak_adapter_get_parts (adapter);
  UlakEndpoint *endpoint;
  GError *error = NULL;
  Replay *replay;
  gint64 since_us;
  const char *id;

  g_variant_get (ulak_call_get_parameters (call), "(&sx@a{sv})", &id, &since_us, NULL);
  endpoint = find_enabled (parts, id, &error);
  if (endpoint == NULL)
    {
      ulak_call_fail (call, error);
      return;
    }
  replay = g_new0 (Replay, 1);
  replay->pending = ulak_pending_new (adapter, call, "webhook.replay-since", id);
  replay->endpoint = ulak_endpoint_ref (endpoint);
  replay->since_us = since_us;
  replay->until_sequence = ulak_webhook_store_get_last_sequence (parts->store);
  g_variant_lookup (ulak_call_get_options (call), "only-failed", "b", &replay->only_failed);
  search_on (parts->store, replay, 0);
}
