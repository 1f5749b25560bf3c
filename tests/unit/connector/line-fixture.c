/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "unit/connector/line-fixture.h"

#include "core/json.h"

#include <glib/gstdio.h>

#define UNKNOWN_WAIT_MS 60000

void
wait_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  ((Wait *) user_data)->result = g_object_ref (result);
}

GAsyncResult *
wait_result (Wait *wait)
{
  while (wait->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return wait->result;
}

void
wait_clear (Wait *wait)
{
  g_clear_object (&wait->result);
}

JsonObject *
parse_json (const char *text)
{
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (json, &error);

  g_assert_no_error (error);
  return json_node_dup_object (node);
}

static void
open_store (LineFixture *fixture)
{
  UlakLineStoreOptions options = {
    .path = fixture->path,
    .migrate = TRUE,
    .queue_max = fixture->queue_max,
    .unknown_wait_ms = UNKNOWN_WAIT_MS,
    .recovers_later = fixture->recovers_later,
    .clock = ULAK_CLOCK (fixture->clock),
    .random = ULAK_RANDOM (fixture->random),
  };
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_line_store_open_async (&options, NULL, wait_cb, &wait);
  fixture->store = ulak_line_store_open_finish (wait_result (&wait), &error);
  g_assert_no_error (error);
}

static void
close_store (LineFixture *fixture)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  ulak_line_store_close_async (fixture->store, wait_cb, &wait);
  ulak_line_store_close_finish (fixture->store, wait_result (&wait), &error);
  g_assert_no_error (error);
  wait_clear (&wait);
  g_clear_object (&fixture->store);
}

void
line_fixture_set_up (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("ulak-line-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "whatsapp.db", NULL);
  fixture->clock = ulak_fake_clock_new ();
  fixture->random = ulak_fake_random_new (7);
  fixture->queue_max = 1000;
  open_store (fixture);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);
      if (g_file_test (inner, G_FILE_TEST_IS_DIR))
        remove_folder (inner);
      g_remove (inner);
    }
  g_rmdir (path);
}

void
line_fixture_tear_down (LineFixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  close_store (fixture);
  g_assert_cmpuint (ulak_fake_clock_count_timers (fixture->clock), ==, 0);
  g_clear_object (&fixture->clock);
  g_clear_object (&fixture->random);
  remove_folder (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

void
line_fixture_reopen (LineFixture *fixture)
{
  close_store (fixture);
  open_store (fixture);
}

static char *
accept (LineFixture *fixture, const char *id, const char *message, GError **error)
{
  g_autoptr (JsonObject) object = parse_json (message);
  g_auto (Wait) wait = { 0 };
  UlakLaneHead *head;
  UlakClaim *claim;
  char *status;

  ulak_line_store_accept_async (fixture->store, id, object, NULL, wait_cb, &wait);
  status = ulak_line_store_accept_finish (fixture->store, wait_result (&wait), &head, &claim, error);
  g_assert_null (head);
  g_assert_null (claim);
  return status;
}

char *
line_accept (LineFixture *fixture, const char *id, const char *message)
{
  g_autoptr (GError) error = NULL;
  char *status = accept (fixture, id, message, &error);

  g_assert_no_error (error);
  return status;
}

GError *
line_accept_error (LineFixture *fixture, const char *id, const char *message)
{
  GError *error = NULL;
  g_autofree char *status = accept (fixture, id, message, &error);

  g_assert_null (status);
  g_assert_nonnull (error);
  return error;
}

JsonObject *
line_get (LineFixture *fixture, const char *id)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;
  JsonObject *message;

  ulak_line_store_get_message_async (fixture->store, id, wait_cb, &wait);
  message = ulak_line_store_get_message_finish (fixture->store, wait_result (&wait), &error);
  g_assert_no_error (error);
  return message;
}

const char *
line_status (LineFixture *fixture, const char *id)
{
  g_autoptr (JsonObject) message = line_get (fixture, id);

  return g_intern_string (json_object_get_string_member (message, "status"));
}

UlakLaneHeads *
line_heads (LineFixture *fixture)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;
  UlakLaneHeads *heads;

  ulak_line_store_list_heads_async (fixture->store, 100, 100, wait_cb, &wait);
  heads = ulak_line_store_list_heads_finish (fixture->store, wait_result (&wait), &error);
  g_assert_no_error (error);
  return heads;
}

UlakClaim *
line_claim (LineFixture *fixture, const UlakLaneHead *head)
{
  g_auto (Wait) wait = { 0 };

  ulak_line_store_claim_async (fixture->store, head, wait_cb, &wait);
  return ulak_line_store_claim_finish (fixture->store, wait_result (&wait), NULL);
}

void
line_settle (LineFixture *fixture, const UlakClaim *claim, UlakSendOutcome outcome, const char *network_id)
{
  g_autoptr (UlakSendResult) result = ulak_send_result_new (outcome);
  UlakSettlement settlement = {
    .sequence = claim->sequence, .chat = claim->chat, .outcome = outcome, .result = result, .is_counted = TRUE
  };
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;

  result->network_id = g_strdup (network_id);
  settlement.due_us = ulak_clock_get_wall_us (ULAK_CLOCK (fixture->clock)) + 60 * G_USEC_PER_SEC;
  ulak_line_store_settle_async (fixture->store, &settlement, wait_cb, &wait);
  ulak_line_store_settle_finish (fixture->store, wait_result (&wait), &error);
  g_assert_no_error (error);
}

guint
line_commit (LineFixture *fixture, UlakInbound *inbound)
{
  g_auto (Wait) wait = { 0 };
  g_autoptr (GError) error = NULL;
  guint n_new = 0;

  ulak_line_store_commit_inbound_async (fixture->store, inbound, wait_cb, &wait);
  ulak_line_store_commit_inbound_finish (fixture->store, wait_result (&wait), &n_new, &error);
  g_assert_no_error (error);
  return n_new;
}

void
line_commit_text (LineFixture *fixture, const char *chat, const char *network_id, const char *text)
{
  UlakInbound *inbound = ulak_inbound_new ();
  g_autoptr (JsonObject) content = json_object_new ();
  UlakInboundMessage message
      = { .chat = chat, .network_id = network_id, .from = chat, .timestamp_us = 1, .content = content };

  json_object_set_string_member (content, "type", "text");
  json_object_set_string_member (content, "text", text);
  ulak_inbound_add_message (inbound, &message);
  line_commit (fixture, inbound);
}

void
line_commit_status (LineFixture *fixture, const char *network_id, const char *opaque_id, const char *status)
{
  UlakInbound *inbound = ulak_inbound_new ();
  UlakInboundStatus change
      = { .network_id = network_id, .opaque_id = opaque_id, .status = status, .timestamp_us = 2 };

  ulak_inbound_add_status (inbound, &change);
  line_commit (fixture, inbound);
}

char *
line_events (LineFixture *fixture)
{
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (Wait) read = { 0 };
  g_auto (Wait) forget = { 0 };

  ulak_line_store_read_outbox_async (fixture->store, 0, 500, 1024 * 1024, wait_cb, &read);
  events = ulak_line_store_read_outbox_finish (fixture->store, wait_result (&read), NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < events->len; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "" : " ",
                            ((UlakOutboxEvent *) g_ptr_array_index (events, i))->type);
  ulak_line_store_forget_outbox_async (fixture->store, G_MAXINT64, wait_cb, &forget);
  ulak_line_store_finish (fixture->store, wait_result (&forget), &error);
  g_assert_no_error (error);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
