/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The life of a linked device's connection: login, stanzas, queries, keepalive, and every way in which it ends.
 */
#include "unit/whatsapp/link-fixture.h"

#include "whatsapp/codec/protobufs.h"
#include "whatsapp/link/stanzas.h"
#include "whatsapp/session/generation.h"

#include <string.h>

/* -- Login -- */

static void
test_login (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) count = NULL, active = NULL, props = NULL, presence = NULL, unified = NULL;
  g_autoptr (Wa__ClientPayload) payload = NULL;
  GBytes *bytes;
  UlakJid phone, lid;
  UlakLinkStatus status;

  fixture_link_account (self, 20);
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  bytes = link_peer_get_payload (self->peer);
  payload = ulak_protobuf_unpack (&wa__client_payload__descriptor, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  g_assert_cmpuint (payload->username, ==, 15550001111);
  g_assert_cmpuint (payload->device, ==, 12);
  send_success (self);
  count = link_peer_take_query (self->peer, "encrypt", "count");
  active = link_peer_take_query (self->peer, "passive", "active");
  props = link_peer_take_query (self->peer, "abt", "props");
  unified = link_peer_take (self->peer, "ib");
  g_assert_nonnull (ulak_node_get_child (unified, "unified_session"));
  g_assert_false (link_peer_has (self->peer, "presence"));
  link_peer_answer (self->peer, active, NULL);
  presence = link_peer_take (self->peer, "presence");
  g_assert_cmpstr (ulak_node_get_attribute (presence, "type"), ==, "unavailable");
  g_assert_cmpint (ulak_link_get_phase (self->link), ==, ULAK_LINK_ONLINE);
  send_ib (self, "offline");
  fixture_wait_for (self, ULAK_LINK_READY);
  g_assert_cmpstr (self->phases->str, ==, "connecting online ready ");
  g_assert_true (ulak_link_get_own (self->link, &phone, &lid));
  g_assert_cmpstr (phone.user, ==, "15550001111");
  g_assert_cmpstr (lid.user, ==, "100000000000000");
  ulak_link_get_status (self->link, &status);
  g_assert_cmpint (status.phase, ==, ULAK_LINK_READY);
  g_assert_cmpint (status.ready_ms, >=, 0);
  g_assert_cmpint (status.frame_age_ms, >=, 0);
  g_assert_cmpint (status.pong_age_ms, ==, -1);
}

/* Whoever is available when it becomes a ghost leaves, and that is the last of it. */
static void
test_ghost (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) there = NULL, gone = NULL, back = NULL;

  fixture_link_account (self, 20);
  ulak_link_set_ghost (self->link, TRUE);
  fixture_be_ready (self);
  ulak_link_set_push_name (self->link, "Nobody");
  link_peer_run_until_idle ();
  g_assert_false (link_peer_has (self->peer, "presence"));
  ulak_link_set_ghost (self->link, FALSE);
  there = link_peer_take (self->peer, "presence");
  g_assert_cmpstr (ulak_node_get_attribute (there, "type"), ==, "unavailable");
  ulak_link_set_available (self->link, TRUE);
  back = link_peer_take (self->peer, "presence");
  g_assert_cmpstr (ulak_node_get_attribute (back, "type"), ==, "available");
  ulak_link_set_ghost (self->link, TRUE);
  gone = link_peer_take (self->peer, "presence");
  g_assert_cmpstr (ulak_node_get_attribute (gone, "type"), ==, "unavailable");
  link_peer_run_until_idle ();
  g_assert_false (link_peer_has (self->peer, "presence"));
}

static void
test_ready_without_word (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) active = NULL;

  fixture_link_account (self, 20);
  fixture_log_in (self);
  active = link_peer_take_query (self->peer, "passive", "active");
  link_peer_answer (self->peer, active, NULL);
  link_peer_run_until_idle ();
  fixture_advance (self, 9999);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_ONLINE);
  fixture_advance (self, 1);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_READY);
}

