/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/webhooks/fixture.h"

#include "core/id.h"
#include "core/json.h"

#include <glib/gstdio.h>
#include <string.h>

void
keep_result_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

GAsyncResult *
wait_for_result (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *slot;
}

void
fixture_open (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->folder, "webhooks.db", NULL);
  UlakWebhookStoreOptions options = { path, TRUE, self->max_bytes };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_webhook_store_open_async (&options, ULAK_CLOCK (self->clock), NULL, keep_result_cb, &result);
  self->store = ulak_webhook_store_open_finish (wait_for_result (&result), &error);
  g_assert_no_error (error);
}

void
fixture_close (Fixture *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_webhook_store_close_async (self->store, keep_result_cb, &result);
  ulak_webhook_store_close_finish (self->store, wait_for_result (&result), &error);
  g_assert_no_error (error);
  g_clear_object (&self->store);
}

void
fixture_set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("ulak-webhooks-XXXXXX", &error);
  g_assert_no_error (error);
  self->clock = ulak_fake_clock_new ();
  self->random = ulak_fake_random_new (7);
  self->max_bytes = 1 << 30;
  self->endpoints = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_endpoint_unref);
  fixture_open (self);
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

void
fixture_tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  if (self->store != NULL)
    fixture_close (self);
  remove_folder (self->folder);
  g_free (self->folder);
  g_ptr_array_unref (self->endpoints);
  g_clear_object (&self->clock);
  g_clear_object (&self->random);
}

UlakEvent *
make_event (Fixture *self, const char *account, const char *type, const char *chat, const char *data)
{
  g_autofree char *id = ulak_id_new (ULAK_CLOCK (self->clock), ULAK_RANDOM (self->random));

  return ulak_event_new (id, account, type, chat, ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)), data, -1);
}

UlakEndpoint *
fixture_add_endpoint (Fixture *self, const char *document)
{
  g_autofree char *id = ulak_id_new (ULAK_CLOCK (self->clock), ULAK_RANDOM (self->random));
  UlakEndpoint *endpoint = ulak_endpoint_new (id, ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)));
  UlakEndpointRow *row = g_new0 (UlakEndpointRow, 1);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) json = NULL;
  g_autoptr (GError) error = NULL;

  json = ulak_json_parse_object (document, strlen (document), &ULAK_JSON_LIMITS_REQUEST, &error);
  g_assert_no_error (error);
  ulak_endpoint_apply (endpoint, json, TRUE, issues);
  ulak_issues_to_error (issues, &error);
  g_assert_no_error (error);
  row->id = g_strdup (id);
  row->document = g_strdup (document);
  row->is_enabled = endpoint->is_enabled;
  ulak_webhook_store_put_endpoint_async (self->store, row, keep_result_cb, &result);
  endpoint->row = ulak_webhook_store_put_endpoint_finish (self->store, wait_for_result (&result), &error);
  g_assert_no_error (error);
  g_ptr_array_add (self->endpoints, endpoint);
  return endpoint;
}

gint64
fixture_submit_all (Fixture *self, GPtrArray *events, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_webhook_store_submit_async (self->store, events, self->endpoints, keep_result_cb, &result);
  return ulak_webhook_store_submit_finish (self->store, wait_for_result (&result), error);
}

gint64
fixture_submit (Fixture *self, UlakEvent *event)
{
  GPtrArray *events = g_ptr_array_new_with_free_func ((GDestroyNotify) ulak_event_free);
  g_autoptr (GError) error = NULL;
  gint64 sequence;

  g_ptr_array_add (events, event);
  sequence = fixture_submit_all (self, events, &error);
  g_assert_no_error (error);
  return sequence;
}

GPtrArray *
fixture_claim (Fixture *self, gint64 endpoint, guint limit, gint64 *next_due_us_out)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *deliveries;
  gint64 next_due_us = 0;
  gboolean more;

  ulak_webhook_store_claim_async (self->store, endpoint, limit, keep_result_cb, &result);
  deliveries = ulak_webhook_store_claim_finish (self->store, wait_for_result (&result), &more, &next_due_us, &error);
  g_assert_no_error (error);
  if (next_due_us_out != NULL)
    *next_due_us_out = next_due_us;
  return deliveries;
}

void
fixture_end (Fixture *self, const UlakDelivery *delivery, UlakDeliveryStatus status)
{
  UlakAttempt attempt = { .at_us = 1, .is_counted = TRUE, .status = status == ULAK_DELIVERY_DELIVERED ? 200 : 500 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_webhook_store_end_async (self->store, delivery, status, &attempt, keep_result_cb, &result);
  ulak_webhook_store_end_finish (self->store, wait_for_result (&result), &error);
  g_assert_no_error (error);
}

void
fixture_retry (Fixture *self, const UlakDelivery *delivery, gint64 wait_us, gint64 block_us)
{
  gint64 now_us = ulak_clock_get_wall_us (ULAK_CLOCK (self->clock));
  UlakAttempt attempt = { .at_us = now_us, .is_counted = TRUE, .status = 503 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ulak_webhook_store_retry_async (self->store, delivery, &attempt, now_us + wait_us, now_us + block_us, keep_result_cb,
                                  &result);
  ulak_webhook_store_retry_finish (self->store, wait_for_result (&result), &error);
  g_assert_no_error (error);
}
