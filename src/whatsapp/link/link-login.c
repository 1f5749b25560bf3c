/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Login: from <success> to ready.
 *
 * The server keeps the backlog back until it is told <active/>. A device that has one-time keys at the server says so at
 * once; a new one uploads them first. Ready means that the sequence is answered and the server said that the backlog has
 * ended, or gave nothing of it for a while.
 */
#include "whatsapp/link/link-private.h"

#include "core/log.h"
#include "whatsapp/link/stanzas.h"

#include <string.h>

#define BATCH 100
#define BATCH_PAUSE_MS 100
#define BACKLOG_SILENCE_MS 10000
#define OFFSET_CHANGE_S 5 /* a smaller one is the way of the stanza, and not worth a write */
#define TIME_MAX_S G_GUINT64_CONSTANT (4102444800) /* the year 2100 */
#define PROPERTY_LID_MIGRATION "9435"
#define SESSION_SHIFT_MS (3 * 24 * 3600 * G_GINT64_CONSTANT (1000))
#define SESSION_SPAN_MS (7 * 24 * 3600 * G_GINT64_CONSTANT (1000))

void
ulak_link_clear_login (UlakLink *self)
{
  UlakLinkLogin kept = { .client_expires_s = self->login.client_expires_s, .connect_ms = self->login.connect_ms, .ready_ms = self->login.ready_ms };

  ulak_clock_clear_timer (self->clock, &self->login.backlog_timer);
  ulak_clock_clear_timer (self->clock, &self->login.batch_timer);
  self->login = kept;
}

/* -- An ack that the server missed -- */

/* The stanza came again: it is answered like any other, when it is stored. */
static void
drop_owed_ack (UlakLink *self, const UlakNode *node)
{
  const UlakNode *owed = self->connection.owed_ack;
  const char *class;

  if (owed == NULL || g_strcmp0 (ulak_node_get_attribute (owed, "id"), ulak_node_get_attribute (node, "id")) != 0)
    return;
  class = ulak_node_get_attribute (owed, "class");
  if (class == NULL || ulak_node_is (node, class))
    g_clear_pointer (&self->connection.owed_ack, ulak_node_unref);
}

/* After the backlog only: until then the stanza may come again, and what was not stored must not be acknowledged. */
static void
send_owed_ack (UlakLink *self)
{
  g_autoptr (UlakNode) owed = g_steal_pointer (&self->connection.owed_ack);
  UlakNodeBuilder *builder;
  const char *name;

  if (owed == NULL)
    return;
  builder = ulak_node_builder_new ("ack");
  for (guint i = 0; i < ulak_node_count_attributes (owed); i++)
    {
      ulak_node_get_attribute_at (owed, i, &name);
      ulak_node_builder_add_copy (builder, strcmp (name, "from") == 0 ? "to" : name, owed, name);
    }
  if (ulak_node_get_attribute (owed, "to") == NULL && ulak_node_get_attribute (owed, "from") == NULL)
    ulak_node_builder_add_jid (builder, "to", ulak_server_jid ());
  ulak_link_send_built (self, builder);
}

static gint64
count_ms_since_began (UlakLink *self)
{
  return (ulak_clock_get_monotonic_us (self->clock) - self->connection.began_us) / G_TIME_SPAN_MILLISECOND;
}

static void
check_ready (UlakLink *self)
{
  const UlakLinkState state = { .phase = ULAK_LINK_READY };

  if (self->phase != ULAK_LINK_ONLINE || !self->login.is_active || !self->login.is_backlog_done)
    return;
  ulak_clock_clear_timer (self->clock, &self->login.backlog_timer);
  ulak_clock_clear_timer (self->clock, &self->login.batch_timer);
  self->login.ready_ms = count_ms_since_began (self);
  send_owed_ack (self);
  ulak_link_check_rotation (self);
  ulak_link_report (self, &state);
}

/* -- Backlog -- */

static void
backlog_silent_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->login.backlog_timer = 0;
  if (self->held > 0)
    {
      self->login.backlog_timer = ulak_link_add_timer (self, BACKLOG_SILENCE_MS, backlog_silent_cb);
      return;
    }
  ulak_log_debug (NULL, "The server does not say that the backlog has ended");
  self->login.is_backlog_done = TRUE;
  check_ready (self);
}

static void
watch_backlog (UlakLink *self)
{
  ulak_clock_clear_timer (self->clock, &self->login.backlog_timer);
  if (!self->login.is_backlog_done)
    self->login.backlog_timer = ulak_link_add_timer (self, BACKLOG_SILENCE_MS, backlog_silent_cb);
}

static void
ask_batch (UlakLink *self)
{
  UlakNodeBuilder *builder = ulak_node_builder_new ("ib");

  ulak_node_builder_open (builder, "offline_batch");
  ulak_node_builder_add_number (builder, "count", BATCH);
  ulak_link_send_built (self, builder);
  self->login.batch_left = BATCH;
}