/* What <success> says is stored: another LID, another time. */
static void
test_news_of_success (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("success");
  g_autoptr (UlakNode) active = NULL;
  UlakJid lid;
  gint64 ahead_us;

  fixture_link_account (self, 20);
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  ulak_node_builder_add_number (builder, "t", (guint64) (ULAK_FAKE_CLOCK_START_US / G_USEC_PER_SEC + 3600));
  ulak_node_builder_add_text (builder, "lid", "777@lid");
  link_peer_send_built (self->peer, builder);
  while (!ulak_link_get_own (self->link, NULL, &lid) || strcmp (lid.user, "777") != 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (lid.device, ==, 12);
  ahead_us = ulak_link_get_server_time_us (self->link) - ulak_clock_get_wall_us (ULAK_CLOCK (self->clock));
  g_assert_cmpint (ahead_us, ==, G_TIME_SPAN_HOUR);
}

static void
test_property (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("iq");
  g_autoptr (UlakNode) props = NULL;

  fixture_link_account (self, 20);
  fixture_log_in (self);
  props = link_peer_take_query (self->peer, "abt", "props");
  ulak_node_builder_add_copy (builder, "id", props, "id");
  ulak_node_builder_add_text (builder, "type", "result");
  ulak_node_builder_open (builder, "props");
  ulak_node_builder_open (builder, "prop");
  ulak_node_builder_add_text (builder, "config_code", "9435");
  ulak_node_builder_add_text (builder, "config_value", "1");
  link_peer_send_built (self->peer, builder);
  while (ulak_credentials_get_lid_migration (ulak_link_get_credentials (self->link)) != ULAK_LID_MIGRATION_YES)
    g_main_context_iteration (NULL, TRUE);
}

/* -- Pre-keys -- */

static guint
count_keys (UlakNode *upload)
{
  return ulak_node_count_children (ulak_node_get_child (upload, "list"));
}

static void
test_first_upload (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) upload = NULL, active = NULL;
  UlakCredentials *credentials;
  const UlakNode *identity;
  gsize size_bytes;

  fixture_link_account (self, 0);
  fixture_log_in (self);
  upload = link_peer_take_query (self->peer, "encrypt", "list");
  g_assert_cmpuint (count_keys (upload), ==, ULAK_PRE_KEYS_FIRST_UPLOAD);
  credentials = ulak_link_get_credentials (self->link);
  identity = ulak_node_get_child (upload, "identity");
  g_assert_cmpmem (ulak_node_get_bytes (identity, &size_bytes), 32, ulak_credentials_get_identity (credentials)->public_key, 32);
  g_assert_nonnull (ulak_node_get_child (upload, "skey"));
  link_peer_run_until_idle ();
  g_assert_false (link_peer_has (self->peer, "presence"));
  link_peer_answer (self->peer, upload, NULL);
  active = link_peer_take_query (self->peer, "passive", "active");
}

static void
test_refused_upload (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) upload = NULL, active = NULL, again = NULL;
  const UlakNode *first, *second;

  fixture_link_account (self, 0);
  fixture_log_in (self);
  upload = link_peer_take_query (self->peer, "encrypt", "list");
  link_peer_refuse (self->peer, upload, 500);
  active = link_peer_take_query (self->peer, "passive", "active");
  link_peer_answer (self->peer, active, NULL);
  link_peer_run_until_idle ();
  for (guint i = 0; i < 6 && !link_peer_has (self->peer, "message"); i++)
    {
      fixture_advance (self, 10000);
      send_ib (self, "offline");
      link_peer_run_until_idle ();
    }
  again = link_peer_take_query (self->peer, "encrypt", "list");
  first = ulak_node_get_child (ulak_node_get_first (ulak_node_get_child (upload, "list")), "id");
  second = ulak_node_get_child (ulak_node_get_first (ulak_node_get_child (again, "list")), "id");
  g_assert_true (ulak_node_equal (first, second)); /* the same keys, not new ones */
}

static void
send_low (Fixture *self, const char *value)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("notification");

  ulak_node_builder_add_text (builder, "id", "n1");
  ulak_node_builder_add_jid (builder, "from", ulak_server_jid ());
  ulak_node_builder_add_text (builder, "type", "encrypt");
  ulak_node_builder_open (builder, "count");
  ulak_node_builder_add_text (builder, "value", value);
  link_peer_send_built (self->peer, builder);
}

static void
test_low_count (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) ack = NULL, upload = NULL, count = NULL;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  link_peer_forget (self->peer);
  send_low (self, "5");
  ack = link_peer_take (self->peer, "ack");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "class"), ==, "notification");
  g_assert_false (link_peer_has (self->peer, "iq"));
  send_low (self, "4");
  send_low (self, "3");
  upload = link_peer_take_query (self->peer, "encrypt", "list");
  g_assert_cmpuint (count_keys (upload), ==, ULAK_PRE_KEYS_NEXT_UPLOAD);
  link_peer_run_until_idle ();
  g_assert_false (link_peer_has (self->peer, "iq")); /* one at a time */
  link_peer_answer (self->peer, upload, NULL);
  count = link_peer_take_query (self->peer, "encrypt", "count"); /* then it asks whether more are needed */
}

static gboolean
mark_copy (UlakDatabase *database, gpointer data G_GNUC_UNUSED, GError **error)
{
  return ulak_generation_mark_copy (database, error);
}

static void
test_restored_copy (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) upload = NULL;

  fixture_link_account (self, 20);
  fixture_run (self, mark_copy, NULL);
  fixture_log_in (self);
  upload = link_peer_take_query (self->peer, "encrypt", "list");
  g_assert_cmpuint (count_keys (upload), ==, ULAK_PRE_KEYS_FIRST_UPLOAD);
}

static void
test_rotation (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) rotate = NULL;
  const UlakNode *id;
  const guint8 *bytes;
  gsize size_bytes;

  fixture_link_account (self, 20);
  ulak_fake_clock_advance_us (self->clock, ULAK_SIGNED_PRE_KEY_AGE_US + G_USEC_PER_SEC);
  fixture_be_ready (self);
  rotate = link_peer_take_query (self->peer, "encrypt", "rotate");
  id = ulak_node_get_child (ulak_node_get_child (ulak_node_get_child (rotate, "rotate"), "skey"), "id");
  bytes = ulak_node_get_bytes (id, &size_bytes);
  g_assert_cmpmem (bytes, size_bytes, "\0\0\2", 3);
  link_peer_answer (self->peer, rotate, NULL);
  link_peer_run_until_idle ();
}

/* -- Stanzas -- */

static gboolean
note_cb (UlakLink *link G_GNUC_UNUSED, UlakNode *node, gpointer user_data)
{
  GString *seen = user_data;

  g_string_append_printf (seen, "%s ", ulak_node_get_attribute (node, "id"));
  return FALSE;
}

static gboolean
take_cb (UlakLink *link G_GNUC_UNUSED, UlakNode *node G_GNUC_UNUSED, gpointer user_data)
{
  ++*(guint *) user_data;
  return TRUE;
}

static void
send_from (Fixture *self, const char *tag, const char *id, const char *type)
{
  UlakNodeBuilder *builder = ulak_node_builder_new (tag);

  ulak_node_builder_add_text (builder, "id", id);
  ulak_node_builder_add_text (builder, "from", "15551234567@s.whatsapp.net");
  ulak_node_builder_add_text (builder, "type", type);
  link_peer_send_built (self->peer, builder);
}

static void
test_handlers (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (UlakNode) ack = NULL, unknown = NULL;
  guint taken = 0, id;

  fixture_link_account (self, 20);
  ulak_link_add_handler (self->link, "message", NULL, note_cb, seen);
  ulak_link_add_handler (self->link, "notification", "picture", take_cb, &taken);
  id = ulak_link_add_handler (self->link, "message", "media", take_cb, &taken);
  fixture_be_ready (self);
  link_peer_forget (self->peer);
  send_from (self, "message", "1", "text");
  send_from (self, "message", "2", "media");
  send_from (self, "notification", "3", "picture");
  send_from (self, "wormhole", "4", NULL);
  unknown = link_peer_take (self->peer, "ack"); /* of 1, since nobody took it */
  g_assert_cmpstr (ulak_node_get_attribute (unknown, "id"), ==, "1");
  g_assert_cmpstr (ulak_node_get_attribute (unknown, "from"), ==, OWN_JID);
  ack = link_peer_take (self->peer, "ack");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "id"), ==, "4");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "error"), ==, "488");
  g_assert_false (link_peer_has (self->peer, "ack"));
  g_assert_cmpuint (taken, ==, 2);
  g_assert_cmpstr (seen->str, ==, "1 ");
  ulak_link_remove_handler (self->link, id);
  send_from (self, "message", "5", "media");
  link_peer_run_until_idle ();
  g_assert_cmpuint (taken, ==, 2);
  g_assert_cmpstr (seen->str, ==, "1 5 ");
}

static void
test_questions_of_the_server (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakNodeBuilder *ping = ulak_node_builder_new ("iq"), *other = ulak_node_builder_new ("iq");
  g_autoptr (UlakNode) pong = NULL, result = NULL;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  link_peer_forget (self->peer);
  ulak_node_builder_add_text (ping, "type", "get");
  ulak_node_builder_add_text (ping, "xmlns", "urn:xmpp:ping");
  link_peer_send_built (self->peer, ping);
  pong = link_peer_take (self->peer, "iq");
  g_assert_cmpstr (ulak_node_get_attribute (pong, "type"), ==, "result");
  g_assert_null (ulak_node_get_attribute (pong, "id"));
  ulak_node_builder_add_text (other, "type", "set");
  ulak_node_builder_add_text (other, "id", "s9");
  link_peer_send_built (self->peer, other);
  result = link_peer_take (self->peer, "iq");
  g_assert_cmpstr (ulak_node_get_attribute (result, "id"), ==, "s9");
}

static void
test_before_login (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) ack = NULL;
  guint taken = 0;

  fixture_link_account (self, 20);
  ulak_link_add_handler (self->link, "message", NULL, take_cb, &taken);
  ulak_link_add_handler (self->link, "notification", NULL, take_cb, &taken);
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  send_from (self, "message", "1", "text");
  send_from (self, "notification", "2", "unheard-of");
  ack = link_peer_take (self->peer, "ack");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "id"), ==, "2");
  g_assert_cmpuint (taken, ==, 0);
}

/* -- Backlog -- */

typedef struct
{
  UlakLink *link;
  GArray *epochs;
} Holder;

static gboolean
hold_cb (UlakLink *link, UlakNode *node G_GNUC_UNUSED, gpointer user_data)
{
  guint epoch = ulak_link_hold (link);

  g_array_append_val (((Holder *) user_data)->epochs, epoch);
  return TRUE;
}

static void
send_offline_messages (Fixture *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      UlakNodeBuilder *builder = ulak_node_builder_new ("message");

      ulak_node_builder_add_number (builder, "id", i);
      ulak_node_builder_add_text (builder, "from", "15551234567@s.whatsapp.net");
      ulak_node_builder_add_text (builder, "offline", "1");
      link_peer_send_built (self->peer, builder);
    }
  link_peer_run_until_idle ();
}