static void
batch_cb (gpointer user_data)
{
  UlakLink *self = user_data;

  self->login.batch_timer = 0;
  if (self->held <= ULAK_LINK_HOLDS_MAX / 2)
    ask_batch (self);
  else
    self->login.batch_timer = ulak_link_add_timer (self, BATCH_PAUSE_MS, batch_cb);
}

/* A stanza of the backlog says so by its attribute; the server gives no more of them than we asked for. */
void
ulak_link_count_backlog (UlakLink *self, const UlakNode *node)
{
  drop_owed_ack (self, node);
  if (self->login.is_backlog_done || ulak_node_get_attribute (node, "offline") == NULL)
    return;
  watch_backlog (self);
  if (self->login.batch_left > 0)
    self->login.batch_left--;
  if (self->login.batch_left > 0 || !self->login.has_preview)
    return;
  ulak_clock_clear_timer (self->clock, &self->login.batch_timer);
  self->login.batch_timer = ulak_link_add_timer (self, BATCH_PAUSE_MS, batch_cb);
}

static void
take_preview (UlakLink *self, const UlakNode *child G_GNUC_UNUSED)
{
  if (self->login.is_backlog_done)
    return;
  self->login.has_preview = TRUE;
  watch_backlog (self);
  ask_batch (self);
}

static void
take_backlog_end (UlakLink *self, const UlakNode *child G_GNUC_UNUSED)
{
  self->login.is_backlog_done = TRUE;
  ulak_clock_clear_timer (self->clock, &self->login.backlog_timer);
  ulak_clock_clear_timer (self->clock, &self->login.batch_timer);
  check_ready (self);
}

/* -- What the server tells beside stanzas -- */

static void
take_routing (UlakLink *self, const UlakNode *child)
{
  const UlakNode *node = ulak_node_get_child (child, "routing_info");
  GBytes *old = ulak_credentials_get_routing_info (self->credentials);
  g_autoptr (GBytes) info = NULL;
  UlakAccountChange *change;
  gsize size_bytes = 0;
  const guint8 *bytes = node == NULL ? NULL : ulak_node_read_bytes (node, 1, ULAK_ROUTING_INFO_MAX, &size_bytes, NULL);

  if (bytes == NULL)
    return;
  info = g_bytes_new (bytes, size_bytes);
  if (old != NULL && g_bytes_equal (old, info))
    return;
  change = ulak_account_change_new ();
  change->routing_info = g_steal_pointer (&info);
  ulak_link_change_quietly (self, change, "The way to the server's edge");
}

static void
take_expiration (UlakLink *self, const UlakNode *child)
{
  g_autofree char *when = NULL;
  guint64 expires_s;

  if (!ulak_node_read_number (child, "t", TIME_MAX_S, &expires_s, NULL))
    return;
  self->login.client_expires_s = (gint64) expires_s;
  when = ulak_format_rfc3339 ((gint64) expires_s * G_USEC_PER_SEC);
  ulak_log_warning (NULL, NULL, "WhatsApp takes this client's version until %s; set [whatsapp] client_version to a newer one before", when);
}

static void
take_downgrade (UlakLink *self, const UlakNode *child G_GNUC_UNUSED)
{
  ulak_link_fail_pairing (self, "The phone's WhatsApp is too old for linked devices");
}

static const struct
{
  const char *tag;
  void (*take) (UlakLink *self, const UlakNode *child);
} informations[] = {
  { "offline_preview", take_preview },     { "offline", take_backlog_end },           { "edge_routing", take_routing },
  { "client_expiration", take_expiration }, { "downgrade_webclient", take_downgrade },
};

void
ulak_link_take_ib (UlakLink *self, const UlakNode *ib)
{
  const guint epoch = self->epoch;

  for (const UlakNode *child = ulak_node_get_first (ib); child != NULL && epoch == self->epoch; child = ulak_node_get_next (child))
    for (gsize i = 0; i < G_N_ELEMENTS (informations); i++)
      if (ulak_node_is (child, informations[i].tag))
        {
          informations[i].take (self, child);
          break;
        }
}

void
ulak_link_clean (UlakLink *self, const char *type, gint64 timestamp_s)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self, "set", "urn:xmpp:whatsapp:dirty", NULL);

  ulak_node_builder_open (builder, "clean");
  ulak_node_builder_add_text (builder, "type", type);
  if (timestamp_s > 0)
    ulak_node_builder_add_number (builder, "timestamp", (guint64) timestamp_s);
  ulak_link_send_built (self, builder);
}

/* -- The sequence -- */

static void
active_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (UlakLinkAsk) ask = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, &error);

  if (!ulak_link_ask_is_current (ask))
    return;
  if (answer == NULL)
    {
      ulak_link_lose (self, ulak_outcome_new (ULAK_OUTCOME_RETRY, "E_WA_CONNECTION", error->message));
      return;
    }
  self->login.is_active = TRUE;
  watch_backlog (self);
  ulak_link_send_presence (self);
  check_ready (self);
}