static void
test_backlog (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) active = NULL, unified = NULL, batch = NULL, next = NULL;
  guint taken = 0;

  fixture_link_account (self, 20);
  ulak_link_add_handler (self->link, "message", NULL, take_cb, &taken);
  fixture_log_in (self);
  active = link_peer_take_query (self->peer, "passive", "active");
  link_peer_answer (self->peer, active, NULL);
  unified = link_peer_take (self->peer, "ib");
  send_ib (self, "offline_preview");
  batch = link_peer_take (self->peer, "ib");
  g_assert_cmpstr (ulak_node_get_attribute (ulak_node_get_child (batch, "offline_batch"), "count"), ==, "100");
  send_offline_messages (self, 99);
  fixture_advance (self, 5000);
  g_assert_false (link_peer_has (self->peer, "ib"));
  send_offline_messages (self, 1);
  fixture_advance (self, 99);
  g_assert_false (link_peer_has (self->peer, "ib"));
  fixture_advance (self, 1);
  next = link_peer_take (self->peer, "ib");
  g_assert_nonnull (ulak_node_get_child (next, "offline_batch"));
  g_assert_cmpint (self->phase, ==, ULAK_LINK_ONLINE);
  send_ib (self, "offline");
  fixture_wait_for (self, ULAK_LINK_READY);
  g_assert_cmpuint (taken, ==, 100);
}

static void
test_holds (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  Holder holder = { self->link, g_array_new (FALSE, FALSE, sizeof (guint)) };
  UlakLinkStatus status;
  guint old;

  fixture_link_account (self, 20);
  ulak_link_add_handler (self->link, "message", NULL, hold_cb, &holder);
  fixture_be_ready (self);
  send_offline_messages (self, ULAK_LINK_HOLDS_MAX + 100);
  g_assert_cmpuint (holder.epochs->len, ==, ULAK_LINK_HOLDS_MAX);
  old = g_array_index (holder.epochs, guint, 0);
  for (guint i = 0; i < ULAK_LINK_HOLDS_MAX / 2 - 1; i++)
    ulak_link_release (self->link, old);
  link_peer_run_until_idle ();
  g_assert_cmpuint (holder.epochs->len, ==, ULAK_LINK_HOLDS_MAX);
  ulak_link_release (self->link, old);
  link_peer_run_until_idle ();
  g_assert_cmpuint (holder.epochs->len, ==, ULAK_LINK_HOLDS_MAX + 100);
  link_peer_close (self->peer);
  fixture_wait_for (self, ULAK_LINK_DISCONNECTED);
  ulak_link_release (self->link, old); /* of a connection that is gone */
  ulak_link_get_status (self->link, &status);
  g_assert_cmpuint (status.held, ==, 0);
  g_array_unref (holder.epochs);
}

/* -- Queries and messages -- */

typedef struct
{
  UlakNode *node;
  GError *error;
  guint code;
  gboolean is_message;
  gboolean is_done;
} Answer;

static void
answer_clear (Answer *self)
{
  g_clear_pointer (&self->node, ulak_node_unref);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->is_done);
  answer->is_done = TRUE;
  answer->node = answer->is_message ? ulak_link_send_message_finish (ULAK_LINK (source), result, &answer->error)
                                    : ulak_link_query_finish (ULAK_LINK (source), result, &answer->code, &answer->error);
}

static void
ask (Fixture *self, Answer *answer)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self->link, "get", "test", NULL);

  ulak_link_query_async (self->link, builder, ULAK_LINK_QUERY_MS, NULL, answered_cb, answer);
}

static void
say (Fixture *self, Answer *answer, const char *id)
{
  g_autoptr (UlakNodeBuilder) builder = ulak_node_builder_new ("message");
  g_autoptr (UlakNode) message = NULL;

  ulak_node_builder_add_text (builder, "id", id);
  message = ulak_node_builder_end (builder, NULL);
  answer->is_message = TRUE;
  ulak_link_send_message_async (self->link, message, NULL, answered_cb, answer);
}

static void
wait_answer (Answer *answer)
{
  while (!answer->is_done)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_queries (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Answer) early = { 0 }, good = { 0 }, refused = { 0 }, late = { 0 }, cut = { 0 };
  g_autoptr (UlakNode) first = NULL, second = NULL;

  fixture_link_account (self, 20);
  ask (self, &early);
  wait_answer (&early);
  g_assert_error (early.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  fixture_be_ready (self);
  ask (self, &good);
  ask (self, &refused);
  first = link_peer_take_query (self->peer, "test", NULL);
  second = link_peer_take_query (self->peer, "test", NULL);
  g_assert_cmpstr (ulak_node_get_attribute (first, "to"), ==, "@s.whatsapp.net");
  link_peer_refuse (self->peer, second, 404);
  wait_answer (&refused);
  g_assert_error (refused.error, ULAK_ERROR, ULAK_ERROR_REMOTE);
  g_assert_cmpuint (refused.code, ==, 404);
  link_peer_answer (self->peer, first, "thing");
  wait_answer (&good);
  g_assert_nonnull (ulak_node_get_child (good.node, "thing"));
  link_peer_answer (self->peer, first, "thing"); /* twice: nobody waits */
  ask (self, &cut);
  link_peer_run_until_idle ();
  link_peer_close (self->peer);
  wait_answer (&cut);
  g_assert_error (cut.error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
}

static void
test_strangers_answer (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const strangers[] = { "15551234567@s.whatsapp.net", "15551234567:3@s.whatsapp.net", "4711@lid" };
  g_auto (Answer) answer = { 0 };
  g_autoptr (UlakNode) query = NULL;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  ask (self, &answer);
  query = link_peer_take_query (self->peer, "test", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (strangers); i++)
    {
      UlakNodeBuilder *lie = ulak_node_builder_new ("iq");

      ulak_node_builder_add_copy (lie, "id", query, "id");
      ulak_node_builder_add_text (lie, "from", strangers[i]);
      ulak_node_builder_add_text (lie, "type", "result");
      ulak_node_builder_open (lie, "lie");
      link_peer_send_built (self->peer, lie);
    }
  link_peer_run_until_idle ();
  g_assert_false (answer.is_done);
  link_peer_answer (self->peer, query, "truth");
  wait_answer (&answer);
  g_assert_nonnull (ulak_node_get_child (answer.node, "truth"));
}

static void
test_messages (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Answer) early = { 0 }, good = { 0 }, twin = { 0 }, cut = { 0 };
  UlakNodeBuilder *ack = ulak_node_builder_new ("ack");
  g_autoptr (UlakNode) message = NULL;
  UlakLinkStatus status;

  fixture_link_account (self, 20);
  say (self, &early, "m0");
  wait_answer (&early);
  g_assert_error (early.error, ULAK_ERROR, ULAK_ERROR_WRONG_STATE);
  fixture_be_ready (self);
  say (self, &good, "m1");
  say (self, &twin, "m1");
  wait_answer (&twin);
  g_assert_error (twin.error, ULAK_ERROR, ULAK_ERROR_EXISTS);
  message = link_peer_take (self->peer, "message");
  ulak_fake_clock_advance_ms (self->clock, 300);
  ulak_link_get_status (self->link, &status);
  g_assert_cmpuint (status.messages, ==, 1);
  g_assert_cmpint (status.oldest_ack_ms, ==, 300);
  ulak_node_builder_add_text (ack, "id", "m1");
  ulak_node_builder_add_text (ack, "class", "message");
  ulak_node_builder_add_text (ack, "error", "463");
  link_peer_send_built (self->peer, ack);
  wait_answer (&good);
  g_assert_cmpstr (ulak_node_get_attribute (good.node, "error"), ==, "463");
  say (self, &cut, "m2");
  ulak_link_stop (self->link);
  wait_answer (&cut);
  g_assert_error (cut.error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
}

/* With pongs the connection stays; the ack alone is missing. */
static void
test_ack_times_out (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Answer) late = { 0 };

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  say (self, &late, "m1");
  for (guint second = 0; second < 75; second++)
    {
      g_assert_false (late.is_done);
      send_ib (self, "noise");
      link_peer_run_until_idle ();
      fixture_advance (self, 1000);
    }
  g_assert_true (late.is_done);
  g_assert_error (late.error, ULAK_ERROR, ULAK_ERROR_TIMED_OUT);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_READY);
}

/* -- Keepalive and reconnecting -- */

static void
test_silent_socket (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_auto (Answer) outstanding = { 0 };
  guint connections, seconds = 0;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  connections = link_peer_count_connections (self->peer);
  say (self, &outstanding, "m1");
  while (self->phase == ULAK_LINK_READY && seconds++ < 60)
    fixture_advance (self, 1000);
  g_assert_cmpuint (seconds, >=, 40);
  g_assert_cmpuint (seconds, <=, 51);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_RETRY);
  g_assert_cmpstr (self->outcome_code, ==, "E_WA_CONNECTION");
  g_assert_true (outstanding.is_done);
  g_assert_error (outstanding.error, ULAK_ERROR, ULAK_ERROR_UNAVAILABLE);
  fixture_advance (self, 2000);
  link_peer_accept (self->peer);
  g_assert_cmpuint (link_peer_count_connections (self->peer), ==, connections + 1);
}

static void
test_pings_answered (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakLinkStatus status;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  link_peer_forget (self->peer);
  for (guint second = 0; second < 600; second++)
    {
      fixture_advance (self, 1000);
      while (link_peer_has (self->peer, "iq"))
        {
          g_autoptr (UlakNode) ping = link_peer_take (self->peer, "iq");

          g_assert_cmpstr (ulak_node_get_attribute (ping, "xmlns"), ==, "w:p");
          link_peer_answer (self->peer, ping, NULL);
          link_peer_run_until_idle ();
        }
    }
  g_assert_cmpint (self->phase, ==, ULAK_LINK_READY);
  ulak_link_get_status (self->link, &status);
  g_assert_cmpint (status.pong_age_ms, >=, 0);
  g_assert_cmpint (status.pong_age_ms, <=, 31000);
  g_assert_cmpint (status.connected_age_ms, ==, 600000);
}