/* Also when the first keys are at the server, or cannot be brought there now. */
void
ulak_link_go_active (UlakLink *self)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self, "set", "passive", NULL);

  ulak_node_builder_open (builder, "active");
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, active_cb, ulak_link_ask_new (self));
}

static gboolean
is_true (const char *value)
{
  return g_strcmp0 (value, "1") == 0 || g_strcmp0 (value, "true") == 0;
}

static void
take_property (UlakLink *self, const char *value)
{
  UlakAccountChange *change;

  if (!is_true (value) || ulak_credentials_get_lid_migration (self->credentials) == ULAK_LID_MIGRATION_YES)
    return;
  change = ulak_account_change_new ();
  change->lid_migration = ULAK_LID_MIGRATION_YES;
  ulak_link_change_quietly (self, change, "That the account is migrated");
}

static void
props_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UlakLink *self = ULAK_LINK (source);
  g_autoptr (UlakLinkAsk) ask = user_data;
  g_autoptr (UlakNode) answer = ulak_link_query_finish (self, result, NULL, NULL);
  const UlakNode *props = answer == NULL ? NULL : ulak_node_get_child (answer, "props");

  if (!ulak_link_ask_is_current (ask) || props == NULL)
    return;
  for (const UlakNode *prop = ulak_node_get_first (props); prop != NULL; prop = ulak_node_get_next (prop))
    if (g_strcmp0 (ulak_node_get_attribute (prop, "config_code"), PROPERTY_LID_MIGRATION) == 0)
      take_property (self, ulak_node_get_attribute (prop, "config_value"));
}

static void
ask_props (UlakLink *self)
{
  UlakNodeBuilder *builder = ulak_link_begin_query (self, "get", "abt", NULL);

  ulak_node_builder_open (builder, "props");
  ulak_node_builder_add_text (builder, "protocol", "1");
  ulak_link_query_async (self, builder, ULAK_LINK_QUERY_MS, NULL, props_cb, ulak_link_ask_new (self));
}

void
ulak_link_send_presence (UlakLink *self)
{
  UlakNodeBuilder *builder;

  if (self->is_ghost)
    return;
  builder = ulak_node_builder_new ("presence");
  ulak_node_builder_add_text (builder, "type", self->is_available ? "available" : "unavailable");
  ulak_node_builder_add_text (builder, "name", ulak_link_get_push_name (self));
  ulak_link_send_built (self, builder);
}

/* A number that is the same for all of an account's devices during a week. */
static void
send_unified_session (UlakLink *self)
{
  gint64 server_ms = ulak_link_get_server_time_us (self) / G_TIME_SPAN_MILLISECOND;
  UlakNodeBuilder *builder = ulak_node_builder_new ("ib");

  ulak_node_builder_open (builder, "unified_session");
  ulak_node_builder_add_number (builder, "id", (guint64) ((server_ms + SESSION_SHIFT_MS) % SESSION_SPAN_MS));
  ulak_link_send_built (self, builder);
}

/* What <success> says that we did not know; NULL: nothing. */
static UlakAccountChange *
read_success (UlakLink *self, const UlakNode *success)
{
  g_autoptr (UlakAccountChange) change = ulak_account_change_new ();
  gint64 now_s = ulak_clock_get_wall_us (self->clock) / G_USEC_PER_SEC, offset_s;
  const UlakJid *known = ulak_credentials_get_lid (self->credentials);
  gboolean has_news = FALSE;
  guint64 server_s;
  UlakJid lid;

  if (ulak_node_read_number (success, "t", TIME_MAX_S, &server_s, NULL))
    {
      offset_s = (gint64) server_s - now_s;
      change->time_offset_s = offset_s;
      change->sets_time_offset = ABS (offset_s - ulak_credentials_get_server_time_offset_s (self->credentials)) >= OFFSET_CHANGE_S;
      has_news = change->sets_time_offset;
    }
  if (ulak_node_read_jid (success, "lid", &lid, NULL) && lid.server == ULAK_JID_SERVER_LID && lid.user[0] != '\0'
      && (known == NULL || strcmp (known->user, lid.user) != 0))
    {
      lid.device = ulak_credentials_get_jid (self->credentials)->device;
      change->lid = lid;
      has_news = TRUE;
    }
  return has_news ? g_steal_pointer (&change) : NULL;
}

void
ulak_link_begin_login (UlakLink *self, const UlakNode *success)
{
  const UlakLinkState state = { .phase = ULAK_LINK_ONLINE };
  UlakAccountChange *change = read_success (self, success);

  if (change != NULL)
    ulak_link_change_quietly (self, change, "What the login said");
  ulak_link_settle_connection (self);
  self->login.online_us = ulak_clock_get_monotonic_us (self->clock);
  self->login.connect_ms = count_ms_since_began (self);
  self->pairing.is_fresh = FALSE;
  if (self->pre_keys.is_first)
    ulak_link_upload_pre_keys (self); /* says active when it is done */
  else
    {
      ulak_link_ask_pre_key_count (self);
      ulak_link_go_active (self);
    }
  ask_props (self);
  send_unified_session (self);
  ulak_link_report (self, &state);
}