/* A server that talks and answers no ping is not well either. */
static void
test_no_pongs (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  guint seconds = 0;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  while (self->phase == ULAK_LINK_READY && seconds++ < 600)
    {
      send_ib (self, "noise");
      link_peer_run_until_idle ();
      fixture_advance (self, 1000);
    }
  g_assert_cmpint (self->phase, ==, ULAK_LINK_DISCONNECTED);
  g_assert_cmpuint (seconds, >, 180);
  g_assert_cmpuint (seconds, <, 240);
}

static void
test_sleep (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  fixture_link_account (self, 20);
  fixture_be_ready (self);
  ulak_fake_clock_jump_wall_us (self->clock, G_TIME_SPAN_HOUR);
  fixture_advance (self, 30000);
  g_assert_nonnull (strstr (self->phases->str, "disconnected"));
}

static void
test_backoff (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  gint64 last_ms = 0;
  guint seen = 0;

  fixture_link_account (self, 20);
  link_peer_set_manner (self->peer, LINK_PEER_CLOSES_AT_HELLO);
  ulak_link_start (self->link);
  for (guint i = 0; i < 14; i++)
    {
      gint64 wait_ms;

      fixture_wait_for_next (self, ULAK_LINK_DISCONNECTED, seen);
      seen = self->n_states;
      wait_ms = (self->until_us - ulak_clock_get_wall_us (ULAK_CLOCK (self->clock))) / 1000;
      g_assert_cmpint (wait_ms, >, last_ms / 2);
      g_assert_cmpint (wait_ms, <=, 15 * 60 * 1000 * 11 / 10);
      last_ms = wait_ms;
      fixture_advance (self, wait_ms);
    }
  g_assert_cmpint (last_ms, >=, 15 * 60 * 1000);
}

static void
test_routing_info (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("ib");
  gsize size_bytes;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  g_assert_null (link_peer_get_routing_info (self->peer));
  ulak_node_builder_open (builder, "edge_routing");
  ulak_node_builder_open (builder, "routing_info");
  ulak_node_builder_set_bytes (builder, (const guint8 *) "edge", 4);
  link_peer_send_built (self->peer, builder);
  while (ulak_credentials_get_routing_info (ulak_link_get_credentials (self->link)) == NULL)
    g_main_context_iteration (NULL, TRUE);

  link_peer_set_manner (self->peer, LINK_PEER_CLOSES_AT_HELLO);
  link_peer_close (self->peer);
  fixture_wait_for (self, ULAK_LINK_DISCONNECTED);
  for (guint i = 0; i < 2; i++)
    {
      const guint seen = self->n_states;

      fixture_advance (self, 1 + (self->until_us - ulak_clock_get_wall_us (ULAK_CLOCK (self->clock))) / 1000);
      fixture_wait_for_next (self, ULAK_LINK_DISCONNECTED, seen);
      g_assert_cmpmem (g_bytes_get_data (link_peer_get_routing_info (self->peer), &size_bytes), 4, "edge", 4);
    }
  link_peer_set_manner (self->peer, LINK_PEER_HONEST);
  fixture_advance (self, 20000);
  link_peer_accept (self->peer);
  g_assert_null (link_peer_get_routing_info (self->peer));
}

static void
break_for_ack (Fixture *self, const char *class)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("stream:error");

  ulak_node_builder_open (builder, "ack");
  ulak_node_builder_add_text (builder, "id", "owed");
  ulak_node_builder_add_text (builder, "class", class);
  ulak_node_builder_add_text (builder, "from", "15551234567@s.whatsapp.net");
  link_peer_send_built (self->peer, builder);
  fixture_wait_for (self, ULAK_LINK_CONNECTING);
  link_peer_accept (self->peer);
  send_success (self);
  fixture_wait_for (self, ULAK_LINK_ONLINE);
}

/* Until the backlog has ended the stanza may come again. */
static void
test_missing_ack (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) active = NULL, ack = NULL;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  break_for_ack (self, "notification");
  active = link_peer_take_query (self->peer, "passive", "active");
  link_peer_answer (self->peer, active, NULL);
  link_peer_run_until_idle ();
  g_assert_false (link_peer_has (self->peer, "ack"));
  send_ib (self, "offline");
  ack = link_peer_take (self->peer, "ack");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "id"), ==, "owed");
  g_assert_cmpstr (ulak_node_get_attribute (ack, "to"), ==, "15551234567@s.whatsapp.net");
}

/* What comes again is acknowledged by whoever stores it, and not before. */
static void
test_missing_ack_of_what_comes_again (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakNode) active = NULL;
  UlakNodeBuilder *builder = ulak_node_builder_new ("message");
  guint taken = 0;

  fixture_link_account (self, 20);
  ulak_link_add_handler (self->link, "message", NULL, take_cb, &taken);
  fixture_be_ready (self);
  break_for_ack (self, "message");
  active = link_peer_take_query (self->peer, "passive", "active");
  link_peer_answer (self->peer, active, NULL);
  ulak_node_builder_add_text (builder, "id", "owed");
  ulak_node_builder_add_text (builder, "from", "15551234567@s.whatsapp.net");
  ulak_node_builder_add_text (builder, "offline", "1");
  link_peer_send_built (self->peer, builder);
  send_ib (self, "offline");
  fixture_wait_for (self, ULAK_LINK_READY);
  link_peer_run_until_idle ();
  g_assert_cmpuint (taken, ==, 1);
  g_assert_false (link_peer_has (self->peer, "ack"));
}

/* A server that asks for nothing but restarts does not make us spin. */
static void
test_endless_restarts (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  fixture_link_account (self, 20);
  ulak_link_start (self->link);
  for (guint i = 0; i < 4; i++)
    {
      link_peer_accept (self->peer);
      send_success (self);
      send_tag (self, "stream:error", "code", "515", NULL, NULL);
      link_peer_run_until_idle ();
    }
  fixture_wait_for (self, ULAK_LINK_DISCONNECTED);
  g_assert_cmpuint (link_peer_count_connections (self->peer), ==, 4);
}

/* -- Ends -- */

typedef struct
{
  const char *tag, *attribute, *value, *child, *type;
  UlakLinkPhase phase;
  UlakOutcomeKind outcome;
  gboolean keeps_account;
} End;

static const End ends[] = {
  { "failure", "reason", "401", NULL, NULL, ULAK_LINK_ENDED, ULAK_OUTCOME_LOGGED_OUT, FALSE },
  { "failure", "reason", "403", NULL, NULL, ULAK_LINK_ENDED, ULAK_OUTCOME_LOCKED, FALSE },
  { "failure", "reason", "406", NULL, NULL, ULAK_LINK_ENDED, ULAK_OUTCOME_LOGGED_OUT, FALSE },
  { "failure", "reason", "402", NULL, NULL, ULAK_LINK_ENDED, ULAK_OUTCOME_BANNED, TRUE },
  { "failure", "reason", "405", NULL, NULL, ULAK_LINK_ENDED, ULAK_OUTCOME_OUTDATED, TRUE },
  { "failure", "reason", "400", NULL, NULL, ULAK_LINK_ENDED, ULAK_OUTCOME_REFUSED, TRUE },
  { "failure", "reason", "503", NULL, NULL, ULAK_LINK_DISCONNECTED, ULAK_OUTCOME_RETRY, TRUE },
  { "stream:error", "code", "516", NULL, NULL, ULAK_LINK_ENDED, ULAK_OUTCOME_LOGGED_OUT, FALSE },
  { "stream:error", "code", "401", "conflict", "device_removed", ULAK_LINK_ENDED, ULAK_OUTCOME_LOGGED_OUT, FALSE },
  { "stream:error", NULL, NULL, "conflict", "replaced", ULAK_LINK_ENDED, ULAK_OUTCOME_REPLACED, TRUE },
  { "stream:error", "code", "503", NULL, NULL, ULAK_LINK_DISCONNECTED, ULAK_OUTCOME_RETRY, TRUE },
  { "stream:error", "code", "429", NULL, NULL, ULAK_LINK_DISCONNECTED, ULAK_OUTCOME_SLOW_RETRY, TRUE },
  { "xmlstreamend", NULL, NULL, NULL, NULL, ULAK_LINK_DISCONNECTED, ULAK_OUTCOME_RETRY, TRUE },
};

static void
test_end (Fixture *self, gconstpointer data)
{
  const End *end = data;

  fixture_link_account (self, 20);
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  send_tag (self, end->tag, end->attribute, end->value, end->child, end->type);
  fixture_wait_for (self, end->phase);
  g_assert_cmpint (self->outcome, ==, end->outcome);
  g_assert_cmpint (fixture_has_account (self), ==, end->keeps_account);
  if (end->phase == ULAK_LINK_ENDED)
    g_assert_cmpuint (ulak_fake_clock_count_timers (self->clock), ==, 0);
  if (end->outcome == ULAK_OUTCOME_SLOW_RETRY)
    g_assert_cmpint (self->until_us - ulak_clock_get_wall_us (ULAK_CLOCK (self->clock)), >=, 5 * 60 * G_USEC_PER_SEC);
}

static void
test_begun_anew (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  fixture_link_account (self, 20);
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  send_tag (self, "failure", "reason", "405", NULL, NULL);
  fixture_wait_for (self, ULAK_LINK_ENDED);
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  send_success (self);
  fixture_wait_for (self, ULAK_LINK_ONLINE);
}

static void
test_false_server (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  fixture_link_account (self, 20);
  link_peer_set_manner (self->peer, LINK_PEER_FORGES_LEAF);
  ulak_link_start (self->link);
  fixture_wait_for (self, ULAK_LINK_DISCONNECTED);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_CERTIFICATE);
  g_assert_cmpstr (self->outcome_code, ==, "E_WA_CERTIFICATE");
}

static void
test_nothing_after_handshake (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  fixture_link_account (self, 20);
  ulak_link_start (self->link);
  link_peer_accept (self->peer);
  link_peer_run_until_idle ();
  ulak_fake_clock_advance_ms (self->clock, 20000);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_DISCONNECTED);
}

static void
done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (ulak_link_logout_finish (ULAK_LINK (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static void
test_logout (Fixture *self, gconstpointer data)
{
  gboolean is_answered = GPOINTER_TO_INT (data), is_done = FALSE;
  g_autoptr (UlakNode) query = NULL;
  const UlakNode *remove;

  fixture_link_account (self, 20);
  fixture_be_ready (self);
  ulak_link_logout_async (self->link, done_cb, &is_done);
  query = link_peer_take_query (self->peer, "md", "remove-companion-device");
  remove = ulak_node_get_child (query, "remove-companion-device");
  g_assert_cmpstr (ulak_node_get_attribute (remove, "jid"), ==, OWN_JID);
  g_assert_cmpstr (ulak_node_get_attribute (remove, "reason"), ==, "user_initiated");
  if (is_answered)
    link_peer_answer (self->peer, query, NULL);
  else /* the server may end the stream first */
    send_tag (self, "stream:error", "code", "401", "conflict", "device_removed");
  while (!is_done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (self->phase, ==, ULAK_LINK_ENDED);
  g_assert_cmpint (self->outcome, ==, ULAK_OUTCOME_LOGGED_OUT);
  g_assert_false (fixture_has_account (self));
}

static void
test_logout_offline (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  gboolean is_done = FALSE;

  fixture_link_account (self, 20);
  ulak_link_logout_async (self->link, done_cb, &is_done);
  while (!is_done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (fixture_has_account (self));
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/link-life/login ends in ready", test_login);
  ADD ("/link-life/a ghost shows no presence, also at login", test_ghost);
  ADD ("/link-life/ready comes without a word about the backlog", test_ready_without_word);
  ADD ("/link-life/what success says is stored", test_news_of_success);
  ADD ("/link-life/a property migrates the account", test_property);
  ADD ("/link-life/the first pre-keys go before the backlog comes", test_first_upload);
  ADD ("/link-life/refused pre-keys hold nothing up, and the same come again", test_refused_upload);
  ADD ("/link-life/pre-keys are uploaded when few are left, one upload at a time", test_low_count);
  ADD ("/link-life/a restored copy brings new pre-keys", test_restored_copy);
  ADD ("/link-life/the signed pre-key changes after 27 days", test_rotation);
  ADD ("/link-life/handlers see stanzas, the last one first, and what nobody takes is acknowledged", test_handlers);
  ADD ("/link-life/questions of the server are answered", test_questions_of_the_server);
  ADD ("/link-life/before login only notifications are answered", test_before_login);
  ADD ("/link-life/the backlog comes in batches", test_backlog);
  ADD ("/link-life/held stanzas hold the others back", test_holds);
  ADD ("/link-life/queries are answered, refused or fail with the connection", test_queries);
  ADD ("/link-life/a stranger answers no query", test_strangers_answer);
  ADD ("/link-life/messages wait for their acks", test_messages);
  ADD ("/link-life/an ack that does not come times out", test_ack_times_out);
  ADD ("/link-life/a silent socket is given up within 50 s", test_silent_socket);
  ADD ("/link-life/answered pings keep the connection", test_pings_answered);
  ADD ("/link-life/unanswered pings end the connection", test_no_pongs);
  ADD ("/link-life/sleep is noticed", test_sleep);
  ADD ("/link-life/waits grow up to a quarter of an hour", test_backoff);
  ADD ("/link-life/routing info is used, and dropped when it leads nowhere", test_routing_info);
  ADD ("/link-life/an ack that the server misses is sent after reconnecting", test_missing_ack);
  ADD ("/link-life/an ack that the server misses is not sent for a stanza that comes again", test_missing_ack_of_what_comes_again);
  ADD ("/link-life/endless restarts are slowed down", test_endless_restarts);
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *name = g_strdup_printf ("/link-life/%s %s %s ends as it should", ends[i].tag, ends[i].value == NULL ? "" : ends[i].value,
                                               ends[i].type == NULL ? "" : ends[i].type);

      g_test_add (name, Fixture, &ends[i], fixture_set_up, test_end, fixture_tear_down);
    }
  ADD ("/link-life/an ended link can be started again", test_begun_anew);
  ADD ("/link-life/a false server is told from a broken one", test_false_server);
  ADD ("/link-life/a server that says nothing after the handshake is given up", test_nothing_after_handshake);
  g_test_add ("/link-life/logout tells the server and drops the keys", Fixture, GINT_TO_POINTER (TRUE), fixture_set_up, test_logout, fixture_tear_down);
  g_test_add ("/link-life/logout survives a server that hangs up", Fixture, GINT_TO_POINTER (FALSE), fixture_set_up, test_logout, fixture_tear_down);
  ADD ("/link-life/logout works without a connection", test_logout_offline);
  return g_test_run ();
}
